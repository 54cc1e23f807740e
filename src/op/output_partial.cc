#include "op/output_partial.h"

#include <algorithm>
#include <cstring>

namespace tacho {
namespace {

struct Header {
  int64_t slices, rows;
};
constexpr size_t kHeaderBytes = 64;
static_assert(sizeof(Header) <= kHeaderBytes);

template <class T>
void combine_elements(PartialKind kind, const View& into, const View& from) {
  T* a = into.as<T>();
  const T* b = from.as<T>();
  const int64_t n = into.elements();
  if (kind == PartialKind::sum)
    for (int64_t i = 0; i < n; ++i) a[i] += b[i];
  else
    for (int64_t i = 0; i < n; ++i) a[i] = a[i] < b[i] ? b[i] : a[i];
}

void combine_views(PartialKind kind, const View& into, const View& from) {
  switch (into.type.dtype) {
    case DType::float32:
      return combine_elements<float>(kind, into, from);
    case DType::float64:
      return combine_elements<double>(kind, into, from);
    case DType::int32:
      return combine_elements<int32_t>(kind, into, from);
    case DType::int64:
      return combine_elements<int64_t>(kind, into, from);
    default:
      TACHO_CHECK(false, "no partial sums or maxima of ", name_of(into.type.dtype));
  }
}

}  // namespace

OutputPartial::OutputPartial(const Group& group) {
  size_t end = kHeaderBytes;
  for (const GroupMember& member : group.members) {
    Merge merge{member.op, member.attributes, {}};
    bool merged = false;
    for (int operand : member.outputs) {
      const GroupOperand* value = operand < 0 ? nullptr : &group.operands[size_t(operand)];
      if (!value || value->state.kind != SliceState::partial) {
        merge.entries.push_back(-1);
        continue;
      }
      Entry entry{operand, value->type, value->state.combine, end, -1};
      for (size_t j = 0; j < group.outputs.size(); ++j)
        if (group.outputs[j] == operand) entry.output = int(j);
      end += aligned_bytes(size_t(byte_count(entry.type.shape, entry.type.dtype)));
      merged |= entry.kind == PartialKind::merge;
      merge.entries.push_back(entry.kind == PartialKind::merge ? int(entries_.size()) : -1);
      entries_.push_back(entry);
    }
    if (!merged) continue;
    TACHO_CHECK(member.op->merge, member.op->name, " has partial(merge) without a merge rule");
    merges_.push_back(merge);
  }
  bytes_ = entries_.empty() ? 0 : end;
}

void OutputPartial::begin(void* partial) const { *static_cast<Header*>(partial) = {0, 0}; }
bool OutputPartial::empty(const void* partial) const { return static_cast<const Header*>(partial)->slices == 0; }

void OutputPartial::add_rows(void* partial, int64_t rows) const {
  Header& header = *static_cast<Header*>(partial);
  ++header.slices;
  header.rows += rows;
}

View OutputPartial::view(const void* partial, const Entry& entry) const {
  return {static_cast<std::byte*>(const_cast<void*>(partial)) + entry.offset, entry.type};
}

View OutputPartial::view(void* partial, int operand) const {
  for (const Entry& entry : entries_)
    if (entry.operand == operand) return view(partial, entry);
  TACHO_CHECK(false, "operand ", operand, " is not partial");
  return {};
}

void OutputPartial::combine(void* into, const void* from) const {
  if (empty(from)) return;
  if (empty(into)) {
    std::memcpy(into, from, bytes_);
    return;
  }
  Header& a = *static_cast<Header*>(into);
  const Header& b = *static_cast<const Header*>(from);
  for (const Entry& entry : entries_)
    if (entry.kind != PartialKind::merge) combine_views(entry.kind, view(into, entry), view(from, entry));
  for (const Merge& merge : merges_) {
    SmallVector<View, kMaxOperands> to, with;
    for (int index : merge.entries) {
      to.push_back(index < 0 ? View{} : view(into, entries_[size_t(index)]));
      with.push_back(index < 0 ? View{} : view(from, entries_[size_t(index)]));
    }
    merge.op->merge(merge.attributes, to, a.rows, with, b.rows);
  }
  a.slices += b.slices;
  a.rows += b.rows;
}

void OutputPartial::finish(const void* partial, std::span<const View> outputs) const {
  const bool none = empty(partial);
  for (const Entry& entry : entries_) {
    if (entry.output < 0) continue;
    const View& to = outputs[size_t(entry.output)];
    const size_t bytes = size_t(to.bytes());
    if (bytes == 0) continue;
    if (none) std::memset(to.data, 0, bytes);
    else std::memcpy(to.data, view(partial, entry).data, bytes);
  }
}

bool OutputPartial::joins_rows() const {
  return entries_.size() == 1 && entries_[0].output >= 0 && entries_[0].kind == PartialKind::sum &&
         is_floating(entries_[0].type.dtype) && !entries_[0].type.shape.empty();
}

void OutputPartial::join_rows(const Lanes<std::byte>& lanes, const Slice& rows, const View& result) const {
  int64_t filled = 0;  // the plan gives every lane a slice; only a batch of nothing leaves any without
  while (filled < lanes.count && !empty(lanes[filled])) ++filled;
  if (filled == 0) {
    std::memset(result.data, 0, size_t(result.bytes()));
    return;
  }
  const size_t first = entries_[0].offset + size_t(rows.begin * (result.bytes() / std::max<int64_t>(rows.count, 1)));
  const Lanes<std::byte> present{lanes.first, lanes.step, filled};
  if (result.type.dtype == DType::float32) sum_lanes(present.at<float>(first), result.elements(), result.as<float>());
  else sum_lanes(present.at<double>(first), result.elements(), result.as<double>());
}

}  // namespace tacho
