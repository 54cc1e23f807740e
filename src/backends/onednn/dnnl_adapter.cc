#include "backends/onednn/dnnl_adapter.h"

#include <omp.h>

#include <atomic>
#include <type_traits>

#include "base/error.h"
#include "device/cpu.h"
#include "tensor/tensor.h"

namespace tacho::onednn {
namespace {

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

/// A primitive's scratch memory is the caller's.
dnnl::primitive_attr with_own_workspace() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

// 3.x makes a primitive description from the numbers at once, 2.x through an operation descriptor; everything else that
// we use is the same in both, but for the scale that 2.x wants before an activation.
#if DNNL_VERSION_MAJOR >= 3
template <class P, class... Numbers>
auto describe(const dnnl::primitive_attr& attributes, const Numbers&... numbers) {
  return typename P::primitive_desc(engine(), numbers..., attributes);
}
template <class P, class Hint, class... Numbers>
auto describe_backward(const dnnl::primitive_attr& attributes, const Hint& forward, const Numbers&... numbers) {
  return typename P::primitive_desc(engine(), numbers..., forward, attributes);
}
void append_activation(dnnl::post_ops& ops, dnnl::algorithm algorithm) { ops.append_eltwise(algorithm, 0, 0); }
Dims dims_of(const Desc& desc) { return desc.get_dims(); }
constexpr int kShiftOfGradients = 0;
using SoftmaxForward = dnnl::softmax_forward;
using SoftmaxBackward = dnnl::softmax_backward;
using PoolingForward = dnnl::pooling_forward;
using PoolingBackward = dnnl::pooling_backward;
/// Where 2.x takes one description of all images, 3.x takes one of each operand.
template <class P, class Kind, class... Numbers>
auto describe_alike(Kind kind, const Desc& desc, const Numbers&... numbers) {
  return describe<P>(with_own_workspace(), dnnl::prop_kind::forward_training, kind, desc, desc, numbers...);
}
template <class P, class... Numbers>
auto describe_norm(dnnl::prop_kind kind, const Desc& desc, const Numbers&... numbers) {
  return describe<P>(with_own_workspace(), kind, desc, desc, numbers...);
}
template <class P, class Kind, class Hint, class... Numbers>
auto describe_backward_alike(Kind kind, const Hint& forward, const Desc& desc, const Numbers&... numbers) {
  return describe_backward<P>(with_own_workspace(), forward, kind, desc, desc, desc, numbers...);
}
#else
template <class P, class... Numbers>
auto describe(const dnnl::primitive_attr& attributes, const Numbers&... numbers) {
  return typename P::primitive_desc(typename P::desc(numbers...), attributes, engine());
}
template <class P, class Hint, class... Numbers>
auto describe_backward(const dnnl::primitive_attr& attributes, const Hint& forward, const Numbers&... numbers) {
  return typename P::primitive_desc(typename P::desc(numbers...), attributes, engine(), forward);
}
void append_activation(dnnl::post_ops& ops, dnnl::algorithm algorithm) { ops.append_eltwise(1, algorithm, 0, 0); }
Dims dims_of(const Desc& desc) { return desc.dims(); }
/// 2.x wants a shift for the gradients of a normalisation, though none depends on it; 3.x wants none.
constexpr int kShiftOfGradients = DNNL_ARG_SHIFT;
using SoftmaxForward = dnnl::softmax_v2_forward;
using SoftmaxBackward = dnnl::softmax_v2_backward;
using PoolingForward = dnnl::pooling_v2_forward;
using PoolingBackward = dnnl::pooling_v2_backward;
template <class P, class Kind, class... Numbers>
auto describe_alike(Kind kind, const Desc& desc, const Numbers&... numbers) {
  return describe<P>(with_own_workspace(), dnnl::prop_kind::forward_training, kind, desc, numbers...);
}
template <class P, class... Numbers>
auto describe_norm(dnnl::prop_kind kind, const Desc& desc, const Numbers&... numbers) {
  return describe<P>(with_own_workspace(), kind, desc, numbers...);
}
template <class P, class Kind, class Hint, class... Numbers>
auto describe_backward_alike(Kind kind, const Hint& forward, const Desc& desc, const Numbers&... numbers) {
  return describe_backward<P>(with_own_workspace(), forward, kind, desc, desc, numbers...);
}
#endif

/// `term`: the layout of a tensor that is added before the activation.
dnnl::primitive_attr attributes_for(Epilogue epilogue, const Desc* term = nullptr) {
  dnnl::primitive_attr attributes = with_own_workspace();
  dnnl::post_ops ops;
  if (epilogue.add) ops.append_sum(1);
  if (term) ops.append_binary(dnnl::algorithm::binary_add, *term);
  if (epilogue.activation == Activation::relu) append_activation(ops, dnnl::algorithm::eltwise_relu);
  if (epilogue.activation == Activation::sigmoid) append_activation(ops, dnnl::algorithm::eltwise_logistic);
  if (epilogue.activation == Activation::tanh) append_activation(ops, dnnl::algorithm::eltwise_tanh);
  attributes.set_post_ops(ops);
  return attributes;
}

/// oneDNN counts a distance of 1 as dilation 0.
Dims dims_of(const std::array<int64_t, 2>& pair, int64_t less = 0) { return {pair[0] - less, pair[1] - less}; }

/// A convolution (from x to y) or a transposed one (from y to x).
template <class P>
auto describe_product(const Convolution& c, dnnl::prop_kind kind, dnnl::algorithm direct, const Desc* term) {
  constexpr bool kTransposed = std::is_same_v<P, dnnl::deconvolution_forward>;
  const dnnl::primitive_attr attributes = attributes_for({false, c.activation}, term);
  const Desc &from = kTransposed ? c.y : c.x, &to = kTransposed ? c.x : c.y;
  const Dims stride = dims_of(c.stride), dilation = dims_of(c.dilation, 1), before = dims_of(c.before),
             after = dims_of(c.after);
  if (c.bias.get_size() == 0)
    return describe<P>(attributes, kind, direct, from, c.w, to, stride, dilation, before, after);
  return describe<P>(attributes, kind, direct, from, c.w, c.bias, to, stride, dilation, before, after);
}

auto describe_forward(const Convolution& c, dnnl::prop_kind kind) {
  return describe_product<dnnl::convolution_forward>(c, kind, dnnl::algorithm::convolution_direct, nullptr);
}

/// The backward descriptions want a forward one as a hint, in whatever layouts it likes.
Convolution with_any_layout(const Convolution& c) {
  const auto any = [](const Desc& d) { return Desc(dims_of(d), dnnl::memory::data_type::f32, Tag::any); };
  Convolution result = c;
  result.x = any(c.x), result.w = any(c.w), result.y = any(c.y);
  result.bias = Desc();
  result.activation = Activation::none;
  result.term = false;
  return result;
}

}  // namespace

OneThread::OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
OneThread::~OneThread() { omp_set_num_threads(before_); }

/// The memory objects of one call. Making them takes about a microsecond and several allocations; putting pointers into
/// them takes nanoseconds. A call claims a set with one atomic exchange, beginning with the thread's own, so that in
/// practice no two threads meet; objects per thread (thread_local) would outlive the kernels that they belong to.
struct Primitive::Handles {
  Handles(const std::vector<Operand>& operands, const Desc& scratchpad) : stream(engine()) {
    for (const Operand& operand : operands) {
      add(operand.argument, operand.desc);
      if (operand.also) arguments.push_back({operand.also, memories.back().get()});
    }
    add(DNNL_ARG_SCRATCHPAD, scratchpad);
  }
  void add(int argument, const Desc& desc) {
    memories.emplace_back(desc, engine(), nullptr);
    arguments.push_back({argument, memories.back().get()});
  }
  alignas(64) std::atomic<bool> busy{false};
  dnnl::stream stream;
  std::vector<dnnl::memory> memories;
  std::vector<dnnl_exec_arg_t> arguments;
};

struct Primitive::Shared {
  dnnl::primitive primitive;
  Desc scratchpad;
  std::vector<Operand> operands;
  std::vector<std::unique_ptr<Handles>> handles;

  Handles* claim() {
    static std::atomic<size_t> threads{0};
    thread_local const size_t own = threads.fetch_add(1);
    for (size_t i = 0; i < handles.size(); ++i) {
      Handles* set = handles[(own + i) % handles.size()].get();
      if (!set->busy.exchange(true, std::memory_order_acquire)) return set;
    }
    return nullptr;
  }
};

Primitive::Primitive(dnnl::primitive primitive, const Desc& scratchpad, std::vector<Operand> operands)
    : shared_(new Shared{std::move(primitive), scratchpad, std::move(operands), {}}),
      workspace_bytes_(scratchpad.get_size()) {
  for (int i = 0; i < this_cpu().cores; ++i)
    shared_->handles.push_back(std::make_unique<Handles>(shared_->operands, scratchpad));
}
Primitive::~Primitive() = default;
Primitive::Primitive(Primitive&&) noexcept = default;
Primitive& Primitive::operator=(Primitive&&) noexcept = default;

void Primitive::run(std::span<const void* const> data, void* workspace, size_t available) const {
  const OneThread one_thread;
  std::unique_ptr<Handles> extra;
  Handles* handles = shared_->claim();
  if (!handles) {
    extra = std::make_unique<Handles>(shared_->operands, shared_->scratchpad);
    handles = extra.get();
  }
  std::unique_ptr<Buffer> larger;
  if (available < workspace_bytes_) {
    larger = std::make_unique<Buffer>(workspace_bytes_);
    workspace = larger->data();
  }
  size_t i = 0;
  for (const void* pointer : data) handles->memories[i++].set_data_handle(const_cast<void*>(pointer));
  TACHO_CHECK(i + 1 == handles->memories.size(), "operands of a oneDNN primitive");
  handles->memories[i].set_data_handle(workspace);
  const dnnl_status_t status = dnnl_primitive_execute(shared_->primitive.get(), handles->stream.get(),
                                                      int(handles->arguments.size()), handles->arguments.data());
  TACHO_CHECK(status == dnnl_success, "oneDNN status ", int(status));
  handles->busy.store(false, std::memory_order_release);
}

Desc plain_desc(const Dims& dims, dnnl::memory::data_type type) {
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) strides[i - 1] = strides[i] * dims[i];
  return {dims, type, strides};
}

Desc strided_desc(const Dims& dims, const Dims& strides) { return {dims, dnnl::memory::data_type::f32, strides}; }

Primitive make_matmul(const Desc& a, const Desc& b, const Desc& c, Epilogue epilogue, Desc* chosen_b) {
  const OneThread one_thread;
  const auto pd = describe<dnnl::matmul>(attributes_for(epilogue), a, b, c);
  if (chosen_b) *chosen_b = pd.weights_desc();
  return {dnnl::matmul(pd),
          pd.scratchpad_desc(),
          {{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, pd.weights_desc()}, {DNNL_ARG_DST, c}}};
}

Primitive make_reorder(const Desc& from, const Desc& to) {
  const OneThread one_thread;
  const dnnl::reorder::primitive_desc pd(engine(), from, engine(), to, attributes_for({}));
  return {dnnl::reorder(pd), pd.scratchpad_desc(), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}};
}

namespace {

template <class P>
MadeConvolution made_product(const Convolution& c, dnnl::algorithm direct) {
  const OneThread one_thread;
  constexpr bool kTransposed = std::is_same_v<P, dnnl::deconvolution_forward>;
  const auto kind = dnnl::prop_kind::forward_inference;
  auto pd = describe_product<P>(c, kind, direct, nullptr);
  if (c.term) {  // it lies as the result does, which is known only now
    Convolution chosen = c;
    (kTransposed ? chosen.y : chosen.x) = pd.src_desc();
    (kTransposed ? chosen.x : chosen.y) = pd.dst_desc();
    chosen.w = pd.weights_desc();
    const Desc term = pd.dst_desc();
    pd = describe_product<P>(chosen, kind, direct, &term);
  }
  std::vector<Primitive::Operand> operands{{DNNL_ARG_SRC, pd.src_desc()}, {DNNL_ARG_WEIGHTS, pd.weights_desc()}};
  if (c.bias.get_size() > 0) operands.push_back({DNNL_ARG_BIAS, c.bias});
  if (c.term) operands.push_back({DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, pd.dst_desc()});
  operands.push_back({DNNL_ARG_DST, pd.dst_desc()});
  return {Primitive(P(pd), pd.scratchpad_desc(), std::move(operands)), kTransposed ? pd.dst_desc() : pd.src_desc(),
          pd.weights_desc(), kTransposed ? pd.src_desc() : pd.dst_desc(), pd.impl_info_str()};
}

}  // namespace

MadeConvolution make_convolution(const Convolution& c) {
  return made_product<dnnl::convolution_forward>(c, dnnl::algorithm::convolution_direct);
}

MadeConvolution make_transposed_convolution(const Convolution& c) {
  return made_product<dnnl::deconvolution_forward>(c, dnnl::algorithm::deconvolution_direct);
}

MadeConvolution make_backward_data(const Convolution& c) {
  const OneThread one_thread;
  const auto forward = describe_forward(with_any_layout(c), dnnl::prop_kind::forward_training);
  const auto pd = describe_backward<dnnl::convolution_backward_data>(
      attributes_for({}), forward, dnnl::algorithm::convolution_direct, c.x, c.w, c.y, dims_of(c.stride),
      dims_of(c.dilation, 1), dims_of(c.before), dims_of(c.after));
  return {Primitive(dnnl::convolution_backward_data(pd), pd.scratchpad_desc(),
                    {{DNNL_ARG_DIFF_DST, pd.diff_dst_desc()},
                     {DNNL_ARG_WEIGHTS, pd.weights_desc()},
                     {DNNL_ARG_DIFF_SRC, pd.diff_src_desc()}}),
          pd.diff_src_desc(), pd.weights_desc(), pd.diff_dst_desc(), pd.impl_info_str()};
}

MadeConvolution make_backward_weights(const Convolution& c) {
  const OneThread one_thread;
  const auto forward = describe_forward(with_any_layout(c), dnnl::prop_kind::forward_training);
  const auto pd = describe_backward<dnnl::convolution_backward_weights>(
      attributes_for({}), forward, dnnl::algorithm::convolution_direct, c.x, c.w, c.y, dims_of(c.stride),
      dims_of(c.dilation, 1), dims_of(c.before), dims_of(c.after));
  return {Primitive(dnnl::convolution_backward_weights(pd), pd.scratchpad_desc(),
                    {{DNNL_ARG_DIFF_DST, pd.diff_dst_desc()},
                     {DNNL_ARG_SRC, pd.src_desc()},
                     {DNNL_ARG_DIFF_WEIGHTS, pd.diff_weights_desc()}}),
          pd.src_desc(), pd.diff_weights_desc(), pd.diff_dst_desc(), pd.impl_info_str()};
}

namespace {

template <class P, class Described>
Made made(const Described& pd, std::vector<Primitive::Operand> operands) {
  return {Primitive(P(pd), pd.scratchpad_desc(), std::move(operands)), pd.impl_info_str()};
}

/// One number for each of the channels (axis 1).
Desc per_channel(const Desc& images) { return plain_desc({dims_of(images)[1]}); }
/// One for each row of a matrix.
Desc per_row(const Desc& matrix) { return plain_desc({dims_of(matrix)[0]}); }

constexpr auto kTraining = dnnl::prop_kind::forward_training;
using Norm = dnnl::normalization_flags;

}  // namespace

Made make_eltwise(dnnl::algorithm function, float alpha, float beta, const Desc& desc) {
  const OneThread one_thread;
  const auto pd = describe_alike<dnnl::eltwise_forward>(function, desc, alpha, beta);
  return made<dnnl::eltwise_forward>(pd, {{DNNL_ARG_SRC, desc}, {DNNL_ARG_DST, desc}});
}

Made make_eltwise_backward(dnnl::algorithm function, float alpha, float beta, const Desc& desc) {
  const OneThread one_thread;
  const auto forward = describe_alike<dnnl::eltwise_forward>(function, desc, alpha, beta);
  const auto pd = describe_backward_alike<dnnl::eltwise_backward>(function, forward, desc, alpha, beta);
  const bool from_result = function == dnnl::algorithm::eltwise_relu_use_dst_for_bwd ||
                           function == dnnl::algorithm::eltwise_tanh_use_dst_for_bwd ||
                           function == dnnl::algorithm::eltwise_elu_use_dst_for_bwd ||
                           function == dnnl::algorithm::eltwise_logistic_use_dst_for_bwd;
  return made<dnnl::eltwise_backward>(
      pd, {{DNNL_ARG_DIFF_DST, desc}, {from_result ? DNNL_ARG_DST : DNNL_ARG_SRC, desc}, {DNNL_ARG_DIFF_SRC, desc}});
}

Made make_binary(dnnl::algorithm function, const Desc& a, const Desc& b, const Desc& c) {
  const OneThread one_thread;
  const auto pd = describe<dnnl::binary>(with_own_workspace(), function, a, b, c);
  return made<dnnl::binary>(pd, {{DNNL_ARG_SRC_0, a}, {DNNL_ARG_SRC_1, b}, {DNNL_ARG_DST, c}});
}

Made make_reduction(dnnl::algorithm function, const Desc& x, const Desc& y, float scale) {
  const OneThread one_thread;
  dnnl::primitive_attr attributes = with_own_workspace();
  if (scale != 1) {
    dnnl::post_ops ops;
#if DNNL_VERSION_MAJOR >= 3
    ops.append_eltwise(dnnl::algorithm::eltwise_linear, scale, 0);
#else
    ops.append_eltwise(1, dnnl::algorithm::eltwise_linear, scale, 0);
#endif
    attributes.set_post_ops(ops);
  }
  const auto pd = describe<dnnl::reduction>(attributes, function, x, y, 0.0f, 0.0f);
  return made<dnnl::reduction>(pd, {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}});
}

namespace {
dnnl::algorithm softmax_named(bool logarithm) {
  return logarithm ? dnnl::algorithm::softmax_log : dnnl::algorithm::softmax_accurate;
}
auto describe_softmax(bool logarithm, int axis, const Desc& desc) {
  return describe<SoftmaxForward>(with_own_workspace(), kTraining, softmax_named(logarithm), desc, desc, axis);
}
}  // namespace

Made make_softmax(bool logarithm, int axis, const Desc& desc) {
  const OneThread one_thread;
  return made<SoftmaxForward>(describe_softmax(logarithm, axis, desc), {{DNNL_ARG_SRC, desc}, {DNNL_ARG_DST, desc}});
}

Made make_softmax_backward(bool logarithm, int axis, const Desc& desc) {
  const OneThread one_thread;
  const auto pd = describe_backward<SoftmaxBackward>(with_own_workspace(), describe_softmax(logarithm, axis, desc),
                                                     softmax_named(logarithm), desc, desc, desc, axis);
  return made<SoftmaxBackward>(pd, {{DNNL_ARG_DIFF_DST, desc}, {DNNL_ARG_DST, desc}, {DNNL_ARG_DIFF_SRC, desc}});
}

namespace {
dnnl::algorithm average_of(const AveragePooling& p) {
  return p.padded ? dnnl::algorithm::pooling_avg_include_padding : dnnl::algorithm::pooling_avg_exclude_padding;
}
auto describe_pooling(const AveragePooling& p) {
  return describe<PoolingForward>(with_own_workspace(), kTraining, average_of(p), p.x, p.y, dims_of(p.stride),
                                  dims_of(p.kernel), Dims{0, 0}, dims_of(p.before), dims_of(p.after));
}
}  // namespace

Made make_average_pooling(const AveragePooling& p) {
  const OneThread one_thread;
  return made<PoolingForward>(describe_pooling(p), {{DNNL_ARG_SRC, p.x}, {DNNL_ARG_DST, p.y}});
}

Made make_average_pooling_backward(const AveragePooling& p) {
  const OneThread one_thread;
  const auto pd = describe_backward<PoolingBackward>(with_own_workspace(), describe_pooling(p), average_of(p), p.x, p.y,
                                                     dims_of(p.stride), dims_of(p.kernel), Dims{0, 0},
                                                     dims_of(p.before), dims_of(p.after));
  return made<PoolingBackward>(pd, {{DNNL_ARG_DIFF_DST, p.y}, {DNNL_ARG_DIFF_SRC, p.x}});
}

namespace {
dnnl::algorithm resampling_named(bool linear) {
  return linear ? dnnl::algorithm::resampling_linear : dnnl::algorithm::resampling_nearest;
}
auto describe_resampling(bool linear, const Desc& x, const Desc& y) {
  return describe<dnnl::resampling_forward>(with_own_workspace(), kTraining, resampling_named(linear), x, y);
}
}  // namespace

Made make_resampling(bool linear, const Desc& x, const Desc& y) {
  const OneThread one_thread;
  return made<dnnl::resampling_forward>(describe_resampling(linear, x, y), {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}});
}

Made make_resampling_backward(bool linear, const Desc& x, const Desc& y) {
  const OneThread one_thread;
  const auto pd = describe_backward<dnnl::resampling_backward>(with_own_workspace(), describe_resampling(linear, x, y),
                                                               resampling_named(linear), x, y);
  return made<dnnl::resampling_backward>(pd, {{DNNL_ARG_DIFF_DST, y}, {DNNL_ARG_DIFF_SRC, x}});
}

Made make_batch_norm(const Desc& desc, float epsilon) {
  const OneThread one_thread;
  const auto pd = describe_norm<dnnl::batch_normalization_forward>(
      dnnl::prop_kind::forward_inference, desc, epsilon, Norm::use_global_stats | Norm::use_scale | Norm::use_shift);
  const Desc number = per_channel(desc);
  return made<dnnl::batch_normalization_forward>(pd, {{DNNL_ARG_SRC, desc},
                                                      {DNNL_ARG_SCALE, number},
                                                      {DNNL_ARG_SHIFT, number},
                                                      {DNNL_ARG_MEAN, number},
                                                      {DNNL_ARG_VARIANCE, number},
                                                      {DNNL_ARG_DST, desc}});
}

Made make_batch_norm_statistics(const Desc& desc) {
  const OneThread one_thread;
  const auto pd = describe_norm<dnnl::batch_normalization_forward>(kTraining, desc, 1e-5f, Norm::none);
  const Desc number = per_channel(desc);
  return made<dnnl::batch_normalization_forward>(
      pd, {{DNNL_ARG_SRC, desc}, {DNNL_ARG_MEAN, number}, {DNNL_ARG_VARIANCE, number}, {DNNL_ARG_DST, desc}});
}

Made make_batch_norm_backward(const Desc& desc, float epsilon) {
  const OneThread one_thread;
  const Norm flags = Norm::use_global_stats | Norm::use_scale | Norm::use_shift;
  const auto forward = describe_norm<dnnl::batch_normalization_forward>(kTraining, desc, epsilon, flags);
  const auto pd = describe_backward_alike<dnnl::batch_normalization_backward>(dnnl::prop_kind::backward, forward, desc,
                                                                              epsilon, flags);
  const Desc number = per_channel(desc);
  return made<dnnl::batch_normalization_backward>(pd, {{DNNL_ARG_DIFF_DST, desc},
                                                       {DNNL_ARG_SRC, desc},
                                                       {DNNL_ARG_MEAN, number},
                                                       {DNNL_ARG_VARIANCE, number},
                                                       {DNNL_ARG_SCALE, number, kShiftOfGradients},
                                                       {DNNL_ARG_DIFF_SRC, desc},
                                                       {DNNL_ARG_DIFF_SCALE, number},
                                                       {DNNL_ARG_DIFF_SHIFT, number}});
}

Made make_row_norm(const Desc& matrix, float epsilon) {
  const OneThread one_thread;
  const Desc row = per_row(matrix);
  const auto pd = describe_norm<dnnl::layer_normalization_forward>(kTraining, matrix, row, epsilon, Norm::none);
  return made<dnnl::layer_normalization_forward>(
      pd, {{DNNL_ARG_SRC, matrix}, {DNNL_ARG_MEAN, row}, {DNNL_ARG_VARIANCE, row}, {DNNL_ARG_DST, matrix}});
}

Made make_row_norm_backward(const Desc& matrix, float epsilon) {
  const OneThread one_thread;
  const Desc row = per_row(matrix);
  const auto forward = describe_norm<dnnl::layer_normalization_forward>(kTraining, matrix, row, epsilon, Norm::none);
  const auto pd = describe_backward_alike<dnnl::layer_normalization_backward>(dnnl::prop_kind::backward_data, forward,
                                                                              matrix, row, epsilon, Norm::none);
  return made<dnnl::layer_normalization_backward>(pd, {{DNNL_ARG_DIFF_DST, matrix},
                                                       {DNNL_ARG_SRC, matrix},
                                                       {DNNL_ARG_MEAN, row},
                                                       {DNNL_ARG_VARIANCE, row},
                                                       {DNNL_ARG_DIFF_SRC, matrix}});
}

const std::string& library_description() {
  static const std::string text = [] {
    const dnnl_version_t& v = *dnnl_version();
    return "oneDNN " + std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
  }();
  return text;
}

}  // namespace tacho::onednn
