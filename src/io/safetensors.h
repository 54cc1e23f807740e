#pragma once
// The safetensors format: 8 bytes of length, a JSON head, the tensors' bytes. Opens in Python as it is.
// Source: https://github.com/huggingface/safetensors, section "Format".
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace tacho {

struct NamedTensor {
  std::string name;
  Tensor tensor;  ///< float32, float64, int64, int32, uint8 or boolean
};

struct SafetensorsFile {
  std::vector<NamedTensor> tensors;                           ///< in the order of their bytes
  std::vector<std::pair<std::string, std::string>> metadata;  ///< `__metadata__`, read back in the order of its keys

  /// The tensor of this name, or nullptr.
  const Tensor* find(std::string_view name) const;
};

/// The file's bytes: a pure function of the arguments. Tensors are laid out widest elements first, else in the order
/// given, so that all are aligned to their elements. Throws tacho::Error for names that are repeated, reserved or no
/// UTF-8.
std::string encode_safetensors(const SafetensorsFile& file);

/// Reads bytes that nobody vouches for; `where` names the file in errors. Throws tacho::Error for a head that is too
/// long, nested or repeats a key, and for tensors that overlap, leave holes, or do not fill the file exactly.
SafetensorsFile decode_safetensors(std::string_view bytes, const std::string& where);

SafetensorsFile read_safetensors(const std::string& path);
/// Completely or not at all (base/atomic_file.h).
void write_safetensors(const std::string& path, const SafetensorsFile& file);

}  // namespace tacho
