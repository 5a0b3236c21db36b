#include "format/package/convert_model.h"

#include <algorithm>

#include "format/package/save_model.h"
#include "format/package/verify_package.h"

namespace tutti {

Status convert_model(const std::string& input, const std::string& output,
                     uint64_t most_file_bytes) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(input));
  // What is damaged would get hashes that fit.
  if (package.manifest.format >= 2)
    if (const Status whole = verify_package(package); !whole)
      return whole.error().with_context("the model " + input);
  KeptParts kept = kept_parts(package);
  kept.manifest.signature = package.manifest.signature;
  std::vector<TensorView> tensors = package.file.tensors();
  std::erase_if(tensors, [&](const TensorView& tensor) {
    return tensor.name == package.manifest.tokenizer.tensor;
  });
  // F32 stays F32, and save_model() stores all other types as they are.
  return save_model(output, package.config_json, package.card, package.tokenizer,
                    std::move(tensors), DType::f32, kept, most_file_bytes);
}

}  // namespace tutti
