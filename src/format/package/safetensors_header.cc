// Parses and validates the header. The JSON arrives as events, so nothing is built in memory for
// input that is refused, nesting costs nothing, and repeated keys are seen.
#include "format/package/safetensors_header.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/byte_place.h"
#include "base/quote.h"

namespace tutti {
namespace {

constexpr size_t largest_header = 100'000'000;  // the limit of the reference implementation
constexpr size_t most_tensors = 1'000'000;
constexpr size_t most_dimensions = 16;
constexpr size_t longest_name = 1024;

struct HeaderEntry {
  std::string name;
  std::optional<DType> dtype;
  std::optional<std::vector<uint64_t>> shape;
  std::optional<std::vector<uint64_t>> offsets;
};

std::optional<DType> parse_dtype(std::string_view name) {
  for (DType dtype :
       {DType::f32, DType::f16, DType::bf16, DType::i8, DType::u8, DType::i32, DType::i64}) {
    if (dtype_name(dtype) == name) return dtype;
  }
  return std::nullopt;
}

// Levels: 0 outside, 1 among tensor names, 2 inside a tensor or __metadata__, 3 inside an array.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::map<std::string, std::string> metadata;
  std::vector<HeaderEntry> entries;
  std::string problem;

  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("true or false"); }
  bool number_integer(int64_t) override { return refuse("a negative number"); }
  bool number_float(double, const std::string&) override { return refuse("a fraction"); }
  bool binary(binary_t&) override { return refuse("binary data"); }

  bool number_unsigned(uint64_t value) override {
    if (level_ != 3) return refuse("a number");
    if (array_->size() == most_dimensions) {
      return stop(where() + " has more than " + std::to_string(most_dimensions) + " numbers");
    }
    array_->push_back(value);
    return true;
  }

  bool string(std::string& value) override {
    if (level_ == 2 && in_metadata_) {
      return metadata.emplace(key_, std::move(value)).second || repeated(key_);
    }
    if (level_ != 2 || key_ != "dtype") return refuse("a text");
    if (entries.back().dtype) return repeated(key_);
    entries.back().dtype = parse_dtype(value);
    if (entries.back().dtype) return true;
    return stop(where() + " has type " + quote(value) +
                "; known are F32, F16, BF16, I8, U8, I32, I64");
  }

  bool start_object(size_t) override {
    if (level_ == 0) return ++level_;
    if (level_ != 1) return refuse("an object");
    in_metadata_ = key_ == "__metadata__";
    if (in_metadata_ && std::exchange(seen_metadata_, true)) return repeated(key_);
    if (!in_metadata_) entries.push_back({.name = key_});
    return ++level_;
  }

  bool start_array(size_t) override {
    if (level_ != 2 || in_metadata_) return refuse("a list");
    auto& target = key_ == "shape" ? entries.back().shape : entries.back().offsets;
    if (key_ != "shape" && key_ != "data_offsets") return refuse("a list");
    if (target) return repeated(key_);
    array_ = &target.emplace();
    return ++level_;
  }

  bool end_object() override { return end(); }
  bool end_array() override { return end(); }

  bool key(std::string& value) override {
    key_ = std::move(value);
    if (key_.size() > longest_name) return stop("a name has more than 1024 bytes");
    if (level_ == 1 && key_.empty()) return stop("a tensor has an empty name");
    if (level_ == 1 && entries.size() == most_tensors) return stop("it lists over 1000000 tensors");
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return stop("its header is not JSON at " + byte_place(kSafetensorsLength + position - 1));
  }

 private:
  bool end() {
    --level_;
    return true;
  }
  std::string where() const {
    if (in_metadata_) return "__metadata__";
    return entries.empty() ? "the header" : "tensor " + quote(entries.back().name);
  }
  bool refuse(const std::string& what) {
    return stop(where() + " has " + what + " under " + quote(key_) +
                ", where the safetensors format has none");
  }
  bool repeated(const std::string& key) { return stop("the key " + quote(key) + " is repeated"); }
  bool stop(std::string message) {
    problem = std::move(message);
    return false;
  }

  int level_ = 0;
  bool in_metadata_ = false;
  bool seen_metadata_ = false;
  std::string key_;
  std::vector<uint64_t>* array_ = nullptr;
};

// One entry against the data section: complete, in range, and as long as its shape says.
Result<TensorView> place(HeaderEntry& entry, std::span<const std::byte> data) {
  const std::string who = "tensor " + quote(entry.name);
  if (!entry.dtype || !entry.shape || !entry.offsets || entry.offsets->size() != 2) {
    return bad_input(who + " lacks dtype, shape or two data_offsets");
  }
  const uint64_t begin = (*entry.offsets)[0], end = (*entry.offsets)[1];
  if (begin > end || end > data.size()) {
    return bad_input(who + " lies at bytes " + std::to_string(begin) + " to " +
                     std::to_string(end) + " of a data section of " + std::to_string(data.size()) +
                     "; the file is damaged or cut short");
  }
  TensorView tensor{std::move(entry.name), *entry.dtype, {}, data.data() + begin, end - begin};
  for (uint64_t extent : *entry.shape) {
    if (extent > uint64_t(INT64_MAX)) return bad_input(who + " has an impossible shape");
    tensor.shape.push_back(int64_t(extent));
  }
  auto wanted = tensor_bytes(tensor.dtype, tensor.shape);
  if (!wanted) return wanted.error().with_context(who);
  if (*wanted != tensor.bytes) {
    return bad_input(who + " of type " + std::string(dtype_name(tensor.dtype)) + " and shape " +
                     shape_text(tensor.shape) + " needs " + std::to_string(*wanted) +
                     " bytes but has " + std::to_string(tensor.bytes));
  }
  return tensor;
}

// The format allows neither overlaps nor holes: in the order of their places, every tensor begins
// where the one before ends, and the last ends the file.
Status check_tiling(const std::vector<TensorView>& tensors, std::span<const std::byte> data) {
  std::vector<const TensorView*> order;
  for (const TensorView& tensor : tensors) order.push_back(&tensor);
  std::sort(order.begin(), order.end(), [](const TensorView* a, const TensorView* b) {
    return std::pair(a->data, a->bytes) < std::pair(b->data, b->bytes);
  });
  const std::byte* expected = data.data();
  for (const TensorView* tensor : order) {
    if (tensor->data != expected) {
      return bad_input(
          "tensor " + quote(tensor->name) +
          (tensor->data < expected ? " overlaps the one before it" : " has a hole before it"));
    }
    expected += tensor->bytes;
  }
  const size_t covered = size_t(expected - data.data());
  if (covered == data.size()) return {};
  return bad_input(std::to_string(data.size() - covered) + " bytes at its end belong to no tensor");
}

}  // namespace

Result<std::span<const std::byte>> safetensors_header(std::span<const std::byte> file) {
  const std::string size = std::to_string(file.size());
  if (file.size() < kSafetensorsLength) {
    return bad_input("it has " + size +
                     " bytes, too few for a safetensors file; was the copy interrupted?");
  }
  uint64_t length = 0;
  for (size_t i = 0; i < kSafetensorsLength; ++i) length |= uint64_t(file[i]) << (8 * i);
  if (length > largest_header || length > file.size() - kSafetensorsLength) {
    return bad_input("its header claims " + std::to_string(length) + " bytes in a file of " + size +
                     "; this is not a safetensors file, or it is cut short");
  }
  return file.subspan(kSafetensorsLength, length);
}

Result<SafetensorsContent> parse_safetensors(std::span<const std::byte> file) {
  TUTTI_ASSIGN(auto text, safetensors_header(file));
  HeaderReader reader;
  const auto* first = reinterpret_cast<const char*>(text.data());
  if (!nlohmann::json::sax_parse(first, first + text.size(), &reader)) {
    return bad_input(reader.problem.empty() ? "its header is damaged" : reader.problem);
  }
  SafetensorsContent content{std::move(reader.metadata), {}};
  const auto data = file.subspan(kSafetensorsLength + text.size());
  for (HeaderEntry& entry : reader.entries) {
    TUTTI_ASSIGN(TensorView tensor, place(entry, data));
    content.tensors.push_back(std::move(tensor));
  }
  TUTTI_CHECK(check_tiling(content.tensors, data));
  auto& tensors = content.tensors;
  std::sort(tensors.begin(), tensors.end(),
            [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  for (size_t i = 1; i < tensors.size(); ++i) {
    if (tensors[i].name == tensors[i - 1].name) {
      return bad_input("tensor " + quote(tensors[i].name) + " is listed twice");
    }
  }
  return content;
}

}  // namespace tutti
