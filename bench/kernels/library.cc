#include "bench/kernels/library.h"

#include <memory>

#include "backends/blas/library.h"
#include "tensor/tensor.h"
#ifdef TACHO_BENCH_ONEDNN
#include <unordered_map>

#include "backends/onednn/dnnl_adapter.h"
#endif

namespace tacho::bench {
namespace {

/// Zeroed memory with small numbers in it.
std::shared_ptr<Buffer> numbers(size_t bytes) {
  const auto buffer = std::make_shared<Buffer>(std::max<size_t>(bytes, 1));
  float* data = static_cast<float*>(buffer->data());
  for (size_t i = 0; i < bytes / sizeof(float); ++i) data[i] = float(int64_t(i * 2654435761u % 1021) + 10) / 1000;
  return buffer;
}

}  // namespace

#ifdef TACHO_BENCH_ONEDNN
namespace {

using onednn::Desc;
using onednn::Dims;
using onednn::Tag;
using Kind = dnnl::prop_kind;
using Norm = dnnl::normalization_flags;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// As in dnnl_adapter.cc: 2.x describes an operation first, 3.x makes a primitive's description from the numbers at
// once.
#if DNNL_VERSION_MAJOR >= 3
using PoolForward = dnnl::pooling_forward;
using PoolBackward = dnnl::pooling_backward;
template <class P, class... Numbers>
auto describe(const Numbers&... numbers) {
  return typename P::primitive_desc(engine(), numbers...);
}
template <class P, class Hint, class... Numbers>
auto describe_backward(const Hint& hint, const Numbers&... numbers) {
  return typename P::primitive_desc(engine(), numbers..., hint);
}
template <class P, class... Numbers>
auto describe_norm(Kind kind, const Desc& x, const Numbers&... numbers) {
  return describe<P>(kind, x, x, numbers...);
}
template <class P, class Hint, class... Numbers>
auto describe_norm_backward(const Hint& hint, const Desc& x, const Numbers&... numbers) {
  return describe_backward<P>(hint, Kind::backward, x, x, x, numbers...);
}
#else
using PoolForward = dnnl::pooling_v2_forward;
using PoolBackward = dnnl::pooling_v2_backward;
template <class P, class... Numbers>
auto describe(const Numbers&... numbers) {
  return typename P::primitive_desc(typename P::desc(numbers...), engine());
}
template <class P, class Hint, class... Numbers>
auto describe_backward(const Hint& hint, const Numbers&... numbers) {
  return typename P::primitive_desc(typename P::desc(numbers...), engine(), hint);
}
template <class P, class... Numbers>
auto describe_norm(Kind kind, const Desc& x, const Numbers&... numbers) {
  return describe<P>(kind, x, numbers...);
}
template <class P, class Hint, class... Numbers>
auto describe_norm_backward(const Hint& hint, const Desc& x, const Numbers&... numbers) {
  return describe_backward<P>(hint, Kind::backward, x, x, numbers...);
}
#endif

/// A primitive and memory for its operands.
struct Call {
  dnnl::primitive primitive;
  dnnl::stream stream{engine()};
  std::unordered_map<int, dnnl::memory> operands;
  std::vector<std::shared_ptr<Buffer>> memory;

  void add(int argument, const Desc& desc) {
    memory.push_back(numbers(desc.get_size()));
    operands.emplace(argument, dnnl::memory(desc, engine(), memory.back()->data()));
  }
};

Entry entry_of(const std::string& layout, const char* kernel, const std::shared_ptr<Call>& call) {
  Entry entry;
  entry.name = "onednn " + layout;
  entry.kernel = kernel;
  entry.run = [call] {
    const onednn::OneThread one_thread;
    call->primitive.execute(call->stream, call->operands);
  };
  return entry;
}

struct NamedTag {
  const char* name;
  Tag tag;
};
constexpr NamedTag kTags[] = {
    {"nhwc", Tag::nhwc}, {"nchw", Tag::nchw}, {"blocked", Tag::nChw16c}, {"blocked by 8", Tag::nChw8c}};

/// An entry by `make(tag)` for each layout of images that oneDNN has an implementation for.
template <class Make>
std::vector<Entry> in_every_layout(const char* kernel, const Make& make) {
  std::vector<Entry> entries;
  const onednn::OneThread one_thread;
  for (const NamedTag& named : kTags) {
    try {
      entries.push_back(entry_of(named.name, kernel, make(named.tag)));
    } catch (const dnnl::error&) {
      continue;
    }
  }
  return entries;
}

}  // namespace

std::vector<Entry> onednn_max_pooling(const MaxPooling& p, bool backward) {
  const int64_t height = (p.x[2] + 2 * p.padding - p.size) / p.stride + 1;
  const int64_t width = (p.x[3] + 2 * p.padding - p.size) / p.stride + 1;
  return in_every_layout(backward ? "max pooling's gradient" : "max pooling", [&](Tag tag) {
    const auto f32 = dnnl::memory::data_type::f32;
    const Desc x({p.x[0], p.x[1], p.x[2], p.x[3]}, f32, tag), y({p.x[0], p.x[1], height, width}, f32, tag);
    const Dims stride{p.stride, p.stride}, size{p.size, p.size}, dilation{0, 0}, padding{p.padding, p.padding};
    const auto max = dnnl::algorithm::pooling_max;
    const auto forward =
        describe<PoolForward>(Kind::forward_training, max, x, y, stride, size, dilation, padding, padding);
    const auto call = std::make_shared<Call>();
    call->add(DNNL_ARG_SRC, x);
    call->add(DNNL_ARG_DST, y);
    call->add(DNNL_ARG_WORKSPACE, forward.workspace_desc());
    call->primitive = PoolForward(forward);
    if (!backward) return call;
    call->primitive.execute(call->stream, call->operands);  // where the maxima are
    const auto gradient = describe_backward<PoolBackward>(forward, max, x, y, stride, size, dilation, padding, padding);
    call->add(DNNL_ARG_DIFF_SRC, x);
    call->add(DNNL_ARG_DIFF_DST, y);
    call->primitive = PoolBackward(gradient);
    return call;
  });
}

std::vector<Entry> onednn_batch_norm(const Shape& shape, bool backward) {
  return in_every_layout(backward ? "batch normalisation's gradients" : "batch normalisation", [&](Tag tag) {
    const auto f32 = dnnl::memory::data_type::f32;
    const Desc x({shape[0], shape[1], shape[2], shape[3]}, f32, tag), number({shape[1]}, f32, Tag::a);
    const Norm flags = Norm::use_scale | Norm::use_shift;
    const auto forward = describe_norm<dnnl::batch_normalization_forward>(Kind::forward_training, x, 1e-5f, flags);
    const auto call = std::make_shared<Call>();
    call->add(DNNL_ARG_SRC, x);
    for (int argument : {DNNL_ARG_MEAN, DNNL_ARG_VARIANCE, DNNL_ARG_SCALE, DNNL_ARG_SHIFT}) call->add(argument, number);
    if (!backward) {
      call->add(DNNL_ARG_DST, x);
      call->primitive = dnnl::batch_normalization_forward(forward);
      return call;
    }
    const auto gradient = describe_norm_backward<dnnl::batch_normalization_backward>(forward, x, 1e-5f, flags);
    call->add(DNNL_ARG_DIFF_DST, x);
    call->add(DNNL_ARG_DIFF_SRC, x);
    call->add(DNNL_ARG_DIFF_SCALE, number);
    call->add(DNNL_ARG_DIFF_SHIFT, number);
    call->primitive = dnnl::batch_normalization_backward(gradient);
    return call;
  });
}

std::vector<Entry> onednn_reorder(const Shape& shape, bool to_channels_last) {
  const onednn::OneThread one_thread;
  const auto f32 = dnnl::memory::data_type::f32;
  const Dims dims{shape[0], shape[1], shape[2], shape[3]};
  const Desc plain(dims, f32, Tag::nchw), last(dims, f32, Tag::nhwc);
  const Desc &from = to_channels_last ? plain : last, &to = to_channels_last ? last : plain;
  const auto call = std::make_shared<Call>();
  call->add(DNNL_ARG_FROM, from);
  call->add(DNNL_ARG_TO, to);
  call->primitive = dnnl::reorder(dnnl::reorder::primitive_desc(engine(), from, engine(), to));
  return {entry_of(to_channels_last ? "to nhwc" : "to nchw", "reorder", call)};
}
#else
std::vector<Entry> onednn_max_pooling(const MaxPooling&, bool) { return {}; }
std::vector<Entry> onednn_batch_norm(const Shape&, bool) { return {}; }
std::vector<Entry> onednn_reorder(const Shape&, bool) { return {}; }
#endif

std::vector<Entry> blas_convolution_product(const ConvGeometry& g, const std::string& pass) {
  if (blas::unavailable() || g.groups != 1) return {};
  const int64_t taps = g.c * g.taps(), places = g.places();
  // The product alone, as a matrix of all taps by all places; each pass has another of the three as its result.
  struct Matrices {
    std::shared_ptr<Buffer> filters, windows, results;
  };
  const auto bytes = [](int64_t rows, int64_t columns) { return size_t(rows * columns) * sizeof(float); };
  const Matrices m{numbers(bytes(g.k, taps)), numbers(bytes(taps, places)), numbers(bytes(g.k, places))};
  const auto at = [](const std::shared_ptr<Buffer>& buffer) { return static_cast<float*>(buffer->data()); };
  const blas::Library& library = *blas::library();
  using blas::kNoTranspose, blas::kRowMajor, blas::kTranspose;
  Entry entry;
  entry.name = "blas";
  entry.kernel = "the product alone";
  entry.part_only = true;
  if (pass == "forward")
    entry.run = [=, &library, k = int(g.k), t = int(taps), p = int(places), n = g.n] {
      for (int64_t i = 0; i < n; ++i)
        library.sgemm(kRowMajor, kNoTranspose, kNoTranspose, k, p, t, 1, at(m.filters), t, at(m.windows), p, 0,
                      at(m.results), p);
    };
  else if (pass == "backward data")
    entry.run = [=, &library, k = int(g.k), t = int(taps), p = int(places), n = g.n] {
      for (int64_t i = 0; i < n; ++i)
        library.sgemm(kRowMajor, kTranspose, kNoTranspose, t, p, k, 1, at(m.filters), t, at(m.results), p, 0,
                      at(m.windows), p);
    };
  else
    entry.run = [=, &library, k = int(g.k), t = int(taps), p = int(places), n = g.n] {
      for (int64_t i = 0; i < n; ++i)
        library.sgemm(kRowMajor, kNoTranspose, kTranspose, k, t, p, 1, at(m.results), p, at(m.windows), p, 0,
                      at(m.filters), t);
    };
  return {entry};
}

}  // namespace tacho::bench
