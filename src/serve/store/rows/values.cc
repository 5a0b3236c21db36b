#include "serve/store/rows/values.h"

#include <sodium.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/quote.h"

namespace tutti {

int64_t now_seconds() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

Status check_store_id(const std::string& id) {
  const char* letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (!id.empty() && id.size() <= 64 && id.find_first_not_of(letters) == id.npos) return {};
  return bad_input("an id is 1 to 64 letters, digits, '_' and '-', not " + quote(id, 40));
}

Status check_object(const std::string& text, const char* what) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin != text.npos && text[begin] == '{' && nlohmann::json::accept(text)) return {};
  return bad_input(std::string(what) + " must be a JSON object");
}

std::string new_store_id(const char* prefix) {
  uint8_t bytes[12];
  char digits[2 * sizeof bytes + 1];
  randombytes_buf(bytes, sizeof bytes);
  sodium_bin2hex(digits, sizeof digits, bytes, sizeof bytes);
  return std::string(prefix) + '_' + digits;
}

}  // namespace tutti
