// Media that come inside a request: data URLs (RFC 2397) and base64.
//
//   TUTTI_ASSIGN(std::vector<uint8_t> picture, read_data_url("data:image/png;base64,iVBO..."));
//
// Any other URL is refused, and with it whatever could make the server open a file or a connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

// The bytes of a data URL in base64. Its type is not looked at: decoders look at the bytes.
Result<std::vector<uint8_t>> read_data_url(std::string_view url);

// Standard or URL-safe alphabet, with or without padding; blanks and line breaks are skipped.
Result<std::vector<uint8_t>> decode_base64(std::string_view text);
// Base64, or a data URL of it.
Result<std::vector<uint8_t>> decode_media(std::string_view text);
std::string encode_base64(const void* bytes, size_t size);
std::string encode_base64(const std::vector<uint8_t>& bytes);

}  // namespace tutti
