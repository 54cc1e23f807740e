#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.h"
#include "cli/common_flags.h"
#include "op/op_def.h"

namespace tacho {
namespace {

using Json = nlohmann::ordered_json;

struct OperationsFlags {
  CommonFlags common;
  std::vector<const OpDef*> chosen;
};

std::vector<std::string> traits_of(const OpDef& op) {
  constexpr std::pair<Trait, const char*> kNames[] = {
      {Trait::elementwise, "elementwise"},
      {Trait::movement, "movement"},
      {Trait::view, "view"},
      {Trait::reduction, "reduction"},
      {Trait::product, "product"},
      {Trait::activation, "activation"},
      {Trait::bias, "bias"},
      {Trait::pooling, "pooling"},
      {Trait::update, "update"},
      {Trait::loss, "loss"},
  };
  std::vector<std::string> names;
  for (const auto& [trait, name] : kNames)
    if (op.has(trait)) names.emplace_back(name);
  return names;
}

const OpDef& find(const std::string& name) {
  std::vector<std::string> known;
  for (const OpDef* op : all_ops()) {
    if (op->name == name) return *op;
    known.emplace_back(op->name);
  }
  const std::string near = nearest_word(name, known);
  fail("unknown operation '", name, "'", near.empty() ? "" : "; did you mean '" + near + "'?",
       "; 'tacho operations' lists them");
}

/// Symbols depend on ranks and flags, so a formula belongs to a sample: the first one speaks for the operation.
OpCount count_of_first_sample(const OpDef& op) {
  const Sample& sample = op.samples.front();
  const TensorTypes outputs = types_of(op, sample.attributes, sample.inputs);
  return op.count({sample.attributes, sample.inputs, outputs});
}

std::string described(const Sample& sample) {
  std::string text;
  for (const TensorType& type : sample.inputs) text += (text.empty() ? "" : ", ") + to_string(type);
  return sample.attributes.empty() ? text : text + "; " + to_string(sample.attributes);
}

Json as_json(const OpDef& op) {
  const OpCount count = count_of_first_sample(op);
  Json kinds = Json::object(), sizes = Json::object(), samples = Json::array();
  for_each_kind([&](const char* kind, const Expr& formula) { kinds[kind] = to_string(formula); }, count);
  for (const auto& [name, definition] : definitions(work(count))) sizes[name] = to_string(definition);
  for (const Sample& sample : op.samples) {
    Json inputs = Json::array();
    for (const TensorType& type : sample.inputs) inputs.push_back(to_string(type));
    samples.push_back({{"inputs", inputs}, {"attributes", to_string(sample.attributes)}});
  }
  return {{"name", op.name},         {"doc", op.doc},
          {"source", op.source},     {"count", kinds},
          {"sizes", sizes},          {"big_o", big_o(work(count))},
          {"traits", traits_of(op)}, {"gradient", op.gradient != nullptr},
          {"samples", samples}};
}

/// `text` in lines of at most 80 columns, the first behind `label`.
void print_wrapped(const std::string& label, const std::string& text) {
  std::string line = "  " + label;
  line.resize(std::max(line.size() + 1, size_t{18}), ' ');
  const std::string indent(18, ' ');
  bool fresh = true;
  std::istringstream words(text);
  for (std::string word; words >> word; fresh = false) {
    if (!fresh && line.size() + 1 + word.size() > 80) {
      std::printf("%s\n", line.c_str());
      line = indent;
      fresh = true;
    }
    line += (fresh ? "" : " ") + word;
  }
  std::printf("%s\n", line.c_str());
}

void print(const OpDef& op) {
  std::string traits;
  for (const std::string& trait : traits_of(op)) traits += (traits.empty() ? "" : ", ") + trait;
  std::printf("%s\n", std::string(op.name).c_str());
  print_wrapped("computes", std::string(op.doc));
  print_wrapped("source", std::string(op.source));
  if (!traits.empty()) print_wrapped("traits", traits);
  const OpCount count = count_of_first_sample(op);
  for_each_kind(
      [](const char* kind, const Expr& formula) {
        if (!formula.is_zero()) print_wrapped(kind, to_string(formula));
      },
      count);
  if (!work(count).is_zero()) print_wrapped("growth", big_o(work(count)));
  for (const auto& [name, definition] : definitions(work(count))) print_wrapped(name, "= " + to_string(definition));
  print_wrapped("gradient", op.gradient ? "yes" : "none");
  for (const Sample& sample : op.samples) print_wrapped("sample", described(sample));
  std::printf("\n");
}

int run(const OperationsFlags& flags) {
  std::vector<const OpDef*> chosen = flags.chosen;
  if (chosen.empty()) chosen.assign(all_ops().begin(), all_ops().end());
  Json operations = Json::array();
  for (const OpDef* op : chosen) {
    if (flags.common.text_wanted()) print(*op);
    operations.push_back(as_json(*op));
  }
  if (flags.common.text_wanted() && flags.chosen.empty())
    std::printf(
        "%zu operations. Formulas hold for the ranks of the first sample.\n"
        "A multiply-add is one mul and one add.\n",
        chosen.size());
  write_json(flags.common,
             Json{{"schema", "tacho.operations"}, {"schema_version", 1}, {"operations", operations}}.dump(2));
  return 0;
}

std::function<int()> declare(FlagSet& set) {
  auto flags = std::make_shared<OperationsFlags>();
  set.heading("Operations");
  set.bare("NAME", "only this operation (default: all)",
           [flags](const std::string& name) { flags->chosen = {&find(name)}; });
  add_common_flags(set, flags->common, kOutputFlags);
  return [flags] { return run(*flags); };
}

}  // namespace

extern const Command command_operations{
    .name = "operations",
    .alias = "",
    .summary = "the catalogue: what each operation computes and costs",
    .examples =
        "tacho operations                       every operation with its formulas\n"
        "tacho operations conv2d --json -       one of them, for a program",
    .declare = declare,
};

}  // namespace tacho
