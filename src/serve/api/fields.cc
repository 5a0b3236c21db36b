#include "serve/api/fields.h"

#include <algorithm>
#include <cmath>

#include "base/quote.h"
#include "serve/http/read_json.h"

namespace tutti {
namespace {

const Json kNull;
const Json kEmpty = Json::object();

std::string shortest(double value) {
  return Json(value).dump();
}

}  // namespace

Problem problem_of(const Error& error, int retry_after) {
  switch (error.code()) {
    case ErrorCode::usage:
    case ErrorCode::bad_input:
      return {400, error.message()};
    case ErrorCode::too_long:
      return {400, error.message(), "invalid_request_error", "", "context_length_exceeded"};
    case ErrorCode::no_memory:
      return {503, error.message(), "server_error", "", "overloaded", retry_after};
    case ErrorCode::busy:
      return {429, error.message(), "rate_limit_error", "", "busy", retry_after};
    case ErrorCode::too_large:
      return {413, error.message()};
    case ErrorCode::timed_out:
      return {504, error.message(), "server_error", "", "timeout"};
    case ErrorCode::cancelled:
      return {503, error.message(), "server_error", "", "cancelled"};
    default:
      return {500, error.message(), "server_error"};
  }
}

void Checker::refuse(Problem problem) {
  if (!problem_) problem_ = std::move(problem);
}

Fields Checker::object(const std::string& body) {
  auto json = read_json(body, &charge_);
  if (!json && json.error().code() != ErrorCode::bad_input)
    refuse(problem_of(json.error(), 1));
  else if (!json)
    refuse({400, "the body cannot be read: " + json.error().message() + "; send one JSON object"});
  else if (!json->is_object())
    refuse({400, "the body must be a JSON object"});
  documents_.push_back(json ? *std::move(json) : Json());
  return {*this, problem_ ? kEmpty : documents_.back(), ""};
}

Fields Checker::object(const Json& json, std::string path) {
  if (!json.is_object()) refuse({400, path + " must be an object", "invalid_request_error", path});
  return {*this, json.is_object() ? json : kEmpty, std::move(path)};
}

std::string Fields::path(const char* name) const {
  return path_.empty() ? name : path_ + "." + name;
}

const Json& Fields::json(const char* name) const {
  const auto found = json_->find(name);
  return found == json_->end() ? kNull : *found;
}

bool Fields::has(const char* name) const {
  return !json(name).is_null();
}

bool Fields::refused() const {
  return checker_->problem().has_value();
}

void Fields::refuse(const char* name, const std::string& message, const std::string& code) {
  const int status = code == "model_not_found" ? 404 : 400;
  checker_->refuse({status, path(name) + " " + message, "invalid_request_error", path(name), code});
}

void Fields::refuse(const Error& error) {
  Problem problem = problem_of(error, 1);  // busy: the decoders, whose work is short
  problem.param = path_;
  if (!path_.empty()) problem.message = path_ + ": " + problem.message;
  checker_->refuse(std::move(problem));
}

std::string Fields::text(const char* name, std::string otherwise) {
  if (!has(name)) return otherwise;
  if (json(name).is_string()) return json(name).get<std::string>();
  refuse(name, "must be a string");
  return otherwise;
}

std::string Fields::required_text(const char* name) {
  std::string value = text(name);
  if (value.find_first_not_of(" \t\r\n") == std::string::npos)
    refuse(name, "is needed and must not be empty", "missing_required_parameter");
  return value;
}

std::string Fields::choice(const char* name, const std::vector<std::string>& allowed,
                           std::string otherwise) {
  std::string value = text(name, otherwise);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return value;
  std::string list;
  for (const std::string& one : allowed) list += (list.empty() ? "" : ", ") + one;
  refuse(name, "is " + quote(value) + "; it can be " + list, "unsupported_value");
  return otherwise;
}

int64_t Fields::integer(const char* name, int64_t otherwise, int64_t least, int64_t most) {
  if (!has(name)) return otherwise;
  const Json& value = json(name);
  const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= uint64_t(INT64_MAX)
                                               : value.is_number_integer();
  if (fits && value.get<int64_t>() >= least && value.get<int64_t>() <= most)
    return value.get<int64_t>();
  refuse(name, "must be an integer from " + std::to_string(least) + " to " + std::to_string(most),
         "integer_out_of_range");
  return otherwise;
}

double Fields::number(const char* name, double otherwise, double least, double most) {
  if (!has(name)) return otherwise;
  const double value = json(name).is_number() ? json(name).get<double>() : NAN;
  if (value >= least && value <= most) return value;
  refuse(name, "must be a number from " + shortest(least) + " to " + shortest(most),
         "decimal_out_of_range");
  return otherwise;
}

bool Fields::flag(const char* name, bool otherwise) {
  if (!has(name)) return otherwise;
  if (json(name).is_boolean()) return json(name).get<bool>();
  refuse(name, "must be true or false");
  return otherwise;
}

Fields Fields::object(const char* name) {
  return has(name) ? checker_->object(json(name), path(name))
                   : Fields(*checker_, kEmpty, path(name));
}

std::vector<Fields> Fields::objects(const char* name) {
  std::vector<Fields> all;
  if (!has(name)) return all;
  if (!json(name).is_array()) refuse(name, "must be an array");
  if (json(name).is_array())
    for (const Json& one : json(name))
      all.push_back(checker_->object(one, path(name) + "[" + std::to_string(all.size()) + "]"));
  return all;
}

void Fields::unsupported(const char* name, const Json& harmless, const std::string& instead) {
  if (has(name) && json(name) != harmless)
    refuse(name, "is not supported: " + instead, "unsupported_parameter");
}

}  // namespace tutti
