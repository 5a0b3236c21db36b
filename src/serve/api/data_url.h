// Media that come inside a request: data URLs (RFC 2397) and base64.
//
//   TUTTI_ASSIGN(Upload picture, read_data_url("data:image/png;base64,iVBO..."));
//
// Any other URL is refused, and with it whatever could make the server open a file or a connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

struct Upload {
  std::string media_type;  // as the client says; decoders look at the bytes
  std::vector<uint8_t> bytes;
};

Result<Upload> read_data_url(std::string_view url);

// Standard or URL-safe alphabet, with or without padding; line breaks are skipped.
Result<std::vector<uint8_t>> decode_base64(std::string_view text);
std::string encode_base64(const void* bytes, size_t size);
std::string encode_base64(const std::vector<uint8_t>& bytes);

}  // namespace tutti
