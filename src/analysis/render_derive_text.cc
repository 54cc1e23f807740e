// `complexity --derive` for a terminal of 80 columns.
#include <algorithm>

#include "analysis/derive.h"
#include "analysis/derive_style.h"

namespace tacho {
namespace {

constexpr size_t kExpressionWidth = 19, kKindWidth = 5, kFormulaColumn = 2 + kExpressionWidth + kKindWidth;
constexpr size_t kWidth = 80, kValueWidth = 14, kCountedWidth = 14;

/// "1 conv1", or "4 layers like layer1.0.conv1".
std::string layer_names(const DerivedLayer& layer) {
  std::string text = layer.name;
  for (const std::string& other : layer.like) text += ", " + other;
  return text;
}

std::string letters_text(const DerivedLayer& layer) {
  std::string text;
  for (const LetterSize& size : layer.letters) text += text_of(text.empty() ? "" : "  ", size.letter, "=", size.size);
  return text;
}

/// Where it ran on less than the step: "l=2", "l=2, 16 of 64 rows".
std::string sizes_counted(const CountedExecution& execution, int64_t batch) {
  std::string text;
  if (execution.batch != batch) text = text_of("l=", execution.batch);
  if (execution.rows > 0)
    text += text_of(text.empty() ? "" : ", ", execution.rows, " of ", execution.all_rows, " ", execution.what());
  return text;
}

class TextRenderer {
 public:
  TextRenderer(const Derivation& derivation, const Paint& paint) : d_(derivation), paint_(paint) {}

  std::string run() {
    header();
    sections();
    claims();
    verdict();
    return std::move(text_);
  }

 private:
  void header() {
    text_ += paint_.bold(text_of("tacho complexity --derive  ", d_.network, ", l = ", d_.batch, " images, ", d_.dtype,
                                 ", ", d_.optimizer)) +
             "\n";
    text_ += wrap(
                 "  Each operation in the symbols of the running-time document, its exact count with the numbers put "
                 "in, and beside it what the reference kernel did when it ran on a scalar that counts: all of it, or, "
                 "where that would take too long, the part that is said, compared with the formula for that part.",
                 kWidth, 2) +
             "\n";
    text_ += paint_.dim(
        "  l images; layer m reads Z, d channels of a x b, filters h x h, stride s, and\n"
        "  writes d' channels of a_conv x b_conv, behind pooling of width p a' x b';\n"
        "  S = W φ(pad(Z)) + b 1ᵀ, Z' = P_pool vec(σ(S)); ∂S is ∂ξ/∂S, ξ the loss;\n"
        "  mul, add, div, cmp arithmetic and comparisons, exp also log, sqrt and tanh,\n"
        "  move elements copied by index; capital letters are sizes of one operation\n");
  }

  void sections() {
    std::string left_out;
    size_t count = 0;
    for (const DerivedLayer& layer : d_.layers) {
      if (layer.shown) layer_section(layer);
      else left_out += (count++ ? ", " : "") + layer.name;
    }
    if (count == 0) return;
    constexpr size_t kFew = 200;  // characters: a deep network's names would fill the screen
    if (left_out.size() > kFew) left_out = left_out.substr(0, left_out.rfind(',', kFew)) + ", ...";
    text_ += "\n" + wrap(text_of("  ", count, " more layers (--layers all, or names): ", left_out), kWidth, 2);
  }

  void layer_section(const DerivedLayer& layer) {
    const std::string title = layer.number > 0 ? text_of("LAYER ", layer.number, "  ") : "";
    std::string members;
    for (const std::string& member : layer.members)
      if (member != layer.name) members += (members.empty() ? "; with " : ", ") + member;
    const bool described = layer.description != layer.name;
    text_ += "\n" + paint_.bold(wrap(title + (layer.number > 0 ? layer_names(layer) : "LOSS") +
                                         (described ? ": " + layer.description : "") + members,
                                     kWidth, 9));
    text_ += wrap("  " + letters_text(layer), kWidth, 2);
    text_ += paint_.dim(left("  operation", kFormulaColumn - kKindWidth) + left("count", kKindWidth) +
                        right("value", kWidth - kFormulaColumn - kCountedWidth) + right("counted", kCountedWidth)) +
             "\n";
    Phase phase = Phase::none;
    for (const DerivedOperation& operation : layer.operations) {
      if (operation.counts.empty()) continue;
      if (operation.node.phase != phase) text_ += text_of(" ", name_of(phase = operation.node.phase), "\n");
      operation_lines(operation);
    }
  }

  void operation_lines(const DerivedOperation& operation) {
    std::string expression = operation.expression.text;
    for (const DerivedCount& count : operation.counts) {
      const std::string start =
          "  " + left(expression, kExpressionWidth - 1) + " " + left(short_kind(count.kind), kKindWidth);
      expression.clear();
      if (count.kind == "padding_mul") {
        values("  " + left("", kExpressionWidth), "of these on padded zeros", count);
        continue;
      }
      text_ += wrap(start + to_string(count.formula, letter_style()), kWidth, kFormulaColumn);
      values(std::string(kFormulaColumn, ' '), to_string(count.formula, number_style(operation.sizes)), count);
    }
    const std::string sizes = sizes_counted(operation.execution, d_.batch);
    if (!sizes.empty())
      text_ += paint_.dim(right("counted at " + sizes + (operation.execution.holds() ? ": equal" : ""), kWidth)) + "\n";
  }

  /// The numbers put in, the value, the counted one; on a line of its own where they need the room.
  void values(const std::string& indent, const std::string& numbers, const DerivedCount& count) {
    const std::string tail = right(grouped(count.value), kValueWidth) + right(grouped(count.executed), kCountedWidth);
    const std::string head = indent + numbers;
    if (width_of(head) + width_of(tail) <= kWidth)
      text_ += head + std::string(kWidth - width_of(head) - width_of(tail), ' ') + tail + "\n";
    else text_ += wrap(head, kWidth, kFormulaColumn) + right(tail, kWidth) + "\n";
    if (!count.holds())
      text_ += paint_.bold(text_of("  CONTRADICTION: the formula gives ", grouped(count.executed_formula), ", counted ",
                                   grouped(count.executed))) +
               "\n";
  }

  const Claim& claim(const char* id) const {
    return *std::find_if(d_.claims.begin(), d_.claims.end(), [&](const Claim& c) { return c.id == id; });
  }

  static const ClaimCase* at(const Claim& claim, const std::string& layer) {
    for (const ClaimCase& c : claim.cases)
      if (c.where == layer) return &c;
    return nullptr;
  }

  /// "1.04 yes", "0.26  NO", "-".
  static std::string bound_cell(const ClaimCase* c) {
    if (!c) return "-";
    const bool tiny = c->figure > 0 && c->figure < 0.01;
    return (tiny ? "<0.01" : short_number(c->figure)) + (c->holds ? "  yes" : "   NO");
  }
  static std::string ratio_cell(const ClaimCase* c) { return c && c->right > 0 ? short_number(c->figure) + ":1" : "-"; }
  static std::string mark(const ClaimCase* c) { return !c ? "-" : c->holds ? "yes" : "NO"; }

  static std::string row_name(const DerivedLayer& layer) {
    return text_of(" ", layer.number, " ", layer.name, layer.like.empty() ? "" : text_of(" +", layer.like.size()));
  }

  std::string held(const char* id) const {
    const Claim& c = claim(id);
    return c.cases.empty() ? "-" : text_of(c.held(), " of ", c.all());
  }

  void claims() {
    text_ += "\n" + paint_.bold("CLAIMS") +
             " of the running-time document, put to these counts, layer by layer\n"
             "  A  φ(pad(Z)) is O(l·h²·d·a_conv·b_conv)            count/bound, at most 2\n"
             "  B  W φ(pad(Z)) is O(l·h²·d·d'·a_conv·b_conv)       count/bound, at most 2\n"
             "  C  σ and pooling are O(l·h²·d'·a_conv·b_conv)      count/bound, at most 2\n"
             "  D  the products are the bottleneck                 more than all the rest\n"
             "  E  the products are roughly d times the others     from d/2 to 2d times\n";
    bounds_table();
    ratios_table();
    text_ += wrap(
        "  By the documents' own formulas W φ is d' times φ and d times the bound of pooling; that bound "
        "charges every output of the convolution h² times.",
        kWidth, 2);
    products_claim();
    undecided();
  }

  /// Under the claims that it decides, each command.
  void undecided() {
    text_ += "\n" + paint_.bold("NOT DECIDED BY COUNTS") + ", since they speak of time; these measure it:\n";
    std::vector<std::string> commands;
    for (const Claim& c : d_.claims)
      if (!c.decided_by.empty() && std::find(commands.begin(), commands.end(), c.decided_by) == commands.end())
        commands.push_back(c.decided_by);
    for (const std::string& command : commands) {
      for (const Claim& c : d_.claims)
        if (c.decided_by == command) text_ += wrap("  " + c.text, kWidth, 4);
      text_ += wrap_command("tacho " + command + " --network " + d_.network_argument, kWidth, 4);
    }
  }

  void bounds_table() {
    if (claim("product-bound").cases.empty()) return;
    text_ += paint_.dim(left("   layer", 32) + right("A", 16) + right("B", 16) + right("C", 16)) + "\n";
    for (const DerivedLayer& layer : d_.layers)
      if (at(claim("product-bound"), layer.name))
        text_ += left("  " + row_name(layer), 32) + right(bound_cell(at(claim("phi-bound"), layer.name)), 16) +
                 right(bound_cell(at(claim("product-bound"), layer.name)), 16) +
                 right(bound_cell(at(claim("pooling-bound"), layer.name)), 16) + "\n";
    text_ += left("   holds at", 32) + right(held("phi-bound"), 16) + right(held("product-bound"), 16) +
             right(held("pooling-bound"), 16) + "\n";
  }

  void ratios_table() {
    text_ += paint_.dim(left("", 24) + "forward: the products to           the whole step: to") + "\n";
    text_ += paint_.dim(left("   layer", 18) + right("d", 5) + right("rest", 8) + right("D", 4) + right("E", 4) +
                        right("φ", 8) + right("E", 4) + right("σ,pool", 9) + right("E", 4) + right("rest", 8) +
                        right("D", 4) + right("E", 4)) +
             "\n";
    for (const DerivedLayer& layer : d_.layers) {
      if (layer.number == 0) continue;
      const ClaimCase *all = at(claim("roughly-d"), layer.name), *phi = at(claim("roughly-d-phi"), layer.name),
                      *pool = at(claim("roughly-d-pooling"), layer.name),
                      *step = at(claim("roughly-d-step"), layer.name);
      text_ += left("  " + row_name(layer), 18) + right(std::to_string(layer.size_of_letter("d")), 5) +
               right(ratio_cell(all), 8) + right(mark(at(claim("bottleneck"), layer.name)), 4) + right(mark(all), 4) +
               right(ratio_cell(phi), 8) + right(mark(phi), 4) + right(ratio_cell(pool), 9) + right(mark(pool), 4) +
               right(ratio_cell(step), 8) + right(mark(at(claim("bottleneck-step"), layer.name)), 4) +
               right(mark(step), 4) + "\n";
    }
    text_ += wrap("   holds at: forward D " + held("bottleneck") + ", E " + held("roughly-d") + "; φ alone E " +
                      held("roughly-d-phi") + "; σ, pool alone E " + held("roughly-d-pooling") + "; step D " +
                      held("bottleneck-step") + ", E " + held("roughly-d-step"),
                  kWidth, 3);
  }

  void products_claim() {
    const Claim& c = claim("mnk");
    std::string others;
    for (const ClaimCase& product : c.cases)
      if (!product.holds)
        others += text_of(others.empty() ? "" : ", ", product.where, " (", grouped(product.left), " additions, not ",
                          grouped(product.right), ")");
    text_ +=
        "\n" + paint_.bold("CLAIM") + " of the system-design document\n" +
        wrap(text_of("  F  ", c.text, ": ", c.verdict(), ", at ", c.held(), " of ", c.all(), " products"), kWidth, 5);
    if (!others.empty()) text_ += wrap("     not where each product is added to zeros: " + others, kWidth, 5);
  }

  void verdict() {
    int64_t all = 0, equal = 0, part = 0;
    for (const DerivedLayer& layer : d_.layers)
      for (const DerivedOperation& operation : layer.operations) {
        const int64_t times = 1 + int64_t(layer.like.size());
        all += times;
        equal += operation.execution.holds() ? times : 0;
        part += sizes_counted(operation.execution, d_.batch).empty() ? 0 : times;
      }
    text_ += "\n" + paint_.bold(all == equal ? "EQUAL" : "CONTRADICTION") +
             text_of("  ", equal, " of ", all, " operations: counted execution = formula, to the integer; ", all - part,
                     "\n  of them at full size", part > 0 ? ", the others with the sizes that are said" : "", "\n");
  }

  const Derivation& d_;
  const Paint& paint_;
  std::string text_;
};

}  // namespace

std::string render_text(const Derivation& derivation, const Paint& paint) {
  return TextRenderer(derivation, paint).run();
}

}  // namespace tacho
