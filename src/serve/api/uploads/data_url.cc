#include "serve/api/uploads/data_url.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>

#include "base/quote.h"
#include "serve/http/message.h"

namespace tutti {
namespace {

constexpr std::string_view kScheme = "data:", kBase64 = "base64";

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(uint8_t(x)) == std::tolower(uint8_t(y));
  });
}

Error not_base64() {
  return bad_input("this is not base64; check how it was encoded");
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// One vectorised search a letter: find_first_of looks at every byte by itself.
bool holds_any(std::string_view text, std::string_view letters) {
  return std::any_of(letters.begin(), letters.end(),
                     [&](char c) { return text.find(c) != text.npos; });
}

// In the standard alphabet and without the blanks and line breaks that some encoders put in.
std::string undressed(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (const char c : text)
    if (!is_space(c)) plain += c == '-' ? '+' : c == '_' ? '/' : c;
  return plain;
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

bool is_data_url(std::string_view text) {
  return text.size() >= kScheme.size() && same_letters(text.substr(0, kScheme.size()), kScheme);
}

}  // namespace

Result<std::vector<uint8_t>> decode_base64(std::string_view text) {
  text = trim(text);
  if (holds_any(text, " \t\r\n-_")) return decode_base64(undressed(text));
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  // libsodium takes some bytes above 127 for letters.
  if (std::any_of(text.begin(), text.end(), [](char c) { return uint8_t(c) > 127; }))
    return not_base64();
  std::vector<uint8_t> bytes(text.size() / 4 * 3 + 3);
  const size_t head = decode_head(text, bytes.data());
  text.remove_prefix(head);
  size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(bytes.data() + head / 4 * 3, bytes.size() - head / 4 * 3, text.data(),
                        text.size(), nullptr, &size, &end,
                        sodium_base64_VARIANT_ORIGINAL_NO_PADDING) ||
      end != text.data() + text.size())
    return not_base64();
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

Result<std::vector<uint8_t>> read_data_url(std::string_view url) {
  url = trim(url);
  if (!is_data_url(url))
    return bad_input("only data URLs are read, and this begins with " +
                     quote(url.substr(0, 12), 12) + "; send the bytes as data:TYPE;base64,...");
  url.remove_prefix(kScheme.size());
  const size_t comma = url.substr(0, 256).find(',');
  if (comma == url.npos) return bad_input("the data URL has no comma before its data");
  const std::string_view type = url.substr(0, comma), data = url.substr(comma + 1);
  const size_t semicolon = type.rfind(';');
  if (semicolon == type.npos || !same_letters(trim(type.substr(semicolon + 1)), kBase64))
    return bad_input("the data URL is not in base64; send data:TYPE;base64,...");
  std::string plain;  // "%2B" for "+"
  const bool escaped = data.find('%') != data.npos;
  if (escaped && !decode_percent(data, false, plain)) return not_base64();
  TUTTI_ASSIGN(std::vector<uint8_t> bytes, decode_base64(escaped ? plain : data));
  if (bytes.empty()) return bad_input("the data URL holds no data");
  return bytes;
}

Result<std::vector<uint8_t>> decode_media(std::string_view text) {
  return is_data_url(trim(text)) ? read_data_url(text) : decode_base64(text);
}

}  // namespace tutti
