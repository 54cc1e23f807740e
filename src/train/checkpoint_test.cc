#include "train/checkpoint.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/test_files.h"
#include "io/safetensors.h"
#include "nn/builtin.h"
#include "train/network_json.h"
#include "train/session.h"

namespace tacho {
namespace {

Checkpoint small_checkpoint() {
  Checkpoint c;
  c.network = builtin_network("mlp", Shape{1, 2, 3}, 4);
  c.optimizer.kind = OptimizerKind::adam;
  c.step = 12;
  c.batch = 5;
  c.examples = 30;
  c.seed = uint64_t{1} << 63;
  c.shuffle = false;
  c.normalization.kind = NormalizeKind::mean;
  c.normalization.scale = 255;
  c.normalization.mean = Tensor::of<float>({1, 2, 3}, {1, 2, 3, 4, 5, 0.1f});
  c.class_labels = {-1, 1, 5, 7};
  c.switches = {{"execution", "graph"}, {"lanes", "2"}};
  c.plan = "0123";
  StepOptions step;
  step.network = c.network;
  step.optimizer = c.optimizer;
  step.way = resolve({});
  c.variables = initial_variables(step, 3);
  return c;
}

TEST(Checkpoint, ComesBackWhole) {
  const TestFolder folder;
  const Checkpoint c = small_checkpoint();
  write_checkpoint(folder.path(), c);
  const Checkpoint back = read_checkpoint(folder.path());
  EXPECT_EQ(network_to_json(back.network), network_to_json(c.network));
  EXPECT_EQ(back.step, 12);
  EXPECT_EQ(back.seed, c.seed);
  EXPECT_FALSE(back.shuffle);
  EXPECT_EQ(back.optimizer.kind, OptimizerKind::adam);
  EXPECT_EQ(back.class_labels, c.class_labels);
  EXPECT_EQ(back.switches, c.switches);
  EXPECT_EQ(back.normalization.mean.as<float>()[5], 0.1f);
  ASSERT_EQ(back.variables.size(), c.variables.size());
  for (const auto& [name, tensor] : c.variables)
    EXPECT_EQ(std::memcmp(back.variables.at(name).view().data, tensor.view().data, size_t(tensor.bytes())), 0) << name;
  const std::string bytes = file_bytes(checkpoint_file(folder.path()));
  write_checkpoint(folder.path(), back);
  EXPECT_EQ(file_bytes(checkpoint_file(folder.path())), bytes);
}

TEST(Checkpoint, EveryTruncationIsOneError) {
  const TestFolder folder;
  write_checkpoint(folder.path(), small_checkpoint());
  expect_every_truncation_fails(
      folder, "checkpoint.safetensors", [&](const std::string&) { read_checkpoint(folder.path()); }, 4999);
}

TEST(Checkpoint, LyingDescriptionsAreErrors) {
  const TestFolder folder;
  write_checkpoint(folder.path(), small_checkpoint());
  const SafetensorsFile good = read_safetensors(checkpoint_file(folder.path()));
  const auto description = nlohmann::json::parse(good.metadata.at(0).second);
  const std::vector<std::pair<const char*, nlohmann::json>> lies = {
      {"/version", 2},
      {"/network/layers", nlohmann::json::array()},
      {"/network/layers/1/kind", "teleport"},
      {"/network/layers/1/fields/out_features", int64_t{1} << 62},
      {"/network/layers/1/fields/out_features", -1},
      {"/network/layers/1/fields/out_features", "many"},
      {"/network/layers/1/inputs", {"nowhere"}},
      {"/network/input", {1, 2, 9}},
      {"/network/input", {int64_t{1} << 40, int64_t{1} << 40}},
      {"/network/input", {0}},
      {"/dtype", "float64"},
      {"/dtype", "int64"},
      {"/loss", "regret"},
      {"/optimizer/kind", "magic"},
      {"/optimizer/kind", "momentum"},
      {"/optimizer/momentum", "fast"},
      {"/optimizer/epsilon", -1},
      {"/position/step", -1},
      {"/position/step", uint64_t{1} << 63},
      {"/position/examples", 0},
      {"/position", nullptr},
      {"/normalization/kind", "magic"},
      {"/normalization/scale", 0},
      {"/class_labels", nlohmann::json::array()},
      {"/class_labels", {3, 3}},
      {"/switches", {1}},
      {"/plan", 3},
  };
  for (const auto& [where, lie] : lies) {
    SafetensorsFile file = good;
    nlohmann::json changed = description;
    changed[nlohmann::json::json_pointer(where)] = lie;
    file.metadata[0].second = changed.dump();
    write_safetensors(checkpoint_file(folder.path()), file);
    EXPECT_NE(error_of([&] { read_checkpoint(folder.path()); }), "") << where << " " << lie;
  }
  SafetensorsFile file = good;
  file.metadata[0].second = std::string(100000, '[');
  write_safetensors(checkpoint_file(folder.path()), file);
  EXPECT_ERROR(read_checkpoint(folder.path()), "no JSON object");
  file.metadata.clear();
  write_safetensors(checkpoint_file(folder.path()), file);
  EXPECT_ERROR(read_checkpoint(folder.path()), "no checkpoint of tacho");
}

TEST(Checkpoint, MissingTensorIsNamed) {
  const TestFolder folder;
  write_checkpoint(folder.path(), small_checkpoint());
  SafetensorsFile file = read_safetensors(checkpoint_file(folder.path()));
  for (size_t i = 0; i < file.tensors.size(); ++i)
    if (file.tensors[i].name == "adam.m.fc2.weight") file.tensors.erase(file.tensors.begin() + int64_t(i));
  write_safetensors(checkpoint_file(folder.path()), file);
  EXPECT_ERROR(read_checkpoint(folder.path()), "'adam.m.fc2.weight' is missing");
}

TEST(Checkpoint, LeftoversGoAndOtherFilesStay) {
  const TestFolder folder;
  folder.write("checkpoint.safetensors.tmp.4711", "half");
  folder.write("notes.txt", "mine");
  prepare_checkpoint_folder(folder.path());
  EXPECT_FALSE(std::filesystem::exists(folder / "checkpoint.safetensors.tmp.4711"));
  EXPECT_TRUE(std::filesystem::exists(folder / "notes.txt"));
  EXPECT_FALSE(has_checkpoint(folder.path()));
  EXPECT_ERROR(read_checkpoint(folder.path()), "no checkpoint in");
}

}  // namespace
}  // namespace tacho
