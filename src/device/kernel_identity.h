#pragma once
namespace tacho {

/// Which kernels this program has: 16 digits of a hash over the sources of backends, operations and their contracts,
/// and the compiler, made when it is built (cmake/kernel_identity.cmake). Times of other kernels are not of these.
const char* kernel_identity();

}  // namespace tacho
