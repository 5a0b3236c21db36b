// What is written into the tables: ids, times, texts of JSON.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tutti {

// conv_, msg_, file_ and 24 hexadecimal digits.
std::string new_store_id(const char* prefix);

int64_t now_seconds();  // Unix time
Status check_store_id(const std::string& id);
// bad_input unless it is the text of a JSON object; `what` stands in the message.
Status check_object(const std::string& text, const char* what);

}  // namespace tutti
