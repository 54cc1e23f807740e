#include <algorithm>
#include <charconv>
#include <map>

#include "base/error.h"
#include "nn/network_file.h"
#include "nn/network_writer.h"

namespace tacho {
namespace {

constexpr int64_t kMostConfigLayers = 1000;
constexpr int64_t kMostNumber = int64_t{1} << 31;
constexpr const char* kKeys[] = {"L",           "LC",           "LF",        "wd_input", "ht_input",
                                 "ch_input",    "wd_pad_added", "wd_filter", "strides",  "wd_subimage_pool",
                                 "full_neurons"};

std::string_view trimmed(std::string_view text) {
  constexpr const char* kBlank = " \t\r";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// `key = 3;` or `key = [1, 2, 3];` a line, `%` starts a comment: the part of MATLAB that these files use.
class Config {
 public:
  Config(std::string_view text, const std::string& where) : where_(where) {
    for (int line = 1; !text.empty(); ++line) {
      const size_t end = text.find('\n');
      read_line(trimmed(text.substr(0, end)), where_ + ":" + std::to_string(line) + ": ");
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
  }

  /// The numbers of a key, `count` of them (any number where negative), each at least `least`.
  const std::vector<int64_t>& list(const std::string& key, int64_t count, int64_t least) const {
    const auto found = values_.find(key);
    if (found == values_.end()) fail(where_, ": '", key, "' is missing");
    if (count >= 0 && int64_t(found->second.size()) != count)
      fail(where_, ": '", key, "': expected ", count, " numbers, got ", found->second.size());
    for (int64_t number : found->second)
      if (number < least) fail(where_, ": '", key, "': expected numbers of at least ", least, ", got ", number);
    return found->second;
  }
  int64_t number(const std::string& key, int64_t least) const { return list(key, 1, least)[0]; }

 private:
  void read_line(std::string_view line, const std::string& at) {
    line = trimmed(line.substr(0, line.find('%')));
    if (line.empty()) return;
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) fail(at, "expected 'name = number;' or 'name = [numbers];'");
    const std::string key(trimmed(line.substr(0, equals)));
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) fail(at, "unknown name '", key, "'");
    std::string_view rest = trimmed(line.substr(equals + 1));
    if (rest.ends_with(';')) rest = trimmed(rest.substr(0, rest.size() - 1));
    if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
    if (!values_.emplace(key, numbers(rest, at)).second) fail(at, "'", key, "' is given twice");
  }

  static std::vector<int64_t> numbers(std::string_view text, const std::string& at) {
    std::vector<int64_t> numbers;
    while (true) {
      text = text.substr(std::min(text.find_first_not_of(" \t,"), text.size()));
      if (text.empty()) return numbers;
      int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      const size_t length = size_t(end - text.data());
      if (error != std::errc() ||
          (length < text.size() && std::string_view(" \t,").find(text[length]) == std::string_view::npos))
        fail(at, "expected whole numbers, got '", std::string(text), "'");
      if (number < 0 || number > kMostNumber) fail(at, "expected 0 to ", kMostNumber, ", got ", number);
      numbers.push_back(number);
      text = text.substr(length);
    }
  }

  const std::string& where_;
  std::map<std::string, std::vector<int64_t>> values_;
};

}  // namespace

NetworkSpec network_from_config(std::string_view text, const std::string& name, const std::string& where) {
  const Config config(text, where);
  const int64_t convolutions = config.number("LC", 0), linears = config.number("LF", 1);
  if (convolutions + linears > kMostConfigLayers) fail(where, ": expected at most ", kMostConfigLayers, " layers");
  if (config.number("L", 1) != convolutions + linears) fail(where, ": L is not LC + LF");
  // Only the first extents are read: the sizes of later layers follow from them.
  const auto &height = config.list("ht_input", -1, 1), &width = config.list("wd_input", -1, 1);
  if (height.empty() || width.empty()) fail(where, ": 'ht_input' and 'wd_input' need a number each");
  const auto& channels = config.list("ch_input", convolutions + 1, 1);
  const auto& neurons = config.list("full_neurons", linears, 1);
  NetworkSpec network{name, {channels[0], height[0], width[0]}, neurons.back(), {}};
  NetworkWriter writer(network);
  if (convolutions > 0) {
    const auto &filter = config.list("wd_filter", convolutions, 1),
               &padding = config.list("wd_pad_added", convolutions, 0),
               &stride = config.list("strides", convolutions, 1),
               &pool = config.list("wd_subimage_pool", convolutions, 1);
    for (size_t m = 0; m < size_t(convolutions); ++m) {
      const std::string suffix = std::to_string(m + 1);
      writer.conv("conv" + suffix,
                  {.channels = channels[m + 1], .kernel = filter[m], .stride = stride[m], .padding = padding[m]});
      writer.relu("relu" + suffix);
      if (pool[m] > 1) writer.add("max_pool2d", "pool" + suffix, {{"kernel", pool[m]}});
    }
  }
  writer.flatten();
  for (size_t m = 0; m < size_t(linears); ++m) {
    const std::string suffix = linears == 1 ? "" : std::to_string(m + 1);
    writer.linear("fc" + suffix, neurons[m]);
    if (m + 1 < size_t(linears)) writer.relu("relu_fc" + suffix);
  }
  return network;
}

}  // namespace tacho
