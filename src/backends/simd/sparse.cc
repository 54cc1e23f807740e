#include "backends/simd/sparse.h"

#include <array>

#include "backends/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backends/simd/sparse.cc"
#include <hwy/foreach_target.h>
// Behind foreach_target.h:
#include "backends/simd/channels-inl.h"
#include "backends/simd/panels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tacho::simd {
namespace HWY_NAMESPACE {
namespace {

constexpr int64_t kMostFloats = 96;
constexpr int kMostVectors = int(kMostFloats / kLanes<float>);

/// Filters whose sums of kVectors vectors each stay in registers together.
template <int kVectors>
constexpr int kTogether = kVectors == 1 ? 8 : std::clamp(((kTileRows < 14 ? 16 : 32) - 4) / kVectors, 1, 4);

/// sums[filter][patch] += gradient x patch, over `windows` windows: gradients and where their patches lie, in floats
/// from `patches` on, are [window][filters]. `filters` is a multiple of kTogether.
template <int kVectors>
HWY_NOINLINE void add_windows(const float* patches, const float* gradients, const int32_t* places, int64_t windows,
                              int64_t filters, float* sums) {
  constexpr int kFilters = kTogether<kVectors>;
  constexpr int64_t kWidth = kLanes<float>;
  const hn::ScalableTag<float> d;
  for (int64_t first = 0; first < filters; first += kFilters, sums += kFilters * kVectors * kWidth) {
    hn::Vec<decltype(d)> sum[kFilters][kVectors];
    HWY_UNROLL(8)
    for (int k = 0; k < kFilters; ++k) HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) sum[k][v] = hn::LoadU(d, sums + (k * kVectors + v) * kWidth);
    const float* gradient = gradients + first;
    const int32_t* place = places + first;
    for (int64_t w = 0; w < windows; ++w, gradient += filters, place += filters) HWY_UNROLL(8)
    for (int k = 0; k < kFilters; ++k) {
      const auto value = hn::Set(d, gradient[k]);
      const float* const patch = patches + place[k];
      HWY_UNROLL(8)
      for (int v = 0; v < kVectors; ++v) sum[k][v] = hn::MulAdd(value, hn::LoadU(d, patch + v * kWidth), sum[k][v]);
    }
    HWY_UNROLL(8)
    for (int k = 0; k < kFilters; ++k) HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[k][v], d, sums + (k * kVectors + v) * kWidth);
  }
}

using AddWindows = void (*)(const float*, const float*, const int32_t*, int64_t, int64_t, float*);
struct Kind {
  AddWindows add;
  int64_t together;
};
template <int... V>
constexpr std::array<Kind, sizeof...(V)> kinds(std::integer_sequence<int, V...>) {
  return {Kind{&add_windows<V + 1>, kTogether<V + 1>}...};
}
constexpr auto kKinds = kinds(std::make_integer_sequence<int, kMostVectors>());

/// Floats from one row of a patch's taps to the next: whole vectors where a patch takes no more of them for that (they
/// are then stored without crossing lines of the cache), else what a row has.
int64_t row_step(const DirectShape& s) {
  const int64_t row = s.columns.taps * s.from.channels, whole = whole_vectors(row);
  return whole * s.rows.taps <= whole_vectors(row * s.rows.taps) ? whole : row;
}

/// How much is worked on at a time, and where it lies in the workspace.
struct Sparse {
  int64_t down, right;     ///< windows of an image
  int64_t height, width;   ///< of the part of the padded image that they see
  int64_t patch, filters;  ///< floats of a patch, filters: rounded up
  Kind kind;
  int64_t rows;  ///< of windows, so many that their patches stay in half of the first cache
  int64_t image_floats, patches_floats, gradients;

  Sparse(const DirectShape& s, const CpuInfo& cpu)
      : down(s.to.height / 2),
        right(s.to.width / 2),
        height(down ? s.rows.reach(2 * down) : 0),
        width(right ? s.columns.reach(2 * right) : 0),
        patch(whole_vectors(patch_floats(s))),
        kind(kKinds[size_t(patch / kLanes<float> - 1)]) {
    filters = (s.to.channels + kind.together - 1) / kind.together * kind.together;
    const int64_t row_bytes = 4 * right * patch * int64_t(sizeof(float));
    rows = std::clamp<int64_t>(cpu.l1_bytes / 2 / std::max<int64_t>(row_bytes, 1), 1, std::max<int64_t>(down, 1));
    const auto lines = [](int64_t floats) { return (floats + 15) / 16 * 16; };
    // Behind what is copied, a vector of room: what the last store or load has too much.
    image_floats = lines(height * width * s.from.channels + kLanes<float>);
    patches_floats = lines(4 * rows * right * patch + kLanes<float>);
    gradients = lines(rows * right * filters);
  }
  int64_t floats() const { return image_floats + patches_floats + 2 * gradients; }
};

int64_t workspace_floats(const DirectShape& s, const CpuInfo& cpu) { return Sparse(s, cpu).floats(); }
int64_t partial_floats(const DirectShape& s) {
  const int64_t patch = whole_vectors(patch_floats(s)), together = kKinds[size_t(patch / kLanes<float> - 1)].together;
  return (s.to.channels + together - 1) / together * together * patch;
}

/// The part of an image that the filters see, zeros around it.
void pad_image(const DirectShape& s, const Sparse& p, const float* x, float* to) {
  const int64_t channels = s.from.channels, first = std::clamp<int64_t>(s.columns.before, 0, p.width);
  const int64_t last = std::clamp<int64_t>(s.from.width + s.columns.before, first, p.width);
  for (int64_t i = 0; i < p.height; ++i, to += p.width * channels) {
    const int64_t row = i - s.rows.before;
    if (row < 0 || row >= s.from.height) {
      std::fill_n(to, p.width * channels, 0.0f);
      continue;
    }
    std::fill_n(to, first * channels, 0.0f);
    std::copy_n(x + (row * s.from.width + first - s.columns.before) * channels, (last - first) * channels,
                to + first * channels);
    std::fill(to + last * channels, to + p.width * channels, 0.0f);
  }
}

/// Patches of the places of `rows` rows of windows from `first` on: the taps of a row lie side by side, rows behind one
/// another; what a vector has too much, the next one overwrites, or nobody uses.
template <class D>
void copy_patches_in(D d, const DirectShape& s, const Sparse& p, const float* image, int64_t first, int64_t rows,
                     float* to) {
  const int64_t lanes = int64_t(hn::Lanes(d));
  const int64_t run = s.columns.taps * s.from.channels, step = row_step(s), row_floats = p.width * s.from.channels;
  for (int64_t i = 2 * first; i < 2 * (first + rows); ++i)
    for (int64_t j = 0; j < 2 * p.right; ++j, to += p.patch) {
      const float* from = image + i * s.rows.stride * row_floats + j * s.columns.stride * s.from.channels;
      float* place = to;
      for (int64_t tap = 0; tap < s.rows.taps; ++tap, from += row_floats, place += step) {
        hn::StoreU(hn::LoadU(d, from), d, place);
        for (int64_t at = lanes; at < run; at += lanes) hn::StoreU(hn::LoadU(d, from + at), d, place + at);
      }
    }
}

/// In the smallest vectors that hold a row of taps: larger ones would cross lines of the cache for nothing.
void copy_patches(const DirectShape& s, const Sparse& p, const float* image, int64_t first, int64_t rows, float* to) {
  for_place(std::min(s.columns.taps * s.from.channels, kLanes<float>),
            [&](auto d) HWY_ATTR { copy_patches_in(d, s, p, image, first, rows, to); });
}

/// Gradients of some rows of windows as they pass the gate, and where their patches lie. False where a place is none.
bool find_patches(const DirectShape& s, const Sparse& p, const GradientImages& pooled, int64_t first, int64_t rows,
                  float* gradients, int32_t* places) {
  const int64_t channels = s.to.channels, down = 2 * p.right * p.patch;
  bool within = true;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < p.right; ++j, gradients += p.filters, places += p.filters) {
      const int64_t from = ((first + i) * p.right + j) * channels, corner = 2 * i * down + 2 * j * p.patch;
      for_channels(channels, [&](auto d, int64_t c) HWY_ATTR {
        const hn::RebindToSigned<decltype(d)> di;
        const hn::Rebind<uint8_t, decltype(d)> bytes;
        auto value = hn::LoadU(d, pooled.dy + from + c);
        if (pooled.gate) value = hn::IfThenElseZero(hn::Gt(hn::LoadU(d, pooled.gate + from + c), hn::Zero(d)), value);
        const auto at = hn::PromoteTo(di, hn::LoadU(bytes, pooled.index + from + c));
        within = within && hn::AllTrue(di, hn::Lt(at, hn::Set(di, 4)));
        const auto right = hn::Mul(hn::And(at, hn::Set(di, 1)), hn::Set(di, int32_t(p.patch)));
        const auto below = hn::Mul(hn::And(hn::ShiftRight<1>(at), hn::Set(di, 1)), hn::Set(di, int32_t(down)));
        hn::StoreU(value, d, gradients + c);
        hn::StoreU(hn::Add(hn::Add(right, below), hn::Set(di, int32_t(corner))), di, places + c);
      });
    }
  return within;
}

bool accumulate(const DirectShape& s, const CpuInfo& cpu, int64_t images, const float* x, const GradientImages& pooled,
                bool empty, float* sums, float* workspace) {
  const Sparse p(s, cpu);
  if (empty) std::fill_n(sums, partial_floats(s), 0.0f);
  // What nobody writes is multiplied too, and its products ignored: numbers take no longer than they must.
  std::fill_n(workspace, p.floats(), 0.0f);
  float *image = workspace, *patches = image + p.image_floats, *gradients = patches + p.patches_floats;
  int32_t* const places = reinterpret_cast<int32_t*>(gradients + p.gradients);
  std::fill_n(places, p.gradients, 0);
  bool within = true;
  for (int64_t n = 0; n < images; ++n) {
    const int64_t at = n * p.down * p.right * s.to.channels;
    const GradientImages own{pooled.dy + at, pooled.gate ? pooled.gate + at : nullptr, pooled.index + at};
    pad_image(s, p, x + n * s.from.elements(), image);
    for (int64_t first = 0; first < p.down; first += p.rows) {
      const int64_t rows = std::min(p.rows, p.down - first);
      copy_patches(s, p, image, first, rows, patches);
      within = find_patches(s, p, own, first, rows, gradients, places) && within;
      p.kind.add(patches, gradients, places, rows * p.right, p.filters, sums);
    }
  }
  return within;
}

void finish(const DirectShape& s, const float* sums, float* dw) {
  const int64_t patch = whole_vectors(patch_floats(s)), taps = s.taps(), channels = s.from.channels;
  const int64_t step = row_step(s);
  for (int64_t k = 0; k < s.to.channels; ++k, sums += patch, dw += taps * channels)
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t c = 0; c < channels; ++c)
        dw[c * taps + tap] = sums[tap / s.columns.taps * step + tap % s.columns.taps * channels + c];
}

constexpr SparseRoutines kRoutines{
    .most_floats = kMostVectors * kLanes<float>,
    .workspace_floats = workspace_floats,
    .partial_floats = partial_floats,
    .accumulate = accumulate,
    .finish = finish,
};

}  // namespace

const SparseRoutines* sparse_table() { return &kRoutines; }

// NOLINTNEXTLINE(google-readability-namespace-comments)
}  // namespace HWY_NAMESPACE
}  // namespace tacho::simd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tacho::simd {

HWY_EXPORT(sparse_table);

const SparseRoutines& sparse_routines() { return *HWY_DYNAMIC_DISPATCH(sparse_table)(); }

}  // namespace tacho::simd
#endif
