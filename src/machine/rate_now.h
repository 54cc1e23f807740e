#pragma once

namespace tacho {

/// What the best instruction set's float32 multiply-adds reach on so many threads at this moment, in FLOP/s: some 30
/// ms. Beside the same at another time it says how far the machine itself has drifted.
double multiply_add_rate_now(int threads);

/// Bytes a second at which each of so many threads reads what another has just written, all at once: some 5 ms; 0 for
/// one thread. A virtual machine's cores may share a cache in one minute and not in the next (two threads of an EPYC:
/// 78 GB/s or 35, nothing between), and then small steps take up to 1.7 times as long, with all else as it was.
double exchange_rate_now(int threads);

}  // namespace tacho
