#include "nn/network_writer.h"

namespace tacho {
namespace {

/// One block that ends in `channels` channels; its first 3x3 convolution (the basic block's first, the bottleneck's
/// second) has the stride. The shortcut is a 1x1 convolution where shapes differ. Names are torchvision's.
void write_block(NetworkWriter& w, const std::string& name, bool bottleneck, int64_t width, int64_t channels,
                 int64_t stride, bool project) {
  const std::string input = w.last();
  const auto unit = [&](const char* number, const NetworkWriter::Convolution& c, bool relu) {
    w.conv(name + ".conv" + number, c);
    w.bn(name + ".bn" + number);
    if (relu) w.relu(name + ".relu" + number);
  };
  if (bottleneck) {
    unit("1", {.channels = width, .kernel = 1, .bias = false}, true);
    unit("2", {.channels = width, .stride = stride, .padding = 1, .bias = false}, true);
    unit("3", {.channels = channels, .kernel = 1, .bias = false}, false);
  } else {
    unit("1", {.channels = width, .stride = stride, .padding = 1, .bias = false}, true);
    unit("2", {.channels = channels, .padding = 1, .bias = false}, false);
  }
  const std::string path = w.last();
  std::string shortcut = input;
  if (project) {
    w.conv(name + ".downsample.0", {.channels = channels, .kernel = 1, .stride = stride, .bias = false}, {input});
    shortcut = w.bn(name + ".downsample.1");
  }
  w.add("add", name + ".add", {}, {path, shortcut});
  w.relu(name + ".relu");
}

}  // namespace

void write_resnet(NetworkWriter& w, int64_t classes, bool bottleneck, const std::vector<int>& blocks) {
  const bool large = w.large_images();
  if (large) w.conv("conv1", {.channels = 64, .kernel = 7, .stride = 2, .padding = 3, .bias = false});
  else w.conv("conv1", {.channels = 64, .padding = 1, .bias = false});
  w.bn("bn1");
  w.relu("relu");
  if (large) w.add("max_pool2d", "maxpool", {{"kernel", int64_t{3}}, {"stride", int64_t{2}}, {"padding", int64_t{1}}});
  int64_t before = 64;
  for (size_t stage = 0; stage < blocks.size(); ++stage) {
    const int64_t width = int64_t{64} << stage, channels = bottleneck ? 4 * width : width;
    for (int block = 0; block < blocks[stage]; ++block) {
      const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      write_block(w, "layer" + std::to_string(stage + 1) + "." + std::to_string(block), bottleneck, width, channels,
                  stride, stride != 1 || before != channels);
      before = channels;
    }
  }
  w.mean_and_linear("fc", classes);
}

}  // namespace tacho
