#include "io/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "base/atomic_file.h"

namespace tacho {
namespace {

// Keys sorted: deterministic, and a hostile head with a million names costs no quadratic time.
using Json = nlohmann::json;

constexpr uint64_t kMaxHead = 100'000'000;  // the format's own limit
constexpr int kHeadDepth = 3;               // head, tensor, its shape and offsets
constexpr std::string_view kMetadata = "__metadata__";

struct DTypeName {
  DType dtype;
  std::string_view name;
};
constexpr std::array<DTypeName, 6> kDTypes = {{{DType::float32, "F32"},
                                               {DType::float64, "F64"},
                                               {DType::int64, "I64"},
                                               {DType::int32, "I32"},
                                               {DType::uint8, "U8"},
                                               {DType::boolean, "BOOL"}}};

/// Refuses deep nesting and repeated keys while the head is parsed; a finished document would hide both.
class HeadCheck {
 public:
  explicit HeadCheck(const std::string& where) : where_(where) {}
  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= kHeadDepth) fail(where_, ": the head is nested deeper than safetensors are; the file is damaged");
      if (event == Event::object_start) keys_.emplace_back();
    } else if (event == Event::object_end) {
      keys_.pop_back();
    } else if (event == Event::key) {
      if (!keys_.back().insert(value.get<std::string>()).second)
        fail(where_, ": the head names `", value.get<std::string>(), "` twice");
    }
    return true;
  }

 private:
  const std::string& where_;
  std::vector<std::set<std::string>> keys_;
};

Json parse_head(std::string_view text, const std::string& where) {
  if (!text.starts_with('{')) fail(where, ": the head is no JSON object; is it a safetensors file?");
  HeadCheck check(where);
  try {
    return Json::parse(text.begin(), text.end(), std::ref(check));
  } catch (const Json::exception&) {
    fail(where, ": the head is no valid JSON; the file is damaged");
  }
}

/// A tensor as the head describes it: bytes begin .. end of the data.
struct Entry {
  std::string name;
  TensorType type;
  uint64_t begin = 0, end = 0;
};

Entry parse_entry(const std::string& name, const Json& value, const std::string& where) {
  const auto damaged = [&](const char* what) { fail(where, ": tensor `", name, "`: ", what); };
  if (!value.is_object() || value.size() != 3 || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets"))
    damaged("expected dtype, shape and data_offsets");
  const Json &dtype = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];
  if (!dtype.is_string() || !shape.is_array() || !offsets.is_array() || offsets.size() != 2 ||
      !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
    damaged("dtype, shape or data_offsets is malformed");
  Entry entry{name, {}, offsets[0].get<uint64_t>(), offsets[1].get<uint64_t>()};
  const auto known = std::find_if(kDTypes.begin(), kDTypes.end(),
                                  [&](const DTypeName& d) { return d.name == dtype.get_ref<const std::string&>(); });
  if (known == kDTypes.end())
    fail(where, ": tensor `", name, "` has dtype ", dtype.dump(), "; expected F32, F64, I64, I32, U8 or BOOL");
  entry.type.dtype = known->dtype;
  if (shape.size() > kMaxRank) damaged("too many dimensions");
  Shape nonzero;  // a zero extent must not hide that the others overflow
  for (const Json& extent : shape) {
    if (!extent.is_number_unsigned() || extent.get<uint64_t>() > uint64_t(INT64_MAX)) damaged("the shape is malformed");
    entry.type.shape.push_back(extent.get<int64_t>());
    nonzero.push_back(std::max<int64_t>(extent.get<int64_t>(), 1));
  }
  byte_count(nonzero, entry.type.dtype);
  const uint64_t bytes = uint64_t(byte_count(entry.type.shape, entry.type.dtype));
  if (entry.end < entry.begin || entry.end - entry.begin != bytes)
    fail(where, ": tensor `", name, "` is ", to_string(entry.type), " (", bytes, " bytes), but has bytes ", entry.begin,
         " to ", entry.end);
  return entry;
}

std::vector<std::pair<std::string, std::string>> parse_metadata(const Json& value, const std::string& where) {
  if (!value.is_object()) fail(where, ": ", kMetadata, " is no object of strings");
  std::vector<std::pair<std::string, std::string>> metadata;
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) fail(where, ": ", kMetadata, " `", key, "` is no string");
    metadata.emplace_back(key, text.get<std::string>());
  }
  return metadata;
}

}  // namespace

const Tensor* SafetensorsFile::find(std::string_view name) const {
  for (const NamedTensor& t : tensors)
    if (t.name == name) return &t.tensor;
  return nullptr;
}

std::string encode_safetensors(const SafetensorsFile& file) {
  std::vector<const NamedTensor*> order;
  std::set<std::string_view> names;
  for (const NamedTensor& t : file.tensors) {
    if (t.name == kMetadata || !names.insert(t.name).second)
      fail("cannot write safetensors: the name `", t.name, "` is reserved or used twice");
    order.push_back(&t);
  }
  std::stable_sort(order.begin(), order.end(), [](const NamedTensor* a, const NamedTensor* b) {
    return size_of(a->tensor.dtype()) > size_of(b->tensor.dtype());
  });
  Json head = Json::object();
  if (!file.metadata.empty()) {
    Json& metadata = head[std::string(kMetadata)] = Json::object();
    for (const auto& [key, value] : file.metadata) metadata[key] = value;
  }
  int64_t at = 0;
  for (const NamedTensor* t : order) {
    const auto known =
        std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeName& d) { return d.dtype == t->tensor.dtype(); });
    TACHO_CHECK(known != kDTypes.end(), t->name);
    const Shape& shape = t->tensor.shape();
    const int64_t end = at + t->tensor.bytes();
    head[t->name] = {{"dtype", known->name},
                     {"shape", std::vector<int64_t>(shape.begin(), shape.end())},
                     {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text;
  try {
    text = head.dump();
  } catch (const Json::exception&) {
    fail("cannot write safetensors: a name or a metadata text is no valid UTF-8");
  }
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the data begin aligned
  if (text.size() > kMaxHead) fail("cannot write safetensors: too many tensors, the head has ", text.size(), " bytes");

  std::string bytes;
  bytes.reserve(8 + text.size() + size_t(at));
  for (int i = 0; i < 8; ++i) bytes.push_back(char(uint64_t(text.size()) >> (8 * i)));
  bytes += text;
  for (const NamedTensor* t : order)
    bytes.append(static_cast<const char*>(t->tensor.view().data), size_t(t->tensor.bytes()));
  return bytes;
}

SafetensorsFile decode_safetensors(std::string_view bytes, const std::string& where) {
  if (bytes.size() < 8) fail(where, " is no safetensors file: it has ", bytes.size(), " bytes");
  uint64_t head_bytes = 0;
  for (size_t i = 0; i < 8; ++i) head_bytes |= uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  if (head_bytes > kMaxHead || head_bytes > bytes.size() - 8)
    fail(where, " is no safetensors file or cut off: its head should have ", head_bytes, " bytes, the file has ",
         bytes.size());
  const std::string_view data = bytes.substr(8 + head_bytes);

  SafetensorsFile file;
  std::vector<Entry> entries;
  const Json head = parse_head(bytes.substr(8, head_bytes), where);
  for (const auto& [name, value] : head.items()) {
    if (name == kMetadata) file.metadata = parse_metadata(value, where);
    else entries.push_back(parse_entry(name, value, where));
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t at = 0;
  for (const Entry& e : entries) {
    if (e.begin != at) fail(where, ": tensor `", e.name, "` begins at byte ", e.begin, " of the data, not at ", at);
    at = e.end;
  }
  if (at != data.size())
    fail(where, ": its tensors have ", at, " bytes, the file has ", data.size(), " for them; it is damaged or cut off");

  for (const Entry& e : entries) {
    Tensor tensor(e.type);
    std::memcpy(tensor.view().data, data.data() + e.begin, size_t(tensor.bytes()));
    if (e.type.dtype == DType::boolean && std::any_of(data.begin() + int64_t(e.begin), data.begin() + int64_t(e.end),
                                                      [](unsigned char b) { return b > 1; }))
      fail(where, ": tensor `", e.name, "` has truth values that are neither 0 nor 1");
    file.tensors.push_back({e.name, tensor});
  }
  return file;
}

SafetensorsFile read_safetensors(const std::string& path) { return decode_safetensors(read_file(path), path); }

void write_safetensors(const std::string& path, const SafetensorsFile& file) {
  write_file_atomic(path, encode_safetensors(file));
}

}  // namespace tacho
