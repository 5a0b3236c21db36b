// Reads a request's parameters, which have been checked against their Shape (shape.h). The first
// thing that is wrong is kept, with the name of the parameter, and from then on everything reads as
// its default; a handler looks once, at the end.
//
//   Checker checker;
//   Fields fields = checker.body(request.body, *operation.body);
//   options.temperature = fields.number("temperature");   // its default where it is missing
//   if (fields.flag("echo") && stream) fields.refuse("echo", "goes without stream");
//   if (checker.problem()) return send_problem(*reply, *checker.problem());
//
// A field that the Shape does not have reads as missing, so nothing can be read that is not in the
// document. Not thread-safe. A Checker, and the Shapes, outlive the Fields that it made.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "serve/contract/problem.h"
#include "serve/contract/shape.h"
#include "serve/http/limits/ledger.h"

namespace tutti {

class Checker;

// For tests of whether handlers read what the tables have: `watcher` is called with each field that
// is looked up, on its thread; nullptr ends it.
void watch_fields(void (*watcher)(const Field& field));

class Fields {
 public:
  bool has(const char* name) const;      // there and not null
  size_t bytes(const char* name) const;  // of a text, to be looked at before it is copied
  // What is said; else `otherwise`, or the table's default.
  std::string text(const char* name) const;
  std::string text(const char* name, const std::string& otherwise) const;
  int64_t integer(const char* name) const;
  int64_t integer(const char* name, int64_t otherwise) const;
  double number(const char* name) const;
  double number(const char* name, double otherwise) const;
  bool flag(const char* name) const;
  bool flag(const char* name, bool otherwise) const;
  Fields object(const char* name) const;                // empty where it is not there
  std::vector<Fields> objects(const char* name) const;  // of an array
  const Json& json(const char* name) const;             // null where it is not there
  const Json& json() const { return *json_; }

  // What only the handler can know to be wrong: "PATH MESSAGE".
  void refuse(const char* name, const std::string& message, const std::string& code = {}) const;
  void refuse(const char* name, const Error& error) const;  // "PATH: what the error says"
  void refuse(Problem problem) const;
  bool refused() const;  // something of the request has been
  std::string path(const char* name) const;

 private:
  friend class Checker;
  Fields(Checker& checker, const Json& json, const Shape& shape, std::string path)
      : checker_(&checker), json_(&json), shape_(&shape), path_(std::move(path)) {}

  const Field* find(const char* name) const;
  const Json& value(const char* name) const;  // or the table's default

  Checker* checker_;
  const Json* json_;
  const Shape* shape_;
  std::string path_;
};

class Checker {
 public:
  // What the document takes is charged to the account.
  explicit Checker(Account::Ptr account = nullptr) : charge_(std::move(account)) {}

  // The body of a request: one JSON object, nested 32 deep at most.
  Fields body(const std::string& body, const Shape& shape);
  // The value of a text in JSON, charged; null where it cannot be read, and that is the problem.
  Json document(const std::string& text);
  // A value that is at hand, as `path`.
  Fields object(const Json& json, const Shape& shape, std::string path);
  // Names with texts, of a query or a form, as what their Shape says they stand for (form.h).
  Fields texts(const std::vector<std::pair<std::string, std::string_view>>& texts,
               const Shape& shape);
  Fields query(const std::vector<std::pair<std::string, std::string>>& query, const Shape& shape);

  const std::optional<Problem>& problem() const { return problem_; }
  void refuse(Problem problem);

 private:
  const Json& keep(Json json);

  Charge charge_;
  std::deque<Json> documents_;
  std::optional<Problem> problem_;
};

}  // namespace tutti
