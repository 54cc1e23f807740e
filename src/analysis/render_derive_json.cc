// The object `derivation` of `complexity --json`: docs/complexity.md says what each field means.
#include "analysis/derive.h"
#include "analysis/derive_style.h"

namespace tacho {
namespace {

Json count_to_json(const DerivedCount& count, const Bindings& sizes) {
  return {{"kind", count.kind},
          {"formula", to_string(count.formula, letter_style())},
          {"numbers", to_string(count.formula, number_style(sizes))},
          {"latex", to_string(count.formula, latex_letter_style())},
          {"value", count.value},
          {"counted", count.executed},
          {"formula_at_counted_sizes", count.executed_formula},
          {"holds", count.holds()}};
}

Json operation_to_json(const DerivedOperation& operation) {
  Json counts = Json::array();
  for (const DerivedCount& count : operation.counts) counts.push_back(count_to_json(count, operation.sizes));
  const CountedExecution& execution = operation.execution;
  Json json = {{"node", operation.node.path},
               {"op", operation.node.op},
               {"label", operation.node.label},
               {"phase", name_of(operation.node.phase)},
               {"expression", operation.expression.text},
               {"latex", operation.expression.latex},
               {"in_documents", operation.expression.in_documents},
               {"work", operation.node.work},
               {"counts", counts},
               {"counted_at", {{"batch", execution.batch}}},
               {"holds", execution.holds()}};
  if (execution.rows > 0)
    json["counted_at"].update(Json{{execution.what(), execution.rows}, {"of", execution.all_rows}});
  return json;
}

Json layer_to_json(const DerivedLayer& layer) {
  Json sizes = Json::object(), operations = Json::array();
  for (const LetterSize& size : layer.letters) sizes[size.letter] = size.size;
  for (const DerivedOperation& operation : layer.operations) operations.push_back(operation_to_json(operation));
  return {{"m", layer.number},  {"layer", layer.name}, {"description", layer.description}, {"members", layer.members},
          {"like", layer.like}, {"sizes", sizes},      {"operations", operations}};
}

Json claim_to_json(const Claim& claim) {
  Json cases = Json::array();
  for (const ClaimCase& c : claim.cases) {
    Json json = {{"where", c.where}, {"times", c.times}, {"holds", c.holds}, {"left", c.left}, {"right", c.right}};
    if (c.right > 0) json["ratio"] = c.figure;
    if (c.expected > 0) json["expected"] = c.expected;
    cases.push_back(std::move(json));
  }
  Json json = {{"id", claim.id}, {"document", claim.document}, {"claim", claim.text}, {"verdict", claim.verdict()}};
  if (!claim.criterion.empty()) json["criterion"] = claim.criterion;
  if (!claim.decided_by.empty()) json["decided_by"] = "tacho " + claim.decided_by;
  if (!cases.empty()) json.update(Json{{"held", claim.held()}, {"of", claim.all()}, {"cases", cases}});
  return json;
}

}  // namespace

Json to_json(const Derivation& derivation) {
  Json layers = Json::array(), claims = Json::array();
  for (const DerivedLayer& layer : derivation.layers) layers.push_back(layer_to_json(layer));
  for (const Claim& claim : derivation.claims) claims.push_back(claim_to_json(claim));
  return {
      {"convolution", derivation.convolution}, {"holds", derivation.holds()}, {"layers", layers}, {"claims", claims}};
}

}  // namespace tacho
