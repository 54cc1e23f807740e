#include "nn/network_writer.h"

namespace tacho {

/// Two convolutions with mean pooling and three linear layers. Padded where the image is MNIST's 28 x 28 instead of the
/// paper's 32 x 32.
void write_lenet5(NetworkWriter& w, int64_t classes) {
  w.conv("conv1", {.channels = 6, .kernel = 5, .padding = w.network().input[1] < 32 ? 2 : 0});
  w.add("tanh", "tanh1");
  w.add("avg_pool2d", "pool1", {{"kernel", int64_t{2}}});
  w.conv("conv2", {.channels = 16, .kernel = 5});
  w.add("tanh", "tanh2");
  w.add("avg_pool2d", "pool2", {{"kernel", int64_t{2}}});
  w.flatten();
  w.linear("fc1", 120);
  w.add("tanh", "tanh3");
  w.linear("fc2", 84);
  w.add("tanh", "tanh4");
  w.linear("fc3", classes);
}

void write_vgg(NetworkWriter& w, int64_t classes, const std::vector<int>& convolutions) {
  constexpr int64_t kChannels[] = {64, 128, 256, 512, 512};
  int number = 0;
  for (size_t stage = 0; stage < convolutions.size(); ++stage) {
    for (int i = 0; i < convolutions[stage]; ++i) {
      const std::string suffix = std::to_string(++number);
      w.conv("conv" + suffix, {.channels = kChannels[stage], .padding = 1});
      w.bn("bn" + suffix);
      w.relu("relu" + suffix);
    }
    w.add("max_pool2d", "pool" + std::to_string(stage + 1), {{"kernel", int64_t{2}}});
  }
  if (!w.large_images()) {
    w.flatten();
    w.linear("fc", classes);
    return;
  }
  w.add("adaptive_avg_pool2d", "avgpool", {{"output", int64_t{7}}});
  w.flatten();
  w.linear("fc1", 4096);
  w.relu("relu_fc1");
  w.dropout("dropout1", 0.5);
  w.linear("fc2", 4096);
  w.relu("relu_fc2");
  w.dropout("dropout2", 0.5);
  w.linear("fc3", classes);
}

}  // namespace tacho
