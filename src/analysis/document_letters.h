#pragma once
// A layer's sizes in the letters of the running-time document, and an operation's formula rewritten in them.
#include <map>
#include <string>
#include <vector>

#include "analysis/source_nodes.h"
#include "count/expr.h"

namespace tacho {

/// A letter with its number in a layer.
struct LetterSize {
  std::string letter;  ///< "a_conv"
  int64_t size = 0;
};

/// The sizes of a layer m: l images, d channels of a x b in, h filter width (w where it is not square), d' channels of
/// a_conv x b_conv out, g groups, s stride; behind its pooling of width p a' x b'. A fully connected layer has l, d and
/// d'.
struct LayerLetters {
  bool convolution = false, transposed = false;
  std::vector<LetterSize> sizes;

  /// 0 where the layer has no such letter.
  int64_t at(const std::string& letter) const;
  bool has(const std::string& letter) const { return at(letter) != 0; }
};

/// From the layer's forward product and pooling in `direct`, where convolutions are whole; only l (and d' for losses)
/// where it has none. `block` as SourceNode::block of the nodes.
LayerLetters letters_of(const Graph& direct, const std::vector<SourceNode>& nodes, const std::string& block,
                        int64_t batch);

/// `count` of node `n` with the operation's symbols replaced by the letters of its layer, and the numbers for all that
/// stand in it. A symbol that is no size of the layer keeps its own name.
struct LetterFormula {
  std::map<std::string, Expr> letters;  ///< by the operation's symbol
  Bindings sizes;
};
LetterFormula rewrite_for(const Graph& graph, const SourceNode& node, const LayerLetters& layer);

/// What an operation computes, in the documents' symbols.
struct Expression {
  std::string text, latex;
  bool in_documents = false;  ///< whether it is one of the blocks the documents write down or their derivative
};
Expression expression_of(const Graph& graph, const SourceNode& node, const LayerLetters& layer);

/// A letter in LaTeX's math mode, of layer m: "a^{m}_{\mathrm{conv}}".
std::string latex_of_letter(const std::string& letter);
/// What a letter means, in a few words; empty for symbols of operations.
std::string meaning_of_letter(const std::string& letter);

}  // namespace tacho
