#include "base/utf8_repair.h"

#include <utility>

#include "base/utf8.h"

namespace tutti {
namespace {

constexpr const char* kUnknown = "\xef\xbf\xbd";
constexpr size_t kMostBytes = 4;  // bytes of a character

// Whether bytes that are malformed at their beginning may become a character with what follows.
// Whatever the lead, it goes on with 0x80 or with 0xbf: the limits of RFC 3629 keep one of them.
bool may_become_character(std::string_view bytes) {
  for (const char next : {'\x80', '\xbf'}) {
    std::string whole(bytes);
    while (whole.size() < kMostBytes)
      if (!invalid_utf8_at(whole += next)) return true;
  }
  return false;
}

}  // namespace

std::string Utf8Repair::push(std::string_view bytes) {
  held_ += bytes;
  std::string text;
  std::string_view rest = held_;
  while (const auto bad = invalid_utf8_at(rest)) {
    text += rest.substr(0, *bad);
    rest.remove_prefix(*bad);
    if (may_become_character(rest)) {
      held_ = std::string(rest);
      return text;
    }
    text += kUnknown;
    rest.remove_prefix(1);
  }
  text += rest;
  held_.clear();
  return text;
}

std::string Utf8Repair::end() {
  std::string text;
  for (size_t i = std::exchange(held_, {}).size(); i > 0; --i) text += kUnknown;
  return text;
}

std::string repaired_utf8(std::string_view bytes) {
  Utf8Repair repair;
  std::string text = repair.push(bytes);
  return text += repair.end();
}

}  // namespace tutti
