#include "backends/simd/spread.h"

#include "backends/simd/convolution_group.h"
#include "backends/simd/kernels.h"
#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/spread.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/channels-inl.h"
#include "backends/simd/panels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

bool fits(const DirectShape& s) {
  return s.groups == 1 && s.from.channels < kLanes<float> && s.columns.taps > 1 &&
         (s.rows.stride == 1 || s.rows.dilation == 1);
}

/// A row of taps, their channels side by side, in whole vectors.
int64_t run_floats(const DirectShape& s) { return s.columns.taps * s.from.channels; }
int64_t sum_floats(const DirectShape& s) { return whole_vectors(run_floats(s)); }

int64_t panel_floats(const DirectShape& s) { return s.rows.taps * s.to.channels * kPanel; }
int64_t packed_floats(const DirectShape& s) { return panels(run_floats(s)) * panel_floats(s); }

/// Rows of taps in the order in which an image's row meets them: every stride-th one, side by side.
template <class F>
void for_phases(const DirectAxis& rows, const F& f) {
  for (int64_t first = 0, before = 0; first < std::min(rows.stride, rows.taps); ++first) {
    const int64_t count = (rows.taps - first + rows.stride - 1) / rows.stride;
    f(first, count, before);
    before += count;
  }
}

/// [panel][row of taps by phase][filter][kPanel of (column, channel)].
void pack(const DirectShape& s, const float* w, float* packed) {
  const int64_t channels = s.from.channels, plane = s.taps(), floats = run_floats(s);
  for (int64_t first = 0; first < floats; first += kPanel)
    for_phases(s.rows, [&](int64_t phase, int64_t count, int64_t) {
      for (int64_t i = 0; i < count; ++i)
        for (int64_t k = 0; k < s.to.channels; ++k)
          for (int64_t n = first; n < first + kPanel; ++n, ++packed) {
            const int64_t tap = (phase + i * s.rows.stride) * s.columns.taps + n / channels;
            *packed = n < floats ? w[(k * channels + n % channels) * plane + tap] : 0.0f;
          }
    });
}

/// The rows of taps that reach a row of the image, in packed order, and the row of results that the first one meets;
/// each further one meets the row `step` before it.
struct Reaching {
  int64_t first = 0, count = 0, result = 0, step = 1;
};

Reaching rows_reaching(const DirectShape& s, int64_t row) {
  const DirectAxis& axis = s.rows;
  const int64_t at = row + axis.before;
  Reaching reaching;
  if (at < 0) return reaching;
  reaching.step = axis.stride == 1 ? axis.dilation : 1;
  for_phases(axis, [&](int64_t phase, int64_t count, int64_t before) {
    if ((at - phase) % axis.stride != 0) return;
    const auto result = [&](int64_t i) { return (at - phase) / axis.stride - i * reaching.step; };
    for (int64_t i = 0; i < count; ++i) {
      if (at < phase || result(i) < 0 || result(i) >= s.to.height) continue;
      if (reaching.count++ == 0) reaching.first = before + i, reaching.result = result(i);
    }
  });
  return reaching;
}

/// What reaches each row, for all images of a call.
int64_t reaching_floats(const DirectShape& s) {
  return (s.from.height * int64_t(sizeof(Reaching) / sizeof(float)) + 15) / 16 * 16;
}
/// That, sums of a row of results' places, and behind them room for a vector that begins at any of them.
int64_t workspace_floats(const DirectShape& s) {
  return reaching_floats(s) + s.to.width * sum_floats(s) + kLanes<float>;
}

/// One row of the image: at each place the sum of what the places of `sums` have for it. `d` has at least as many lanes
/// as there are channels; the image ends before `end`. kTaps: taps of a row, one place apart: places that all of
/// them reach are summed without a loop; 0: any number.
template <int kTaps, class D>
HWY_INLINE void fold_row(D d, const DirectShape& s, const float* sums, float* dx, const float* end) {
  const int64_t channels = s.from.channels, floats = sum_floats(s);
  const DirectAxis& axis = s.columns;
  for (int64_t place = 0; place < s.from.width; ++place, dx += channels) {
    auto sum = hn::Zero(d);
    if (kTaps > 0 && place + axis.before >= kTaps - 1 && place + axis.before < s.to.width) {
      const float* const from = sums + (place + axis.before) * floats;
      HWY_UNROLL(8)
      for (int j = 0; j < kTaps; ++j) sum = hn::Add(sum, hn::LoadU(d, from + j * (channels - floats)));
    } else if (axis.stride == 1) {
      // Taps j with 0 <= place + before - j * dilation < width.
      const int64_t at = place + axis.before, beyond = at - (s.to.width - 1);
      const int64_t first = beyond > 0 ? (beyond + axis.dilation - 1) / axis.dilation : 0;
      const int64_t last = at < 0 ? -1 : std::min(axis.taps - 1, at / axis.dilation);
      const float* from = sums + (at - first * axis.dilation) * floats + first * channels;
      for (int64_t j = first; j <= last; ++j, from += channels - axis.dilation * floats)
        sum = hn::Add(sum, hn::LoadU(d, from));
    } else {
      for (int64_t j = 0; j < axis.taps; ++j) {
        const int64_t at = place + axis.before - j * axis.dilation;
        if (at >= 0 && at % axis.stride == 0 && at / axis.stride < s.to.width)
          sum = hn::Add(sum, hn::LoadU(d, sums + at / axis.stride * floats + j * channels));
      }
    }
    store_place(d, sum, channels, dx, end);
  }
}

void spread(const DirectShape& s, int64_t images, const float* dy, const float* packed, float* dx, float* workspace) {
  const int64_t row_floats = s.from.width * s.from.channels, columns = run_floats(s), floats = sum_floats(s);
  const float* const end = dx + images * s.from.elements();
  const RowSplit split(s.to.width);
  Reaching* const reached = reinterpret_cast<Reaching*>(workspace);
  for (int64_t row = 0; row < s.from.height; ++row) reached[row] = rows_reaching(s, row);
  float* const sums = workspace + reaching_floats(s);
  const int64_t taps = s.columns.stride == 1 && s.columns.dilation == 1 ? s.columns.taps : 0;
  for (int64_t image = 0; image < images; ++image, dy += s.to.elements())
    for (int64_t row = 0; row < s.from.height; ++row, dx += row_floats) {
      const Reaching& reaching = reached[row];
      if (reaching.count == 0) {
        std::fill_n(dx, row_floats, 0.0f);
        continue;
      }
      const int64_t result_row = s.to.width * s.to.channels, steps = reaching.count * s.to.channels;
      StepsTogether<float> a{dy + reaching.result * result_row, s.to.channels, s.to.channels,
                             -reaching.step * result_row};
      for (int64_t first = 0; first < columns; first += kPanel) {
        const float* b = packed + first / kPanel * panel_floats(s) + reaching.first * s.to.channels * kPanel;
        for (int64_t tile = 0; tile < split.tiles; ++tile)
          multiply_any_tile(split.rows(tile), from_row(a, split.first(tile)), steps, b, kPanel,
                            panel_columns(columns, first), sums + split.first(tile) * floats + first, floats, {});
      }
      for_place(s.from.channels, [&](auto d) HWY_ATTR {
        if (taps == 3) fold_row<3>(d, s, sums, dx, end);
        else if (taps == 5) fold_row<5>(d, s, sums, dx, end);
        else fold_row<0>(d, s, sums, dx, end);
      });
    }
}

/// Results' places along a row that reach a place of the image, over all its places.
int64_t sums_along_row(const DirectShape& s) {
  int64_t sums = 0;
  for (int64_t place = 0; place < s.from.width; ++place)
    for (int64_t j = 0; j < s.columns.taps; ++j) {
      const int64_t at = place + s.columns.before - j * s.columns.dilation;
      sums += at >= 0 && at % s.columns.stride == 0 && at / s.columns.stride < s.to.width;
    }
  return sums;
}

Tally executed(const DirectShape& s) {
  int64_t taps = 0, rows = 0;
  for (int64_t row = 0; row < s.from.height; ++row) {
    const int64_t count = rows_reaching(s, row).count;
    taps += count, rows += count > 0;
  }
  Tally tally;
  tally.mul = taps * s.to.channels * s.to.width * run_floats(s);
  tally.add = tally.mul + rows * sums_along_row(s) * s.from.channels;
  return tally;
}

constexpr SpreadRoutines kRoutines{
    .fits = fits,
    .packed_floats = packed_floats,
    .pack = pack,
    .workspace_floats = workspace_floats,
    .spread = spread,
    .executed = executed,
};

}  // namespace

const SpreadRoutines* spread_table() { return &kRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(spread_table);

const SpreadRoutines& spread_routines() { return *HWY_DYNAMIC_DISPATCH(spread_table)(); }

namespace {

class SpreadGradient final : public Kernel {
 public:
  explicit SpreadGradient(const ConvolutionGroup& group)
      : group_(group), routines_(spread_routines()), shape_(direct_shape(group)) {}

  size_t packed_bytes() const { return size_t(routines_.packed_floats(shape_)) * sizeof(float); }
  size_t workspace_bytes() const { return size_t(routines_.workspace_floats(shape_)) * sizeof(float); }

  void pack(size_t, const View& w, void* destination) const override {
    routines_.pack(shape_, w.as<float>(), static_cast<float*>(destination));
  }
  RunStatus run(const KernelRun& run) const override {
    routines_.spread(shape_, run.inputs[group_.first].shape()[0], run.in<float>(group_.first),
                     static_cast<const float*>(run.packed[0]), run.out<float>(size_t(group_.y)),
                     static_cast<float*>(run.workspace));
    return {};
  }

 private:
  ConvolutionGroup group_;
  const SpreadRoutines& routines_;
  DirectShape shape_;
};

}  // namespace

OfferResult offer_spread(const Group& group, const OfferContext& context) {
  const auto found = convolution_group_of(group, context);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& convolution = std::get<ConvolutionGroup>(found);
  const DirectShape shape = direct_shape(convolution);
  if (convolution.epilogue.sum) return Refusal{"spread: a sum behind it"};
  if (!spread_routines().fits(shape)) return Refusal{"spread: for few channels under rows of several taps"};
  Offer offer;
  offer.name = "direct " + convolution.name;
  offer.reason = text_of("rows of taps and their channels side by side, for few channels, for ", target_in_use());
  set_image_layouts(group, convolution, offer);
  const Tally image = spread_routines().executed(shape);
  offer.executed.tally.mul = convolution.geometry.n * image.mul;
  offer.executed.tally.add = convolution.geometry.n * image.add;
  offer.executed.declared = true;
  auto kernel = std::make_unique<SpreadGradient>(convolution);
  offer.workspace_bytes = kernel->workspace_bytes();
  offer.packs = {{convolution.second, kernel->packed_bytes()}};
  offer.kernel = std::move(kernel);
  return offer;
}

}  // namespace tacho::simd
#endif
