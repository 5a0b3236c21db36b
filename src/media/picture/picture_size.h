// The size that the head of a still picture claims, read before anything is decoded, so that a
// limit is looked at before the work and named as a limit. Internal; hostile bytes are its daily
// bread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tutti {

struct PictureSize {
  uint32_t width = 0, height = 0;
  uint64_t pixels() const { return uint64_t(width) * height; }
};

// Of a JPEG, PNG, GIF, BMP or WebP; nothing where the head is damaged or of another kind: the
// decoder then says what is wrong.
std::optional<PictureSize> claimed_size(std::string_view file);

}  // namespace tutti
