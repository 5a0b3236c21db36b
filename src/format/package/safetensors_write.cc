#include "format/package/safetensors_write.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/atomic_file.h"
#include "base/quote.h"

namespace tutti {
namespace {

constexpr size_t data_alignment = 64;  // a cache line, and the widest vector register

// Wider types first, then by name: a fixed order that aligns every tensor to its element size.
std::vector<const TensorView*> file_order(const std::vector<TensorView>& tensors) {
  std::vector<const TensorView*> order;
  for (const TensorView& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
    const size_t a_width = dtype_bytes(a->dtype), b_width = dtype_bytes(b->dtype);
    return a_width != b_width ? a_width > b_width : a->name < b->name;
  });
  return order;
}

Status check_tensor(const TensorView& tensor) {
  const std::string who = "cannot write tensor " + quote(tensor.name);
  if (tensor.name.empty() || tensor.name == "__metadata__" || tensor.name.size() > 1024) {
    return usage_error(who + ": choose a name of 1 to 1024 bytes other than __metadata__");
  }
  auto bytes = tensor_bytes(tensor.dtype, tensor.shape);
  if (!bytes) return bytes.error().with_context(who);
  if (*bytes == tensor.bytes) return {};
  return usage_error(who + ": shape " + shape_text(tensor.shape) + " needs " +
                     std::to_string(*bytes) + " bytes, got " + std::to_string(tensor.bytes));
}

Result<std::string> header_json(const std::map<std::string, std::string>& metadata,
                                const std::vector<const TensorView*>& order) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::set<std::string_view> names;
  size_t offset = 0;
  for (const TensorView* tensor : order) {
    TUTTI_CHECK(check_tensor(*tensor));
    if (!names.insert(tensor->name).second) {
      return usage_error("cannot write two tensors named " + quote(tensor->name));
    }
    // push_back, because ordered_json looks names up one by one.
    header.get_ref<nlohmann::ordered_json::object_t&>().push_back(
        {tensor->name,
         {{"dtype", dtype_name(tensor->dtype)},
          {"shape", tensor->shape},
          {"data_offsets", {offset, offset + tensor->bytes}}}});
    offset += tensor->bytes;
  }
  try {
    return header.dump();
  } catch (const nlohmann::json::exception&) {
    return usage_error("a tensor name or a metadata text is not UTF-8");
  }
}

}  // namespace

Status write_safetensors(const std::string& path,
                         const std::map<std::string, std::string>& metadata,
                         const std::vector<TensorView>& tensors) {
  const auto order = file_order(tensors);
  TUTTI_ASSIGN(std::string header, header_json(metadata, order));
  const size_t used = (8 + header.size()) % data_alignment;
  if (used) header.append(data_alignment - used, ' ');
  std::string length(8, '\0');
  for (size_t i = 0; i < 8; ++i) length[i] = char(header.size() >> (8 * i));

  TUTTI_ASSIGN(AtomicFile file, AtomicFile::create(path));
  TUTTI_CHECK(file.write(length + header));
  for (const TensorView* tensor : order) TUTTI_CHECK(file.write({tensor->data, tensor->bytes}));
  return file.commit();
}

}  // namespace tutti
