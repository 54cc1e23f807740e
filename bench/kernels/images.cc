#include "bench/kernels/library.h"
#include "bench/kernels/parts.h"
#include "ops/avg_pool2d_backward.h"
#include "ops/batch_norm.h"
#include "ops/batch_norm_statistics_backward.h"
#include "ops/bias_add.h"
#include "ops/max_pool2d.h"
#include "ops/max_pool2d_backward.h"
#include "ops/sum.h"
#include "tensor/tensor.h"

namespace tacho::bench {
namespace {

TensorType f32(const Shape& shape) { return {DType::float32, shape}; }

class Rows {
 public:
  Rows(const Wanted& wanted, const Visit& visit) : wanted_(wanted), visit_(visit) {}

  /// By every rival, as one operation.
  void operation(const std::string& name, const Shape& x, const Group& group) {
    Contest contest = contest_of(name, x, bytes_of(group));
    if (!asked_for(contest)) return;
    for (const std::string& rival : wanted_.rivals) add_entries(contest, rival_named(rival), group);
    if (!contest.entries.empty()) visit_(contest);
  }
  /// Ours, made by `ours`, against oneDNN's own primitives. `bytes`, `held`: as a contest's.
  template <class Ours, class Library>
  void against(const std::string& name, const Shape& x, int64_t bytes, const Ours& ours, const Library& library,
               int64_t held = 0) {
    Contest contest = contest_of(name, x, bytes);
    contest.held = held;
    if (!asked_for(contest) || backend_named("simd").unavailable()) return;
    contest.entries.push_back(ours());
    if (wanted_.libraries)
      for (Entry& entry : library()) contest.entries.push_back(std::move(entry));
    visit_(contest);
  }

 private:
  static Contest contest_of(const std::string& name, const Shape& x, int64_t bytes) {
    Contest contest;
    contest.part = "images", contest.name = name, contest.detail = to_string(x), contest.bytes = bytes;
    return contest;
  }
  bool asked_for(const Contest& contest) const { return contest.name.find(wanted_.only) != std::string::npos; }
  const Wanted& wanted_;
  const Visit& visit_;
};

void poolings(Rows& rows, const Shape& x, int64_t size, int64_t stride, int64_t padding) {
  const Backend& simd = backend_named("simd");
  const int64_t height = (x[2] + 2 * padding - size) / stride + 1, width = (x[3] + 2 * padding - size) / stride + 1;
  const Shape y{x[0], x[1], height, width};
  const std::string windows = text_of(" ", size, "x", size, "/", stride);
  const MaxPool2dAttributes max{{size, size}, {stride, stride}, {padding, padding, padding, padding}};
  const Group forward = group_of({images(x)}, {{"max_pool2d", max, {0}}});
  const Group backward = group_of({images(y), images(y, max_pool2d_index(max))},
                                  {{"max_pool2d_backward", MaxPool2dBackwardAttributes{max, {x[2], x[3]}}, {0, 1}}});
  const MaxPooling library{x, size, stride, padding};
  rows.against(
      "max_pool2d" + windows, x, bytes_of(forward), [&] { return entry_of(simd, forward, true); },
      [&] { return onednn_max_pooling(library, false); });
  rows.against(
      "max_pool2d_backward" + windows, x, bytes_of(backward), [&] { return entry_of(simd, backward, true); },
      [&] { return onednn_max_pooling(library, true); });
  const AvgPool2dAttributes mean{{size, size}, {stride, stride}, {padding, padding, padding, padding}};
  rows.operation("avg_pool2d" + windows, x, group_of({images(x)}, {{"avg_pool2d", mean, {0}}}));
  const AvgPool2dBackwardAttributes mean_backward{mean, {x[2], x[3]}};
  rows.operation("avg_pool2d_backward" + windows, x,
                 group_of({images(y)}, {{"avg_pool2d_backward", mean_backward, {0}}}));
}

/// As a training step has it: statistics, then the result; both sums, then the images' gradient. So each reads its
/// operands twice.
void batch_norms(Rows& rows, const Shape& x) {
  const Backend& simd = backend_named("simd");
  const External image = images(x), number = whole({x[1]});
  const BatchNormAttributes norm;
  const BatchNormStatisticsBackwardAttributes statistics{x[0] * x[2] * x[3]};
  const int64_t bytes = byte_count(x, DType::float32);
  const Group sums = group_of({image}, {{"batch_norm_statistics", {}, {0}}});
  const Group result = group_of({image, number, number, number, number}, {{"batch_norm", norm, {0, 1, 2, 3, 4}}});
  rows.against(
      "batch_norm, training", x, 2 * bytes,
      [&] {
        return entry_of(simd, {{sums, {0}}, {result, {0, 1, 2, 3, 4}}}, true);
      },
      [&] { return onednn_batch_norm(x, false); }, 2 * bytes);
  const Group parameters =
      group_of({image, image, number, number}, {{"batch_norm_backward_parameters", norm, {0, 1, 2, 3}}});
  // dy, scale, variance, x, mean, dmean, dvariance
  const Group input = group_of({image, number, number, image, number, number, number},
                               {{"batch_norm_backward_input", norm, {0, 1, 2}},
                                {"batch_norm_statistics_backward", statistics, {3, 4, 5, 6}},
                                {"add", {}, {7, 8}}});
  rows.against(
      "batch_norm's gradients", x, 3 * bytes,
      // dy and x are read by both.
      [&] {
        return entry_of(simd, {{parameters, {0, 1, 2, 3}}, {input, {0, 4, 3, 1, 2, 5, 6}}}, true);
      },
      [&] { return onednn_batch_norm(x, true); }, 3 * bytes);
}

void reorders(Rows& rows, const Shape& x) {
  const Backend& simd = backend_named("simd");
  for (const bool to_last : {true, false}) {
    const Layout from = to_last ? Layout{} : channels_last(), to = to_last ? channels_last() : Layout{};
    const auto ours = [&] {
      const std::shared_ptr<const Kernel> kernel = simd.reorder(f32(x), from, to);
      const Tensor in = Tensor::zeros(f32(x)), out = Tensor::zeros(f32(x));
      return Entry{"simd", "reorder", [=, count = x[0]] {
                     const View from_view = in.view(), to_view = out.view();
                     kernel->run({{&from_view, 1}, {&to_view, 1}, {0, count, count}, nullptr, {}});
                   }};
    };
    rows.against(to_last ? "reorder to channels last" : "reorder to row-major", x, 2 * byte_count(x, DType::float32),
                 ours, [&] { return onednn_reorder(x, to_last); });
  }
}

}  // namespace

void visit_images(const Wanted& wanted, const Visit& visit) {
  Rows rows(wanted, visit);
  // Two that stay in the second cache, one that leaves it, one that leaves all.
  const std::vector<Shape> shapes =
      wanted.small ? std::vector<Shape>{{1, 16, 8, 8}}
                   : std::vector<Shape>{{2, 32, 28, 28}, {4, 64, 16, 16}, {16, 64, 32, 32}, {32, 64, 112, 112}};
  for (const Shape& x : shapes) {
    poolings(rows, x, 2, 2, 0);
    poolings(rows, x, 3, 2, 1);
    batch_norms(rows, x);
    reorders(rows, x);
    rows.operation("sum, a bias gradient", x, group_of({images(x)}, {{"sum", ReductionAttributes{{0, 2, 3}}, {0}}}));
    rows.operation("relu", x, group_of({images(x)}, {{"relu", {}, {0}}}));
    rows.operation("relu_backward", x, group_of({images(x), images(x)}, {{"relu_backward", {}, {0, 1}}}));
    rows.operation("add", x, group_of({images(x), images(x)}, {{"add", {}, {0, 1}}}));
  }
}

}  // namespace tacho::bench
