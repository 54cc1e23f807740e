#include "lab/backtest_networks.h"

#include "nn/builtin.h"
#include "nn/network_file.h"

namespace tacho {
namespace {

/// A layer as a user writes it; `fields` are its lines.
std::string layer(const char* kind, const std::string& name, const std::string& fields = "") {
  return text_of("[[layer]]\nkind = \"", kind, "\"\nname = \"", name, "\"\n", fields);
}

std::string conv(const std::string& name, int channels, int kernel, const std::string& more = "") {
  return layer("conv2d", name,
               text_of("out_channels = ", channels, "\nkernel = ", kernel, "\npadding = ", kernel / 2, "\n", more));
}

std::string conv_relu(const std::string& name, int channels, int kernel) {
  return conv(name, channels, kernel) + layer("relu", "r" + name);
}

std::string conv_norm_relu(const std::string& name, int channels, int kernel, const std::string& more = "") {
  return conv(name, channels, kernel, "bias = false\n" + more) + layer("batch_norm2d", "n" + name) +
         layer("relu", "r" + name);
}

/// A whole file: what comes in, the layers, and the classes.
std::string file(const std::string& name, int channels, int side, int classes, const std::string& layers) {
  return text_of("name = \"", name, "\"\ninput = [", channels, ", ", side, ", ", side, "]\nclasses = ", classes, "\n",
                 layers, layer("flatten", "f"), layer("linear", "fc", text_of("out_features = ", classes, "\n")));
}

/// Widths, kernels and orders of layers that no built-in network has; empty for another name.
std::string toml_of(const std::string& name) {
  if (name == "toml-narrow")
    return file(name, 3, 24, 7,
                conv_relu("a", 20, 5) + layer("max_pool2d", "pa", "kernel = 2\n") + conv_relu("b", 40, 3) +
                    conv_relu("c", 40, 3));
  if (name == "toml-normalised")
    return file(name, 1, 36, 12,
                conv_norm_relu("a", 56, 3) + conv_norm_relu("b", 112, 3, "stride = 2\n") + conv_norm_relu("c", 72, 1) +
                    layer("global_avg_pool2d", "g"));
  if (name == "toml-branch")
    return file(name, 3, 32, 10,
                conv_relu("stem", 44, 3) + conv("left", 36, 1, "inputs = [\"rstem\"]\n") +
                    conv("right", 36, 3, "inputs = [\"rstem\"]\n") +
                    layer("concat", "both", "inputs = [\"left\", \"right\"]\n") + layer("relu", "rb") +
                    layer("max_pool2d", "p", "kernel = 2\n") + conv_relu("last", 80, 3) +
                    layer("global_avg_pool2d", "g"));
  return "";
}

}  // namespace

NetworkSpec backtest_network(const std::string& name, bool& toml) {
  const std::string text = toml_of(name);
  toml = !text.empty();
  return toml ? network_from_toml(text, name) : builtin_network(name);
}

}  // namespace tacho
