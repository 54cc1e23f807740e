// `complexity --derive --latex`: an article that pdflatex compiles as it is, with the content of the text.
#include <algorithm>

#include "analysis/derive.h"
#include "analysis/derive_style.h"

namespace tacho {
namespace {

/// The document's letters are UTF-8 in the terminal; LaTeX gets them as mathematics.
const std::pair<std::string_view, std::string_view> kSymbols[] = {{"φ", "$\\phi$"},
                                                                  {"σ", "$\\sigma$"},
                                                                  {"ξ", "$\\xi$"},
                                                                  {"∂", "$\\partial$"},
                                                                  {"²", "$^{2}$"},
                                                                  {"·", "$\\cdot$"},
                                                                  {"→", "$\\to$"},
                                                                  {"ᵀ", "$^{T}$"},
                                                                  {"_", "\\_"},
                                                                  {"&", "\\&"},
                                                                  {"%", "\\%"},
                                                                  {"#", "\\#"},
                                                                  {"$", "\\$"},
                                                                  {"{", "\\{"},
                                                                  {"}", "\\}"},
                                                                  {"~", "\\textasciitilde{}"},
                                                                  {"^", "\\textasciicircum{}"},
                                                                  {"\\", "\\textbackslash{}"}};

/// Ordinary text, escaped. Characters outside ASCII that have no LaTeX here become "?": names of layers are ASCII.
std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto* found = std::find_if(std::begin(kSymbols), std::end(kSymbols),
                                     [&](const auto& symbol) { return text.starts_with(symbol.first); });
    if (found != std::end(kSymbols)) {
      out += found->second;
      text.remove_prefix(found->first.size());
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte < 0x80) out += text[0];
    else if (byte >= 0xC0) out += '?';  // the bytes that follow belong to it
    text.remove_prefix(1);
  }
  return out;
}

/// "1\,234\,567" in math mode.
std::string number(int64_t value) {
  std::string text;
  for (const char c : grouped(value)) text += c == ',' ? std::string("\\,") : std::string(1, c);
  return text;
}

class LatexRenderer {
 public:
  explicit LatexRenderer(const Derivation& derivation) : d_(derivation) {}

  std::string run() {
    preamble();
    size_t left_out = 0;
    for (const DerivedLayer& layer : d_.layers) {
      if (layer.shown) layer_section(layer);
      else ++left_out;
    }
    if (left_out > 0) text_ += text_of("\\bigskip\\noindent ", left_out, " more layers are left out.\n");
    claims();
    text_ += "\\end{document}\n";
    return std::move(text_);
  }

 private:
  void preamble() {
    text_ +=
        "\\documentclass[a4paper]{article}\n"
        "\\usepackage{amsmath,longtable}\n"
        "\\usepackage[margin=2cm]{geometry}\n"
        "\\allowdisplaybreaks\n\\begin{document}\n";
    text_ += "\\section*{Complexity of " + escaped(d_.network) + ": one training step}\n";
    text_ += text_of(
        "$l = ", d_.batch, "$ images, ", escaped(d_.dtype), ", ", escaped(d_.optimizer),
        ". Layer $m$ reads $Z^{m,i}$, $i = 1, \\dots, l$, with $d^{m}$ channels of $a^{m} \\times b^{m}$; its "
        "filters are $h^{m} \\times h^{m}$, and it writes $d^{m+1}$ channels of $a^{m}_{\\mathrm{conv}} \\times "
        "b^{m}_{\\mathrm{conv}}$, behind pooling of width $p^{m}$ $a^{m+1} \\times b^{m+1}$:\n");
    text_ +=
        "\\begin{align*}\n"
        "S^{m,i} &= W^{m}\\phi(\\mathrm{pad}(Z^{m,i})) + b^{m}\\mathbf{1}^{T}, \\\\\n"
        "Z^{m+1,i} &= \\mathrm{mat}\\bigl(P^{m,i}_{\\mathrm{pool}}\\mathrm{vec}(\\sigma(S^{m,i}))\\bigr).\n"
        "\\end{align*}\n"
        "Each count is a formula, the numbers put in, and beside it what the reference kernel did when it ran on a "
        "scalar that counts (on fewer images or rows where that is said).\n";
  }

  void layer_section(const DerivedLayer& layer) {
    std::string names = layer.name;
    for (const std::string& other : layer.like) names += ", " + other;
    if (layer.number > 0)
      text_ += text_of("\\subsection*{Layer $m = ", layer.number, "$: ", escaped(names),
                       layer.description == layer.name ? "" : " (" + escaped(layer.description) + ")", "}\n");
    else text_ += "\\subsection*{" + escaped(names) + "}\n";
    std::string sizes;
    for (const LetterSize& size : layer.letters)
      sizes += text_of(sizes.empty() ? "" : ",\\ ", latex_of_letter(size.letter), " = ", size.size);
    text_ += "\\noindent $" + sizes + "$\n";
    Phase phase = Phase::none;
    for (const DerivedOperation& operation : layer.operations) {
      if (operation.counts.empty()) continue;
      if (operation.node.phase != phase)
        text_ += text_of("\\paragraph{", name_of(phase = operation.node.phase), "}~\n");
      operation_block(operation);
    }
  }

  void operation_block(const DerivedOperation& operation) {
    text_ += "\\begin{align*}\n";
    text_ += "&" + operation.expression.latex;
    if (!operation.expression.in_documents) text_ += "\\quad\\text{(not in the documents)}";
    for (const DerivedCount& count : operation.counts) {
      text_ += " \\\\\n&\\quad \\text{" + escaped(short_kind(count.kind)) + "}";
      if (count.kind != "padding_mul")
        text_ += " = " + to_string(count.formula, latex_letter_style()) +
                 " \\\\\n&\\qquad = " + to_string(count.formula, latex_number_style(operation.sizes));
      text_ += " = " + number(count.value) + "\\qquad \\text{counted }" + number(count.executed) +
               counted_at(operation.execution);
      if (!count.holds())
        text_ += "\\quad \\textbf{contradiction: the formula gives }" + number(count.executed_formula);
    }
    text_ += "\n\\end{align*}\n";
  }

  std::string counted_at(const CountedExecution& execution) const {
    std::string text;
    if (execution.batch != d_.batch) text += text_of("\\ (l = ", execution.batch, ")");
    if (execution.rows > 0)
      text += text_of("\\ \\text{(", execution.rows, " of ", execution.all_rows, " ", execution.what(), ")}");
    return text;
  }

  void claims() {
    text_ += "\\section*{The documents' claims}\n";
    for (const Claim& claim : d_.claims) {
      text_ += "\\paragraph{" + escaped(claim.text) + "} (" + escaped(claim.document) + ") \\textbf{" +
               escaped(claim.verdict()) + "}";
      if (!claim.criterion.empty()) text_ += ", taken as: " + escaped(claim.criterion);
      if (!claim.decided_by.empty()) text_ += "; \\texttt{tacho " + dashes(escaped(claim.decided_by)) + "} measures it";
      text_ += ".\n";
      if (claim.cases.empty()) continue;
      text_ += text_of("It holds at ", claim.held(), " of ", claim.all(), ".\n");
      case_table(claim);
    }
  }

  void case_table(const Claim& claim) {
    text_ += "\\begin{longtable}{lrrrrl}\nat & layers & count & against & ratio & \\\\ \\hline\n";
    for (const ClaimCase& c : claim.cases)
      text_ += text_of(escaped(c.where), " & ", c.times, " & $", number(c.left), "$ & $", number(c.right), "$ & ",
                       c.right > 0 ? short_number(c.figure) : "--", " & ", c.holds ? "holds" : "does not hold",
                       c.expected > 0 ? text_of(" ($d^{m} = ", c.expected, "$)") : "", " \\\\\n");
    text_ += "\\end{longtable}\n";
  }

  /// Two hyphens would become one dash.
  static std::string dashes(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '-' ? std::string("{-}") : std::string(1, c);
    return out;
  }

  const Derivation& d_;
  std::string text_;
};

}  // namespace

std::string render_latex(const Derivation& derivation) { return LatexRenderer(derivation).run(); }

}  // namespace tacho
