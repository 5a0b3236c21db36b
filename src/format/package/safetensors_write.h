// Writes a safetensors file (safetensors.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "format/package/tensor_view.h"

namespace tutti {

// Atomic; equal arguments give equal bytes whatever the order of `tensors`. Data starts at a
// multiple of 64; wider types come first so that every tensor is aligned to its elements.
Status write_safetensors(const std::string& path,
                         const std::map<std::string, std::string>& metadata,
                         const std::vector<TensorView>& tensors);

}  // namespace tutti
