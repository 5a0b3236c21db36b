#include "serve/api/data_url.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>

#include "base/quote.h"
#include "serve/http/message.h"

namespace tutti {
namespace {

constexpr std::string_view kBase64 = ";base64";

// One vectorised search a letter: find_first_of looks at every byte by itself.
bool holds_any(std::string_view text, std::string_view letters) {
  return std::any_of(letters.begin(), letters.end(),
                     [&](char c) { return text.find(c) != text.npos; });
}

// Decodes whole groups of four letters, all but the last ones; returns how many letters those are:
// none where there is anything but letters among them. libsodium takes the same time for every
// letter, as secrets need it; an upload is none, and OpenSSL is several times as fast.
size_t decode_head(std::string_view text, uint8_t* bytes) {
  constexpr size_t kMost = size_t(1) << 30;  // OpenSSL counts in int
  if (text.size() < 64 || text.size() > kMost || holds_any(text, "= \t\r\n")) return 0;
  const size_t head = (text.size() - 4) / 4 * 4;
  const auto* letters = reinterpret_cast<const unsigned char*>(text.data());
  return EVP_DecodeBlock(bytes, letters, int(head)) == int(head / 4 * 3) ? head : 0;
}

}  // namespace

Result<std::vector<uint8_t>> decode_base64(std::string_view text) {
  while (!text.empty() && (text.back() == '=' || text.back() == '\n' || text.back() == '\r'))
    text.remove_suffix(1);
  // libsodium takes some bytes above 127 for letters.
  const bool ascii =
      std::none_of(text.begin(), text.end(), [](char c) { return uint8_t(c) > 127; });
  if (!ascii) return bad_input("this is not base64; check how it was encoded");
  const bool url_safe = holds_any(text, "-_");
  std::vector<uint8_t> bytes(text.size() / 4 * 3 + 3);
  const size_t head = url_safe ? 0 : decode_head(text, bytes.data());
  text.remove_prefix(head);
  size_t size = 0;
  const char* end = nullptr;
  const int variant = url_safe ? sodium_base64_VARIANT_URLSAFE_NO_PADDING
                               : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  if (sodium_base642bin(bytes.data() + head / 4 * 3, bytes.size() - head / 4 * 3, text.data(),
                        text.size(), "\r\n", &size, &end, variant) ||
      end != text.data() + text.size())
    return bad_input("this is not base64; check how it was encoded");
  bytes.resize(head / 4 * 3 + size);
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
