#include "lab/matmul/multipliers.h"

#include <memory>

#include "backends/blas/library.h"
#include "lab/matmul/algorithms.h"
#include "ops/matmul.h"

namespace tacho {
namespace {

template <class T>
Matrices<T> matrices(const MultiplierOperands& o) {
  const int64_t m = o.a.shape()[0], k = o.a.shape()[1], n = o.b.shape()[1];
  return {m, k, n, o.a.as<T>(), k, o.b.as<T>(), n, o.c.as<T>(), n};
}

template <class T>
void multiply_blas(const blas::Library& library, const Matrices<T>& p) {
  const auto gemm = [&] {
    if constexpr (std::is_same_v<T, double>) return library.dgemm;
    else return library.sgemm;
  }();
  gemm(blas::kRowMajor, blas::kNoTranspose, blas::kNoTranspose, int(p.m), int(p.n), int(p.k), T(1), p.a,
       int(p.a_stride), p.b, int(p.b_stride), T(0), p.c, int(p.c_stride));
}

template <class T>
std::variant<Multiplier, Refusal> own_multiplier(const std::string& way, const MultiplierOperands& o, int64_t cutoff) {
  const Matrices<T> p = matrices<T>(o);
  const Tally standard = standard_count(p.m, p.k, p.n);
  if (way == "naive") return Multiplier{way, [=] { multiply_naive(p); }, standard, true};
  if (way == "blocked") return Multiplier{way, [=] { multiply_blocked(p); }, standard, true};
  const auto workspace = std::make_shared<std::vector<T>>(size_t(strassen_workspace(p.m, p.k, p.n, cutoff)));
  const Tally count = strassen_count(p.m, p.k, p.n, cutoff);
  if (way == "strassen")
    return Multiplier{
        way,
        [=] { multiply_strassen(p, cutoff, workspace->data(), [](const Matrices<T>& q) { multiply_blocked(q); }); },
        count, true};
  const blas::Library* library = blas::library();
  if (!library) return Refusal{blas::unavailable()};
  return Multiplier{way,
                    [=] {
                      multiply_strassen(p, cutoff, workspace->data(),
                                        [=](const Matrices<T>& q) { multiply_blas(*library, q); });
                    },
                    count, false};
}

/// What a call of a backend's kernel needs.
struct BackendCall {
  Offer offer;
  Buffer workspace;
  std::vector<std::unique_ptr<Buffer>> packs;
  explicit BackendCall(Offer given) : offer(std::move(given)), workspace(offer.workspace_bytes) {
    for (const PackRequest& pack : offer.packs) packs.push_back(std::make_unique<Buffer>(pack.bytes));
  }
};

std::variant<Multiplier, Refusal> backend_multiplier(const Backend& backend, const MultiplierOperands& o) {
  if (const char* reason = backend.unavailable ? backend.unavailable() : nullptr) return Refusal{reason};
  Group group;
  for (const Tensor* tensor : {&o.a, &o.b, &o.c})
    group.operands.push_back({{tensor->dtype(), tensor->shape()}, SliceState::Whole(), Layout{}});
  group.members.push_back({&op_named("matmul"), MatmulAttributes{}, {0, 1}, {2}});
  group.inputs = {0, 1}, group.outputs = {2};
  OfferContext context{this_cpu(), ""};
  context.row_major_outputs = true;
  OfferResult result = backend.offer(group, context);
  if (const Refusal* refusal = std::get_if<Refusal>(&result)) return *refusal;
  Offer& offer = std::get<Offer>(result);
  for (const auto* layouts : {&offer.input_layouts, &offer.output_layouts})
    for (const Layout& layout : *layouts)
      if (!layout.is_row_major()) return Refusal{text_of("it wants an operand ", to_string(layout))};
  const Tally count = offer.executed.tally;
  const bool counted = !offer.executed.declared;
  const auto call = std::make_shared<BackendCall>(std::move(offer));
  const View a = o.a.view(), b = o.b.view(), c = o.c.view();
  const int64_t rows = o.a.shape()[0];
  const auto run = [=] {
    // Both factors are new at each call, so what a kernel packs is packed anew, and timed.
    SmallVector<const void*, kMaxOperands> packed;
    const View inputs[] = {a, b}, outputs[] = {c};
    for (size_t i = 0; i < call->packs.size(); ++i) {
      call->offer.kernel->pack(i, inputs[call->offer.packs[i].input], call->packs[i]->data());
      packed.push_back(call->packs[i]->data());
    }
    RunStatus status = call->offer.kernel->run({inputs, outputs, {0, rows, rows}, call->workspace.data(), packed});
    while (!status.done() && !status.event->done()) {
    }
  };
  return Multiplier{std::string(backend.name), run, count, counted};
}

}  // namespace

std::variant<Multiplier, Refusal> make_multiplier(const std::string& way, const MultiplierOperands& operands,
                                                  int64_t cutoff) {
  if (way == "naive" || way == "blocked" || way.starts_with("strassen"))
    return operands.a.dtype() == DType::float64 ? own_multiplier<double>(way, operands, cutoff)
                                                : own_multiplier<float>(way, operands, cutoff);
  return backend_multiplier(backend_named(way), operands);
}

}  // namespace tacho
