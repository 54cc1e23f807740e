#include "backends/onednn/matmul.h"

#include "backends/onednn/chain.h"
#include "backends/onednn/made_once.h"
#include "op/output_partial.h"
#include "op/slice_scale.h"
#include "ops/matmul_product.h"

namespace tacho::onednn {
namespace {

/// One product of two matrices, as a primitive knows it.
struct MatrixKey {
  int64_t m, n, k;
  Epilogue epilogue;
  friend bool operator==(const MatrixKey& a, const MatrixKey& b) {
    return a.m == b.m && a.n == b.n && a.k == b.k && a.epilogue.add == b.epilogue.add &&
           a.epilogue.activation == b.epilogue.activation;
  }
};

/// c[i] = bias[i / inner % channels], added to what is there where `add`: where the products are then added. oneDNN's
/// fast kernels take a bias along the columns only, so every bias goes this way, along the rows (a convolution lowered
/// to a product) too.
void fill_with_bias(float* c, int64_t count, const float* bias, int64_t channels, int64_t inner, bool add) {
  float* const end = c + count;
  if (add) {
    for (int64_t i = 0; i < count; ++i) c[i] += bias[i / inner % channels];
    return;
  }
  if (inner == 1)
    for (; c < end; c += channels) std::copy_n(bias, channels, c);
  else
    for (int64_t channel = 0; c < end; c += inner, channel = channel + 1 == channels ? 0 : channel + 1)
      std::fill_n(c, inner, bias[channel]);
}

/// One primitive call per item of the batch and per term of a contracted batch. Partial sums accumulate in place.
class Matmul final : public OutputPartialKernel {
 public:
  Matmul(const Group& group, const ProductChain& chain)
      : OutputPartialKernel(group),
        group_(group),
        chain_(chain),
        attributes_(group.members[0].attributes.as<MatmulAttributes>()) {}

  /// Makes the primitives of the offered shapes, so that their workspace is known and no step has to.
  size_t prepare() const {
    const GroupMember& member = group_.members[0];
    const Product p = product_of(attributes_, group_.operands[size_t(member.inputs[0])].type.shape,
                                 group_.operands[size_t(member.inputs[1])].type.shape);
    size_t bytes = 0;
    for (bool add : {false, true})
      for (Activation activation : {Activation::none, chain_.activation})
        bytes = std::max(bytes, primitive(p, {add, activation}).workspace_bytes());
    workspace_bytes_ = bytes;
    return bytes;
  }

  RunStatus run(const KernelRun& run) const override {
    run_into(run, run.outputs[0], false);
    return {};
  }
  RunStatus accumulate(const KernelRun& run, void* partial) const override {
    run_into(run, partial_.view(partial, group_.outputs[0]), !partial_.empty(partial));
    partial_.add_rows(partial, run.slice.count);
    return {};
  }

 private:
  const Primitive& primitive(const Product& p, Epilogue epilogue) const {
    return primitives_.at(MatrixKey{p.m, p.n, p.k, epilogue}, [&] {
      const auto matrix = [](int64_t rows, int64_t columns, bool transposed) {
        return strided_desc({rows, columns}, {transposed ? 1 : columns, transposed ? rows : 1});
      };
      return make_matmul(matrix(p.m, p.k, p.transpose_a), matrix(p.k, p.n, p.transpose_b), matrix(p.m, p.n, false),
                         epilogue);
    });
  }

  void run_into(const KernelRun& run, const View& view, bool add) const {
    const View &a = run.inputs[size_t(chain_.first)], &b = run.inputs[size_t(chain_.second)];
    const Product p = product_of(attributes_, a.shape(), b.shape());
    const size_t split = p.contracted_axes, axes = p.batch.size();
    float* const c = view.as<float>();
    if (p.count() == 0 || p.k * p.contracted == 0) return;  // no rows in this slice
    if (chain_.term >= 0) {
      std::copy_n(run.in<float>(size_t(chain_.term)), p.count(), c);
      add = true;
    }
    if (chain_.bias >= 0) {
      const View& bias = run.inputs[size_t(chain_.bias)];
      const Shape shape = SliceScale(group_, run.inputs).type(group_.operands[size_t(chain_.biased)]).shape;
      int64_t inner = 1;
      for (size_t i = size_t(chain_.bias_axis) + 1; i < shape.size(); ++i) inner *= shape[i];
      fill_with_bias(c, p.count(), bias.as<float>(), bias.shape()[0], inner, add);
      add = true;
    }
    for (int64_t item = 0; item < p.kept; ++item) {
      const float* a_item = a.as<float>() + batch_offset(item, p.batch, p.stride_a, split, axes);
      const float* b_item = b.as<float>() + batch_offset(item, p.batch, p.stride_b, split, axes);
      for (int64_t term = 0; term < p.contracted; ++term) {
        const Activation activation = term + 1 == p.contracted ? chain_.activation : Activation::none;
        primitive(p, {add || term > 0, activation})
            .run({a_item + batch_offset(term, p.batch, p.stride_a, 0, split),
                  b_item + batch_offset(term, p.batch, p.stride_b, 0, split), c + item * p.m * p.n},
                 run.workspace, workspace_bytes_);
      }
    }
  }

  Group group_;
  ProductChain chain_;
  MatmulAttributes attributes_;
  mutable size_t workspace_bytes_ = 0;
  MadeOnce<MatrixKey, Primitive> primitives_;
};

}  // namespace

OfferResult offer_matmul(const Group& group) {
  const auto found = product_chain_of(group);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& chain = std::get<ProductChain>(found);
  auto kernel = std::make_unique<Matmul>(group, chain);
  Offer offer;
  offer.workspace_bytes = kernel->prepare();
  offer.kernel = std::move(kernel);
  offer.name = chain.name;
  offer.reason = text_of("products by ", library_description(), " on one thread");
  offer.executed = required_of(group);
  return offer;
}

}  // namespace tacho::onednn
