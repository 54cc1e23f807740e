#pragma once
// matmul by gemm, with what may follow it.
#include <variant>

#include "backends/blas/epilogue.h"
#include "backends/blas/product.h"
#include "op/backend.h"
#include "op/output_partial.h"
#include "op/slice_scale.h"

namespace tacho::blas {

/// A group of the form matmul, bias_add, relu | sigmoid | tanh, where all but the first may be absent and reshapes may
/// stand between: where its parts are.
struct MatmulChain {
  MatmulAttributes attributes;
  int a = -1, b = -1, bias = -1;  ///< indices into Group::inputs
  int biased = -1;                ///< operand that the bias is added to; -1 without bias
  int64_t bias_axis = 0;          ///< of `biased`, not negative
  Activation activation = Activation::none;
};

/// The chain, or why the group is none.
std::variant<MatmulChain, Refusal> matmul_chain_of(const Group& group);

/// One product per item of the batch, each finished while it is in cache. Partial sums accumulate in place by gemm's
/// beta.
class MatmulKernel final : public OutputPartialKernel {
 public:
  MatmulKernel(const Library& library, const Group& group, const MatmulChain& chain);

  RunStatus run(const KernelRun& run) const override;
  RunStatus accumulate(const KernelRun& run, void* partial) const override;

 private:
  template <class T>
  void run_typed(const KernelRun& run, const View& c, bool add) const;
  void run_into(const KernelRun& run, const View& c, bool add) const;

  const Library& library_;
  Group group_;
  MatmulChain chain_;
};

}  // namespace tacho::blas
