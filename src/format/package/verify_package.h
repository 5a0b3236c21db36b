// Whether the weights of a model are those that its manifest says, byte for byte.
#pragma once

#include <string>

#include "base/result.h"
#include "format/package/model_package.h"

namespace tutti {

// SHA-256 of the line "F32 [2, 3]\n", with the tensor's type and shape, and of its bytes.
Result<std::string> tensor_hash(const TensorView& tensor);

// Reads everything once. bad_input names the first tensor or file that differs, or says that a file
// of version 1 has no hashes.
Status verify_package(const ModelPackage& package);

}  // namespace tutti
