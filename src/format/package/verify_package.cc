#include "format/package/verify_package.h"

#include "base/quote.h"
#include "format/package/sha256.h"

namespace tutti {

Result<std::string> tensor_hash(const TensorView& tensor) {
  Sha256 hash;
  hash.add(std::string(dtype_name(tensor.dtype)) + ' ' + shape_text(tensor.shape) + '\n');
  hash.add(std::span(tensor.data, tensor.bytes));
  return hash.finish();
}

Status verify_package(const ModelPackage& package) {
  const Manifest& manifest = package.manifest;
  if (manifest.format < 2)
    return bad_input(
        "it is of version 1, which has no hashes; `tutti convert` writes it as version 2, with "
        "the hashes of what it holds now");
  for (size_t i = 0; i < manifest.shards.size(); ++i) {
    Sha256 hash;
    hash.add(package.file.files()[i + 1].bytes());
    TUTTI_ASSIGN(const std::string found, hash.finish());
    if (found != manifest.shards[i].sha256)
      return bad_input("its shard " + quote(manifest.shards[i].file) +
                       " is not the one that it was saved with; get both files again");
  }
  for (const TensorView& tensor : package.file.tensors()) {
    TUTTI_ASSIGN(const std::string found, tensor_hash(tensor));
    if (found != manifest.tensors.find(tensor.name)->second)
      return bad_input("the tensor " + quote(tensor.name) +
                       " does not match its hash; the file was damaged or changed, get it again");
  }
  return {};
}

}  // namespace tutti
