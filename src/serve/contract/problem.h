// What is wrong with a request, in OpenAI's terms, and the answer that says so.
#pragma once

#include <string>

#include "base/result.h"
#include "serve/http/message.h"

namespace tutti {

struct Problem {
  int status = 400;
  std::string message, type = "invalid_request_error", param, code;
  int retry_after = 0;  // seconds; 0: not said
};

// bad_input, usage, too_long and unsupported (of the parameter `model`) 400, not_found 404,
// too_large 413, busy 429, cancelled and no_memory 503, timed_out 504, no_space 507, the rest 500.
// `retry_after` is said where another try may help.
Problem problem_of(const Error& error, int retry_after);

// The same of what stands in the parameter `param`, whose name comes first: it takes the place of
// kUploadName (media/input.h), as decoders call what they were given.
Problem problem_at(const std::string& param, const Error& error, int retry_after);

void send_problem(Reply& reply, const Problem& problem);

}  // namespace tutti
