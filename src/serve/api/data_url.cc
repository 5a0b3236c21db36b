#include "serve/api/data_url.h"

#include <sodium.h>

#include "base/quote.h"
#include "serve/http/message.h"

namespace tutti {
namespace {

constexpr std::string_view kBase64 = ";base64";

}  // namespace

Result<std::vector<uint8_t>> decode_base64(std::string_view text) {
  while (!text.empty() && (text.back() == '=' || text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  const bool url_safe = text.find_first_of("-_") != text.npos;
  std::vector<uint8_t> bytes(text.size() / 4 * 3 + 3);
  size_t size = 0;
  const char* end = nullptr;
  const int variant = url_safe ? sodium_base64_VARIANT_URLSAFE_NO_PADDING
                               : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), "\r\n", &size, &end,
                        variant) ||
      end != text.data() + text.size())
    return bad_input("this is not base64; check how it was encoded");
  bytes.resize(size);
  return bytes;
}

std::string encode_base64(const void* bytes, size_t size) {
  std::string text(sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), static_cast<const uint8_t*>(bytes), size,
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminating zero
  return text;
}

std::string encode_base64(const std::vector<uint8_t>& bytes) {
  return encode_base64(bytes.data(), bytes.size());
}

Result<Upload> read_data_url(std::string_view url) {
  if (!url.starts_with("data:"))
    return bad_input("only data URLs are read, and this begins with " +
                     quote(url.substr(0, 12), 12) + "; send the bytes as data:TYPE;base64,...");
  url.remove_prefix(5);
  const size_t comma = url.substr(0, 256).find(',');
  if (comma == url.npos) return bad_input("the data URL has no comma before its data");
  std::string_view type = url.substr(0, comma);
  const std::string_view data = url.substr(comma + 1);
  Upload upload;
  if (type.ends_with(kBase64)) {
    type.remove_suffix(kBase64.size());
    TUTTI_ASSIGN(upload.bytes, decode_base64(data));
  } else {
    return bad_input("the data URL is not in base64; send data:TYPE;base64,...");
  }
  upload.media_type = std::string(type.substr(0, type.find(';')));
  if (upload.bytes.empty()) return bad_input("the data URL holds no data");
  return upload;
}

}  // namespace tutti
