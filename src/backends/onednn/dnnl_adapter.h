#pragma once
// All that we ask of oneDNN, in one place: its 2.x and 3.x differ in how primitives are made, and only dnnl_adapter.cc
// knows. Everything here throws dnnl::error where oneDNN has no implementation.
#include <array>
#include <dnnl.hpp>
#include <initializer_list>
#include <memory>
#include <span>
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
    int also = 0;  ///< another argument that is the same memory; 0: none
  };
  Primitive(dnnl::primitive primitive, const Desc& scratchpad, std::vector<Operand> operands);
  ~Primitive();
  Primitive(Primitive&&) noexcept;
  Primitive& operator=(Primitive&&) noexcept;

  /// Scratch memory that a call needs.
  size_t workspace_bytes() const { return workspace_bytes_; }
  /// One call, on the calling thread alone: `data` in the order of the operands; `workspace` of `available` bytes.
  /// Our side allocates nothing unless `available` is too small or more threads than cores call at once.
  void run(std::span<const void* const> data, void* workspace, size_t available) const;
  void run(std::initializer_list<const void*> data, void* workspace, size_t available) const {
    run(std::span(data.begin(), data.size()), workspace, available);
  }

 private:
  struct Handles;
  struct Shared;
  std::unique_ptr<Shared> shared_;
  size_t workspace_bytes_ = 0;
};

/// A row-major tensor (`type`: float32 where it is not said) or one with given strides, float32.
Desc plain_desc(const Dims& dims, dnnl::memory::data_type type = dnnl::memory::data_type::f32);
Desc strided_desc(const Dims& dims, const Dims& strides);

/// C = A B for matrices, each with its own strides. B's format may be any: `chosen_b` is then told which it became.
Primitive make_matmul(const Desc& a, const Desc& b, const Desc& c, Epilogue epilogue, Desc* chosen_b = nullptr);

/// Between two layouts of the same tensor.
Primitive make_reorder(const Desc& from, const Desc& to);

/// The numbers of a 2-d convolution and its operands; a Desc with format any lets oneDNN choose.
struct Convolution {
  std::array<int64_t, 2> stride, dilation, before, after;
  Desc x, w, bias, y;  ///< bias is empty where there is none
  Activation activation = Activation::none;
  bool term = false;  ///< another tensor, which lies as the result does, is added before the activation
};
/// What was made, and the layouts that oneDNN chose.
struct MadeConvolution {
  Primitive primitive;
  Desc x, w, y;
  std::string implementation;  ///< "jit:avx512_core"
};
/// Operands in the order x, w, [bias], [term], y.
MadeConvolution make_convolution(const Convolution& convolution);
/// The convolution's gradient for its images used forward, with bias (of x's channels) and activation: x is the result,
/// w has its first two axes (of a group) exchanged. Operands in the order y, w, [bias], [term], x.
MadeConvolution make_transposed_convolution(const Convolution& convolution);
/// Operands in the order y's gradient, w, x's gradient.
MadeConvolution make_backward_data(const Convolution& convolution);
/// Operands in the order y's gradient, x, w's gradient.
MadeConvolution make_backward_weights(const Convolution& convolution);

/// A primitive, and how oneDNN calls its implementation.
struct Made {
  Primitive primitive;
  std::string implementation;  ///< "jit:avx512_core"; with "ref" in it where it is no faster than plain loops
};

/// y = f(x) for every element; x and y lie alike and may be the same. Operands x, y.
Made make_eltwise(dnnl::algorithm function, float alpha, float beta, const Desc& desc);
/// Operands y's gradient, then x (y for the functions named use_dst_for_bwd), x's gradient.
Made make_eltwise_backward(dnnl::algorithm function, float alpha, float beta, const Desc& desc);
/// c = f(a, b) for every element; a or b may have extents of 1 where c has more. Operands a, b, c.
Made make_binary(dnnl::algorithm function, const Desc& a, const Desc& b, const Desc& c);
/// Over the axes of which y has only one place; the result times `scale`. Operands x, y.
Made make_reduction(dnnl::algorithm function, const Desc& x, const Desc& y, float scale);
/// Operands x, y.
Made make_softmax(bool logarithm, int axis, const Desc& desc);
/// Operands y's gradient, y, x's gradient.
Made make_softmax_backward(bool logarithm, int axis, const Desc& desc);

/// Windows over images that are averaged; `padded`: by all their places, padding included, else by those in the image.
struct AveragePooling {
  std::array<int64_t, 2> kernel, stride, before, after;
  bool padded = true;
  Desc x, y;
};
/// Operands x, y.
Made make_average_pooling(const AveragePooling& pooling);
/// Operands y's gradient, x's gradient.
Made make_average_pooling_backward(const AveragePooling& pooling);

/// Images at another size, by the nearest place or linearly between places. Operands x, y.
Made make_resampling(bool linear, const Desc& x, const Desc& y);
/// Operands y's gradient, x's gradient.
Made make_resampling_backward(bool linear, const Desc& x, const Desc& y);

/// Normalisation of each channel (axis 1) by statistics that are given. Operands x, scale, shift, mean, variance, y.
Made make_batch_norm(const Desc& desc, float epsilon);
/// The statistics. Operands x, mean, variance, x normalised.
Made make_batch_norm_statistics(const Desc& desc);
/// Gradients of the former. Operands y's gradient, x, mean, variance, scale, x's gradient, scale's, shift's.
Made make_batch_norm_backward(const Desc& desc, float epsilon);

/// Each row of a matrix less its mean, divided by its deviation. Operands x, mean, variance, y.
Made make_row_norm(const Desc& matrix, float epsilon);
/// Operands y's gradient, x, mean, variance, x's gradient.
Made make_row_norm_backward(const Desc& matrix, float epsilon);

/// "oneDNN 2.6.3"
const std::string& library_description();

}  // namespace tacho::onednn
