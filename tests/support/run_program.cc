#include "tests/support/run_program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"

namespace tacho {
namespace {

[[noreturn]] void become_tacho(const std::vector<std::string>& arguments, const char* out_path, const char* err_path) {
  const int out = ::open(out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int err = ::open(err_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int in = ::open("/dev/null", O_RDONLY);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  std::vector<char*> argv{const_cast<char*>(TACHO_BINARY)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  ::execv(TACHO_BINARY, argv.data());
  ::_exit(127);
}

}  // namespace

RunningProgram::RunningProgram(const std::string& folder, const std::vector<std::string>& arguments)
    : out_path_(folder + "/stdout"), err_path_(folder + "/stderr") {
  pid_ = ::fork();
  if (pid_ < 0) fail("fork failed");
  if (pid_ == 0) become_tacho(arguments, out_path_.c_str(), err_path_.c_str());
}

RunningProgram::~RunningProgram() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void RunningProgram::send(int signal) const { ::kill(pid_, signal); }

ProgramResult RunningProgram::wait() {
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) fail("waitpid failed");
  pid_ = -1;
  ProgramResult result;
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  // A program that was killed early may not have opened its files.
  if (::access(out_path_.c_str(), R_OK) == 0) result.out = read_file(out_path_);
  if (::access(err_path_.c_str(), R_OK) == 0) result.err = read_file(err_path_);
  return result;
}

ProgramResult run_tacho(const std::string& folder, const std::vector<std::string>& arguments) {
  return RunningProgram(folder, arguments).wait();
}

HomeFolder::HomeFolder(const std::string& folder) {
  if (const char* home = std::getenv("TACHO_HOME")) before_ = home;
  ::setenv("TACHO_HOME", folder.c_str(), 1);
}

HomeFolder::~HomeFolder() {
  if (before_.empty()) ::unsetenv("TACHO_HOME");
  else ::setenv("TACHO_HOME", before_.c_str(), 1);
}

bool is_one_error_line(const std::string& text) {
  return text.starts_with("tacho: ") && text.size() > 8 && text.find('\n') == text.size() - 1;
}

size_t files_in(const std::string& folder) {
  return size_t(std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

size_t threads_of_this_process() { return files_in("/proc/self/task"); }

}  // namespace tacho
