#include "serve/contract/problem.h"

#include "media/input.h"

namespace tutti {

Problem problem_of(const Error& error, int retry_after) {
  switch (error.code()) {
    case ErrorCode::usage:
    case ErrorCode::bad_input:
      return {400, error.message()};
    case ErrorCode::not_found:
      return {404, error.message(), "invalid_request_error", "", "not_found"};
    case ErrorCode::too_long:
      return {400, error.message(), "invalid_request_error", "", "context_length_exceeded"};
    case ErrorCode::unsupported:
      return {400, error.message(), "invalid_request_error", "model", "unsupported_value"};
    case ErrorCode::no_memory:
      return {503, error.message(), "server_error", "", "overloaded", retry_after};
    case ErrorCode::busy:
      return {429, error.message(), "rate_limit_error", "", "busy", retry_after};
    case ErrorCode::too_large:
      return {413, error.message(), "invalid_request_error", "", "too_large"};
    case ErrorCode::timed_out:
      return {504, error.message(), "server_error", "", "timeout"};
    case ErrorCode::cancelled:
      return {503, error.message(), "server_error", "", "cancelled"};
    case ErrorCode::no_space:
      return {507, error.message(), "server_error", "", "no_space", 10};
    default:
      return {500, error.message(), "server_error"};
  }
}

Problem problem_at(const std::string& param, const Error& error, int retry_after) {
  const std::string upload = std::string(kUploadName) + ": ";
  Problem problem = problem_of(error, retry_after);
  if (problem.message.starts_with(upload)) problem.message.erase(0, upload.size());
  problem.message = param + ": " + problem.message;
  problem.param = param;
  if (problem.status == 400 && problem.code.empty()) problem.code = "invalid_value";
  return problem;
}

void send_problem(Reply& reply, const Problem& problem) {
  Headers more;
  if (problem.retry_after > 0) more = {{"Retry-After", std::to_string(problem.retry_after)}};
  reply.send(problem.status, "application/json",
             error_json(problem.message, problem.type, problem.code, problem.param), more);
}

}  // namespace tutti
