#include "base/error.h"
#include "bench/kernels/library.h"
#include "bench/kernels/parts.h"
#include "ops/bias_add.h"
#include "ops/conv2d_backward_data.h"
#include "ops/conv2d_backward_weights.h"

namespace tacho::bench {
namespace {

struct Layer {
  const char* name;
  int64_t images, channels, filters, size, kernel, stride, padding;
  int64_t dilation = 1, groups = 1;
};

/// The reference networks' layers, then what deep ones are made of; images: one slice.
constexpr Layer kLayers[] = {
    {"lenet5.conv1", 64, 1, 6, 28, 5, 1, 2},
    {"lenet5.conv2", 64, 6, 16, 14, 5, 1, 0},
    {"mnist.conv1", 64, 1, 32, 28, 5, 1, 2},
    {"mnist.conv2", 64, 32, 64, 14, 3, 1, 1},
    {"mnist.conv3", 64, 64, 64, 7, 3, 1, 1},
    {"cifar.conv1", 64, 3, 32, 32, 3, 1, 1},
    {"cifar.conv2", 64, 32, 64, 16, 3, 1, 1},
    {"cifar.conv3", 64, 64, 64, 8, 3, 1, 1},
    {"64@32", 32, 64, 64, 32, 3, 1, 1},
    {"128@16", 32, 128, 128, 16, 3, 1, 1},
    {"256@8", 32, 256, 256, 8, 3, 1, 1},
    {"512@4", 32, 512, 512, 4, 3, 1, 1},
    {"512@2", 32, 512, 512, 2, 3, 1, 1},
    {"3->64@32", 32, 3, 64, 32, 3, 1, 1},
    {"64->128@32/2", 32, 64, 128, 32, 3, 2, 1},
    {"256->64@56 1x1", 4, 256, 64, 56, 1, 1, 0},
    {"512->1024@28/2 1x1", 4, 512, 1024, 28, 1, 2, 0},
    {"3->64@224 7x7/2", 1, 3, 64, 224, 7, 2, 3},
    {"64@32 dilated by 2", 8, 64, 64, 32, 3, 1, 2, 2},
    {"128@28 in 32 groups", 8, 128, 128, 28, 3, 1, 1, 1, 32},
    {"256@28/2 in 32 groups", 8, 256, 256, 28, 3, 2, 1, 1, 32},
    {"32@112 depthwise", 4, 32, 32, 112, 3, 1, 1, 1, 32},
    {"96@112/2 depthwise", 4, 96, 96, 112, 3, 2, 1, 1, 96},
    {"384@14 depthwise", 16, 384, 384, 14, 3, 1, 1, 1, 384},
    {"960@7 depthwise", 16, 960, 960, 7, 3, 1, 1, 1, 960},
};

Group group_for(const Layer& l, const std::string& pass, const Conv2dAttributes& conv, const Shape& y) {
  const Shape x{l.images, l.channels, l.size, l.size}, w{l.filters, l.channels / l.groups, l.kernel, l.kernel};
  Group group;
  if (pass == "forward") {
    group = group_of({images(x), whole(w), whole({l.filters})},
                     {{"conv2d", conv, {0, 1}}, {"bias_add", BiasAddAttributes{1}, {3, 2}}, {"relu", {}, {4}}});
  } else if (pass == "backward data") {
    group = group_of({images(y), whole(w)},
                     {{"conv2d_backward_data", Conv2dBackwardDataAttributes{conv, {l.size, l.size}}, {0, 1}}});
  } else {
    group =
        group_of({images(y), images(x)},
                 {{"conv2d_backward_weights", Conv2dBackwardWeightsAttributes{conv, {l.kernel, l.kernel}}, {0, 1}}});
  }
  return group;
}

}  // namespace

void visit_convolutions(const Wanted& wanted, const Visit& visit) {
  for (Layer l : kLayers) {
    if (wanted.small) {
      if (l.size > 16 || l.channels > 64) continue;
      l.images = 1;
    }
    Conv2dAttributes conv{{l.stride, l.stride}, {l.padding, l.padding, l.padding, l.padding}};
    conv.dilation = {l.dilation, l.dilation};
    conv.groups = l.groups;
    const ConvGeometry geometry = conv_geometry(conv, {l.images, l.channels, l.size, l.size},
                                                {l.filters, l.channels / l.groups, l.kernel, l.kernel});
    for (const std::string pass : {"forward", "backward data", "backward weights"}) {
      if (l.channels <= 3 && pass == "backward data") continue;  // nobody asks for a first layer's
      Contest contest;
      contest.part = "convolutions", contest.name = l.name, contest.detail = pass;
      if ((contest.name + " " + pass).find(wanted.only) == std::string::npos) continue;
      const Group group = group_for(l, pass, conv, geometry.output_shape());
      const GroupMember& member = group.members[0];
      const TensorTypes in = group.input_types(member), out = group.output_types(member);
      contest.flop = 2 * double(tally_of(*member.op, {member.attributes, in, out}).mul);
      contest.bytes = bytes_of(group);
      for (const std::string& rival : wanted.rivals) add_entries(contest, rival_named(rival), group);
      if (wanted.libraries)
        for (Entry& entry : blas_convolution_product(geometry, pass)) contest.entries.push_back(std::move(entry));
      if (!contest.entries.empty()) visit(contest);
    }
  }
}

}  // namespace tacho::bench
