// Reads a request's JSON, checking as it goes. The first thing that is wrong is kept, with the name
// of the parameter, and from then on everything reads as its default; a handler looks once, at the
// end.
//
//   Checker checker;
//   Fields fields = checker.object(request.body);
//   options.temperature = fields.number("temperature", 0, 0, 2);
//   options.seed = fields.integer("seed", 0, 0, kMostSeed);
//   if (checker.problem()) return send_problem(*reply, *checker.problem());
//
// Not thread-safe. A Checker outlives the Fields that it made.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "serve/http/ledger.h"

namespace tutti {

using Json = nlohmann::ordered_json;

// What is wrong with a request, in OpenAI's terms.
struct Problem {
  int status = 400;
  std::string message, type = "invalid_request_error", param, code;
  int retry_after = 0;  // seconds; 0: not said
};

// bad_input, usage and too_long 400, too_large 413, busy 429, no_memory 503, timed_out 504, the
// rest 500.
Problem problem_of(const Error& error, int retry_after);

class Checker;

class Fields {
 public:
  bool has(const char* name) const;  // there and not null
  std::string text(const char* name, std::string otherwise = {});
  std::string required_text(const char* name);  // not empty
  std::string choice(const char* name, const std::vector<std::string>& allowed,
                     std::string otherwise);
  int64_t integer(const char* name, int64_t otherwise, int64_t least, int64_t most);
  double number(const char* name, double otherwise, double least, double most);
  bool flag(const char* name, bool otherwise = false);
  Fields object(const char* name);                // empty where it is not there
  std::vector<Fields> objects(const char* name);  // of an array
  const Json& json(const char* name) const;       // null where it is not there
  const Json& json() const { return *json_; }

  bool refused() const;  // something of the request has been
  // Refuses the field where it is there and says something other than `harmless`.
  void unsupported(const char* name, const Json& harmless, const std::string& instead);
  void refuse(const char* name, const std::string& message, const std::string& code = {});
  void refuse(const Error& error);  // of this object as a whole
  std::string path(const char* name) const;
  const std::string& path() const { return path_; }  // of this object

 private:
  friend class Checker;
  Fields(Checker& checker, const Json& json, std::string path)
      : checker_(&checker), json_(&json), path_(std::move(path)) {}

  Checker* checker_;
  const Json* json_;
  std::string path_;
};

class Checker {
 public:
  // What the document takes is charged to the account.
  explicit Checker(Account::Ptr account = nullptr) : charge_(std::move(account)) {}

  // The body of a request: one JSON object, nested 32 deep at most.
  Fields object(const std::string& body);
  // A value that is at hand, as `path`.
  Fields object(const Json& json, std::string path);

  const std::optional<Problem>& problem() const { return problem_; }
  void refuse(Problem problem);

 private:
  Charge charge_;
  std::deque<Json> documents_;
  std::optional<Problem> problem_;
};

}  // namespace tutti
