#pragma once
// `complexity --derive`: each operation of a step in the documents' symbols, its exact count with the numbers put in,
// the counted execution beside it, and what of the documents' claims holds here.
#include <string>
#include <utility>
#include <vector>

#include "analysis/claims.h"
#include "analysis/counted.h"
#include "analysis/document_letters.h"
#include "analysis/render_json.h"
#include "analysis/source_nodes.h"
#include "analysis/text.h"

namespace tacho {

/// One kind of an operation's count.
struct DerivedCount {
  std::string kind;  ///< "mul", "add", ...
  Expr formula;      ///< in the documents' letters
  int64_t value = 0;
  int64_t executed_formula = 0, executed = 0;  ///< at the sizes of the counted execution
  bool holds() const { return executed_formula == executed; }
};

/// One operation.
struct DerivedOperation {
  SourceNode node;
  Expression expression;
  Bindings sizes;  ///< of every letter in its formulas
  std::vector<DerivedCount> counts;
  CountedExecution execution;
  int64_t results = 0;  ///< elements of its first output
};

/// A layer with a product, with what belongs to it (its activation, its pooling), or one without (the loss).
struct DerivedLayer {
  int number = 0;  ///< m, from 1; 0 for one without a product
  std::string name, description;
  std::vector<std::string> members;  ///< layers whose operations stand here, itself included
  std::vector<std::string> like;     ///< layers with the same derivation, which are not repeated
  std::vector<LetterSize> letters;
  std::vector<DerivedOperation> operations;  ///< in emission order; views left out
  bool shown = true;                         ///< whether text and LaTeX print its operations

  /// 0 where the layer has no such letter.
  int64_t size_of_letter(const std::string& letter) const;
};

struct Derivation {
  std::string network, network_argument;  ///< its name, and what --network (and --image, ...) takes for it
  std::string optimizer, convolution;
  int64_t batch = 0;
  std::string dtype = "float32";  ///< or float64, bfloat16
  std::vector<DerivedLayer> layers;
  std::vector<Claim> claims;

  /// Whether every counted execution equals its formula.
  bool holds() const;
};

/// What a derivation is made from.
struct DeriveInput {
  std::string network, network_argument;  ///< its name, and what --network takes for it
  std::string optimizer, convolution;
  int64_t batch = 0;
  std::string dtype = "float32";          ///< or float64, bfloat16
  const Graph* source = nullptr;          ///< the step
  const Graph* direct = nullptr;          ///< the same with whole convolutions, which say a layer's sizes
  std::vector<CountedExecution> counted;  ///< per node of `source`
};

/// Throws tacho::Error where a count does not fit 64 bits.
Derivation derive(const DeriveInput& input);

/// Which layers text and LaTeX print: "all", names divided by commas, or "" for all of a small network and the six
/// with the most work of a deep one. Claims are always about all. Throws tacho::Error for an unknown name.
void show_layers(Derivation& derivation, const std::string& which);

/// At most 80 columns.
std::string render_text(const Derivation& derivation, const Paint& paint = {});
/// A complete LaTeX article with the same content.
std::string render_latex(const Derivation& derivation);
/// The object `derivation` of `complexity --json`.
Json to_json(const Derivation& derivation);

}  // namespace tacho
