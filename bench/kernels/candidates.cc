#include "bench/kernels/candidates.h"

#include <memory>

#include "backends/blas/library.h"
#include "backends/simd/gemm.h"
#ifdef TACHO_BENCH_ONEDNN
#include "backends/onednn/dnnl_adapter.h"
#endif
#include "tensor/tensor.h"

namespace tacho::bench {
namespace {

/// The factors, and one result per candidate.
struct Operands {
  explicit Operands(const ProductShape& s)
      : a({DType::float32, {s.batch, s.m, s.k}}), b({DType::float32, {s.batch, s.k, s.n}}) {
    uint32_t state = 1;
    for (const Tensor* tensor : {&a, &b})
      for (int64_t i = 0; i < tensor->elements(); ++i) {
        state = state * 1664525u + 1013904223u;
        tensor->as<float>()[i] = float(state >> 8) * 0x1p-23f - 1;
      }
  }
  Tensor a, b;
};
using Shared = std::shared_ptr<const Operands>;

Tensor result_of(const ProductShape& s) { return Tensor::zeros({DType::float32, {s.batch, s.m, s.n}}); }

Entry ours(const simd::Gemm<float>& gemm, const ProductShape& s, const Shared& operands) {
  const simd::GemmBlocks blocks = gemm.blocks(this_cpu());
  const auto workspace = std::make_shared<Buffer>(gemm.workspace_bytes(blocks, s.n, s.k));
  const auto packed = std::make_shared<Buffer>(s.weights ? gemm.packed_b_bytes(s.n, s.k) : 0);
  simd::MatrixProduct<float> p{.m = s.m, .n = s.n, .k = s.k};
  p.a_transposed = s.transpose_a, p.a_stride = s.transpose_a ? s.m : s.k;
  p.b_transposed = s.transpose_b, p.b_stride = s.transpose_b ? s.k : s.n;
  p.c_stride = s.n;
  if (s.weights) {
    float* to = static_cast<float*>(packed->data());
    gemm.pack_b(blocks, operands->b.as<float>(), p.b_stride, s.transpose_b, s.n, s.k, to);
    p.packed_b = to;
  }
  const Tensor c = result_of(s);
  return {"simd", "matmul",
          [=, &gemm] {
            simd::MatrixProduct<float> item = p;
            for (int64_t i = 0; i < s.batch; ++i) {
              item.a = operands->a.as<float>() + i * s.m * s.k;
              item.b = operands->b.as<float>() + i * s.k * s.n;
              item.c = c.as<float>() + i * s.m * s.n;
              gemm.multiply(blocks, item, workspace->data());
            }
            static_cast<void>(packed);  // kept while p points into it
          },
          0, c.as<float>()};
}

Entry by_blas(const blas::Library& library, const ProductShape& s, const Shared& operands) {
  const Tensor c = result_of(s);
  return {"blas", "sgemm",
          [=, &library] {
            for (int64_t i = 0; i < s.batch; ++i)
              library.sgemm(blas::kRowMajor, s.transpose_a ? blas::kTranspose : blas::kNoTranspose,
                            s.transpose_b ? blas::kTranspose : blas::kNoTranspose, int(s.m), int(s.n), int(s.k), 1,
                            operands->a.as<float>() + i * s.m * s.k, int(s.transpose_a ? s.m : s.k),
                            operands->b.as<float>() + i * s.k * s.n, int(s.transpose_b ? s.k : s.n), 0,
                            c.as<float>() + i * s.m * s.n, int(s.n));
          },
          0, c.as<float>()};
}

#ifdef TACHO_BENCH_ONEDNN
using Type = dnnl::memory::data_type;

/// What lies like `from` in float32, as `to`: null where that is the same already.
std::shared_ptr<const Buffer> reordered(const float* data, const onednn::Desc& from, const onednn::Desc& to) {
  if (from == to) return nullptr;
  const onednn::Primitive reorder = onednn::make_reorder(from, to);
  const Buffer scratch(reorder.workspace_bytes());
  const auto result = std::make_shared<Buffer>(to.get_size());
  reorder.run({data, result->data()}, scratch.data(), scratch.bytes());
  return result;
}

/// The whole batch as one primitive. Made beforehand: weights in the form that oneDNN likes best, and what is rounded
/// to `type`.
Entry by_onednn(const ProductShape& s, const Shared& operands, Type type) {
  using onednn::Desc;
  const auto matrices = [&](int64_t rows, int64_t columns, bool transposed, Type of) {
    const int64_t down = transposed ? 1 : columns, right = transposed ? rows : 1;
    return s.batch == 1 ? Desc({rows, columns}, of, {down, right})
                        : Desc({s.batch, rows, columns}, of, {rows * columns, down, right});
  };
  const Desc a = matrices(s.m, s.k, s.transpose_a, type);
  Desc b = s.weights ? Desc({s.k, s.n}, type, onednn::Tag::any) : matrices(s.k, s.n, s.transpose_b, type);
  const auto primitive =
      std::make_shared<onednn::Primitive>(onednn::make_matmul(a, b, matrices(s.m, s.n, false, Type::f32), {}, &b));
  const auto workspace = std::make_shared<Buffer>(primitive->workspace_bytes());
  const auto left = reordered(operands->a.as<float>(), matrices(s.m, s.k, s.transpose_a, Type::f32), a);
  const auto right = reordered(operands->b.as<float>(), matrices(s.k, s.n, s.transpose_b, Type::f32), b);
  const Tensor c = result_of(s);
  return {"onednn", "matmul",
          [=] {
            primitive->run({left ? left->data() : operands->a.as<float>(),
                            right ? right->data() : operands->b.as<float>(), c.as<float>()},
                           workspace->data(), workspace->bytes());
          },
          0, c.as<float>()};
}
#endif

}  // namespace

std::vector<Entry> candidates_for(const ProductShape& shape, bool bfloat16) {
  const auto operands = std::make_shared<const Operands>(shape);
  std::vector<Entry> all{ours(bfloat16 ? *simd::bfloat16_gemm() : simd::gemm<float>(), shape, operands)};
#ifdef TACHO_BENCH_ONEDNN
  all.push_back(by_onednn(shape, operands, bfloat16 ? Type::bf16 : Type::f32));
#endif
  if (!bfloat16 && !blas::unavailable()) all.push_back(by_blas(*blas::library(), shape, operands));
  return all;
}

}  // namespace tacho::bench
