// A run that is killed at any moment and resumed ends with the same bits as one that was left alone.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "data/test_files.h"
#include "tests/support/run_program.h"
#include "train/checkpoint.h"

namespace tacho {
namespace {

std::vector<std::string> training(const TestFolder& folder, const std::string& name, const std::string& steps) {
  return {"train",
          "mlp",
          "--split",
          "300:0",
          "--batch-size",
          "16",
          "--lr",
          "0.01",
          "--max-steps",
          steps,
          "--checkpoint",
          folder / name,
          "--log",
          folder / (name + ".jsonl"),
          "--checkpoint-every",
          "7",
          "--resume"};
}

std::vector<std::pair<int64_t, double>> steps_of(const std::string& log) {
  std::vector<std::pair<int64_t, double>> steps;
  std::istringstream lines(file_bytes(log));
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    steps.emplace_back(json.at("step"), json.at("loss"));
  }
  return steps;
}

TEST(KillSlow, TwentyTimesThenTheSameBits) {
  const TestFolder folder;
  // Which kernel was the fastest is measured once and kept: by another test at the same time, it might be another one,
  // with other bits.
  const HomeFolder home(folder / "home");
  const std::string steps = "420";
  const int64_t begin = now_ns();
  const ProgramResult undisturbed = run_tacho(folder.path(), training(folder, "whole", steps));
  const int64_t whole_ns = now_ns() - begin;
  ASSERT_EQ(undisturbed.exit_code, 0) << undisturbed.err;

  const Random random(20, 9);
  int kills = 0, before_first_checkpoint = 0, finished = 0;
  for (uint64_t attempt = 0; kills < 20; ++attempt) {
    ASSERT_LT(attempt, 200u) << "only " << kills << " runs could be killed";
    RunningProgram program(folder.path(), training(folder, "killed", steps));
    // The first few early: before the first checkpoint, or while the data are drawn; the rest anywhere.
    const double share = attempt < 4 ? 0.02 * double(attempt) : 0.5 * random.uniform(attempt);
    ::usleep(useconds_t(share * double(whole_ns) / 1e3));
    program.send(SIGKILL);
    if (program.wait().signal == SIGKILL) {
      ++kills;
      before_first_checkpoint += !has_checkpoint(folder / "killed");
      continue;
    }
    // It was done: its bits are checked, and the next one starts from nothing.
    ++finished;
    EXPECT_EQ(file_bytes(checkpoint_file(folder / "killed")), file_bytes(checkpoint_file(folder / "whole")));
    std::filesystem::remove_all(folder / "killed");
  }
  EXPECT_GE(before_first_checkpoint, 1);
  const ProgramResult last = run_tacho(folder.path(), training(folder, "killed", steps));
  ASSERT_EQ(last.exit_code, 0) << last.err;
  EXPECT_EQ(file_bytes(checkpoint_file(folder / "killed")), file_bytes(checkpoint_file(folder / "whole")));
  EXPECT_EQ(files_in(folder / "killed"), 1u);
  EXPECT_EQ(steps_of(folder / "killed.jsonl"), steps_of(folder / "whole.jsonl"));
  EXPECT_EQ(steps_of(folder / "whole.jsonl").size(), 420u);
  std::printf("20 kills, %d before the first checkpoint, %d runs ended before their kill\n", before_first_checkpoint,
              finished);
}

TEST(Interrupt, FinishesTheStepSavesAndExits130) {
  const TestFolder folder;
  std::vector<std::string> arguments = training(folder, "run", "100000000");
  RunningProgram program(folder.path(), arguments);
  for (int i = 0; i < 3000 && !has_checkpoint(folder / "run"); ++i) ::usleep(10'000);
  ASSERT_TRUE(has_checkpoint(folder / "run"));
  program.send(SIGINT);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_NE(result.out.find("--resume continues"), std::string::npos) << result.out;
  const int64_t step = read_checkpoint(folder / "run").step;
  EXPECT_EQ(steps_of(folder / "run.jsonl").back().first, step);
  EXPECT_EQ(files_in(folder / "run"), 1u);
  const ProgramResult more = run_tacho(folder.path(), {"train", "--resume", "--split", "300:0", "--checkpoint",
                                                       folder / "run", "--max-steps", std::to_string(step + 3)});
  EXPECT_EQ(more.exit_code, 0) << more.err;
  EXPECT_EQ(read_checkpoint(folder / "run").step, step + 3) << "flags that are not repeated come from the checkpoint";
}

}  // namespace
}  // namespace tacho
