#include "nn/builtin.h"

#include "nn/network_writer.h"

namespace tacho {
namespace {

using Writer = NetworkWriter;

/// Convolutions of {channels, kernel} that keep the image's size (odd kernels), each with ReLU, and pooling behind each
/// stage, numbered per kind: conv1, relu1, pool1, conv2, ...; then one fully connected layer.
void write_simplenn(Writer& w, int64_t classes, const std::vector<std::vector<std::array<int64_t, 2>>>& stages) {
  int number = 0, pools = 0;
  for (const auto& stage : stages) {
    for (const auto& [channels, kernel] : stage) {
      const std::string suffix = std::to_string(++number);
      w.conv("conv" + suffix, {.channels = channels, .kernel = kernel, .padding = kernel / 2});
      w.relu("relu" + suffix);
    }
    w.add("max_pool2d", "pool" + std::to_string(++pools), {{"kernel", int64_t{2}}});
  }
  w.flatten();
  w.linear("fc", classes);
}

/// The documents' reference experiment.
void write_simplenn4(Writer& w, int64_t classes) { write_simplenn(w, classes, {{{32, 5}}, {{64, 3}}, {{64, 3}}}); }

void write_simplenn7(Writer& w, int64_t classes) {
  write_simplenn(w, classes, {{{32, 5}, {32, 3}}, {{64, 3}, {64, 3}}, {{64, 3}, {128, 3}}});
}

void write_mlp(Writer& w, int64_t classes) {
  w.flatten();
  w.linear("fc1", 256);
  w.relu("relu1");
  w.linear("fc2", 128);
  w.relu("relu2");
  w.linear("fc3", classes);
}

template <int... convolutions>
void vgg(Writer& w, int64_t classes) {
  write_vgg(w, classes, {convolutions...});
}

template <bool bottleneck, int... blocks>
void resnet(Writer& w, int64_t classes) {
  write_resnet(w, classes, bottleneck, {blocks...});
}

struct Builtin {
  const char* name;
  Shape input;
  bool image_only;  ///< its first layer is a convolution
  void (*write)(Writer&, int64_t classes);
};

const Builtin kBuiltins[] = {
    {"simplenn-4", {1, 28, 28}, true, write_simplenn4},
    {"simplenn-7", {3, 32, 32}, true, write_simplenn7},
    {"mlp", {1, 28, 28}, false, write_mlp},
    {"lenet5", {1, 28, 28}, true, write_lenet5},
    {"vgg11", {3, 32, 32}, true, vgg<1, 1, 2, 2, 2>},
    {"vgg13", {3, 32, 32}, true, vgg<2, 2, 2, 2, 2>},
    {"vgg16", {3, 32, 32}, true, vgg<2, 2, 3, 3, 3>},
    {"vgg19", {3, 32, 32}, true, vgg<2, 2, 4, 4, 4>},
    {"resnet18", {3, 32, 32}, true, resnet<false, 2, 2, 2, 2>},
    {"resnet34", {3, 32, 32}, true, resnet<false, 3, 4, 6, 3>},
    {"resnet50", {3, 32, 32}, true, resnet<true, 3, 4, 6, 3>},
    {"resnet101", {3, 32, 32}, true, resnet<true, 3, 4, 23, 3>},
    {"mobilenet-v2", {3, 32, 32}, true, write_mobilenet_v2},
    {"densenet-121", {3, 32, 32}, true, write_densenet121},
    {"unet", {3, 32, 32}, true, write_unet},
};

std::string known_names() {
  std::string text;
  for (const Builtin& builtin : kBuiltins) text += (text.empty() ? "" : ", ") + std::string(builtin.name);
  return text;
}

[[noreturn]] void refuse(std::string_view name) {
  if (name.ends_with(".onnx"))
    fail("network '", name,
         "': ONNX files are not read yet; .toml and .config are; built-in networks: ", known_names());
  fail("unknown network '", name, "'; built-in networks: ", known_names());
}

void check_image(const Builtin& builtin, const Shape& image) {
  for (int64_t extent : image)
    if (extent < 1) fail("network '", builtin.name, "': expected a positive image size, got ", to_string(image));
  if (builtin.image_only && image.size() != 3)
    fail("network '", builtin.name, "' expects images of channels x height x width (", to_string(builtin.input),
         "), got examples of shape ", to_string(image), "; 'mlp' takes any shape");
  if (image.empty() || image.size() + 1 > kMaxRank)
    fail("network '", builtin.name, "': expected examples of 1 to ", kMaxRank - 1, " axes, got ", image.size());
}

}  // namespace

std::vector<std::string> builtin_names() {
  std::vector<std::string> names;
  for (const Builtin& builtin : kBuiltins) names.push_back(builtin.name);
  return names;
}

NetworkSpec builtin_network(std::string_view name, std::optional<Shape> image, std::optional<int64_t> classes) {
  for (const Builtin& builtin : kBuiltins) {
    if (name != builtin.name) continue;
    NetworkSpec network{builtin.name, image.value_or(builtin.input), classes.value_or(10), {}};
    check_image(builtin, network.input);
    if (network.classes < 1) fail("network '", name, "': expected at least one class, got ", network.classes);
    Writer writer(network);
    builtin.write(writer, network.classes);
    return network;
  }
  refuse(name);
}

}  // namespace tacho
