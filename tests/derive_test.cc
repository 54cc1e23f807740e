// `complexity --derive`: formulas in the documents' letters against counted executions, and the documents' claims where
// they hold and where they do not.
#include "analysis/derive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "analysis/derive_style.h"
#include "data/test_files.h"
#include "lab/counted.h"
#include "nn/builtin.h"
#include "tests/support/run_program.h"

namespace tacho {
namespace {

using testing::HasSubstr;

Derivation derivation_of(const NetworkSpec& network, const char* convolution = "gather", int64_t batch = 4,
                         const CountingOptions& counting = {}) {
  StepOptions options;
  options.network = network;
  options.batch = batch;
  Switches switches;
  set_switch(switches, "convolution", convolution);
  options.way = resolve(switches);
  StepOptions whole = options;
  whole.way.convolution = "direct";
  const Graph source = source_graph(options), direct = source_graph(whole);
  return derive({network.name, network.name, "momentum", convolution, batch, "float32", &source, &direct,
                 count_executions(options, source, counting)});
}

/// A convolution with these fields, relu6, pooling and a linear layer, for images of 12 x 8 x 8.
NetworkSpec one_convolution(std::vector<std::pair<std::string, FieldValue>> fields) {
  return {"one",
          {12, 8, 8},
          3,
          {{"conv2d", "conv", {}, std::move(fields)},
           {"relu6", "act", {}, {}},
           {"max_pool2d", "pool", {}, {{"kernel", int64_t{3}}, {"stride", int64_t{1}}}},
           {"flatten", "flatten", {}, {}},
           {"linear", "fc", {}, {{"out_features", int64_t{3}}}}}};
}

const DerivedLayer& layer_of(const Derivation& d, const std::string& name) {
  for (const DerivedLayer& layer : d.layers)
    if (layer.name == name) return layer;
  throw Error("no layer " + name);
}

const DerivedOperation& operation_of(const Derivation& d, const std::string& layer, const std::string& expression) {
  for (const DerivedOperation& operation : layer_of(d, layer).operations)
    if (operation.expression.text == expression) return operation;
  throw Error("no operation " + expression + " in " + layer);
}

const ClaimCase& claim_case(const Derivation& d, const std::string& id, const std::string& where) {
  for (const Claim& claim : d.claims)
    if (claim.id == id)
      for (const ClaimCase& c : claim.cases)
        if (c.where == where) return c;
  throw Error("no claim " + id + " at " + where);
}

const Claim& claim_of(const Derivation& d, const std::string& id) {
  return *std::find_if(d.claims.begin(), d.claims.end(), [&](const Claim& c) { return c.id == id; });
}

TEST(Derive, FormulasOfTheReferenceExperimentInTheDocumentsLetters) {
  const Derivation d = derivation_of(builtin_network("simplenn-4"), "gather", 128);
  ASSERT_EQ(d.layers.size(), 5u);  // three convolutions, fc, loss
  const auto count = [&](const char* layer, const char* expression, size_t index) {
    const DerivedOperation& operation = operation_of(d, layer, expression);
    const DerivedCount& c = operation.counts.at(index);
    return text_of(c.kind, " ", to_string(c.formula, letter_style()), " = ",
                   to_string(c.formula, number_style(operation.sizes)), " = ", c.value);
  };
  EXPECT_EQ(count("conv2", "φ(pad(Z))", 0), "move l·h²·d·a_conv·b_conv = 128·3²·32·14·14 = 7225344");
  EXPECT_EQ(count("conv2", "W φ(pad(Z))", 0), "mul l·h²·d·d'·a_conv·b_conv = 128·3²·32·64·14·14 = 462422016");
  EXPECT_EQ(count("conv2", "W φ(pad(Z))", 1),
            "add l·d'·a_conv·b_conv·(h²·d - 1) = 128·64·14·14·(3²·32 - 1) = 460816384");
  EXPECT_EQ(count("conv3", "P_pool vec(σ(S))", 0), "cmp l·d'·a'·b'·(p² - 1) = 128·64·3·3·(2² - 1) = 221184");
  EXPECT_EQ(count("conv2", "P_φᵀ vec(Wᵀ ∂S)", 0), "add l·h²·d·a_conv·b_conv = 128·3²·32·14·14 = 7225344");
  EXPECT_EQ(count("fc", "W Z", 1), "add l·d'·(d - 1) = 128·10·(576 - 1) = 736000");
  EXPECT_EQ(to_string(operation_of(d, "conv1", "φ(pad(Z))").counts[0].formula, latex_letter_style()),
            "l\\,h^{m} h^{m}\\,d^{m}\\,a^{m}_{\\mathrm{conv}}\\,b^{m}_{\\mathrm{conv}}");
  // The anchor of the convention: all products of the forward part.
  int64_t products = 0;
  for (const DerivedLayer& layer : d.layers)
    for (const DerivedOperation& operation : layer.operations)
      if (operation.node.kind == NodeKind::product && operation.node.phase == Phase::forward)
        products += operation.counts.at(0).value;
  EXPECT_EQ(products, 774'651'904);
}

TEST(Derive, EveryCountedExecutionEqualsItsFormula) {
  // Lowered and whole convolutions; depthwise and transposed ones, normalisation, branches.
  const std::pair<const char*, const char*> cases[] = {
      {"simplenn-4", "gather"}, {"simplenn-4", "direct"}, {"simplenn-4", "im2col"}, {"lenet5", "gather"},
      {"unet", "gather"},       {"unet", "direct"},       {"resnet18", "gather"},   {"mobilenet-v2", "gather"}};
  for (const auto& [name, convolution] : cases) {
    SCOPED_TRACE(text_of(name, " ", convolution));
    const Derivation d = derivation_of(builtin_network(name), convolution, 4, {.operations = 100'000'000});
    EXPECT_TRUE(d.holds());
    for (const DerivedLayer& layer : d.layers)
      for (const DerivedOperation& operation : layer.operations) {
        Tally counts;  // the lines add up to the operation's count, so none is missing
        for (const DerivedCount& c : operation.counts) {
          EXPECT_TRUE(c.holds()) << operation.node.path << " " << c.kind;
          for_each_kind([&](const char* kind, int64_t& value) { value += c.kind == kind ? c.value : 0; }, counts);
        }
        EXPECT_EQ(counts, operation.node.count) << operation.node.path;
      }
  }
}

TEST(Derive, CountsAtTheSizesThatItStates) {
  const NetworkSpec network = builtin_network("simplenn-4");
  const Derivation whole = derivation_of(network, "gather", 3, {.operations = 0});
  for (const DerivedLayer& layer : whole.layers)
    for (const DerivedOperation& operation : layer.operations) {
      EXPECT_EQ(operation.execution.batch, 3);
      EXPECT_EQ(operation.execution.rows, 0);
      for (const DerivedCount& c : operation.counts) EXPECT_EQ(c.executed, c.value) << operation.node.path;
    }
  const Derivation part = derivation_of(network, "gather", 64, {.operations = 1});
  const DerivedOperation& product = operation_of(part, "conv2", "W φ(pad(Z))");
  EXPECT_EQ(product.execution.batch, 2);
  EXPECT_EQ(product.execution.rows, 16);
  EXPECT_EQ(product.execution.all_rows, 14 * 14);  // φ is the larger factor: some of its columns
  EXPECT_TRUE(product.execution.columns);
  EXPECT_EQ(product.counts[0].executed, 2 * 9 * 32 * 64 * 16);
  EXPECT_EQ(product.counts[0].value, int64_t{64} * 9 * 32 * 64 * 14 * 14);
}

TEST(Derive, LargeParametersAreCountedByTheirRows) {
  const Derivation d = derivation_of(builtin_network("mlp"), "direct", 8, {.operations = 1, .elements = 10'000});
  EXPECT_TRUE(d.holds());
  const DerivedOperation& update = operation_of(d, "fc1", "update W");
  EXPECT_EQ(update.execution.rows, 16);
  EXPECT_EQ(update.execution.all_rows, 256);
  EXPECT_EQ(update.counts[0].value, 2 * 256 * 784);
  EXPECT_EQ(update.counts[0].executed, 2 * 16 * 784);
  EXPECT_THAT(render_text(d), HasSubstr("counted at 16 of 256 rows: equal"));
}

TEST(Derive, AContradictionIsPrinted) {
  StepOptions options;
  options.network = builtin_network("lenet5");
  options.batch = 2;
  options.way = resolve({});
  options.way.convolution = "direct";
  const Graph graph = source_graph(options);
  std::vector<CountedExecution> counted = count_executions(options, graph);
  const DeriveInput good{"lenet5", "lenet5", "sgd", "direct", 2, "float32", &graph, &graph, counted};
  EXPECT_THAT(render_text(derive(good)), HasSubstr("\nEQUAL  "));
  counted[0].counted.mul += 1;
  const Derivation d = derive({"lenet5", "lenet5", "sgd", "direct", 2, "float32", &graph, &graph, counted});
  EXPECT_FALSE(d.holds());
  const std::string numbers =
      text_of("the formula gives ", grouped(counted[0].formula.mul), ", counted ", grouped(counted[0].counted.mul));
  EXPECT_THAT(render_text(d), HasSubstr("CONTRADICTION: " + numbers));
  EXPECT_THAT(render_latex(d), HasSubstr("contradiction: the formula gives"));
  EXPECT_EQ(to_json(d)["holds"], false);
}

TEST(DeriveClaims, HoldAndDoNotHoldInTheReferenceExperiment) {
  const Derivation d = derivation_of(builtin_network("simplenn-4"), "gather", 128);
  // One channel: the products are far more than once the rest. 32 channels: roughly.
  const ClaimCase& first = claim_case(d, "roughly-d", "conv1");
  EXPECT_FALSE(first.holds);
  EXPECT_EQ(first.left, 80'281'600);
  EXPECT_EQ(first.right, 100'352 + 2'508'800 + 3'211'264 + 3'211'264 + 2'408'448);
  EXPECT_TRUE(claim_case(d, "roughly-d", "conv2").holds);
  EXPECT_EQ(claim_of(d, "roughly-d").verdict(), "holds in part");
  EXPECT_EQ(claim_of(d, "bottleneck").verdict(), "holds");
  EXPECT_EQ(claim_of(d, "roughly-d-pooling").verdict(), "does not hold");
  EXPECT_DOUBLE_EQ(claim_case(d, "product-bound", "conv2").figure, 1);
  EXPECT_EQ(claim_of(d, "blas-effective").verdict(), "not decided by counts");
}

TEST(DeriveClaims, ADepthwiseConvolutionIsNoBottleneck) {
  const auto fields = [](int64_t groups) -> std::vector<std::pair<std::string, FieldValue>> {
    return {{"out_channels", int64_t{12}}, {"kernel", int64_t{3}}, {"padding", int64_t{1}}, {"groups", groups}};
  };
  const Derivation depthwise = derivation_of(one_convolution(fields(12)));
  EXPECT_FALSE(claim_case(depthwise, "bottleneck", "conv").holds);
  EXPECT_FALSE(claim_case(depthwise, "roughly-d", "conv").holds);
  EXPECT_TRUE(claim_case(derivation_of(one_convolution(fields(1))), "bottleneck", "conv").holds);
  // In letters: a filter of a group of one channel.
  const DerivedCount& product = operation_of(depthwise, "conv", "W φ(pad(Z))").counts.at(0);
  EXPECT_EQ(product.value, 4 * 9 * 12 * 64);
  EXPECT_TRUE(product.holds());
}

TEST(DeriveClaims, BoundsFailWhereFiltersAreSmall) {
  // A 1 x 1 filter: the documents' bound of pooling has h² = 1, but the windows are 3 x 3 and relu6 compares twice.
  const Derivation small = derivation_of(one_convolution({{"out_channels", int64_t{12}}, {"kernel", int64_t{1}}}));
  EXPECT_FALSE(claim_case(small, "pooling-bound", "conv").holds);
  EXPECT_TRUE(claim_case(small, "phi-bound", "conv").holds);
  // Padded and strided by 2: pad copies more than phi reads.
  const Derivation strided = derivation_of(one_convolution(
      {{"out_channels", int64_t{12}}, {"kernel", int64_t{1}}, {"padding", int64_t{1}}, {"stride", int64_t{2}}}));
  EXPECT_FALSE(claim_case(strided, "phi-bound", "conv").holds);
  const Derivation large =
      derivation_of(one_convolution({{"out_channels", int64_t{12}}, {"kernel", int64_t{5}}, {"padding", int64_t{2}}}));
  EXPECT_TRUE(claim_case(large, "pooling-bound", "conv").holds);
}

TEST(DeriveClaims, AnAccumulatorIsNotTheStandardProduct) {
  EXPECT_EQ(claim_of(derivation_of(builtin_network("lenet5")), "mnk").verdict(), "holds");
  const Derivation direct = derivation_of(builtin_network("lenet5"), "direct");
  EXPECT_TRUE(claim_case(direct, "mnk", "conv2").holds);
  EXPECT_FALSE(claim_case(direct, "mnk", "conv2 grad Z").holds);
}

TEST(DeriveText, FitsEightyColumnsAndShowsTheLargestLayersOfADeepNetwork) {
  for (const char* name : {"simplenn-4", "resnet18", "mobilenet-v2", "unet"}) {
    Derivation d = derivation_of(builtin_network(name), "gather", 128, {.operations = 1});
    show_layers(d, "");
    const std::string text = render_text(d);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 80u) << line;
    EXPECT_EQ(text.find("more layers (--layers all") == std::string::npos, std::string_view(name) == "simplenn-4");
  }
}

TEST(DeriveText, LayersAreChosenByName) {
  Derivation d = derivation_of(builtin_network("simplenn-4"));
  show_layers(d, "relu2,fc");  // relu2 stands in conv2's section
  const std::string text = render_text(d);
  EXPECT_THAT(text, HasSubstr("LAYER 2  conv2"));
  EXPECT_THAT(text, HasSubstr("LAYER 4  fc"));
  EXPECT_EQ(text.find("LAYER 1"), std::string::npos);
  EXPECT_THROW(show_layers(d, "conv2,conv9"), Error);
}

/// Environments closed in order, braces, dollars and \left with \right paired, ASCII only.
void check_latex(const std::string& text) {
  std::vector<std::string> environments;
  int braces = 0, dollars = 0, lefts = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto at = [&](const char* word) { return text.compare(i, std::strlen(word), word) == 0; };
    ASSERT_LT(static_cast<unsigned char>(text[i]), 0x80) << text.substr(i > 40 ? i - 40 : 0, 60);
    if (text[i] == '\\') {
      const auto name = [&] { return text.substr(text.find('{', i) + 1, text.find('}', i) - text.find('{', i) - 1); };
      if (at("\\begin{")) environments.push_back(name());
      if (at("\\end{")) {
        ASSERT_FALSE(environments.empty());
        EXPECT_EQ(environments.back(), name());
        environments.pop_back();
      }
      lefts += at("\\left(") || at("\\left\\") ? 1 : at("\\right)") || at("\\right\\") ? -1 : 0;
      if (i + 1 < text.size() && std::string_view("{}$\\").find(text[i + 1]) != std::string_view::npos) ++i;
      continue;
    }
    braces += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
    ASSERT_GE(braces, 0) << text.substr(i > 60 ? i - 60 : 0, 80);
    dollars += text[i] == '$';
  }
  EXPECT_TRUE(environments.empty());
  EXPECT_EQ(braces, 0);
  EXPECT_EQ(dollars % 2, 0);
  EXPECT_EQ(lefts, 0);
}

TEST(DeriveLatex, IsWellFormed) {
  for (const char* name : {"simplenn-4", "resnet18", "unet"}) {
    NetworkSpec network = builtin_network(name);
    network.name = "50%_of {a} $net\\ é";
    const std::string text = render_latex(derivation_of(network, "gather", 2, {.operations = 1}));
    SCOPED_TRACE(name);
    check_latex(text);
    EXPECT_TRUE(text.starts_with("\\documentclass"));
    EXPECT_TRUE(text.ends_with("\\end{document}\n"));
    EXPECT_THAT(text, HasSubstr("50\\%\\_of \\{a\\} \\$net\\textbackslash{} ?"));
    EXPECT_THAT(text, HasSubstr("W^{m}\\phi(\\mathrm{pad}(Z^{m,i}))"));
  }
}

TEST(DeriveLatex, CompilesWherePdflatexIs) {
  if (std::system("pdflatex --version > /dev/null 2>&1") != 0) GTEST_SKIP() << "pdflatex is not installed";
  const TestFolder folder;
  folder.write("derivation.tex", render_latex(derivation_of(builtin_network("simplenn-4"), "gather", 128)));
  const std::string command = "cd '" + folder.path() + "' && pdflatex -interaction=nonstopmode -halt-on-error " +
                              "derivation.tex > log.txt 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << file_bytes(folder / "log.txt");
}

TEST(DeriveJson, HasLayersWithCountsAndClaims) {
  const Json json = to_json(derivation_of(builtin_network("lenet5")));
  EXPECT_EQ(json["holds"], true);
  EXPECT_EQ(json["layers"][0]["sizes"]["h"], 5);
  for (const Json& layer : json["layers"])
    for (const Json& operation : layer["operations"])
      for (const Json& count : operation["counts"])
        for (const char* field :
             {"kind", "formula", "numbers", "latex", "value", "counted", "formula_at_counted_sizes", "holds"})
          EXPECT_TRUE(count.contains(field)) << field;
  for (const Json& claim : json["claims"])
    EXPECT_TRUE(claim.contains("criterion") || claim.contains("decided_by")) << claim["id"];
}

TEST(DeriveCommand, WritesTextLatexAndJson) {
  const TestFolder folder;
  const std::vector<std::string> base = {"complexity", "lenet5", "--derive", "--batch-size", "2"};
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), base.begin(), base.end());
    return run_tacho(folder.path(), more);
  };
  const ProgramResult text = run({"--json", folder / "d.json"});
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("W φ(pad(Z))"));
  EXPECT_THAT(text.out, HasSubstr("--network lenet5 --batch-size 2\n"));
  const Json json = Json::parse(file_bytes(folder / "d.json"));
  EXPECT_EQ(json["schema"], "tacho.complexity");
  EXPECT_EQ(json["derivation"]["convolution"], "gather");
  EXPECT_TRUE(run({"--latex"}).out.starts_with("\\documentclass"));
  EXPECT_THAT(run({"--convolution", "auto"}).out, HasSubstr("P_padᵀ P_φᵀ(Wᵀ ∂S)"));
  const std::pair<std::vector<std::string>, const char*> mistakes[] = {
      {{"complexity", "--latex"}, "say --derive --latex"},
      {{"complexity", "--count-all"}, "say --derive --count-all"},
      {{"complexity", "--layers", "fc"}, "say --derive --layers fc"},
      {{"complexity", "--derive", "--layers", "conv9"}, "no layer 'conv9'; it has: conv1"}};
  for (const auto& [arguments, part] : mistakes) {
    const ProgramResult result = run_tacho(folder.path(), arguments);
    EXPECT_EQ(result.exit_code, 2) << part;
    EXPECT_TRUE(is_one_error_line(result.err)) << result.err;
    EXPECT_THAT(result.err, HasSubstr(part));
  }
}

}  // namespace
}  // namespace tacho
