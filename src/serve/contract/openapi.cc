#include "serve/contract/openapi.h"

#include <cmath>

#include "serve/contract/tables/common.h"

namespace tutti {
namespace {

const char* const kSummary =
    "One model that reads text, pictures, speech, video and clouds of points, and writes text, "
    "pictures and speech, behind OpenAI's API.";
const char* const kAbout =
    "Official OpenAI clients work with base_url set to this server's /v1. Media come inside "
    "requests, as data URLs or uploads; no path and no other URL is ever opened. Each parameter "
    "is done, refused by its name with status 400, or listed here as one that is accepted and "
    "changes nothing; a name that is not listed is refused. A value of null is as if it were "
    "left out.";

class Document {
 public:
  Json schema_of(const Shape& shape) {
    if (shape.name.empty()) return object(shape, "");
    if (!schemas_.contains(shape.name)) {
      schemas_[shape.name] = nullptr;  // its place in the order
      schemas_[shape.name] = shape.variants.empty() ? object(shape, "") : variants(shape);
    }
    return {{"$ref", "#/components/schemas/" + shape.name}};
  }

  Json schemas() const { return schemas_; }

 private:
  Json object(const Shape& shape, const std::string& without) {
    Json properties = Json::object(), needed = Json::array();
    for (const Field& field : shape.fields) {
      if (field.name == without) continue;
      properties[field.name] = property(field);
      if (field.needed) needed.push_back(field.name);
    }
    Json schema = {{"type", "object"}, {"properties", properties}};
    if (!needed.empty()) schema["required"] = needed;
    if (!shape.open) schema["additionalProperties"] = false;
    if (shape.own) {
      schema["maxProperties"] = shape.own->most;
      schema["propertyNames"] = {{"maxLength", shape.own->name}};
      schema["additionalProperties"] = {{"type", "string"}, {"maxLength", shape.own->text}};
    }
    if (!shape.about.empty()) schema["description"] = shape.about;
    return schema;
  }

  // Its forms, each with its tag and what all have in common.
  Json variants(const Shape& shape) {
    Json all = Json::array(), refused = Json::object();
    for (const Variant& variant : shape.variants) {
      if (!variant.instead.empty()) {
        for (const std::string& tag : variant.tags) refused[tag] = variant.instead;
        continue;
      }
      all.push_back(variant.shape->variants.empty() ? form(shape, variant)
                                                    : schema_of(*variant.shape));
    }
    Json schema = {{"oneOf", all}, {"description", shape.about}};
    if (!refused.empty()) schema["x-refused"] = refused;
    return schema;
  }

  Json form(const Shape& shape, const Variant& variant) {
    const std::string name = variant.shape->name;
    if (!schemas_.contains(name)) {
      Json inner = object(*variant.shape, ""), common = object(shape, shape.tag);
      Json tag = {{"type", "string"}, {"enum", variant.tags}};
      Json properties = {{shape.tag, tag}};
      properties.update(inner["properties"]);
      properties.update(common["properties"]);
      Json needed = Json::array();
      if (shape.usual.empty()) needed.push_back(shape.tag);
      for (const Json& one : inner.value("required", Json::array())) needed.push_back(one);
      inner["properties"] = properties;
      if (!needed.empty()) inner["required"] = needed;
      schemas_[name] = inner;
    }
    return {{"$ref", "#/components/schemas/" + name}};
  }

  static Json number(double value) {
    return std::floor(value) == value ? Json(int64_t(value)) : Json(value);
  }

  static Json plain(const char* type, const Field& field) {
    Json schema = {{"type", type}};
    const bool text = type == std::string("string");
    if (text && !field.choices.empty()) schema["enum"] = field.choices;
    if (text && field.most_bytes != SIZE_MAX) schema["maxLength"] = field.most_bytes;
    if (type == std::string("integer") || type == std::string("number")) {
      if (!field.numbers.empty()) return schema["enum"] = field.numbers, schema;
      if (!std::isinf(field.least) && field.least > -field::kLargest)
        schema["minimum"] = number(field.least);
      if (!std::isinf(field.most) && field.most < field::kLargest)
        schema["maximum"] = number(field.most);
    }
    return schema;
  }

  Json object_schema(const Field& field) {
    return field.shape ? schema_of(*field.shape) : Json{{"type", "object"}};
  }

  Json any_of(unsigned types, const Field& field) {
    if (types == type::any) return Json::object();
    if (types == type::file) return {{"type", "string"}, {"format", "binary"}};
    Json all = Json::array();
    if (types & type::text) all.push_back(plain("string", field));
    if (types & type::integer) all.push_back(plain("integer", field));
    if (types & type::number) all.push_back(plain("number", field));
    if (types & type::flag) all.push_back({{"type", "boolean"}});
    if (types & type::object) all.push_back(object_schema(field));
    if (types & type::list) {
      Json list = {{"type", "array"}, {"items", any_of(field.items, field)}};
      if (field.most_items != SIZE_MAX) list["maxItems"] = field.most_items;
      if (field.fewest_items) list["minItems"] = field.fewest_items;
      all.push_back(list);
    }
    return all.size() == 1 ? all[0] : Json{{"oneOf", all}};
  }

  Json property(const Field& field) {
    Json schema = any_of(field.types, field);
    if (!field.about.empty()) schema["description"] = field.about;
    if (!field.otherwise.is_null()) schema["default"] = field.otherwise;
    if (field.fate == Field::Fate::ignored) schema["x-fate"] = "ignored";
    if (field.fate != Field::Fate::refused) return schema;
    schema["x-fate"] = "refused";
    schema["x-harmless"] = field.harmless;
    return schema;
  }

  Json schemas_ = Json::object();
};

const char* description(int status) {
  switch (status) {
    case 400:
      return "Something in the request is wrong; error.param names it.";
    case 401:
      return "The key is missing or wrong (only where the server was given keys).";
    case 404:
      return "There is no such thing, or it is another key's.";
    case 413:
      return "The body is larger than accepted.";
    case 426:
      return "Connect as a WebSocket.";
    case 429:
      return "Busy; Retry-After says when to try again, in seconds.";
    case 503:
      return "The server is short of memory, or about to end; try again.";
    case 504:
      return "It took longer than a request may.";
    default:
      return "There is no room to keep it.";
  }
}

std::vector<int> statuses(const Operation& operation) {
  std::vector<int> all = {400};
  if (operation.needs_key) all.push_back(401);
  if (operation.path.find('{') != std::string::npos || operation.computes) all.push_back(404);
  if (operation.body) all.push_back(413);
  if (operation.socket) all.push_back(426);
  if (operation.computes || operation.waits || operation.socket) all.push_back(429);
  if (operation.computes) all.insert(all.end(), {503, 504});
  if (operation.stores) all.push_back(507);
  return all;
}

// Of the query; those that every request may have stand once, in components.
Json query_parameter(const std::string& name, Json property) {
  Json parameter = {{"name", name}, {"in", "query"}, {"required", false}};
  parameter["description"] = property.value("description", "");
  property.erase("description");
  parameter["schema"] = property;
  return parameter;
}

Json common_parameters(Document& document) {
  Shape shape;
  tables::append(shape.fields, tables::harmless_query());
  const Json schema = document.schema_of(shape);
  Json all = Json::object();
  for (const auto& item : schema["properties"].items())
    all[item.key()] = query_parameter(item.key(), item.value());
  return all;
}

Json parameters(const Operation& operation, const Json& common, Document& document) {
  Json all = Json::array();
  for (size_t at = 0; (at = operation.path.find('{', at)) != std::string::npos; ++at)
    all.push_back({{"name", operation.path.substr(at + 1, operation.path.find('}', at) - at - 1)},
                   {"in", "path"},
                   {"required", true},
                   {"schema", {{"type", "string"}}}});
  const Json schema = document.schema_of(*operation.query);
  for (const auto& item : schema["properties"].items())
    all.push_back(common.contains(item.key())
                      ? Json{{"$ref", "#/components/parameters/" + item.key()}}
                      : query_parameter(item.key(), item.value()));
  return all;
}

Json answers(const Operation& operation, Document& document) {
  Json content = Json::object();
  for (const AnswerType& answer : operation.answers) {
    Json schema = {{"type", "object"}};
    if (answer.shape) {
      schema = document.schema_of(*answer.shape);
      schema.erase("additionalProperties");  // more may come
    } else if (answer.media_type != "application/json") {
      schema = {{"type", "string"}};
      if (!answer.media_type.starts_with("text/")) schema["format"] = "binary";
    }
    content[answer.media_type] = {{"schema", schema}};
  }
  Json all = Json::object();
  if (operation.socket)
    all["101"] = {{"description", "The WebSocket is open; session.created is its first event."}};
  else
    all["200"] = {{"description", "The answer."}, {"content", content}};
  for (const int status : statuses(operation))
    all[std::to_string(status)] = {
        {"description", description(status)},
        {"content",
         {{"application/json", {{"schema", {{"$ref", "#/components/schemas/Error"}}}}}}}};
  return all;
}

Json operation_json(const Operation& operation, const Json& common, Document& document) {
  Json json = {{"operationId", operation.id},
               {"summary", operation.summary},
               {"description", operation.about}};
  if (!operation.needs_key) json["security"] = Json::array();
  if (Json all = parameters(operation, common, document); !all.empty()) json["parameters"] = all;
  if (operation.body)
    json["requestBody"] = {
        {"required", true},
        {"content", {{operation.body_type, {{"schema", document.schema_of(*operation.body)}}}}}};
  json["responses"] = answers(operation, document);
  return json;
}

Shape error_shape() {
  Shape inner{"",
              {field::text("message", "What was got, what is wanted, what to do next."),
               field::text("type",
                           "invalid_request_error, authentication_error, "
                           "rate_limit_error or server_error."),
               field::text("param", "The parameter that is wrong, or null."),
               field::text("code", "A word for programs, or null.")}};
  return {"Error",
          {field::object("error", share(std::move(inner)), "What is wrong.")},
          "In OpenAI's shape."};
}

}  // namespace

Json openapi(const Contract& contract) {
  Document document;
  const Json common = common_parameters(document);
  Json paths = Json::object();
  for (const Operation& operation : contract.operations()) {
    std::string method = operation.method;
    for (char& c : method) c = char(std::tolower(uint8_t(c)));
    paths[operation.path][method] = operation_json(operation, common, document);
  }
  document.schema_of(contract.events());
  document.schema_of(error_shape());
  return {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Tutti"}, {"version", "1"}, {"summary", kSummary}, {"description", kAbout}}},
      {"servers", Json::array({{{"url", "http://127.0.0.1:8080"}}})},
      {"security", Json::array({{{"key", Json::array()}}})},
      {"paths", paths},
      {"components",
       {{"securitySchemes",
         {{"key",
           {{"type", "http"},
            {"scheme", "bearer"},
            {"description",
             "Made by `tutti serve keys add NAME --keys FILE`; only where the server was started "
             "with --keys."}}}}},
        {"parameters", common},
        {"schemas", document.schemas()}}}};
}

}  // namespace tutti
