#pragma once
// Flags of one command: declared once, parsed, and printed by --help.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tacho {

/// Reads numbers as a user writes them; each throws tacho::Error that names `flag` and what was expected.
int64_t parse_integer(const std::string& flag, const std::string& text, int64_t least, int64_t most);
double parse_number(const std::string& flag, const std::string& text, double least, double most);

/// The flags of one command, under headings, in the order of their declaration. Targets must outlive the parse.
class FlagSet {
 public:
  /// `program` is "tacho train", as errors and help call it.
  explicit FlagSet(std::string program);
  ~FlagSet();

  /// Heading of the flags declared from here on.
  void heading(const std::string& text);
  /// A flag with a value. `names` is "--learning-rate,--lr"; `value` names the value in --help ("N"). `set` is called
  /// once with the last value given and throws tacho::Error where it is wrong.
  void value(const std::string& names, const std::string& value, const std::string& help,
             std::function<void(const std::string&)> set);
  void text(const std::string& names, const std::string& value, const std::string& help, std::string& target);
  void text(const std::string& names, const std::string& value, const std::string& help,
            std::optional<std::string>& target);
  void integer(const std::string& names, const std::string& help, int64_t& target, int64_t least,
               int64_t most = int64_t{1} << 40);
  void number(const std::string& names, const std::string& help, double& target, double least, double most);
  /// A flag without a value.
  void flag(const std::string& names, const std::string& help, bool& target);
  /// A bare argument; several are filled in the order of their declaration.
  void bare(const std::string& name, const std::string& help, std::function<void(const std::string&)> set);

  /// Whether the flag (any of its names, with dashes) was written. For use after the parse.
  bool given(const std::string& name) const;
  /// Throws tacho::Error: unknown flags with the nearest known one, missing and wrong values.
  void parse(const std::vector<std::string>& arguments);
  /// Whether --help was written; then nothing else was checked or set.
  bool help_wanted() const { return help_wanted_; }
  /// Flags under their headings, at most 80 columns.
  std::string help() const;

 private:
  struct Row {
    std::string heading, names, value, help;
    bool is_bare = false;
    std::function<void(const std::string&)> set;  ///< null where it takes no value
    bool* target = nullptr;
    bool given = false;
    std::string got;
  };
  Row& add(Row row);

  std::string program_, heading_ = "Flags";
  std::vector<std::unique_ptr<Row>> rows_;
  bool help_wanted_ = false;
};

/// The known word nearest to `word`, or "" where none is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace tacho
