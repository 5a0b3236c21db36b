#include "format/package/safetensors.h"

#include <algorithm>

namespace tutti {

Result<SafetensorsFile> SafetensorsFile::open(const std::string& path, Hold hold) {
  TUTTI_ASSIGN(MappedFile file, MappedFile::open(path, hold));
  TUTTI_CHECK(file.fill(kSafetensorsLength));
  const auto text = safetensors_header(file.bytes());
  if (!text) return text.error().with_context("reading " + path);
  TUTTI_CHECK(file.fill(kSafetensorsLength + text->size()));
  auto content = parse_safetensors(file.bytes());
  if (!content) return content.error().with_context("reading " + path);
  return SafetensorsFile(std::move(file), *std::move(content));
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto& tensors = content_.tensors;
  auto it = std::lower_bound(tensors.begin(), tensors.end(), name,
                             [](const TensorView& t, std::string_view n) { return t.name < n; });
  return it != tensors.end() && it->name == name ? &*it : nullptr;
}

}  // namespace tutti
