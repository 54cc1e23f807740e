#include <cstdio>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/command.h"
#include "cli/flags.h"
#include "nn/builtin.h"

namespace tacho {
namespace {

constexpr std::string_view kVersion = TACHO_VERSION;

/// An example's command and, after two spaces or more, what it shows, in two columns.
std::string example_line(std::string_view example) {
  constexpr size_t kColumn = 42;
  const size_t gap = example.find("  ");
  std::string line = text_of("  ", example.substr(0, gap));
  if (gap == std::string_view::npos) return line + "\n";
  const std::string_view meaning = example.substr(example.find_first_not_of(' ', gap));
  if (line.size() < kColumn && kColumn + 2 + meaning.size() <= 80) line.resize(kColumn, ' ');
  return text_of(line, "  ", meaning, "\n");
}

std::string overview() {
  std::string text = text_of("tacho ", kVersion, ": trains neural networks and accounts for every nanosecond of it\n\n",
                             "Usage: tacho COMMAND [NETWORK] [FLAGS]\n\nCommands\n");
  for (const Command* command : all_commands()) {
    std::string name = text_of("  ", command->name);
    if (!command->alias.empty()) name += text_of(" (", command->alias, ")");
    if (name.size() < 20) name.resize(20, ' ');
    text += text_of(name, " ", command->summary, "\n");
  }
  text += "\nExamples\n";
  for (const Command* command : all_commands())
    text += example_line(command->examples.substr(0, command->examples.find('\n')));
  return text +
         "\n'tacho COMMAND --help' lists a command's flags. Exit codes: 0 done, 1 a check\n"
         "that was asked for did not hold, 2 a mistake or a bad file, 130 interrupted.\n";
}

std::string help_of(const Command& command, const FlagSet& flags) {
  std::string text = text_of("tacho ", command.name, ": ", command.summary, "\n\nExamples\n");
  for (size_t begin = 0; begin < command.examples.size();) {
    const size_t end = std::min(command.examples.find('\n', begin), command.examples.size());
    text += example_line(command.examples.substr(begin, end - begin));
    begin = end + 1;
  }
  return text + "\n" + flags.help();
}

const Command& find_command(const std::string& name) {
  std::vector<std::string> known;
  for (const Command* command : all_commands()) {
    if (name == command->name || name == command->alias) return *command;
    known.emplace_back(command->name);
    if (!command->alias.empty()) known.emplace_back(command->alias);
  }
  for (const std::string& network : builtin_names())
    if (name == network) fail("'", name, "' is a network, not a command; say for example 'tacho inspect ", name, "'");
  const std::string near = nearest_word(name, known);
  fail("unknown ", name[0] == '-' ? "flag" : "command", " '", name, "'",
       near.empty() ? "" : "; did you mean '" + near + "'?", "; 'tacho --help' lists the commands");
}

int dispatch(const std::vector<std::string>& arguments) {
  const std::string first = arguments.empty() ? "--help" : arguments[0];
  if (first == "--help" || first == "-h" || (first == "help" && arguments.size() == 1)) {
    std::fputs(overview().c_str(), stdout);
    return 0;
  }
  if (first == "--version") {
    std::printf("tacho %s\n", TACHO_VERSION);
    return 0;
  }
  const bool help = first == "help";
  const Command& command = find_command(help ? arguments[1] : first);
  FlagSet flags(text_of("tacho ", command.name));
  const std::function<int()> run = command.declare(flags);
  flags.parse(help ? std::vector<std::string>{"--help"}
                   : std::vector<std::string>(arguments.begin() + 1, arguments.end()));
  if (flags.help_wanted()) {
    std::fputs(help_of(command, flags).c_str(), stdout);
    return 0;
  }
  return run();
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  int code = 2;
  try {
    code = dispatch({argv + 1, argv + argc});
    // A full disk or a closed pipe must not look like success.
    if (std::fflush(stdout) != 0 || std::ferror(stdout)) fail("standard output could not be written");
  } catch (const std::exception& error) {
    std::string line = error.what();
    for (char& c : line)
      if (c == '\n' || c == '\r') c = ' ';
    std::fflush(stdout);
    std::fprintf(stderr, "tacho: %s\n", line.c_str());
    code = 2;
  }
  return code;
}

}  // namespace tacho
