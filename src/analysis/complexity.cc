#include "analysis/complexity.h"

#include "analysis/close.h"
#include "analysis/findings/finding.h"

namespace tacho {
namespace {

constexpr Phase kPhases[] = {Phase::forward, Phase::backward, Phase::update};

Json total_to_json(const ComplexityTotal& total) {
  return {{"count", to_json(total.count)},
          {"products", to_json(total.products)},
          {"work", total.work},
          {"flop", total.flop},
          {"bytes_read", total.bytes_read},
          {"bytes_written", total.bytes_written}};
}

std::string two_places(int64_t count) {
  const double value = double(count) / 1e6;
  return count == 0 ? "-" : value < 0.01 ? "<0.01" : fixed(value, value >= 99.95 ? 1 : 2);
}

std::string complexity_table(const Complexity& complexity, const Paint& paint) {
  std::vector<int64_t> works;
  for (const SourceNode& node : complexity.nodes) works.push_back(node.work);
  const auto shares = close_to(works, 10000);
  std::string text =
      paint.bold("OPERATIONS") + "           formula       theory%  M work   M mul   M add M other   MB\n";
  Phase phase = Phase::none;
  for (size_t i = 0; i < complexity.nodes.size(); ++i) {
    const SourceNode& node = complexity.nodes[i];
    if (node.view) continue;  // nothing is computed and nothing moves
    if (node.phase != phase) text += text_of(" ", name_of(phase = node.phase), "\n");
    const int64_t other = node.count.div + node.count.cmp + node.count.transcendental + node.count.move;
    text += "  " + left(node.label, 19) + " " + left(node.notation, 13) + right(units(shares[i], 2), 8) +
            right(two_places(node.work), 8) + right(two_places(node.count.mul), 8) +
            right(two_places(node.count.add), 8) + right(two_places(other), 8) +
            right(short_number(double(node.bytes_read + node.bytes_written) / 1e6), 5) + "\n";
  }
  return text;
}

/// Each different formula once: the exact one, in the operation's own symbols.
std::string formulas(const Complexity& complexity, const Paint& paint) {
  std::string text = paint.bold("FORMULAS") + "  products: multiplications; others: work\n";
  std::map<std::string, std::string> seen;
  for (const SourceNode& node : complexity.nodes) {
    if (node.view || node.work == 0 || !seen.emplace(node.op + node.formula, "").second) continue;
    text += wrap("  " + left(node.op, 31) + " " + node.formula + "  " + node.big_o, 80, 34);
    if (node.documents_bound)
      text += wrap(text_of("  ", left("", 31), " documents: ", node.documents_bound->text, ", every output of the ",
                           "convolution charged: ", grouped(node.documents_bound->value)),
                   80, 34);
  }
  return text;
}

}  // namespace

int64_t Complexity::work() const {
  int64_t sum = 0;
  for (const auto& [phase, total] : totals) sum += total.work;
  return sum;
}

Complexity complexity_of(const Graph& source, ComplexityInput input) {
  Complexity result{std::move(input), describe(source)};
  for (const SourceNode& node : result.nodes) {
    ComplexityTotal& total = result.totals[node.phase];
    total.count += node.count;
    if (node.kind == NodeKind::product) total.products += node.count;
    total.work += node.work, total.flop += node.flop;
    total.bytes_read += node.bytes_read, total.bytes_written += node.bytes_written;
    if (node.phase == Phase::forward) result.activation_bytes += node.bytes_written;
  }
  result.parameter_bytes =
      result.input.parameters * int64_t(size_of(result.input.dtype == "float64" ? DType::float64 : DType::float32));
  return result;
}

std::string render_text(const Complexity& complexity, const Paint& paint) {
  const ComplexityInput& input = complexity.input;
  std::string text = paint.bold(text_of("tacho complexity  ", input.network, ", ", to_string(input.input_shape), ", ",
                                        input.dtype, ", ", input.optimizer, "; nothing was run")) +
                     "\n";
  text += text_of("  ", grouped(input.parameters), " parameters, ", bytes_text(complexity.parameter_bytes),
                  "; results of the forward part ", bytes_text(complexity.activation_bytes), "\n\n");
  text += complexity_table(complexity, paint) + "\n";
  text += paint.bold("TOTALS") + "                       work         products: mul   on padding   theory%\n";
  const double whole = double(complexity.work());
  for (const Phase phase : kPhases) {
    const auto found = complexity.totals.find(phase);
    if (found == complexity.totals.end()) continue;
    const ComplexityTotal& total = found->second;
    text += "  " + left(name_of(phase), 12) + right(grouped(total.work), 21) + right(grouped(total.products.mul), 21) +
            right(grouped(total.products.padding_mul), 13) + right(fixed(100 * double(total.work) / whole, 2), 10) +
            "\n";
  }
  text += paint.bold("  the step    " + right(grouped(complexity.work()), 21)) + "\n";
  text += paint.dim(
      "  a multiply-add, a comparison, a copied element are each one; l images,\n"
      "  h filter width, d, d' channels in, out, ab output pixels; MB: operands, once\n\n");
  return text + formulas(complexity, paint);
}

Json to_json(const Complexity& complexity) {
  const ComplexityInput& input = complexity.input;
  Json operations = Json::array(), totals = Json::object();
  const double whole = double(complexity.work());
  for (const SourceNode& node : complexity.nodes) {
    Json json = required_to_json(node);
    json["theory_share"] = whole > 0 ? double(node.work) / whole : 0.0;
    operations.push_back(std::move(json));
  }
  for (const auto& [phase, total] : complexity.totals) totals[name_of(phase)] = total_to_json(total);
  const std::vector<int64_t> shape(input.input_shape.begin(), input.input_shape.end());
  return {{"schema", "tacho.complexity"},
          {"schema_version", 1},
          {"network", {{"name", input.network}, {"parameters", input.parameters}, {"input_shape", shape}}},
          {"switches", switches_to_json(input.switches)},
          {"batch_size", input.batch},
          {"dtype", input.dtype},
          {"optimizer", input.optimizer},
          {"parameter_bytes", complexity.parameter_bytes},
          {"activation_bytes", complexity.activation_bytes},
          {"operations", operations},
          {"totals", totals},
          {"work", complexity.work()}};
}

}  // namespace tacho
