// Any bytes are either refused or give tensors that lie inside them and fit their shapes.
#include <cstdlib>

#include "format/package/safetensors_header.h"
#include "format/package/tensor_view.h"
#include "fuzz_target.h"

namespace {

std::string file_of(const std::string& header, size_t data_bytes) {
  std::string file(8, '\0');
  for (size_t i = 0; i < 8; ++i) file[i] = char(header.size() >> (8 * i));
  return file + header + std::string(data_bytes, '\1');
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const std::string metadata = R"("__metadata__":{"tutti.version":"1","tutti.config":"{}"})";
  const std::string f32 = R"("a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]})";
  const std::string bf16 = R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]})";
  const std::string empty = R"("c":{"dtype":"I64","shape":[0,9],"data_offsets":[22,22]})";
  return {file_of("{}", 0), file_of("{" + metadata + "}", 0), file_of("{" + f32 + "}  ", 16),
          file_of("{" + metadata + "," + bf16 + "," + f32 + "," + empty + "}", 22),
          file_of("{" + f32 + "," + f32 + "}", 16)};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto content = tutti::parse_safetensors(std::as_bytes(std::span(data, size)));
  if (!content) {
    if (content.error().message().empty()) std::abort();
    return 0;
  }
  for (const tutti::TensorView& tensor : content->tensors) {
    require_inside({tensor.data, tensor.bytes}, data, size);
    const auto bytes = tutti::tensor_bytes(tensor.dtype, tensor.shape);
    if (!bytes || *bytes != tensor.bytes) std::abort();
    (void)bool(tutti::validate_finite(tensor));
  }
  return 0;
}
