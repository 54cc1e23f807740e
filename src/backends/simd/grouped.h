#pragma once
// Convolutions in small groups, depthwise ones above all, on images that lie channels last: vectors of the results'
// channels, and each result's channel finds the one that it reads in a vector of the image's. A tile of places is
// summed in registers over all taps, so a vector that was read serves all results that see it; channels run innermost,
// so that memory is read in order.
#include <limits>
#include <type_traits>
#include <vector>

#include "backends/simd/direct.h"
#include "ops/conv_geometry.h"

namespace tacho::simd {

/// Which channel of the image the results' channels read, and how a vector of them is got.
template <class T>
struct GroupedChannels {
  using Index = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  /// `same`: as they are (depthwise). `moved`: permuted within one vector of the image's. `gathered`: one by one.
  enum Way : uint8_t { same, moved, gathered } way = same;
  std::vector<Index> from;  ///< by channel of the result: the first channel of its group
  int64_t lanes = 1;        ///< of the vectors of results; the last vector overlaps the one before it
  int64_t vectors = 0;
};

/// What becomes of the results on their way out.
template <class T>
struct GroupedEnd {
  const T* bias = nullptr;  ///< one a channel; null: none
  T least = -std::numeric_limits<T>::infinity(), most = std::numeric_limits<T>::infinity();  ///< NaN stays
  bool hardswish = false;
};

template <class T>
struct GroupedRoutines {
  GroupedChannels<T> (*channels)(const DirectShape&);
  /// Whether all taps are multiplied for each place, padding included (the common filters, on full vectors); else only
  /// those inside of the image.
  bool (*multiplies_padding)(const DirectShape&, const GroupedChannels<T>&);
  /// Of packed filters, and of the partial of their gradient: [vector][channel in group][tap][lane].
  int64_t (*packed_elements)(const DirectShape&, const GroupedChannels<T>&);
  void (*pack)(const DirectShape&, const GroupedChannels<T>&, const DirectFilters&, const T* w, T* packed);
  int64_t (*workspace_elements)(const DirectShape&);
  /// The convolution of `images` images x into the places of the images y, `extent` large, that `phase` names; of each
  /// image the share of its rows that is `part`.
  void (*convolve)(const DirectShape&, const GroupedChannels<T>&, const DirectPhase& phase, const DirectPart& part,
                   int64_t images, const T* x, const T* packed, const GroupedEnd<T>& end, const ImageExtent& extent,
                   T* y, T* workspace);
};

template <class T>
struct GroupedGradient {
  int64_t (*workspace_elements)(const DirectShape&);
  /// The gradient of `some` filters, from a multiple of the channels' lanes on, of `images` images x and results'
  /// gradients dy, added to their part of the partial or, where that is `empty`, written over it.
  void (*accumulate)(const DirectShape&, const GroupedChannels<T>&, int64_t images, const T* x, const T* dy,
                     const FilterRange& some, bool empty, T* partial, T* workspace);
  /// Out of the lanes' partials, summed by a binary tree: filters `first` to `first + filters` of dw, to.channels x
  /// from_channels() x rows.taps x columns.taps, row-major; `dw` is where filter `first` goes. `first` is a multiple of
  /// the channels' lanes.
  void (*finish)(const DirectShape&, const GroupedChannels<T>&, const Lanes<T>& lanes, int64_t first, int64_t filters,
                 T* dw);
};

/// Whether a convolution has groups, and so narrow ones that a product of matrices for each would leave vectors empty.
bool takes_groups(const ConvGeometry& geometry);

/// Those of the best instruction set that this machine has (and Highway may use). T: float, double.
template <class T>
const GroupedRoutines<T>& grouped_routines();
template <class T>
const GroupedGradient<T>& grouped_gradient();

}  // namespace tacho::simd
