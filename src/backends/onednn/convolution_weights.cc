#include <cstring>

#include "backends/onednn/convolution.h"
#include "backends/onednn/convolution_problem.h"
#include "backends/onednn/made_once.h"
#include "op/output_partial.h"

namespace tacho::onednn {
namespace {

constexpr size_t kHeaderBytes = 64;

/// conv2d_backward_weights. oneDNN writes a gradient, it does not add to one: slices after a lane's first go into the
/// workspace and are added from there. The partial stays in the layout that oneDNN chose until `finish`.
class ConvolveWeights final : public Kernel {
 public:
  ConvolveWeights(const ConvolutionProblem& problem, ChosenConvolution chosen, size_t dy, size_t x)
      : problem_(problem),
        chosen_(std::move(chosen)),
        dy_(dy),
        x_(x),
        bytes_(aligned_bytes(chosen_.made.w.get_size())),
        to_plain_(make_reorder(chosen_.made.w, problem.plain_filters())) {}

  size_t workspace_bytes() const { return bytes_ + chosen_.made.primitive.workspace_bytes(); }

  RunStatus run(const KernelRun& run) const override {
    compute(run, run.workspace);
    to_plain_.run({run.workspace, run.outputs[0].data}, nullptr, 0);
    return {};
  }

  size_t partial_bytes() const override { return kHeaderBytes + bytes_; }
  void begin(void* partial) const override { slices(partial) = 0; }
  RunStatus accumulate(const KernelRun& run, void* partial) const override {
    if (run.inputs[x_].elements() == 0) return {};
    if (slices(partial)++ == 0) {
      compute(run, gradient(partial));
    } else {
      compute(run, run.workspace);
      add(gradient(partial), static_cast<const float*>(run.workspace));
    }
    return {};
  }
  void combine(void* into, const void* from) const override {
    if (slices(from) == 0) return;
    if (slices(into) == 0) {
      std::memcpy(into, from, partial_bytes());
      return;
    }
    slices(into) += slices(from);
    add(gradient(into), gradient(from));
  }
  void finish(const void* partial, std::span<const View> outputs) const override {
    if (slices(partial) == 0) std::memset(outputs[0].data, 0, size_t(outputs[0].bytes()));
    else to_plain_.run({gradient(partial), outputs[0].data}, nullptr, 0);
  }

 private:
  static int64_t& slices(void* partial) { return *static_cast<int64_t*>(partial); }
  static int64_t slices(const void* partial) { return *static_cast<const int64_t*>(partial); }
  static float* gradient(void* partial) {
    return reinterpret_cast<float*>(static_cast<std::byte*>(partial) + kHeaderBytes);
  }
  static const float* gradient(const void* partial) {
    return reinterpret_cast<const float*>(static_cast<const std::byte*>(partial) + kHeaderBytes);
  }
  void add(float* into, const float* from) const {
    for (size_t i = 0, n = chosen_.made.w.get_size() / sizeof(float); i < n; ++i) into[i] += from[i];
  }

  void compute(const KernelRun& run, void* gradient) const {
    const int64_t n = run.inputs[x_].shape()[0];
    primitive_for(n).run({run.inputs[dy_].data, run.inputs[x_].data, gradient},
                         static_cast<std::byte*>(run.workspace) + bytes_, chosen_.made.primitive.workspace_bytes());
  }
  const Primitive& primitive_for(int64_t n) const {
    if (n == problem_.geometry.n) return chosen_.made.primitive;
    return fewer_.at(n,
                     [&] { return std::move(make_for_images(n, problem_, make_backward_weights, chosen_).primitive); });
  }

  ConvolutionProblem problem_;
  ChosenConvolution chosen_;
  size_t dy_, x_;
  size_t bytes_;
  Primitive to_plain_;
  MadeOnce<int64_t, Primitive> fewer_;  ///< for the last slice of a batch, by number of images
};

}  // namespace

OfferResult offer_convolution_weights(const Group& group, const OfferContext& context) {
  const auto found = product_chain_of(group);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& chain = std::get<ProductChain>(found);
  if (group.members.size() > 1) return Refusal{"oneDNN computes nothing behind conv2d_backward_weights"};
  const GroupOperand &dy = group.operands[size_t(group.inputs[size_t(chain.first)])],
                     &x = group.operands[size_t(group.inputs[size_t(chain.second)])];
  for (const GroupOperand* operand : {&dy, &x})
    if (operand->state.kind != SliceState::whole && !operand->state.is_sliced(0))
      return Refusal{"images sliced along another axis than 0"};

  const ConvolutionProblem problem = convolution_problem_of(group);
  if (context.wants_winograd() && problem.geometry.suits_winograd()) return Refusal{kWinogradWanted};
  auto result = choose_convolution(problem, make_backward_weights, blocks_to_try(x, dy, context.images, false, false));
  if (const auto* refusal = std::get_if<Refusal>(&result)) return *refusal;
  auto& chosen = std::get<ChosenConvolution>(result);
  // 2.6.3 writes behind its results there: 3 channels to 24 at 32 x 32 with a stride of 2 destroyed the heap, three of
  // three times. Other 1 x 1 filters with a stride take the same way through a copy of the image.
  if (chosen.made.implementation.starts_with("jit_1x1:avx2") &&
      (dy.type.shape[2] != x.type.shape[2] || dy.type.shape[3] != x.type.shape[3]))
    return Refusal{
        text_of(library_description(), " ", chosen.made.implementation, " writes outside its memory with a stride")};
  Offer offer;
  offer.name = chain.name;
  offer.reason = text_of(library_description(), " ", chosen.made.implementation, " on one thread");
  if (chosen.x_block || chosen.y_block) {
    offer.input_layouts.resize(group.inputs.size());
    offer.input_layouts[size_t(chain.first)] = layout_of(dy.type, chosen.y_block);
    offer.input_layouts[size_t(chain.second)] = layout_of(x.type, chosen.x_block);
  }
  auto kernel =
      std::make_unique<ConvolveWeights>(problem, std::move(chosen), size_t(chain.first), size_t(chain.second));
  offer.workspace_bytes = kernel->workspace_bytes();
  offer.kernel = std::move(kernel);
  offer.executed = required_of(group);
  return offer;
}

}  // namespace tacho::onednn
