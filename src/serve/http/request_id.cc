#include "serve/http/request_id.h"

#include <sodium.h>

namespace tutti {

std::string new_request_id() {
  unsigned char random[16];
  randombytes_buf(random, sizeof random);
  char digits[2 * sizeof random + 1];
  sodium_bin2hex(digits, sizeof digits, random, sizeof random);
  return std::string("req_") + digits;
}

}  // namespace tutti
