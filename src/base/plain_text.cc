#include "base/plain_text.h"

#include "base/byte_place.h"
#include "base/utf8.h"

namespace tutti {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMark = "\xef\xbb\xbf"sv;  // U+FEFF in UTF-8

// The longer marks first: UTF-32's begins with UTF-16's.
const char* other_encoding(std::string_view bytes) {
  if (bytes.starts_with("\xff\xfe\0\0"sv) || bytes.starts_with("\0\0\xfe\xff"sv)) return "UTF-32";
  if (bytes.starts_with("\xff\xfe"sv) || bytes.starts_with("\xfe\xff"sv)) return "UTF-16";
  return nullptr;
}

}  // namespace

std::string_view plain_text(std::string_view utf8) {
  if (utf8.starts_with(kMark)) utf8.remove_prefix(kMark.size());
  if (utf8.ends_with('\n')) utf8.remove_suffix(utf8.ends_with("\r\n") ? 2 : 1);
  return utf8;
}

Status check_text(std::string_view bytes) {
  if (const char* name = other_encoding(bytes))
    return bad_input("is " + std::string(name) + "; convert it with: iconv -f " + name +
                     " -t UTF-8");
  if (const auto at = invalid_utf8_at(bytes))
    return bad_input("is not UTF-8 from " + byte_place(*at) +
                     " on; convert it, for example with iconv");
  if (const size_t at = bytes.find('\0'); at != bytes.npos)
    return bad_input("holds a zero byte (" + byte_place(at) +
                     "); it is UTF-16 without a mark, or no text: convert it with iconv");
  return {};
}

Result<std::string> read_plain_text(std::string_view bytes) {
  TUTTI_CHECK(check_text(bytes));
  return std::string(plain_text(bytes));
}

}  // namespace tutti
