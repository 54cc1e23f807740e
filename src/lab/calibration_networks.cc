#include "lab/calibration_networks.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "count/op_count.h"
#include "nn/network_writer.h"
#include "nn/shape_emitter.h"
#include "train/session.h"

namespace tacho {
namespace {

using Writer = NetworkWriter;

/// Numbers of one case, drawn one after another.
class Draw {
 public:
  explicit Draw(int number) : random_(0x7ac40, uint64_t(number)) {}
  int64_t below(int64_t n) { return int64_t(random_.below(next_++, uint64_t(n))); }
  bool chance(double p) { return random_.uniform(next_++) < p; }
  template <size_t N>
  int64_t one_of(const int64_t (&values)[N]) {
    return values[below(int64_t(N))];
  }
  /// Between the two, every octave as likely.
  int64_t octaves(double least, double most) {
    return int64_t(std::lround(least * std::pow(most / least, random_.uniform(next_++))));
  }
  /// Channels: mostly such as people take, on a grid of two or three steps an octave; one in three any multiple of 4,
  /// which need not fill vectors.
  int64_t width(int64_t most) {
    if (chance(0.33)) return std::min<int64_t>(most, (octaves(8, double(most)) + 2) / 4 * 4);
    constexpr int64_t kWidths[] = {8,  12,  16,  16,  24,  32,  32,  32,  48,  64,  64, 64,
                                   96, 128, 128, 160, 192, 256, 256, 320, 384, 512, 512};
    int64_t width;
    do width = one_of(kWidths);
    while (width > most);
    return width;
  }

 private:
  Random random_;
  uint64_t next_ = 0;
};

std::string numbered(const char* name, int number) { return name + std::to_string(number); }

void conv_unit(Writer& w, const std::string& name, Writer::Convolution c, bool normalised, const char* activation) {
  c.bias = !normalised;
  w.conv(name + ".conv", c);
  if (normalised) w.bn(name + ".bn");
  if (activation) w.add(activation, name + ".act");
}

/// `deep`: as long as they were made before residual paths, with wide layers on small images behind.
void stack(Draw& draw, Writer& w, int64_t image, bool deep) {
  const bool normalised = draw.chance(0.5);
  const int64_t depth = deep ? 4 + draw.below(5) : 2 + draw.below(4);
  // Also as the first convolutional networks were: few channels, means pooled, tanh.
  const bool small = !deep && draw.chance(0.3);
  int64_t channels = small ? draw.one_of({4, 6, 6, 8, 10, 12}) : draw.width(deep ? 128 : 64);
  const char* activation = small && draw.chance(0.5) ? "tanh" : "relu";
  const char* pool = small && draw.chance(0.7) ? "avg_pool2d" : "max_pool2d";
  for (int i = 0; i < depth; ++i) {
    const int64_t kernel = draw.one_of({3, 3, 3, 3, 5, 5, 1, 7});
    const bool valid = draw.chance(small ? 0.5 : 0.15) && image > 2 * kernel;
    conv_unit(w, numbered("unit", i), {.channels = channels, .kernel = kernel, .padding = valid ? 0 : kernel / 2},
              normalised, activation);
    if (valid) image -= kernel - 1;
    if (image >= 4 && draw.chance(0.6)) {
      w.add(pool, numbered("pool", i), {{"kernel", int64_t{2}}});
      image /= 2;
    }
    if (draw.chance(0.6)) channels = std::min<int64_t>(channels * (draw.chance(0.8) ? 2 : 4), 512);
  }
  w.flatten();
  if (draw.chance(small ? 0.8 : 0.4)) {
    w.linear("hidden", draw.one_of({64, 84, 120, 256, 512}));
    w.relu("hidden.relu");
  }
}

void residual(Draw& draw, Writer& w, bool bottleneck, int64_t& image) {
  int64_t channels = draw.width(bottleneck ? 128 : 256);
  const int64_t expansion = bottleneck ? 4 : 1;
  conv_unit(w, "stem", {.channels = channels, .padding = 1}, true, "relu");
  int64_t in = channels;
  const int64_t blocks = 2 + draw.below(3);
  for (int b = 0; b < blocks; ++b) {
    const int64_t stride = b > 0 && image >= 4 && draw.chance(0.5) ? 2 : 1;
    if (stride == 2) channels = std::min<int64_t>(channels * 2, 512), image = (image + 1) / 2;
    const std::string name = numbered("block", b), input = w.last();
    if (bottleneck) {
      conv_unit(w, name + ".1", {.channels = channels, .kernel = 1}, true, "relu");
      conv_unit(w, name + ".2", {.channels = channels, .stride = stride, .padding = 1}, true, "relu");
      conv_unit(w, name + ".3", {.channels = channels * 4, .kernel = 1}, true, nullptr);
    } else {
      conv_unit(w, name + ".1", {.channels = channels, .stride = stride, .padding = 1}, true, "relu");
      conv_unit(w, name + ".2", {.channels = channels, .padding = 1}, true, nullptr);
    }
    const std::string path = w.last();
    std::string shortcut = input;
    if (stride != 1 || in != channels * expansion) {
      w.conv(name + ".short", {.channels = channels * expansion, .kernel = 1, .stride = stride, .bias = false},
             {input});
      shortcut = w.bn(name + ".short.bn");
    }
    w.add("add", name + ".add", {}, {path, shortcut});
    w.relu(name + ".relu");
    in = channels * expansion;
  }
  w.add("global_avg_pool2d", "avgpool");
  w.flatten();
}

void inverted(Draw& draw, Writer& w, int64_t& image) {
  int64_t in = draw.one_of({8, 16, 24, 32, 48, 64, 96, 160});
  const char* activation = draw.chance(0.8) ? "relu6" : "relu";
  conv_unit(w, "stem", {.channels = in, .padding = 1}, true, activation);
  const int64_t blocks = 2 + draw.below(3), expansion = draw.one_of({1, 3, 4, 6, 6, 6});
  for (int b = 0; b < blocks; ++b) {
    const int64_t stride = image >= 4 && draw.chance(0.4) ? 2 : 1;
    const int64_t out = draw.chance(0.5) ? in : draw.one_of({16, 24, 32, 64, 96, 128, 160, 192, 320});
    const std::string name = numbered("block", b), input = w.last();
    if (expansion > 1) conv_unit(w, name + ".wide", {.channels = in * expansion, .kernel = 1}, true, activation);
    conv_unit(w, name + ".depth",
              {.channels = in * expansion, .stride = stride, .padding = 1, .groups = in * expansion}, true, activation);
    conv_unit(w, name + ".thin", {.channels = out, .kernel = 1}, true, nullptr);
    const std::string path = w.last();
    if (stride == 1 && in == out) w.add("add", name + ".add", {}, {input, path});
    image = (image + stride - 1) / stride;
    in = out;
  }
  if (draw.chance(0.6))
    conv_unit(w, "head", {.channels = draw.one_of({256, 512, 1024, 1280}), .kernel = 1}, true, activation);
  w.add("global_avg_pool2d", "avgpool");
  w.flatten();
}

void dense(Draw& draw, Writer& w, int64_t& image) {
  const int64_t growth = draw.one_of({12, 16, 24, 32, 32, 32, 48});
  int64_t channels = draw.one_of({64, 64, 96, 128, 160, 256, 320, 448, 512, 640, 768});
  w.conv("stem", {.channels = channels, .kernel = 3, .padding = 1, .bias = false});
  const int64_t blocks = 1 + draw.below(2), layers = 3 + draw.below(4);
  for (int b = 0; b < blocks; ++b) {
    for (int i = 0; i < layers; ++i, channels += growth) {
      const std::string name = text_of("block", b, ".", i), input = w.last();
      w.bn(name + ".bn1");
      w.relu(name + ".relu1");
      w.conv(name + ".conv1", {.channels = 4 * growth, .kernel = 1, .bias = false});
      w.bn(name + ".bn2");
      w.relu(name + ".relu2");
      w.conv(name + ".conv2", {.channels = growth, .padding = 1, .bias = false});
      w.add("concat", name + ".concat", {}, {input, w.last()});
    }
    w.bn(numbered("norm", b));
    w.relu(numbered("relu", b));
    if (image < 4) break;
    channels /= 2;
    w.conv(numbered("transition", b), {.channels = channels, .kernel = 1, .bias = false});
    w.add("avg_pool2d", numbered("pool", b), {{"kernel", int64_t{2}}});
    image /= 2;
  }
  w.add("global_avg_pool2d", "avgpool");
  w.flatten();
}

void u_shape(Draw& draw, Writer& w) {
  const int64_t channels = draw.one_of({8, 12, 16, 24, 32, 48, 64});
  const bool normalised = draw.chance(0.7);
  conv_unit(w, "down1", {.channels = channels, .padding = 1}, normalised, "relu");
  conv_unit(w, "down2", {.channels = channels, .padding = 1}, normalised, "relu");
  const std::string beside = w.last();
  w.add("max_pool2d", "pool", {{"kernel", int64_t{2}}});
  conv_unit(w, "bottom1", {.channels = channels * 2, .padding = 1}, normalised, "relu");
  conv_unit(w, "bottom2", {.channels = channels * 2, .padding = 1}, normalised, "relu");
  if (draw.chance(0.8)) {
    w.add("conv_transpose2d", "up", {{"out_channels", channels}, {"kernel", int64_t{2}}, {"stride", int64_t{2}}});
  } else {
    w.add("upsample2d", "up", {{"scale", int64_t{2}}, {"bilinear", draw.chance(0.5)}});
  }
  w.add("concat", "concat", {}, {beside, w.last()});
  conv_unit(w, "out1", {.channels = channels, .padding = 1}, normalised, "relu");
  w.conv("classes", {.channels = 10, .kernel = 1});
  w.add("global_avg_pool2d", "avgpool");
  w.flatten();
}

void perceptron(Draw& draw, Writer& w) {
  w.flatten();
  const int64_t depth = 1 + draw.below(3);
  for (int i = 0; i < depth; ++i) {
    w.linear(numbered("linear", i), draw.one_of({32, 64, 100, 128, 200, 256, 512, 1024}));
    w.add(i % 2 ? "tanh" : "relu", numbered("act", i));
  }
}

void mixed(Draw& draw, Writer& w, int64_t& image) {
  constexpr const char* kActivations[] = {"relu", "relu6", "leaky_relu", "elu",      "selu",     "gelu",
                                          "silu", "tanh",  "sigmoid",    "softplus", "hardswish"};
  const int64_t depth = 3 + draw.below(3);
  int64_t channels = draw.width(128);
  for (int i = 0; i < depth; ++i) {
    const std::string name = numbered("unit", i);
    const int64_t kernel = draw.one_of({1, 3, 3, 5}), stride = image >= 8 && draw.chance(0.3) ? 2 : 1;
    const int64_t groups = draw.chance(0.25) ? draw.one_of({2, 4}) : 1;
    w.conv(name, {.channels = channels,
                  .kernel = kernel,
                  .stride = stride,
                  .padding = kernel / 2,
                  .groups = i == 0 ? 1 : groups});
    image = (image + stride - 1) / stride;
    const int64_t norm = draw.below(4);
    if (norm == 0) w.add("group_norm", name + ".norm", {{"groups", int64_t{4}}});
    if (norm == 1) w.add("layer_norm", name + ".norm");
    if (norm == 2) w.add("instance_norm2d", name + ".norm");
    w.add(kActivations[draw.below(int64_t(std::size(kActivations)))], name + ".act");
    if (image >= 4 && draw.chance(0.4)) {
      w.add(draw.chance(0.5) ? "avg_pool2d" : "max_pool2d", name + ".pool", {{"kernel", int64_t{2}}});
      image /= 2;
    }
    if (draw.chance(0.2)) w.dropout(name + ".drop", 0.2);
  }
  w.flatten();
}

/// Multiply-adds of one example's forward part.
double work_of(const NetworkSpec& network) {
  StepOptions options;
  options.network = network;
  options.batch = 2;
  options.kind = StepKind::inference;
  options.way = resolve({});
  const Graph graph = source_graph(options, true);
  double sum = 0;
  for (int n = 0; n < graph.node_count(); ++n) {
    const GraphNode& node = graph.node(n);
    const TensorTypes in = input_types(graph, node), out = output_types(graph, node);
    sum += double(work(tally_of(*node.op, {node.attributes, in, out})));
  }
  return sum / 2;
}

}  // namespace

CalibrationCase calibration_case(int number) {
  constexpr double kMostWork = 1.5e9;  // multiply-adds of the forward part of a batch: a step of some 100 ms
  Draw draw(number);
  CalibrationCase made;
  NetworkSpec& spec = made.network;
  spec.name = numbered("calibration-", number);
  int64_t image = draw.one_of({8, 8, 14, 16, 16, 16, 16, 28, 28, 28, 32, 32, 32, 32, 32, 40, 48});
  if (number % 8 == 6) image = (image + 3) / 4 * 4;
  spec.input = {draw.one_of({1, 3, 3, 3}), image, image};
  spec.classes = draw.one_of({10, 10, 10, 100});
  Writer w(spec);
  switch (number % 8) {
    case 0:
    case 4:
      stack(draw, w, image, number % 16 == 12);
      break;
    case 1:
      residual(draw, w, false, image);
      break;
    case 2:
      residual(draw, w, true, image);
      break;
    case 3:
      inverted(draw, w, image);
      break;
    case 5:
      dense(draw, w, image);
      break;
    case 6:
      u_shape(draw, w);
      break;
    default:
      number % 16 == 7 ? mixed(draw, w, image) : perceptron(draw, w);
  }
  if (number % 8 != 6) w.linear("fc", spec.classes);
  else spec.classes = 10;
  made.batch = draw.octaves(1, 256);
  const double most = kMostWork / work_of(spec);
  made.batch = std::clamp<int64_t>(int64_t(most), 1, made.batch);
  return made;
}

}  // namespace tacho
