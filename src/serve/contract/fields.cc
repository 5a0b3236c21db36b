#include "serve/contract/fields.h"

#include <atomic>
#include <cmath>

#include "serve/contract/check.h"
#include "serve/contract/form.h"
#include "serve/http/parse/read_json.h"

namespace tutti {
namespace {

const Json kNull;
const Json kEmpty = Json::object();
const Shape kNothing;
std::atomic<void (*)(const Field&)> field_watcher = nullptr;

std::string kind_of(const Json& json) {
  if (json.is_null()) return "null";
  return (json.is_array() ? "an " : "a ") + std::string(json.type_name());
}

}  // namespace

void watch_fields(void (*watcher)(const Field& field)) {
  field_watcher = watcher;
}

const Field* Fields::find(const char* name) const {
  const Field* const field = shape_->find(*json_, name);
  if (const auto watcher = field_watcher.load(std::memory_order_relaxed); watcher && field)
    watcher(*field);
  return field;
}

void Checker::refuse(Problem problem) {
  if (!problem_) problem_ = std::move(problem);
}

const Json& Checker::keep(Json json) {
  documents_.push_back(std::move(json));
  return documents_.back();
}

Json Checker::document(const std::string& text) {
  auto json = read_json(text, &charge_);
  if (json) return *std::move(json);
  Problem problem = problem_of(json.error(), 1);
  if (json.error().code() == ErrorCode::bad_input) {
    problem.message = "the body cannot be read: " + problem.message;
    problem.code = "invalid_json";
  }
  refuse(std::move(problem));
  return nullptr;
}

Fields Checker::body(const std::string& body, const Shape& shape) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos)
    refuse({400, "the body is empty; send one JSON object", "invalid_request_error", "",
            "invalid_json"});
  else if (body.starts_with("--"))
    refuse({400, "the body is a form; send one JSON object", "invalid_request_error", "",
            "invalid_json"});
  if (problem_) return {*this, kEmpty, shape, ""};
  Json json = document(body);
  if (problem_) return {*this, kEmpty, shape, ""};
  return object(keep(std::move(json)), shape, "");
}

Fields Checker::object(const Json& json, const Shape& shape, std::string path) {
  if (!problem_) {
    if (!json.is_object())
      refuse({400,
              (path.empty() ? "the body" : path) + " must be a JSON object, not " + kind_of(json),
              "invalid_request_error", path, path.empty() ? "" : "invalid_type"});
    else if (auto wrong = check(shape, json, path))
      refuse(*std::move(wrong));
  }
  return {*this, problem_ ? kEmpty : json, shape, std::move(path)};
}

Fields Checker::texts(const std::vector<std::pair<std::string, std::string_view>>& texts,
                      const Shape& shape) {
  if (auto problem = check_lengths(texts, shape)) refuse(*std::move(problem));
  std::string blamed;
  Result<Json> json = problem_ ? Json::object() : json_of_texts(texts, shape, &charge_, &blamed);
  if (!json) {
    Problem problem = problem_of(json.error(), 1);
    if (problem.status == 400) {
      problem.param = blamed;
      problem.code = "invalid_value";
    }
    refuse(std::move(problem));
  }
  return object(keep(json ? *std::move(json) : Json::object()), shape, "");
}

Fields Checker::query(const std::vector<std::pair<std::string, std::string>>& query,
                      const Shape& shape) {
  return texts({query.begin(), query.end()}, shape);
}

std::string Fields::path(const char* name) const {
  return path_.empty() ? name : path_ + "." + name;
}

const Json& Fields::json(const char* name) const {
  const auto found = json_->find(name);
  return found == json_->end() || !(find(name) || shape_->open) ? kNull : *found;
}

bool Fields::has(const char* name) const {
  return !json(name).is_null();
}

size_t Fields::bytes(const char* name) const {
  const Json& said = json(name);
  return said.is_string() ? said.get_ref<const std::string&>().size() : 0;
}

bool Fields::refused() const {
  return checker_->problem().has_value();
}

const Json& Fields::value(const char* name) const {
  const Field* field = find(name);
  if (!field) return kNull;
  const Json& said = json(name);
  return said.is_null() ? field->otherwise : said;
}

void Fields::refuse(Problem problem) const {
  checker_->refuse(std::move(problem));
}

void Fields::refuse(const char* name, const std::string& message, const std::string& code) const {
  const int status = code == "model_not_found" ? 404 : 400;
  refuse({status, path(name) + " " + message, "invalid_request_error", path(name), code});
}

void Fields::refuse(const char* name, const Error& error) const {
  refuse(problem_at(path(name), error, 1));  // busy: the decoders, whose work is short
}

std::string Fields::text(const char* name) const {
  const Json& said = value(name);
  return said.is_string() ? said.get<std::string>() : std::string();
}

int64_t Fields::integer(const char* name) const {
  const Json& said = value(name);
  if (said.is_number_integer() && !said.is_number_unsigned()) return said.get<int64_t>();
  const double number = said.is_number() ? said.get<double>() : 0;  // 10.0, 1e20
  if (std::abs(number) >= field::kUnbounded) return number > 0 ? INT64_MAX : INT64_MIN;
  return said.is_number_unsigned() ? int64_t(said.get<uint64_t>()) : int64_t(number);
}

double Fields::number(const char* name) const {
  const Json& said = value(name);
  return said.is_number() ? said.get<double>() : 0;
}

bool Fields::flag(const char* name) const {
  const Json& said = value(name);
  return said.is_boolean() && said.get<bool>();
}

std::string Fields::text(const char* name, const std::string& otherwise) const {
  return has(name) ? text(name) : otherwise;
}

int64_t Fields::integer(const char* name, int64_t otherwise) const {
  return has(name) ? integer(name) : otherwise;
}

double Fields::number(const char* name, double otherwise) const {
  return has(name) ? number(name) : otherwise;
}

bool Fields::flag(const char* name, bool otherwise) const {
  return has(name) ? flag(name) : otherwise;
}

Fields Fields::object(const char* name) const {
  const Field* field = find(name);
  const Json& said = json(name);
  return {*checker_, said.is_object() ? said : kEmpty,
          field && field->shape ? *field->shape : kNothing, path(name)};
}

std::vector<Fields> Fields::objects(const char* name) const {
  std::vector<Fields> all;
  const Field* field = find(name);
  const Json& said = json(name);
  if (!field || !field->shape || !said.is_array()) return all;
  for (size_t i = 0; i < said.size(); ++i)
    all.push_back({*checker_, said[i].is_object() ? said[i] : kEmpty, *field->shape,
                   path(name) + "[" + std::to_string(i) + "]"});
  return all;
}

}  // namespace tutti
