// Walks the fields of one protocol buffer message; just enough for tokenizer.model.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tutti {

struct ProtoField {
  uint32_t number = 0;
  uint64_t value = 0;      // varint and fixed types, as raw bits
  std::string_view bytes;  // length-delimited type
  int wire_type = 0;       // 0 varint, 1 64-bit, 2 length-delimited, 5 32-bit

  float as_float() const {
    const uint32_t bits = uint32_t(value);
    float result;
    std::memcpy(&result, &bits, sizeof result);
    return result;
  }
};

class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : rest_(message) {}

  // False at the end and on malformed bytes; ok() tells which.
  bool next(ProtoField& field) {
    if (rest_.empty() || !ok_) return false;
    uint64_t tag = 0;
    if (!varint(tag) || (tag >> 3) == 0 || (tag >> 3) > UINT32_MAX) return fail();
    field = {uint32_t(tag >> 3), 0, {}, int(tag & 7)};
    if (field.wire_type == 0) return varint(field.value) || fail();
    if (field.wire_type == 1) return fixed(8, field.value) || fail();
    if (field.wire_type == 5) return fixed(4, field.value) || fail();
    uint64_t length = 0;
    if (field.wire_type != 2 || !varint(length) || length > rest_.size()) return fail();
    field.bytes = rest_.substr(0, size_t(length));
    rest_.remove_prefix(size_t(length));
    return true;
  }

  bool ok() const { return ok_; }

 private:
  bool fail() { return ok_ = false; }

  bool varint(uint64_t& value) {
    for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= uint64_t(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool fixed(size_t size, uint64_t& value) {
    if (rest_.size() < size) return false;
    for (size_t i = 0; i < size; ++i) value |= uint64_t(uint8_t(rest_[i])) << (8 * i);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tutti
