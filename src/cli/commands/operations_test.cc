#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.h"
#include "op/op_def.h"

namespace tacho {
namespace {

struct CommandResult {
  int code = 0;
  std::string out, err;
};

CommandResult tacho(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "tacho");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  CommandResult result;
  result.code = run_command_line(int(arguments.size()), arguments.data());
  result.out = testing::internal::GetCapturedStdout();
  result.err = testing::internal::GetCapturedStderr();
  return result;
}

TEST(OperationsCommand, ListsTheWholeCatalogue) {
  const CommandResult result = tacho({"operations"});
  EXPECT_EQ(result.code, 0);
  for (const OpDef* op : all_ops())
    EXPECT_NE(("\n" + result.out).find("\n" + std::string(op->name) + "\n"), std::string::npos) << op->name;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(OperationsCommand, JsonHasFormulasAndSamples) {
  const CommandResult result = tacho({"operations", "--json", "-"});
  EXPECT_EQ(result.code, 0);
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["schema"], "tacho.operations");
  ASSERT_EQ(json["operations"].size(), all_ops().size());
  for (size_t i = 0; i < all_ops().size(); ++i) {
    const auto& row = json["operations"][i];
    EXPECT_EQ(row["name"], all_ops()[i]->name);
    EXPECT_EQ(row["gradient"], all_ops()[i]->gradient != nullptr);
    EXPECT_EQ(row["samples"].size(), all_ops()[i]->samples.size());
  }
}

TEST(OperationsCommand, OneByName) {
  const auto json = nlohmann::json::parse(tacho({"operations", "matmul", "--json", "-"}).out);
  ASSERT_EQ(json["operations"].size(), 1u);
  const auto& matmul = json["operations"][0];
  EXPECT_EQ(matmul["count"]["mul"], "k*m*n");
  EXPECT_EQ(matmul["traits"], nlohmann::json({"product"}));
  const CommandResult wrong = tacho({"operations", "matmull"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_EQ(wrong.err, "tacho: unknown operation 'matmull'; did you mean 'matmul'?; 'tacho operations' lists them\n");
}

}  // namespace
}  // namespace tacho
