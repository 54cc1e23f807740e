#include "bench/kernels/shapes.h"

namespace tacho::bench {
namespace {

constexpr bool kTransposed = true, kPlain = false;

constexpr ProductShape kShapes[] = {
    {"square 256", 256, 256, 256},
    {"square 512", 512, 512, 512},
    {"square 1024", 1024, 1024, 1024},
    {"square 2048", 2048, 2048, 2048},
    // Encoder block: d 256, 8 heads, sequence 128, batch 32, feed-forward 1024.
    {"encoder projection", 4096, 256, 256, kPlain, kPlain, 1, true},
    {"encoder qkv", 4096, 768, 256, kPlain, kPlain, 1, true},
    {"encoder ffn up", 4096, 1024, 256, kPlain, kPlain, 1, true},
    {"encoder ffn down", 4096, 256, 1024, kPlain, kPlain, 1, true},
    {"encoder ffn up dX", 4096, 256, 1024, kPlain, kTransposed, 1, true},
    {"encoder ffn down dX", 4096, 1024, 256, kPlain, kTransposed, 1, true},
    {"encoder projection dW", 256, 256, 4096, kTransposed},
    {"encoder ffn up dW", 256, 1024, 4096, kTransposed},
    {"encoder ffn down dW", 1024, 256, 4096, kTransposed},
    {"attention QK^T", 128, 128, 32, kPlain, kTransposed, 64},
    {"attention PV", 128, 32, 128, kPlain, kPlain, 64},
    {"attention dV, dK", 128, 32, 128, kTransposed, kPlain, 64},
    {"attention dP", 128, 128, 32, kPlain, kTransposed, 64},
    // LSTM: h 256, batch 64, sequence 64.
    {"lstm step", 64, 1024, 256, kPlain, kPlain, 1, true},
    {"lstm step dh", 64, 256, 1024, kPlain, kTransposed, 1, true},
    {"lstm dW", 256, 1024, 4096, kTransposed},
    // Fully connected layers of convolutional networks, and what is left of a batch in a slice.
    {"mnist fc", 128, 10, 576, kPlain, kPlain, 1, true},
    {"mnist fc dX", 128, 576, 10, kPlain, kTransposed, 1, true},
    {"mnist fc dW", 576, 10, 128, kTransposed},
    {"cifar fc", 128, 10, 1024, kPlain, kPlain, 1, true},
    {"vgg fc", 64, 512, 512, kPlain, kPlain, 1, true},
    {"vgg fc dW", 512, 512, 64, kTransposed},
    {"thin 6 rows", 6, 512, 512, kPlain, kPlain, 1, true},
    {"thin 1 row", 1, 1000, 512, kPlain, kPlain, 1, true},
    {"resnet50 fc", 8, 1000, 2048, kPlain, kPlain, 1, true},
    // Convolutions lowered to products: filters times the windows of one image; 1 x 1 as rows of pixels.
    {"im2col mnist conv2", 64, 196, 800, kPlain, kPlain, 8},
    {"im2col 3x3 64 channels", 64, 1024, 576},
    {"1x1 256 to 64, 56x56", 3136, 64, 256, kPlain, kPlain, 1, true},
    {"1x1 64 to 256, 56x56", 3136, 256, 64, kPlain, kPlain, 1, true},
    {"1x1 dW 64 by 256", 64, 256, 3136, kTransposed},
};

}  // namespace

std::span<const ProductShape> product_shapes() { return kShapes; }

}  // namespace tacho::bench
