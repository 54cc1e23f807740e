// Exit codes, one-line errors and JSON of the commands that build, train and use networks.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data/test_files.h"
#include "tests/support/run_program.h"

namespace tacho {
namespace {

using ParsedJson = nlohmann::json;

TEST(CommandLine, MistakesAreOneLineAndExit2) {
  const TestFolder folder;
  folder.write("text.safetensors", "no tensors here");
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"trian"}, "did you mean 'train'?"},
      {{"--nonsense"}, "unknown flag"},
      {{"simplenn-4"}, "is a network, not a command"},
      {{"train", "--epoch", "3"}, "did you mean --epochs?"},
      {{"train", "--epochs"}, "--epochs needs a value"},
      {{"train", "--epochs", "--quiet"}, "--epochs needs a value"},
      {{"train", "--epochs", "many"}, "--epochs expects a whole number"},
      {{"train", "--batch-size", "0"}, "--batch-size expects"},
      {{"train", "--lr", "nan"}, "--learning-rate expects"},
      {{"train", "--momentum", "1"}, "momentum"},
      {{"train", "--loss", "hinge"},
       "unknown loss 'hinge'; known: cross-entropy, squared, label-smoothing, bce, huber"},
      {{"train", "--label-smoothing", "0.2"}, "say --loss label-smoothing"},
      {{"analyze", "--huber-delta", "2", "--loss", "bce"}, "say --loss huber"},
      {{"train", "--network", "lenet"}, "unknown network"},
      {{"train", "net.onnx"}, "ONNX files are not read yet"},
      {{"train", "absent.toml"}, "cannot be opened"},
      {{"train", "mlp", "simplenn-4"}, "unexpected argument"},
      {{"train", "--data", folder / "absent"}, "no data set"},
      {{"train", "--data", folder / "text.safetensors"}, "text.safetensors"},
      {{"train", "--split", "many"}, "--split many"},
      {{"train", "--image", "1x28"}, "--image expects CxHxW"},
      {{"train", "--classes", "3"}, "digits has 10 classes"},
      {{"train", "--image", "3x224x224"}, "no built-in data set"},
      {{"train", "--convolution", "winograd", "--backend", "reference"}, "Winograd"},
      {{"train", "--layout", "nhwc", "--backend", "reference"}, "nhwc"},
      {{"train", "--gemm", "mkl"}, "mkl"},
      {{"train", "--backend", "cuda,reference"}, "cuda"},
      {{"train", "--execution", "procedural", "--fusion", "on"}, "procedural"},
      {{"train", "--trace", folder / "no/such/x.json"}, "--trace"},
      {{"evaluate", "--trace", "x.json"}, "--trace"},
      {{"inspect", "--html", folder / "no/such/page.html"}, "there is no folder"},
      {{"inspect", "--html", "-"}, "--html expects a file's name"},
      {{"train", "--resume"}, "needs --checkpoint"},
      {{"train", "--epochs", "2", "--max-steps", "3"}, "exclude each other"},
      {{"train", "--split", "50:0", "--validation", "test"}, "no test part"},
      {{"train", "--split", "50:0", "--log", folder / "no/such/log"}, "--log"},
      {{"train", "--split", "50:0", "--init", folder / "text.safetensors"}, "text.safetensors"},
      {{"train", "--split", "50:0", "--checkpoint", folder / "text.safetensors"}, "--checkpoint"},
      {{"evaluate"}, "--checkpoint DIR is needed"},
      {{"evaluate", "--checkpoint", folder / "absent"}, "no checkpoint in"},
      {{"predict", "--checkpoint", folder / "absent"}, "needs the file"},
      {{"plan", "--execution", "procedural"}, "has no plan"},
  };
  for (const auto& [arguments, part] : cases) {
    const ProgramResult result = run_tacho(folder.path(), arguments);
    EXPECT_EQ(result.exit_code, 2) << part;
    EXPECT_TRUE(is_one_error_line(result.err)) << result.err;
    EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "") << part;
  }
}

TEST(CommandLine, HelpFitsTheTerminal) {
  const TestFolder folder;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {}, {"--help"}, {"train", "--help"}, {"help", "evaluate"}, {"predict", "-h"}, {"inspect", "--help"}}) {
    const ProgramResult result = run_tacho(folder.path(), arguments);
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_NE(result.out.find("Examples\n  tacho "), std::string::npos);
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  }
  const ProgramResult version = run_tacho(folder.path(), {"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out.rfind("tacho ", 0), 0u);
}

TEST(CommandLine, InspectListsParametersAsPyTorchDoes) {
  const TestFolder folder;
  const ProgramResult result = run_tacho(folder.path(), {"summary", "simplenn-4", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const ParsedJson json = ParsedJson::parse(result.out);
  EXPECT_EQ(result.out.find("{\n  \"schema\": \"tacho.inspect\",\n  \"schema_version\": 1"), 0u);
  EXPECT_EQ(json.at("parameters").at(0),
            ParsedJson::parse(R"({"name": "conv1.weight", "shape": [32, 1, 5, 5], "dtype": "float32"})"));
  EXPECT_EQ(json.at("parameters").size(), 8u);
  EXPECT_EQ(json.at("parameters").at(6).at("shape"), ParsedJson::parse("[10, 576]"));
  EXPECT_TRUE(json.at("state").empty());
  const ProgramResult text = run_tacho(folder.path(), {"inspect", "simplenn-7"});
  std::istringstream lines(text.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
  const ProgramResult toml = run_tacho(folder.path(), {"inspect", "mlp", "--image", "3x32x32", "--toml"});
  EXPECT_NE(toml.out.find("input = [3, 32, 32]"), std::string::npos) << toml.out;
  EXPECT_NE(toml.out.find("[[layer]]\nkind = \"linear\"\nname = \"fc1\"\nout_features = 256"), std::string::npos);
}

TEST(CommandLine, ANetworkFileIsTheNetworkItWasPrintedFrom) {
  const TestFolder folder;
  const ProgramResult toml = run_tacho(folder.path(), {"inspect", "unet", "--toml"});
  ASSERT_EQ(toml.exit_code, 0) << toml.err;
  folder.write("net.toml", toml.out);
  EXPECT_EQ(run_tacho(folder.path(), {"inspect", folder / "net.toml", "--toml"}).out, toml.out);
  EXPECT_EQ(run_tacho(folder.path(), {"inspect", folder / "net.toml"}).out,
            run_tacho(folder.path(), {"inspect", "unet"}).out);
  const ProgramResult train = run_tacho(
      folder.path(), {"train", folder / "net.toml", "--split", "16:0", "--batch-size", "8", "--validation", "none"});
  EXPECT_EQ(train.exit_code, 0) << train.err;
  const ProgramResult classes = run_tacho(folder.path(), {"inspect", folder / "net.toml", "--classes", "7"});
  EXPECT_EQ(classes.exit_code, 2);
  EXPECT_NE(classes.err.find("change the file"), std::string::npos) << classes.err;
}

TEST(CommandLine, ARunOfANetworkFileWithDropoutResumesToTheBit) {
  const TestFolder folder;
  folder.write("net.toml",
               "name = \"dropping\"\ninput = [1, 28, 28]\nclasses = 10\n"
               "[[layer]]\nkind = \"flatten\"\nname = \"flatten\"\n[[layer]]\nkind = \"dropout\"\nname = \"drop\"\n"
               "[[layer]]\nkind = \"linear\"\nname = \"fc\"\nout_features = 10\n");
  const auto train = [&](const char* to, const char* steps, bool resume) {
    std::vector<std::string> arguments = {
        "train", folder / "net.toml", "--split", "60:0",        "--validation", "none",         "--batch-size",
        "20",    "--clip-norm",       "1",       "--max-steps", steps,          "--checkpoint", folder / to};
    if (resume)
      arguments = {"train", folder / "net.toml", "--split",   "60:0",    "--validation", "none", "--max-steps",
                   steps,   "--checkpoint",      folder / to, "--resume"};
    const ProgramResult result = run_tacho(folder.path(), arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
  };
  train("whole", "6", false);
  train("parts", "3", false);
  train("parts", "6", true);
  EXPECT_EQ(file_bytes(folder / "whole/checkpoint.safetensors"), file_bytes(folder / "parts/checkpoint.safetensors"));
  const ProgramResult unnamed =
      run_tacho(folder.path(), {"train", "--split", "60:0", "--checkpoint", folder / "parts", "--resume"});
  EXPECT_EQ(unnamed.exit_code, 2);
  EXPECT_NE(unnamed.err.find("repeat its --network FILE"), std::string::npos) << unnamed.err;
}

TEST(CommandLine, PlanNamesAKernelForEveryNode) {
  const TestFolder folder;
  const ProgramResult result = run_tacho(folder.path(), {"plan", "mlp", "--batch-size", "16", "--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const ParsedJson json = ParsedJson::parse(result.out);
  EXPECT_EQ(json.at("schema"), "tacho.plan");
  ASSERT_FALSE(json.at("nodes").empty());
  for (const ParsedJson& node : json.at("nodes")) {
    if (node.at("kind") == "compute") {
      EXPECT_NE(node.at("kernel"), "") << node;
    }
  }
}

TEST(CommandLine, TrainThenEvaluateThenPredict) {
  const TestFolder folder;
  const ProgramResult train =
      run_tacho(folder.path(), {"train", "mlp", "--split", "200:40", "--batch-size", "20", "--epochs", "2", "--lr",
                                "0.01", "--checkpoint", folder / "run", "--json", "-"});
  ASSERT_EQ(train.exit_code, 0) << train.err;
  EXPECT_EQ(train.err, "") << "progress is for terminals";
  const ParsedJson trained = ParsedJson::parse(train.out);
  EXPECT_EQ(trained.at("steps"), 20);

  const ProgramResult evaluate = run_tacho(
      folder.path(), {"evaluate", "--checkpoint", folder / "run", "--split", "200:40", "--json", folder / "e.json"});
  ASSERT_EQ(evaluate.exit_code, 0) << evaluate.err;
  EXPECT_NE(evaluate.out.find("accuracy"), std::string::npos);
  const ParsedJson evaluated = ParsedJson::parse(file_bytes(folder / "e.json"));
  // Another loss on the same outputs: the accuracy stays.
  const ProgramResult smoothed = run_tacho(folder.path(), {"evaluate", "--checkpoint", folder / "run", "--split",
                                                           "200:40", "--loss", "label-smoothing", "--json", "-"});
  ASSERT_EQ(smoothed.exit_code, 0) << smoothed.err;
  EXPECT_EQ(ParsedJson::parse(smoothed.out).at("accuracy"), evaluated.at("accuracy"));
  EXPECT_NE(ParsedJson::parse(smoothed.out).at("loss"), evaluated.at("loss"));
  EXPECT_EQ(evaluated.at("examples"), 40);
  EXPECT_EQ(evaluated.at("loss"), trained.at("validation").at("loss"));
  EXPECT_EQ(evaluated.at("accuracy"), trained.at("validation").at("accuracy"));

  const std::vector<std::string> predict = {"predict", "digits", "--split", "10:7", "--checkpoint", folder / "run"};
  const ProgramResult csv = run_tacho(folder.path(), predict);
  ASSERT_EQ(csv.exit_code, 0) << csv.err;
  EXPECT_EQ(csv.out.find("prediction,0,1,2,3,4,5,6,7,8,9\n"), 0u) << csv.out;
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 8);
  std::vector<std::string> as_json = predict;
  as_json.insert(as_json.end(), {"--json", "-"});
  const ParsedJson predicted = ParsedJson::parse(run_tacho(folder.path(), as_json).out);
  ASSERT_EQ(predicted.at("outputs").size(), 7u);
  for (size_t i = 0; i < 7; ++i) {
    const std::vector<double> row = predicted.at("outputs").at(i);
    double sum = 0;
    for (const double p : row) sum += p;
    EXPECT_NEAR(sum, 1, 1e-5) << "cross entropy's outputs are probabilities";
    EXPECT_EQ(predicted.at("predictions").at(i), std::max_element(row.begin(), row.end()) - row.begin());
  }

  // A damaged checkpoint is one line, not a crash.
  const std::string path = folder / "run/checkpoint.safetensors";
  folder.write("run/checkpoint.safetensors", file_bytes(path).substr(0, 1000));
  const ProgramResult damaged = run_tacho(folder.path(), {"evaluate", "--checkpoint", folder / "run"});
  EXPECT_EQ(damaged.exit_code, 2);
  EXPECT_TRUE(is_one_error_line(damaged.err)) << damaged.err;
}

}  // namespace
}  // namespace tacho
