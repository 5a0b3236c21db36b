// Every parameter of every endpoint, those of nested objects included: of a wrong type, below and
// above its range, too long, unknown, or refused, it is blamed by its name.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <regex>
#include <set>

#include "serve/contract/check.h"
#include "serve/contract/contract.h"
#include "serve/contract/openapi.h"

namespace tutti {
namespace {

using Fate = Field::Fate;

Json valid(const Shape& shape);

// A value that a field accepts.
Json valid(const Field& field) {
  const unsigned types = field.types == type::list ? type::list : field.types;
  if (types & type::text || types == type::file)
    return field.choices.empty() ? "x" : Json(field.choices[0]);
  if (types & type::flag) return true;
  if (types & (type::integer | type::number)) return std::isinf(field.least) ? 0.0 : field.least;
  if (types & type::object) return field.shape ? valid(*field.shape) : Json::object();
  Json list = Json::array();
  if (field.items & type::text) list.push_back(field.choices.empty() ? "x" : field.choices[0]);
  if (list.empty() && field.shape) list.push_back(valid(*field.shape));
  return list;
}

void fill(const Shape& shape, Json& object) {
  for (const Field& field : shape.fields) {
    if (!field.needed || object.contains(field.name)) continue;
    Json value = valid(field);
    if (value.is_number() && field.types & type::integer) value = int64_t(value.get<double>());
    object[field.name] = value;
  }
}

// An object that says what is needed, of the variant with that tag.
Json valid(const Shape& shape, const Variant& variant) {
  Json object = variant.shape->variants.empty() ? Json::object() : valid(*variant.shape);
  object[shape.tag] = variant.tags[0];
  fill(*variant.shape, object);
  fill(shape, object);
  return object;
}

Json valid(const Shape& shape) {
  if (!shape.variants.empty()) return valid(shape, shape.variants[0]);
  Json object = Json::object();
  fill(shape, object);
  return object;
}

// Puts an object of a nested shape where it belongs, in a body that is well.
using Wrap = std::function<Json(const Json&)>;

class Walk {
 public:
  Walk(std::string operation, const Shape& top) : operation_(std::move(operation)), top_(top) {}

  int refused = 0, wrong = 0;

  void all() {
    Json body = valid(top_);
    const auto problem = check(top_, body, "");
    EXPECT_FALSE(problem) << operation_ << ": " << (problem ? problem->message : "") << body;
    shape(
        top_, valid(top_), [](const Json& object) { return object; }, "");
  }

 private:
  static std::string join(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }

  void expect_blamed(const Json& body, const std::string& param, const char* why) {
    const auto problem = check(top_, body, "");
    const std::string text = body.dump().substr(0, 300);
    ASSERT_TRUE(problem) << operation_ << " accepts " << why << ": " << text;
    EXPECT_EQ(problem->status, 400);
    EXPECT_EQ(problem->param, param) << operation_ << ", " << why << ": " << problem->message;
    EXPECT_FALSE(problem->code.empty()) << problem->message;
    EXPECT_LT(problem->message.size(), 700u);
    ++wrong;
  }

  // `object` is of this shape, and well.
  void shape(const Shape& shape, const Json& object, const Wrap& wrap, const std::string& path) {
    if (!seen_.insert(path + object.dump()).second) return;
    for (const Field& one : shape.fields) field(one, object, wrap, path);
    if (shape.variants.empty() && !shape.open) {
      Json more = object;
      more["no_such_parameter_anywhere"] = 1;
      expect_blamed(wrap(more), join(path, "no_such_parameter_anywhere"), "an unknown name");
    }
    for (const Variant& variant : shape.variants) variants(shape, variant, object, wrap, path);
  }

  void variants(const Shape& shape, const Variant& variant, const Json& object, const Wrap& wrap,
                const std::string& path) {
    if (!variant.instead.empty()) {
      Json other = object;
      other[shape.tag] = variant.tags[0];
      return expect_blamed(wrap(other), join(path, shape.tag), "a refused form");
    }
    const Json inner = valid(shape, variant);
    for (const Field& one : variant.shape->fields) field(one, inner, wrap, path);
    for (const Variant& nested : variant.shape->variants) {
      Json whole = valid(*variant.shape, nested);
      whole[shape.tag] = variant.tags[0];
      for (const Field& one : nested.shape->fields) field(one, whole, wrap, path);
    }
  }

  void field(const Field& field, const Json& object, const Wrap& wrap, const std::string& path) {
    const std::string at = join(path, field.name);
    const auto with = [&](const Json& value) {
      Json changed = object;
      changed[field.name] = value;
      return wrap(changed);
    };
    if (field.fate == Fate::ignored) {
      EXPECT_FALSE(check(top_, with("anything"), "")) << operation_ << " " << at;
      return;
    }
    if (field.fate == Fate::refused) return refuse(field, with, at);
    if (field.types == type::any || field.types == type::file) return;
    types(field, with, at);
    limits(field, with, at);
    nested(field, with, at);
  }

  void refuse(const Field& field, const std::function<Json(const Json&)>& with,
              const std::string& at) {
    ++refused;
    expect_blamed(with("a value that asks for something"), at, "a refused parameter");
    for (const Json& harmless : field.harmless) {
      const auto problem = check(top_, with(harmless), "");
      EXPECT_FALSE(problem) << operation_ << " " << at << " " << harmless
                            << (problem ? problem->message : "");
    }
    EXPECT_FALSE(check(top_, with(nullptr), "")) << at << " of null asks for nothing";
  }

  void types(const Field& field, const std::function<Json(const Json&)>& with,
             const std::string& at) {
    const std::pair<unsigned, Json> values[] = {{type::text, "x"},
                                                {type::integer | type::number, 1},
                                                {type::flag, true},
                                                {type::object, Json::object()},
                                                {type::list, Json::array()}};
    for (const auto& [types, value] : values)
      if (!(field.types & types)) expect_blamed(with(value), at, "a wrong type");
    if (field.needed) {
      Json without = with(nullptr);
      expect_blamed(without, at, "nothing where something is needed");
    }
  }

  void limits(const Field& field, const std::function<Json(const Json&)>& with,
              const std::string& at) {
    if (field.types & (type::integer | type::number)) {
      if (std::abs(field.least) < field::kLargest)
        expect_blamed(with(field.types & type::integer ? Json(int64_t(field.least) - 1)
                                                       : Json(field.least - 0.5)),
                      at, "less than the least");
      if (std::abs(field.most) < field::kLargest)
        expect_blamed(with(field.types & type::integer ? Json(int64_t(field.most) + 1)
                                                       : Json(field.most + 0.5)),
                      at, "more than the most");
    }
    if (field.types & type::text && !field.choices.empty())
      expect_blamed(with("no such choice"), at, "a value that is no choice");
    if (field.types & type::text && field.most_bytes != SIZE_MAX)
      expect_blamed(with(std::string(field.most_bytes + 1, 'x')), at, "a text that is too long");
    if (!(field.types & type::list)) return;
    if (field.most_items != SIZE_MAX) {
      Json many = Json::array();
      for (size_t i = 0; i <= field.most_items; ++i) many.push_back("x");
      expect_blamed(with(many), at, "too many values");
    }
    if (field.fewest_items > 0) expect_blamed(with(Json::array()), at, "no value");
    if (!(field.items & type::number) && field.items != type::any)
      expect_blamed(with(Json::array({1.5})), at + "[0]", "a number in the list");
  }

  void nested(const Field& field, const std::function<Json(const Json&)>& with,
              const std::string& at) {
    if (!field.shape) return;
    if (field.types & type::object) shape(*field.shape, valid(*field.shape), with, at);
    if (field.types & type::list && field.items & type::object)
      shape(
          *field.shape, valid(*field.shape),
          [&](const Json& one) { return with(Json::array({one})); }, at + "[0]");
  }

  std::string operation_;
  const Shape& top_;
  std::set<std::string> seen_;
};

const Contract& contract() {
  static const Contract all(ApiLimits{}, ModelFacts{});
  return all;
}

TEST(Tables, EveryParameterIsChecked) {
  int refused = 0, wrong = 0;
  for (const Operation& operation : contract().operations())
    for (const ShapePtr& shape : {operation.body, operation.query}) {
      if (!shape) continue;
      Walk walk(operation.id, *shape);
      walk.all();
      refused += walk.refused;
      wrong += walk.wrong;
    }
  Walk events("realtime event", contract().events());
  events.all();
  EXPECT_GT(events.refused, 10);
  EXPECT_GT(refused, 100);
  EXPECT_GT(wrong, 1000);
}

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

// Nobody is told to leave something out, or sent elsewhere, without a reason.
TEST(Tables, WhatIsNotDoneSaysWhy) {
  for (const Operation& operation : contract().operations())
    for (const ShapePtr& shape : {operation.body, operation.query}) {
      if (!shape) continue;
      for (const Field& field : shape->fields)
        EXPECT_FALSE(field.about.empty()) << operation.id << " " << field.name;
    }
}

// Every "send NAME" of a table.
class Advice {
 public:
  explicit Advice(std::string operation) : operation_(std::move(operation)) {}

  int found = 0;

  // `done` are the fields that are done in the shapes around it, which may be named as well.
  void shape(const Shape& shape, std::set<std::string> done) {
    for (const Field& field : shape.fields)
      if (field.fate == Fate::done) done.insert(field.name);
    for (const std::string& tag : shape.tags()) done.insert(tag);
    for (const Field& field : shape.fields) {
      // Of a refused one there may be values that ask for nothing.
      std::set<std::string> here = done;
      if (!field.harmless.empty()) here.insert(field.name);
      text(field.about, here);
      text(field.hint, here);
      if (field.shape) this->shape(*field.shape, here);
    }
    for (const Variant& variant : shape.variants) {
      std::set<std::string> here = done;
      if (variant.shape) this->shape(*variant.shape, here);
      // What a form is refused for may stand in the others.
      for (const Variant& other : shape.variants)
        for (const Field& field : other.shape ? other.shape->fields : std::vector<Field>())
          if (field.fate == Fate::done) here.insert(field.name);
      text(variant.instead, here);
    }
  }

 private:
  void text(const std::string& text, const std::set<std::string>& done) {
    static const std::regex advised("\\bsend ([a-z_.]*[a-z])");
    static const std::set<std::string> plain = {"a", "its", "the", "theirs", "what"};
    for (std::sregex_iterator at(text.begin(), text.end(), advised), end; at != end; ++at) {
      const std::string name = (*at)[1];
      if (plain.count(name)) continue;
      const bool known = done.count(name) || done.count(name.substr(0, name.find('.')));
      EXPECT_TRUE(known) << operation_ << " does not do " << name << ": " << text;
      ++found;
    }
  }

  const std::string operation_;
};

TEST(Tables, WhatIsAdvisedIsDoneHere) {
  int found = 0;
  const auto look = [&](const std::string& operation, const Shape& shape) {
    Advice advice(operation);
    advice.shape(shape, {});
    found += advice.found;
  };
  for (const Operation& operation : contract().operations())
    for (const ShapePtr& shape : {operation.body, operation.query})
      if (shape) look(operation.id, *shape);
  look("realtime event", contract().events());
  EXPECT_GT(found, 20);
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

// Names that other endpoints and servers have for a field, and forms of answers that none has.
TEST(Tables, NeighboursNamesLeadToOurs) {
  const auto said = [](const char* operation, const char* name) {
    const Field* field = contract().at(operation).body->find(Json::object(), name);
    return field && field->fate == Fate::refused ? field->about : "";
  };
  for (const char* name : {"max_output_tokens", "max_new_tokens"})
    EXPECT_EQ(said("chat", name), "send max_completion_tokens");
  EXPECT_EQ(said("chat", "prompt"), "send messages");
  EXPECT_EQ(said("chat", "stop_sequences"), "send stop, which takes texts");
  EXPECT_EQ(said("chat", "random_seed"), "send seed");
  for (const char* name : {"max_tokens", "max_completion_tokens", "n_predict"})
    EXPECT_EQ(said("respond", name), "send max_output_tokens");
  EXPECT_EQ(said("respond", "messages"), "send input");
  EXPECT_EQ(said("complete", "messages"), "send prompt");
  EXPECT_EQ(said("speak", "text"), "send input");
  EXPECT_EQ(said("transcribe", "audio"), "send file");
}

TEST(Tables, StructuredAnswersAreRefusedAsSuch) {
  for (const char* format :
       {R"({"type": "json_schema", "name": "n", "schema": {}, "strict": true})",
        R"({"type": "json_object"})"}) {
    const auto problem =
        check(*contract().at("respond").body,
              {{"model", "m"}, {"input", "x"}, {"text", {{"format", Json::parse(format)}}}}, "");
    ASSERT_TRUE(problem) << format;
    EXPECT_NE(problem->message.find("answers are plain text"), std::string::npos)
        << problem->message;
  }
}

TEST(Tables, TheBetasNamesLeadToTheReleasedOnes) {
  const Json event = {{"type", "session.update"},
                      {"session", {{"turn_detection", nullptr}, {"modalities", {"text"}}}}};
  const auto problem = check(contract().events(), event, "");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->param, "session.modalities");
  EXPECT_NE(problem->message.find("send output_modalities"), std::string::npos);
  EXPECT_NE(problem->message.find("OpenAI-Beta: realtime=v1"), std::string::npos);
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

TEST(Tables, WhatIsNotThereSaysWhatToSend) {
  const auto said = [](const char* operation, const char* body) {
    const auto problem = check(*contract().at(operation).body, Json::parse(body), "");
    return problem ? problem->param + ": " + problem->message : "";
  };
  const std::string reference = said("respond", R"({"model": "m", "input": [
    {"role": "user", "content": "hello"}, {"type": "item_reference", "id": "msg_x"}]})");
  EXPECT_EQ(reference.rfind("input[1].type: ", 0), 0u) << reference;
  EXPECT_NE(reference.find("send the item itself"), std::string::npos) << reference;
  const std::string upload =
      said("chat", R"({"model": "m", "messages": [{"role": "user", "content": [
    {"type": "image_url", "file_id": "file_1"}]}]})");
  EXPECT_EQ(upload.rfind("messages[0].content[0].file_id: ", 0), 0u) << upload;
  EXPECT_NE(upload.find("data:"), std::string::npos) << upload;
  EXPECT_EQ(said("chat", R"({"model": "m", "messages": [], "temprature": 1})"),
            "temprature: temprature is not a parameter that is known here; did you mean "
            "temperature?");
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
