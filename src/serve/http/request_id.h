// What a request is called in its answer (X-Request-Id) and in the log.
#pragma once

#include <string>

namespace tutti {

// "req_" and 32 hexadecimal digits of a random number.
std::string new_request_id();

}  // namespace tutti
