#pragma once

namespace tacho {

/// What the best instruction set's float32 multiply-adds reach on so many threads at this moment, in FLOP/s: some 30
/// ms. Beside the same at another time it says how far the machine itself has drifted.
double multiply_add_rate_now(int threads);

}  // namespace tacho
