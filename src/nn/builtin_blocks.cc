#include "nn/network_writer.h"

namespace tacho {
namespace {

/// Convolution without bias, normalisation, relu6: MobileNet's unit.
void write_unit(NetworkWriter& w, const std::string& name, NetworkWriter::Convolution c) {
  c.bias = false;
  w.conv(name + ".conv", c);
  w.bn(name + ".bn");
  w.add("relu6", name + ".relu6");
}

/// 1x1 to `expansion` times the channels, 3x3 per channel, 1x1 without activation; added to its input where shapes fit.
void write_inverted_residual(NetworkWriter& w, const std::string& name, int64_t in, int64_t out, int64_t expansion,
                             int64_t stride) {
  const std::string input = w.last();
  const int64_t width = in * expansion;
  if (expansion != 1) write_unit(w, name + ".expand", {.channels = width, .kernel = 1});
  write_unit(w, name + ".depthwise", {.channels = width, .stride = stride, .padding = 1, .groups = width});
  w.conv(name + ".project.conv", {.channels = out, .kernel = 1, .bias = false});
  const std::string path = w.bn(name + ".project.bn");
  if (stride == 1 && in == out) w.add("add", name + ".add", {}, {input, path});
}

/// Normalisation and relu before the convolution, as DenseNet has them.
void write_dense_unit(NetworkWriter& w, const std::string& name, const char* number,
                      const NetworkWriter::Convolution& c) {
  w.bn(name + ".norm" + number);
  w.relu(name + ".relu" + number);
  w.conv(name + ".conv" + number, c);
}

/// Two 3x3 convolutions, each with normalisation and relu. Returns the name of the last layer.
std::string write_double(NetworkWriter& w, const std::string& name, int64_t channels) {
  for (const char* number : {"1", "2"}) {
    w.conv(name + ".conv" + number, {.channels = channels, .padding = 1, .bias = false});
    w.bn(name + ".bn" + number);
    w.relu(name + ".relu" + number);
  }
  return w.last();
}

}  // namespace

void write_mobilenet_v2(NetworkWriter& w, int64_t classes) {
  struct Stage {
    int64_t expansion, channels, blocks, stride;
  };
  constexpr Stage kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                               {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  const bool large = w.large_images();
  write_unit(w, "stem", {.channels = 32, .stride = large ? 2 : 1, .padding = 1});
  int64_t before = 32;
  int number = 0;
  for (const Stage& stage : kStages)
    for (int64_t block = 0; block < stage.blocks; ++block) {
      // Images of CIFAR's size are halved three times instead of five.
      const bool halves = block == 0 && stage.stride == 2 && (large || stage.channels != 24);
      write_inverted_residual(w, "block" + std::to_string(++number), before, stage.channels, stage.expansion,
                              halves ? 2 : 1);
      before = stage.channels;
    }
  write_unit(w, "head", {.channels = 1280, .kernel = 1});
  w.add("global_avg_pool2d", "avgpool");
  w.flatten();
  if (large) w.dropout("dropout", 0.2);
  w.linear("fc", classes);
}

void write_densenet121(NetworkWriter& w, int64_t classes) {
  constexpr int64_t kGrowth = 32;
  constexpr int kBlocks[] = {6, 12, 24, 16};
  if (w.large_images()) {
    w.conv("conv0", {.channels = 64, .kernel = 7, .stride = 2, .padding = 3, .bias = false});
    w.bn("norm0");
    w.relu("relu0");
    w.add("max_pool2d", "pool0", {{"kernel", int64_t{3}}, {"stride", int64_t{2}}, {"padding", int64_t{1}}});
  } else {
    w.conv("conv0", {.channels = 64, .padding = 1, .bias = false});
  }
  int64_t channels = 64;
  for (int block = 0; block < 4; ++block) {
    for (int layer = 0; layer < kBlocks[block]; ++layer, channels += kGrowth) {
      const std::string name = "denseblock" + std::to_string(block + 1) + ".denselayer" + std::to_string(layer + 1);
      const std::string input = w.last();
      write_dense_unit(w, name, "1", {.channels = 4 * kGrowth, .kernel = 1, .bias = false});
      write_dense_unit(w, name, "2", {.channels = kGrowth, .padding = 1, .bias = false});
      const std::string grown = w.last();
      w.add("concat", name + ".concat", {}, {input, grown});
    }
    if (block == 3) break;
    channels /= 2;
    const std::string name = "transition" + std::to_string(block + 1);
    write_dense_unit(w, name, "", {.channels = channels, .kernel = 1, .bias = false});
    w.add("avg_pool2d", name + ".pool", {{"kernel", int64_t{2}}});
  }
  w.bn("norm5");
  w.relu("relu5");
  w.mean_and_linear("classifier", classes);
}

void write_unet(NetworkWriter& w, int64_t classes) {
  const std::string first = write_double(w, "down1", 16);
  w.add("max_pool2d", "pool1", {{"kernel", int64_t{2}}});
  const std::string second = write_double(w, "down2", 32);
  w.add("max_pool2d", "pool2", {{"kernel", int64_t{2}}});
  write_double(w, "bottom", 64);
  const auto up = [&](const std::string& name, const std::string& beside, int64_t channels) {
    w.add("conv_transpose2d", name + ".up",
          {{"out_channels", channels}, {"kernel", int64_t{2}}, {"stride", int64_t{2}}});
    const std::string grown = w.last();
    w.add("concat", name + ".concat", {}, {beside, grown});
    write_double(w, name, channels);
  };
  up("up2", second, 32);
  up("up1", first, 16);
  w.conv("classes", {.channels = classes, .kernel = 1});
  w.add("global_avg_pool2d", "avgpool");
  w.flatten();
}

}  // namespace tacho
