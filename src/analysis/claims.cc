#include "analysis/claims.h"

#include <algorithm>

#include "analysis/derive.h"
#include "count/checked.h"

namespace tacho {
namespace {

constexpr const char* kRunningTime = "running-time document";
constexpr const char* kSystemDesign = "system-design document";

/// O() hides a constant; "roughly" a factor. Both are taken to be two.
constexpr double kFactor = 2;

/// Work of one layer by what it is to the claims.
struct Costs {
  int64_t products = 0, phi = 0, pooling = 0, others = 0;  ///< forward; pooling with the activation, phi with pad
  int64_t step_products = 0, step_rest = 0;                ///< forward and backward
  int64_t rest() const { return phi + pooling + others; }
};

Costs costs_of(const DerivedLayer& layer) {
  Costs costs;
  for (const DerivedOperation& operation : layer.operations) {
    const SourceNode& node = operation.node;
    if (node.phase == Phase::update) continue;
    (node.kind == NodeKind::product ? costs.step_products : costs.step_rest) += node.work;
    if (node.phase != Phase::forward) continue;
    if (node.kind == NodeKind::product) costs.products += node.work;
    else if (node.kind == NodeKind::index) costs.phi += node.work;
    else if (node.kind == NodeKind::pooling || node.kind == NodeKind::activation) costs.pooling += node.work;
    else costs.others += node.work;
  }
  return costs;
}

/// l h w d a_conv b_conv and the like: the documents' bounds, by the layer's letters.
int64_t product_of(const DerivedLayer& layer, std::initializer_list<const char*> letters) {
  int64_t product = 1;
  for (const char* letter : letters) {
    int64_t size = layer.size_of_letter(letter);
    if (std::string_view(letter) == "w" && size == 0) size = layer.size_of_letter("h");
    product = checked_mul(product, size);
  }
  return product;
}

class Checker {
 public:
  explicit Checker(const std::vector<DerivedLayer>& layers) : layers_(layers) {}

  std::vector<Claim> run() {
    bounds();
    bottleneck();
    roughly();
    standard_product();
    about_time();
    return std::move(claims_);
  }

 private:
  template <class Visit>
  void for_layers(Visit visit) const {
    for (const DerivedLayer& layer : layers_)
      if (layer.number > 0) visit(layer, costs_of(layer));
  }

  Claim& claim(const char* id, const char* document, const char* text, const char* criterion) {
    claims_.push_back({id, document, text, criterion, {}, ""});
    return claims_.back();
  }

  static ClaimCase ratio(const DerivedLayer& layer, int64_t left, int64_t right, double expected = 0) {
    ClaimCase result{layer.name, 1 + int64_t(layer.like.size())};
    result.left = left, result.right = right, result.expected = expected;
    result.figure = right == 0 ? 0 : double(left) / double(right);
    return result;
  }

  void bound(const char* id, const char* text, int64_t Costs::*part, std::initializer_list<const char*> letters) {
    Claim& c = claim(id, kRunningTime, text, "count / bound at most 2");
    for_layers([&](const DerivedLayer& layer, const Costs& costs) {
      if (costs.*part == 0 || layer.size_of_letter("h") == 0) return;
      // Of a grouped convolution a filter sees its group's channels; the documents know no groups.
      ClaimCase result = ratio(layer, costs.*part, product_of(layer, letters));
      result.holds = result.figure <= kFactor;
      c.cases.push_back(std::move(result));
    });
  }

  void bounds() {
    bound("phi-bound", "φ(pad(Z)) is O(l·h²·d·a_conv·b_conv)", &Costs::phi, {"l", "h", "w", "d", "a_conv", "b_conv"});
    bound("product-bound", "W φ(pad(Z)) is O(l·h²·d·d'·a_conv·b_conv)", &Costs::products,
          {"l", "h", "w", "d", "d'", "a_conv", "b_conv"});
    bound("pooling-bound", "σ and pooling are O(l·h²·d'·a_conv·b_conv)", &Costs::pooling,
          {"l", "h", "w", "d'", "a_conv", "b_conv"});
  }

  void bottleneck() {
    for (const bool step : {false, true}) {
      Claim& c = claim(step ? "bottleneck-step" : "bottleneck", kRunningTime,
                       step ? "matrix-matrix products are the bottleneck, forward and backward together"
                            : "matrix-matrix products are the bottleneck",
                       "products : all the rest of the layer above 1");
      for_layers([&](const DerivedLayer& layer, const Costs& costs) {
        ClaimCase result =
            step ? ratio(layer, costs.step_products, costs.step_rest) : ratio(layer, costs.products, costs.rest());
        result.holds = result.left > result.right;
        c.cases.push_back(std::move(result));
      });
    }
  }

  void roughly() {
    const struct {
      const char *id, *text;
      bool convolution;
      int64_t (*left)(const Costs&), (*right)(const Costs&);
    } kinds[] = {
        {"roughly-d", "roughly d times more than others", false, [](const Costs& c) { return c.products; },
         [](const Costs& c) { return c.rest(); }},
        {"roughly-d-phi", "roughly d times φ alone", true, [](const Costs& c) { return c.products; },
         [](const Costs& c) { return c.phi; }},
        {"roughly-d-pooling", "roughly d times σ and pooling alone", true, [](const Costs& c) { return c.products; },
         [](const Costs& c) { return c.pooling; }},
        {"roughly-d-step", "roughly d times more than others, forward and backward together", false,
         [](const Costs& c) { return c.step_products; }, [](const Costs& c) { return c.step_rest; }},
    };
    for (const auto& kind : kinds) {
      Claim& c = claim(kind.id, kRunningTime, kind.text, "the ratio from d/2 to 2d");
      for_layers([&](const DerivedLayer& layer, const Costs& costs) {
        if (kind.right(costs) == 0 || (kind.convolution && layer.size_of_letter("h") == 0)) return;
        const double d = double(layer.size_of_letter("d"));
        ClaimCase result = ratio(layer, kind.left(costs), kind.right(costs), d);
        result.holds = result.figure >= d / kFactor && result.figure <= d * kFactor;
        c.cases.push_back(std::move(result));
      });
    }
  }

  /// An accumulator adds each of its products to zeros: as many additions as multiplications.
  void standard_product() {
    Claim& c = claim("mnk", kSystemDesign, "a product of m x k by k x n takes mnk multiplications, mn(k-1) additions",
                     "additions = multiplications less one a result");
    for (const DerivedLayer& layer : layers_)
      for (const DerivedOperation& operation : layer.operations) {
        const SourceNode& node = operation.node;
        if (node.kind != NodeKind::product) continue;
        ClaimCase result{node.label, 1 + int64_t(layer.like.size())};
        result.left = node.count.add;
        result.right = node.count.mul - operation.results;
        result.figure = result.right == 0 ? 0 : double(result.left) / double(result.right);
        result.holds = result.left == result.right;
        c.cases.push_back(std::move(result));
      }
  }

  void about_time() {
    const std::pair<const char*, const char*> kClaims[] = {
        {"less-than-half", "products take less than half of the feedforward part's time"},
        {"blas-effective", "optimized BLAS is very effective"},
        {"phi-room", "there is room to improve φ(pad(Z))"},
    };
    for (const auto& [id, text] : kClaims)
      claim(id, kRunningTime, text, "").decided_by = "analyze --convolution gather --execution procedural";
    claims_[claims_.size() - 2].decided_by += " --against gemm=reference";
  }

  const std::vector<DerivedLayer>& layers_;
  std::vector<Claim> claims_;
};

}  // namespace

int64_t Claim::all() const {
  int64_t n = 0;
  for (const ClaimCase& c : cases) n += c.times;
  return n;
}

int64_t Claim::held() const {
  int64_t n = 0;
  for (const ClaimCase& c : cases) n += c.holds ? c.times : 0;
  return n;
}

std::string Claim::verdict() const {
  if (cases.empty()) return criterion.empty() ? "not decided by counts" : "no case here";
  return held() == all() ? "holds" : held() == 0 ? "does not hold" : "holds in part";
}

std::vector<Claim> check_claims(const std::vector<DerivedLayer>& layers) { return Checker(layers).run(); }

}  // namespace tacho
