#pragma once
// All that we ask of oneDNN, in one place: its 2.x and 3.x differ in how primitives are made, and only dnnl_adapter.cc
// knows. Everything here throws dnnl::error where oneDNN has no implementation.
#include <array>
#include <dnnl.hpp>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace tacho::onednn {

using Desc = dnnl::memory::desc;
using Dims = dnnl::memory::dims;
using Tag = dnnl::memory::format_tag;

/// Holds oneDNN to one thread while it lives: oneDNN asks OpenMP how many threads the caller may use, both when a
/// primitive is made and when it runs. Puts back what the caller had, who may use OpenMP too; two stores, no lock.
class OneThread {
 public:
  OneThread();
  ~OneThread();
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

/// What a primitive does to its result before storing it.
enum class Activation : uint8_t { none, relu, sigmoid, tanh };
struct Epilogue {
  bool add = false;  ///< the result is added to what is there
  Activation activation = Activation::none;
};

/// A primitive with its operands' places, ready to run on any thread. Threads share it: what a call needs to write (the
/// memory objects, into which it puts its pointers) exists several times, made at construction.
class Primitive {
 public:
  struct Operand {
    int argument;  ///< DNNL_ARG_SRC and its like
    Desc desc;
  };
  Primitive(dnnl::primitive primitive, const Desc& scratchpad, std::vector<Operand> operands);
  ~Primitive();
  Primitive(Primitive&&) noexcept;
  Primitive& operator=(Primitive&&) noexcept;

  /// Scratch memory that a call needs.
  size_t workspace_bytes() const { return workspace_bytes_; }
  /// One call, on the calling thread alone: `data` in the order of the operands; `workspace` of `available` bytes.
  /// Our side allocates nothing unless `available` is too small or more threads than cores call at once.
  void run(std::initializer_list<const void*> data, void* workspace, size_t available) const;

 private:
  struct Handles;
  struct Shared;
  std::unique_ptr<Shared> shared_;
  size_t workspace_bytes_ = 0;
};

/// A row-major tensor or one with given strides, float32.
Desc plain_desc(const Dims& dims);
Desc strided_desc(const Dims& dims, const Dims& strides);

/// C = A B for matrices, each with its own strides.
Primitive make_matmul(const Desc& a, const Desc& b, const Desc& c, Epilogue epilogue);

/// Between two layouts of the same tensor.
Primitive make_reorder(const Desc& from, const Desc& to);

/// The numbers of a 2-d convolution and its operands; a Desc with format any lets oneDNN choose.
struct Convolution {
  std::array<int64_t, 2> stride, dilation, before, after;
  Desc x, w, bias, y;  ///< bias is empty where there is none
  Activation activation = Activation::none;
};
/// What was made, and the layouts that oneDNN chose.
struct MadeConvolution {
  Primitive primitive;
  Desc x, w, y;
  std::string implementation;  ///< "jit:avx512_core"
};
/// Operands in the order x, w, [bias], y.
MadeConvolution make_convolution(const Convolution& convolution);
/// Operands in the order y's gradient, w, x's gradient.
MadeConvolution make_backward_data(const Convolution& convolution);
/// Operands in the order y's gradient, x, w's gradient.
MadeConvolution make_backward_weights(const Convolution& convolution);

/// "oneDNN 2.6.3"
const std::string& library_description();

}  // namespace tacho::onednn
