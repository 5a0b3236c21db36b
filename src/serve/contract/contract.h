// The contract of the API: every operation with its parameters. Routes, checks, errors, the OpenAPI
// document and docs/api.md come from it.
//
// The tables are in tables/, a file for families that share fields.
//
//   const Contract contract(limits);
//   const Operation& chat = contract.at("chat");
//   add_operation(router, chat, handler, options);
//
// Immutable; outlives the routes.
#pragma once

#include <string>
#include <vector>

#include "serve/contract/limits.h"
#include "serve/contract/shape.h"
#include "serve/http/router.h"

namespace tutti {

// What an answer may be; no shape: not JSON, or any JSON.
struct AnswerType {
  std::string media_type = "application/json";
  ShapePtr shape;
};

struct Operation {
  std::string id, method, path, summary, about;
  ShapePtr query;  // what every request may have in it (tables::harmless_query) included
  ShapePtr body;   // nullptr: takes none
  std::string body_type = "application/json";
  std::vector<AnswerType> answers = {{}};
  std::string note;       // below the parameters in the documents
  bool needs_key = true;  // where the server has keys
  bool computes = false;  // may answer 429, 503 and 504
  bool stores = false;    // may answer 507
  bool waits = false;     // for the disk: may answer 429
  bool socket = false;    // a WebSocket
};

class Contract {
 public:
  explicit Contract(const ApiLimits& limits);

  const Operation& at(const std::string& id) const;  // one that there is
  const std::vector<Operation>& operations() const { return operations_; }
  // What a client of the realtime socket sends.
  const Shape& events() const { return *events_; }

 private:
  std::vector<Operation> operations_;
  ShapePtr events_;
};

// A route for an operation; what its query says beyond the table is refused before `handler` runs.
void add_operation(Router& router, const Operation& operation, Handler handler,
                   RouteOptions options = {});

}  // namespace tutti
