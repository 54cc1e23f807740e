#include "backends/onednn/convolution.h"

#include "backends/onednn/convolution_problem.h"
#include "backends/onednn/made_once.h"

namespace tacho::onednn {
namespace {

/// conv2d from x to y, or conv2d_backward_data (a transposed convolution) from y to x. The filters are packed once a
/// step, as oneDNN reads them.
class Convolve final : public Kernel {
 public:
  Convolve(const ConvolutionProblem& problem, ChosenConvolution chosen, MakeConvolution make, const ProductChain& chain)
      : problem_(problem), chosen_(std::move(chosen)), make_(make), chain_(chain) {
    const Desc plain = problem.plain_filters();
    if (!(chosen_.made.w == plain)) pack_.emplace(make_reorder(plain, chosen_.made.w));
  }

  bool packed() const { return pack_.has_value(); }
  size_t packed_bytes() const { return chosen_.made.w.get_size(); }
  size_t workspace_bytes() const { return chosen_.made.primitive.workspace_bytes(); }

  void pack(size_t, const View& operand, void* destination) const override {
    pack_->run({operand.data, destination}, nullptr, 0);
  }

  RunStatus run(const KernelRun& run) const override {
    const void* in = run.inputs[size_t(chain_.first)].data;
    const void* w = packed() ? run.packed[0] : run.inputs[size_t(chain_.second)].data;
    const int64_t n = run.outputs[0].shape()[0];
    if (n == 0) return {};
    const Primitive& primitive = for_images(n);
    SmallVector<const void*, 5> data{in, w};
    if (problem_.bias) data.push_back(run.inputs[size_t(chain_.bias)].data);
    if (problem_.term) data.push_back(run.inputs[size_t(chain_.term)].data);
    data.push_back(run.outputs[0].data);
    primitive.run(data, run.workspace, workspace_bytes());
    return {};
  }

 private:
  const Primitive& for_images(int64_t n) const {
    if (n == problem_.geometry.n) return chosen_.made.primitive;
    return fewer_.at(n, [&] { return std::move(make_for_images(n, problem_, make_, chosen_).primitive); });
  }

  ConvolutionProblem problem_;
  ChosenConvolution chosen_;
  MakeConvolution make_;
  ProductChain chain_;
  std::optional<Primitive> pack_;
  MadeOnce<int64_t, Primitive> fewer_;  ///< for the last slice of a batch, by number of images
};

/// The reason why the operands' slices or the members behind the product do not fit; empty where they do.
std::string objection(const Group& group, const ProductChain& chain) {
  const auto& filters = group.operands[size_t(group.inputs[size_t(chain.second)])];
  const auto& in = group.operands[size_t(group.inputs[size_t(chain.first)])];
  if (filters.state.kind != SliceState::whole || group.has_partial()) return "sliced along filters or channels";
  if (in.state.kind != SliceState::whole && !in.state.is_sliced(0)) return "images sliced along another axis than 0";
  if (chain.bias >= 0 && (chain.bias_axis != 1 || group.operands[size_t(chain.biased)].type.shape.size() != 4 ||
                          group.operands[size_t(chain.biased)].type.shape !=
                              group.operands[size_t(group.members[0].outputs[0])].type.shape))
    return "a bias along another axis than the channels";
  if (group.operands[size_t(group.outputs[0])].type.shape !=
      group.operands[size_t(group.members[0].outputs[0])].type.shape)
    return "a reshape behind the convolution";
  return {};
}

}  // namespace

OfferResult offer_convolution(const Group& group, const OfferContext& context) {
  const auto found = product_chain_of(group);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const auto& chain = std::get<ProductChain>(found);
  const bool forward = group.members[0].op->name == "conv2d";
  if (std::string reason = objection(group, chain); !reason.empty()) return Refusal{reason};

  ConvolutionProblem problem = convolution_problem_of(group);
  if (context.wants_winograd() && problem.geometry.suits_winograd()) return Refusal{kWinogradWanted};
  problem.bias = chain.bias >= 0;
  problem.term = chain.term >= 0;
  problem.transposed = !forward && group.members.size() > 1;
  problem.activation = chain.activation;
  // 2.6.3: with a stride 65 to 286 ms where the products take 1 (resnet18's shortcuts at batch 64); without one 308 ms
  // where products at their ceiling take 41 (its first block), and 26 where they take 1 (64 to 256 channels, 1 x 1).
  if (problem.transposed && problem.term)
    return Refusal{text_of(library_description(), " adds to a transposed convolution one element after the other")};
  const GroupOperand &in = group.operands[size_t(group.inputs[size_t(chain.first)])],
                     &out = group.operands[size_t(group.outputs[0])];
  const MakeConvolution make = forward              ? make_convolution
                               : problem.transposed ? make_transposed_convolution
                                                    : make_backward_data;
  auto result = choose_convolution(problem, make,
                                   forward ? blocks_to_try(in, out, context.images, false, context.row_major_outputs)
                                           : blocks_to_try(out, in, context.images, context.row_major_outputs, false));
  if (const auto* refusal = std::get_if<Refusal>(&result)) return *refusal;
  auto& chosen = std::get<ChosenConvolution>(result);
  const std::string implementation = chosen.made.implementation;
  const int64_t in_block = forward ? chosen.x_block : chosen.y_block,
                out_block = forward ? chosen.y_block : chosen.x_block;
  // 2.6.3's products of gathered images add the wrong terms there (8 channels in 2 groups: a quarter of the largest
  // off).
  if (problem.term && problem.geometry.groups > 1 && implementation.find("gemm") != std::string::npos)
    return Refusal{text_of(library_description(), " ", implementation, " adds wrong terms behind groups")};
  // Better without the sum than with all images in another layout for it.
  if (problem.term && arriving_block(in) && in_block != arriving_block(in))
    return Refusal{text_of("with a sum behind it only in blocks of ", in_block, " channels")};

  auto kernel = std::make_unique<Convolve>(problem, std::move(chosen), make, chain);
  Offer offer;
  offer.name = chain.name;
  offer.reason = text_of(library_description(), " ", implementation, " on one thread");
  offer.workspace_bytes = kernel->workspace_bytes();
  if (kernel->packed()) offer.packs = {{size_t(chain.second), kernel->packed_bytes()}};
  if (in_block || out_block) {
    offer.input_layouts.resize(group.inputs.size());
    offer.input_layouts[size_t(chain.first)] = layout_of(in.type, in_block);
    offer.output_layouts = {layout_of(out.type, out_block)};
    if (problem.term) {
      if (chain.term == chain.first && in_block != out_block)
        return Refusal{"its images are also added, in other blocks"};
      offer.input_layouts[size_t(chain.term)] = layout_of(out.type, out_block);
    }
  }
  offer.kernel = std::move(kernel);
  offer.executed = required_of(group);
  return offer;
}

}  // namespace tacho::onednn
