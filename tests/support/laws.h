#pragma once
// The operations' laws: each is checked from an operation's samples alone and reports through GoogleTest.
#include "op/op_def.h"

namespace tacho::support {

/// Attributes: a copy is equal in value, hash and text; the text names every field; samples that differ are unequal.
void check_attributes(const OpDef& op);
/// Shape law: the reference kernel writes every byte of its outputs and nothing else, is deterministic, leaves its
/// inputs alone, agrees between float32 and float64, and works where `may_alias` shares memory.
void check_shapes(const OpDef& op);
/// Type law: one operand of another rank, extent or dtype is an Error that names the operation, or runs.
void check_types(const OpDef& op);
/// Count law: the formula equals the counting execution in every kind, on two random inputs; simplification keeps it.
void check_counts(const OpDef& op);
/// Slice law: slices put together equal the whole, to the bit where sliced, within the reduction's error where partial.
void check_slices(const OpDef& op);
/// Gradient law in float64 against central differences, and the gradient of the gradient too: what a rule emits must
/// have a rule of its own. Returns why there was nothing to check, or nothing.
std::string check_gradients(const OpDef& op);
/// Why an operation has no gradient by its nature, from facts alone: an update of a state, integers in or integers out.
/// Empty where it should have one.
std::string reason_for_no_gradient(const OpDef& op);

}  // namespace tacho::support
