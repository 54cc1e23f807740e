#include "cli/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace tacho {
namespace {

constexpr size_t kHelpColumn = 30, kHelpWidth = 79;

std::vector<std::string> split_names(const std::string& names) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin <= names.size();) {
    const size_t end = std::min(names.find(',', begin), names.size());
    parts.push_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Insertions, deletions and replacements that lead from one word to the other.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

/// `text` broken at spaces, its first line continuing at column kHelpColumn.
std::string wrapped(const std::string& text) {
  std::string out;
  size_t column = kHelpColumn, begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (column > kHelpColumn && column + 1 + (end - begin) > kHelpWidth) {
      out += "\n" + std::string(kHelpColumn, ' ');
      column = kHelpColumn;
    } else if (column > kHelpColumn) {
      out += ' ';
      ++column;
    }
    out += text.substr(begin, end - begin);
    column += end - begin;
    begin = end + 1;
  }
  return out;
}

}  // namespace

int64_t parse_integer(const std::string& flag, const std::string& text, int64_t least, int64_t most) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && at == end && value >= least && value <= most) return value;
  fail(flag, " expects a whole number from ", least, " to ", most, ", got '", text, "'");
}

double parse_number(const std::string& flag, const std::string& text, double least, double most) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && at == end && std::isfinite(value) && value >= least && value <= most) return value;
  fail(flag, " expects a number from ", least, " to ", most, ", got '", text, "'");
}

std::string nearest_word(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  size_t least = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const size_t distance = edit_distance(word, candidate);
    if (distance < least) least = distance, best = candidate;
  }
  return best;
}

FlagSet::FlagSet(std::string program) : program_(std::move(program)) {}
FlagSet::~FlagSet() = default;

void FlagSet::heading(const std::string& text) { heading_ = text; }

FlagSet::Row& FlagSet::add(Row row) {
  row.heading = heading_;
  rows_.push_back(std::make_unique<Row>(std::move(row)));
  return *rows_.back();
}

void FlagSet::value(const std::string& names, const std::string& value, const std::string& help,
                    std::function<void(const std::string&)> set) {
  add({"", names, value, help, false, std::move(set)});
}

void FlagSet::text(const std::string& names, const std::string& value_name, const std::string& help,
                   std::string& target) {
  value(names, value_name, help, [&target](const std::string& text) { target = text; });
}

void FlagSet::text(const std::string& names, const std::string& value_name, const std::string& help,
                   std::optional<std::string>& target) {
  value(names, value_name, help, [&target](const std::string& text) { target = text; });
}

void FlagSet::integer(const std::string& names, const std::string& help, int64_t& target, int64_t least, int64_t most) {
  const std::string flag = split_names(names)[0];
  value(names, "N", help,
        [&target, flag, least, most](const std::string& text) { target = parse_integer(flag, text, least, most); });
}

void FlagSet::number(const std::string& names, const std::string& help, double& target, double least, double most) {
  const std::string flag = split_names(names)[0];
  value(names, "X", help,
        [&target, flag, least, most](const std::string& text) { target = parse_number(flag, text, least, most); });
}

void FlagSet::flag(const std::string& names, const std::string& help, bool& target) {
  add({"", names, "", help, false, nullptr, &target});
}

void FlagSet::bare(const std::string& name, const std::string& help, std::function<void(const std::string&)> set) {
  add({"", name, "", help, true, std::move(set)});
}

bool FlagSet::given(const std::string& name) const {
  for (const auto& row : rows_) {
    const std::vector<std::string> names = split_names(row->names);
    if (std::find(names.begin(), names.end(), name) != names.end()) return row->given;
  }
  TACHO_CHECK(false, "no flag ", name, " was declared");
  return false;
}

void FlagSet::parse(const std::vector<std::string>& arguments) {
  const std::string hint = "; see '" + program_ + " --help'";
  CLI::App app;
  app.set_help_flag("");
  app.allow_extras();
  bool help = false;
  app.add_flag("-h,--help", help);
  std::vector<std::pair<Row*, CLI::Option*>> options;
  for (const auto& owned : rows_) {
    Row* row = owned.get();
    CLI::Option* option = nullptr;
    // Positional names only have to differ from one another; users never see CLI11's own texts.
    if (row->is_bare) option = app.add_option("bare" + std::to_string(options.size()), row->got);
    else if (row->set) option = app.add_option(row->names, row->got);
    else option = app.add_flag(row->names, *row->target);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    options.emplace_back(row, option);
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();  // "--epochs: 1 required TEXT missing"
    fail(text.substr(0, text.find(':')), " needs a value", hint);
  } catch (const CLI::Error& error) {
    fail(error.what(), hint);
  }
  help_wanted_ = help;
  if (help) return;
  for (const std::string& word : app.remaining()) {
    if (word.empty() || word[0] != '-') fail("unexpected argument '", word, "'", hint);
    const std::string name = word.substr(0, word.find('='));
    std::vector<std::string> known{"--help"};
    for (const auto& row : rows_)
      if (!row->is_bare)
        for (const std::string& one : split_names(row->names)) known.push_back(one);
    const std::string near = nearest_word(name, known);
    fail("unknown flag '", name, "'", near.empty() ? "" : "; did you mean " + near + "?", hint);
  }
  for (auto& [row, option] : options) {
    row->given = option->count() > 0;
    if (!row->given || !row->set) continue;
    const std::string name = row->is_bare ? row->names : split_names(row->names)[0];
    if (row->got.empty() || row->got.starts_with("--"))
      fail(name, " needs a value", row->value.empty() ? "" : " (" + row->value + ")", ", got '", row->got, "'", hint);
    row->set(row->got);
  }
}

std::string FlagSet::help() const {
  std::string text, heading;
  const auto line = [&](const std::string& left, const std::string& help) {
    text += "  " + left;
    const size_t used = left.size() + 2;
    text += used + 1 > kHelpColumn ? "\n" + std::string(kHelpColumn, ' ') : std::string(kHelpColumn - used, ' ');
    text += wrapped(help) + "\n";
  };
  for (const auto& row : rows_) {
    if (row->heading != heading) text += (text.empty() ? "" : "\n") + row->heading + "\n";
    heading = row->heading;
    std::string names;
    for (const std::string& name : split_names(row->names)) names += (names.empty() ? "" : ", ") + name;
    line(names + (row->value.empty() ? "" : " " + row->value), row->help);
  }
  line("--help", "this text");
  return text;
}

}  // namespace tacho
