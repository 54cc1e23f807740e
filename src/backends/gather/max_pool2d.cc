#include "ops/max_pool2d.h"

#include <limits>

#include "backends/gather/indices.h"
#include "backends/gather/kernels.h"
#include "ops/pool_geometry.h"

namespace tacho::index_vector {
namespace {

/// P_pool as an index vector: the places of each window's taps in a plane, window behind window, padding left out.
struct WindowTable {
  struct Window {
    int32_t begin = 0, end = 0;    ///< of its taps in `places` and `taps`; never empty
    bool starts_in_image = false;  ///< else its first tap is padding, which as minus infinity is compared first
  };
  std::vector<Window> windows;
  std::vector<int32_t> places, taps;  ///< in the plane; in the window
  int64_t plane = 0;                  ///< elements of an input plane
};

WindowTable window_table(const MaxPool2dAttributes& a, const Shape& x, const Shape& y) {
  const WindowAxis rows{x[2], a.kernel[0], a.stride[0], a.padding[0], a.padding[2], 1, y[2]};
  const WindowAxis columns{x[3], a.kernel[1], a.stride[1], a.padding[1], a.padding[3], 1, y[3]};
  WindowTable table;
  table.plane = rows.in * columns.in;
  for (int64_t oh = 0; oh < rows.out; ++oh)
    for (int64_t ow = 0; ow < columns.out; ++ow) {
      WindowTable::Window window{int32_t(table.places.size()), 0, rows.inside(oh, 0) && columns.inside(ow, 0)};
      for (int64_t kh = 0; kh < rows.kernel; ++kh)
        for (int64_t kw = 0; kw < columns.kernel; ++kw)
          if (rows.inside(oh, kh) && columns.inside(ow, kw)) {
            table.places.push_back(int32_t(rows.place(oh, kh) * columns.in + columns.place(ow, kw)));
            table.taps.push_back(int32_t(kh * columns.kernel + kw));
          }
      window.end = int32_t(table.places.size());
      table.windows.push_back(window);
    }
  return table;
}

/// One plane. Of equal elements the first wins; `index` is null where nobody reads the places.
template <class T, class Index>
void pool_plane(const WindowTable& table, const T* x, T* y, Index* index) {
  const int32_t* const places = table.places.data();
  for (const WindowTable::Window& window : table.windows) {
    int32_t at = window.begin;
    T best = window.starts_in_image ? x[places[at]] : T(-std::numeric_limits<double>::infinity());
    for (int32_t tap = window.begin + (window.starts_in_image ? 1 : 0); tap < window.end; ++tap) {
      const T candidate = x[places[tap]];
      const auto larger = greater(candidate, best);
      best = select(larger, candidate, best);
      at = select(larger, tap, at);
    }
    *y++ = best;
    if (index) *index++ = Index(table.taps[size_t(at)]);
  }
}

class MaxPool2d final : public Kernel {
 public:
  /// `y` and `index` are positions among the external outputs, `index` -1 where nobody reads it.
  MaxPool2d(WindowTable table, int y, int index) : table_(std::move(table)), y_(size_t(y)), index_(index) {}

  RunStatus run(const KernelRun& run) const override {
    if (run.outputs[y_].type.dtype == DType::float64) run_typed<double>(run);
    else run_typed<float>(run);
    return {};
  }

 private:
  template <class T>
  void run_typed(const KernelRun& run) const {
    const int64_t planes = run.inputs[0].shape()[0] * run.inputs[0].shape()[1], out = int64_t(table_.windows.size());
    const T* x = run.in<T>(0);
    T* y = run.out<T>(y_);
    const auto pool = [&](auto* index) {
      for (int64_t p = 0; p < planes; ++p)
        pool_plane(table_, x + p * table_.plane, y + p * out, index ? index + p * out : nullptr);
    };
    if (index_ < 0) pool(static_cast<uint8_t*>(nullptr));
    else with_max_pool2d_index(run.outputs[size_t(index_)], pool);
  }

  WindowTable table_;
  size_t y_;
  int index_;
};

}  // namespace

OfferResult offer_max_pool2d(const Group& group) {
  const GroupMember& member = group.members[0];
  const Shape x = group.input_types(member)[0].shape, shape = group.output_types(member)[0].shape;
  const int y = position_of(group.outputs, member.outputs[0]), index = position_of(group.outputs, member.outputs[1]);
  if (y < 0) return Refusal{"only the places of the maxima are read"};
  const auto& attributes = member.attributes.as<MaxPool2dAttributes>();
  if (checked_mul(checked_mul(shape[2], shape[3]), attributes.kernel[0] * attributes.kernel[1]) >
      std::numeric_limits<int32_t>::max())
    return Refusal{"the table of windows exceeds 2^31 entries"};
  WindowTable table = window_table(attributes, x, shape);
  Offer offer;
  offer.name = "max_pool2d by index";
  offer.reason = "windows from an index vector made once";
  offer.executed.tally = times(counted([&] {
                                 const std::vector<Counting> plane(size_t(table.plane));
                                 std::vector<Counting> maxima(table.windows.size());
                                 pool_plane(table, plane.data(), maxima.data(), static_cast<uint8_t*>(nullptr));
                               }),
                               x[0] * x[1]);
  offer.kernel = std::make_unique<MaxPool2d>(std::move(table), y, index);
  return offer;
}

}  // namespace tacho::index_vector
