#include "nn/builtin.h"

namespace tacho {
namespace {

/// Writes layers one after another and numbers them per kind: conv1, relu1, pool1, conv2, ...
class Writer {
 public:
  explicit Writer(NetworkSpec& network) : network_(network) {}

  /// Convolution that keeps the image's size (odd kernels), then ReLU.
  void convolution(int64_t channels, int64_t kernel) {
    add("conv2d", "conv" + std::to_string(++convolutions_),
        {{"out_channels", channels}, {"kernel", kernel}, {"padding", kernel / 2}});
    relu();
  }
  void pool() { add("max_pool2d", "pool" + std::to_string(++pools_), {{"kernel", int64_t{2}}}); }
  void relu() { add("relu", "relu" + std::to_string(++relus_), {}); }
  void flatten() { add("flatten", "flatten", {}); }
  void linear(const std::string& name, int64_t features) { add("linear", name, {{"out_features", features}}); }

 private:
  void add(const std::string& kind, const std::string& name, std::vector<std::pair<std::string, FieldValue>> fields) {
    network_.layers.push_back({kind, name, {}, std::move(fields)});
  }

  NetworkSpec& network_;
  int convolutions_ = 0, pools_ = 0, relus_ = 0;
};

/// Convolutions 5x5x32, 3x3x64, 3x3x64, each with ReLU and pooling, and one fully connected layer: the documents'
/// reference experiment.
void write_simplenn4(Writer& w, int64_t classes) {
  w.convolution(32, 5), w.pool();
  w.convolution(64, 3), w.pool();
  w.convolution(64, 3), w.pool();
  w.flatten(), w.linear("fc", classes);
}

void write_simplenn7(Writer& w, int64_t classes) {
  w.convolution(32, 5), w.convolution(32, 3), w.pool();
  w.convolution(64, 3), w.convolution(64, 3), w.pool();
  w.convolution(64, 3), w.convolution(128, 3), w.pool();
  w.flatten(), w.linear("fc", classes);
}

void write_mlp(Writer& w, int64_t classes) {
  w.flatten();
  w.linear("fc1", 256), w.relu();
  w.linear("fc2", 128), w.relu();
  w.linear("fc3", classes);
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
};

std::string known_names() {
  std::string text;
  for (const Builtin& builtin : kBuiltins) text += (text.empty() ? "" : ", ") + std::string(builtin.name);
  return text;
}

[[noreturn]] void refuse(std::string_view name) {
  for (const char* suffix : {".toml", ".config", ".onnx"})
    if (name.ends_with(suffix))
      fail("network '", name, "': network files are not read yet; built-in networks: ", known_names());
  for (const char* family : {"lenet", "vgg", "resnet", "mobilenet", "densenet", "unet"})
    if (name.starts_with(family)) fail("network '", name, "' is not built in yet; built-in networks: ", known_names());
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
