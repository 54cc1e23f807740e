#pragma once
#include <memory>

#include "op/kernel.h"
#include "op/layout.h"

namespace tacho::reference {

/// Between two plain layouts of a value of any type: elements moved one by one, for what no other backend converts.
/// Null for blocked and opaque layouts.
std::unique_ptr<Kernel> make_reorder(const TensorType& type, const Layout& from, const Layout& to);

}  // namespace tacho::reference
