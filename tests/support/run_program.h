#pragma once
// Runs the tacho binary as a user would.
#include <sys/types.h>

#include <string>
#include <vector>

namespace tacho {

struct ProgramResult {
  int exit_code = -1;  ///< -1: ended by a signal
  int signal = 0;
  std::string out, err;
};

/// A running `tacho ARGUMENTS...`, its output kept in files under `folder`. Killed and reaped if it still runs at the
/// end.
class RunningProgram {
 public:
  RunningProgram(const std::string& folder, const std::vector<std::string>& arguments);
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  void send(int signal) const;
  ProgramResult wait();

 private:
  pid_t pid_ = -1;
  std::string out_path_, err_path_;
};

/// Starts it and waits for its end.
ProgramResult run_tacho(const std::string& folder, const std::vector<std::string>& arguments);

/// TACHO_HOME, where programs that are run keep what they measured, as long as this lives.
class HomeFolder {
 public:
  explicit HomeFolder(const std::string& folder);
  ~HomeFolder();
  HomeFolder(const HomeFolder&) = delete;
  HomeFolder& operator=(const HomeFolder&) = delete;

 private:
  std::string before_;
};

/// Whether `text` is exactly one line that begins with "tacho: ".
bool is_one_error_line(const std::string& text);

/// How many entries a folder has.
size_t files_in(const std::string& folder);
/// How many threads this process has now.
size_t threads_of_this_process();

}  // namespace tacho
