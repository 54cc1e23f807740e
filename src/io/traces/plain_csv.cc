// A plain table: `op,layer,phase,ns`, and `step` where there are several. What anything can write.
#include <algorithm>
#include <charconv>
#include <map>

#include "base/error.h"
#include "io/traces/profile_builder.h"
#include "io/traces/read_trace.h"
#include "io/traces/text_lines.h"

namespace tacho {
namespace {

struct Columns {
  int op = -1, layer = -1, phase = -1, ns = -1, step = -1;
  size_t count = 0;
};

Columns read_head(std::string_view line, const LinePlace& place) {
  Columns columns;
  const std::map<std::string_view, int*> known = {{"op", &columns.op},
                                                  {"layer", &columns.layer},
                                                  {"phase", &columns.phase},
                                                  {"ns", &columns.ns},
                                                  {"step", &columns.step}};
  for (std::string_view name : split_fields(line, ',')) {
    if (const auto found = known.find(name); found != known.end()) *found->second = int(columns.count);
    ++columns.count;
  }
  if (columns.op < 0 || columns.layer < 0 || columns.phase < 0 || columns.ns < 0)
    fail(place, ": expected the columns op,layer,phase,ns (and step, where there are several), got '",
         line.substr(0, 60), "'");
  return columns;
}

int64_t integer_field(std::string_view text, const char* what, const LinePlace& place) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0)
    fail(place, ": ", what, " is '", text.substr(0, 40), "', expected an integer of at least 0");
  return value;
}

struct Row {
  std::string op, layer, phase;
  int64_t ns = 0;
};

}  // namespace

StepProfile parse_plain_csv(std::string_view text, const std::string& where) {
  StepProfile profile;
  profile.file = where;
  profile.source = "plain CSV";
  Columns columns;
  std::map<int64_t, std::vector<Row>> steps;
  for_each_line(text, where, [&](std::string_view line, const LinePlace& place) {
    if (columns.count == 0) {
      columns = read_head(line, place);
      return;
    }
    if (line.empty()) return;
    const std::vector<std::string_view> fields = split_fields(line, ',');
    if (fields.size() != columns.count) fail(place, ": ", fields.size(), " fields, the head has ", columns.count);
    const auto field = [&](int column) { return fields[size_t(column)]; };
    Row row{std::string(field(columns.op)), std::string(field(columns.layer)), std::string(field(columns.phase)),
            integer_field(field(columns.ns), "ns", place)};
    if (row.op.empty()) fail(place, ": op is empty");
    if (row.phase.empty()) row.phase = "none";
    if (row.phase != "forward" && row.phase != "backward" && row.phase != "update" && row.phase != "none")
      fail(place, ": phase is '", row.phase.substr(0, 40), "', expected forward, backward, update or none");
    steps[columns.step < 0 ? 0 : integer_field(field(columns.step), "step", place)].push_back(std::move(row));
  });
  if (steps.empty()) fail(where, " has no rows");

  // Outside of operations, by the ledger's names.
  static const std::map<std::string, ProfiledAccount::Bucket> kAccounts = {
      {"overhead", ProfiledAccount::overhead}, {"dispatch", ProfiledAccount::overhead},
      {"profiler", ProfiledAccount::overhead}, {"sync", ProfiledAccount::waiting},
      {"idle", ProfiledAccount::idle},         {"input", ProfiledAccount::idle}};
  profile.facts.whole_step = false;
  ProfileBuilder builder;
  bool train = false;
  for (const auto& [number, rows] : steps) {
    int64_t sum = 0;
    for (const Row& row : rows)
      if (__builtin_add_overflow(sum, row.ns, &sum)) fail(where, ": the times of step ", number, " leave 64 bits");
    if (sum == 0) fail(where, ": step ", number, " takes no time");
    builder.begin_step(sum);
    for (const Row& row : rows) {
      train = train || row.phase == "backward";
      if (const auto account = kAccounts.find(row.op); account != kAccounts.end()) {
        builder.add_account(account->second, row.op, row.ns);
        profile.facts.whole_step = true;  // whoever lists the time outside has accounted for the step
        continue;
      }
      ProfiledPart part{row.phase == "update" ? "update" : row.op, row.phase, row.layer};
      builder.add(builder.row(single_part_row(row.layer.empty() ? row.op : row.layer + " " + row.op, part)), row.ns);
    }
  }
  builder.finish(profile);
  if (train) profile.facts.step_kind = "train";
  profile.notes.push_back("a step is the sum of its rows");
  check_closed(profile, where);
  return profile;
}

}  // namespace tacho
