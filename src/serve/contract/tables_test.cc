// What the tables of parameters hold together, and what the document makes of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "serve/contract/check.h"
#include "serve/contract/openapi.h"
#include "tests/helpers/contract.h"

namespace tutti {
namespace {

using Fate = Field::Fate;

// What is read must be told apart: no name stands twice in a shape.
TEST(Tables, NamesAreUnique) {
  std::set<std::string> ids, routes;
  for (const Operation& operation : contract().operations()) {
    EXPECT_TRUE(ids.insert(operation.id).second) << operation.id;
    EXPECT_TRUE(routes.insert(operation.method + operation.path).second) << operation.path;
    for (const ShapePtr& shape : {operation.body, operation.query}) {
      std::set<std::string> names;
      if (!shape) continue;
      for (const Field& field : shape->fields)
        EXPECT_TRUE(names.insert(field.name).second) << operation.id << " " << field.name;
    }
  }
}

TEST(Tables, WhatIsBusySaysSo) {
  const Json paths = openapi(contract())["paths"];
  for (const char* path : {"/v1/conversations", "/v1/conversations/{id}", "/v1/files/{id}/content",
                           "/v1/conversations/export"})
    for (const auto& operation : paths[path].items())
      EXPECT_TRUE(operation.value()["responses"].contains("429")) << operation.key() << path;
  for (const char* status : {"426", "429"})
    EXPECT_TRUE(paths["/v1/realtime"]["get"]["responses"].contains(status)) << status;
  EXPECT_FALSE(paths["/healthz"]["get"]["responses"].contains("429"));
}

// A server may have several models, of several sizes.
TEST(Tables, NoModelsSizeIsTheDefault) {
  const Field* size = contract().at("embed").body->find(Json::object(), "dimensions");
  ASSERT_TRUE(size);
  EXPECT_TRUE(size->otherwise.is_null());
}

// Texts are answered: what is of pictures and sounds is neither done nor read.
TEST(Tables, CompletionsHaveTasksOfTextsAlone) {
  const Shape& shape = *contract().at("complete").body;
  const Json body = {{"model", "m"}, {"prompt", "x"}};
  for (const char* task : {"name", "caption", "transcribe"}) {
    Json asked = body;
    asked["task"] = task;
    EXPECT_EQ(check(shape, asked, "").value_or(Problem()).param, "task") << task;
  }
  EXPECT_EQ(shape.find(body, "language")->fate, Fate::ignored);
}

TEST(Tables, WhatClientsSendByDefaultIsAccepted) {
  const Json text = {{"model", "m"}, {"messages", {{{"role", "user"}, {"content", "x"}}}}};
  const Json sent = {{"max_tokens", 16384},
                     {"presence_penalty", 0},
                     {"frequency_penalty", 0.0},
                     {"n", 1},
                     {"user", "someone"},
                     {"metadata", {{"a", "b"}}},
                     {"store", false},
                     {"tools", Json::array()},
                     {"tool_choice", "auto"},
                     {"parallel_tool_calls", true},
                     {"logit_bias", Json::object()},
                     {"response_format", {{"type", "text"}}},
                     {"top_logprobs", nullptr},
                     {"logprobs", false},
                     {"service_tier", "auto"},
                     {"stream_options", {{"include_usage", true}}},
                     {"repeat_penalty", 1.0},
                     {"min_p", 0.0},
                     {"seed", 42},
                     {"stop", Json::array()},
                     {"safety_identifier", "s"},
                     {"prompt_cache_key", "k"}};
  for (const auto& item : sent.items()) {
    Json body = text;
    body[item.key()] = item.value();
    const auto problem = check(*contract().at("chat").body, body, "");
    EXPECT_FALSE(problem) << (problem ? problem->message : "");
  }
}

// Clients of Azure's put their version into every query.
TEST(Tables, WhatEveryQueryMayHoldIsDocumented) {
  const Json document = openapi(contract());
  EXPECT_EQ(document["components"]["parameters"]["api-version"]["schema"]["x-fate"], "ignored");
  for (const Operation& operation : contract().operations()) {
    const auto problem = check(*operation.query, {{"api-version", "2024-10-21"}}, "");
    EXPECT_FALSE(problem) << operation.id << (problem ? problem->message : "");
  }
}

TEST(Tables, TurnsOfToolsAreReadOver) {
  const Json messages = Json::parse(R"([
    {"role": "user", "content": "what time is it?"},
    {"role": "assistant", "content": null, "refusal": null, "tool_calls": [
      {"id": "call_1", "type": "function", "function": {"name": "clock", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "call_1", "content": "noon"},
    {"role": "assistant", "content": "noon", "annotations": [], "audio": null},
    {"role": "user", "content": [{"type": "text", "text": "thanks"}]}])");
  auto problem = check(*contract().at("chat").body, {{"model", "m"}, {"messages", messages}}, "");
  EXPECT_FALSE(problem) << problem->message;
  const Json items = Json::parse(R"([
    {"role": "user", "content": [{"type": "input_text", "text": "hello"}]},
    {"type": "reasoning", "id": "rs_1", "summary": []},
    {"type": "function_call", "call_id": "c", "name": "clock", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c", "output": "noon"},
    {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
     "content": [{"type": "output_text", "text": "noon", "annotations": [], "logprobs": []}]},
    {"role": "user", "content": "thanks"}])");
  problem = check(*contract().at("respond").body, {{"model", "m"}, {"input", items}}, "");
  EXPECT_FALSE(problem) << problem->message;
}

// Every reference of the document leads somewhere, and it says what the table says.
TEST(Tables, TheDocumentIsWhole) {
  const Json document = openapi(contract());
  const std::string text = document.dump();
  for (size_t at = 0; (at = text.find("\"#/", at)) != std::string::npos; ++at) {
    const std::string pointer = text.substr(at + 2, text.find('"', at + 1) - at - 2);
    EXPECT_TRUE(document.contains(Json::json_pointer(pointer))) << pointer;
  }
  for (const Operation& operation : contract().operations()) {
    std::string method = operation.method;
    std::transform(method.begin(), method.end(), method.begin(), ::tolower);
    ASSERT_TRUE(document["paths"].contains(operation.path)) << operation.path;
    const Json& json = document["paths"][operation.path][method];
    EXPECT_EQ(json["operationId"], operation.id);
    if (!operation.body) continue;
    const Json& schema = json["requestBody"]["content"][operation.body_type]["schema"];
    for (const Field& field : operation.body->fields) {
      const Json& property = schema["properties"][field.name];
      EXPECT_EQ(property["description"], field.about);
      EXPECT_EQ(property.contains("x-fate"), field.fate != Fate::done) << field.name;
    }
  }
}

}  // namespace
}  // namespace tutti
