// For tests: values that the tables of parameters accept.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "serve/contract/shape.h"

namespace tutti {

inline Json valid(const Shape& shape);

// The forms in which a field can be said, one of each type that it has.
inline std::vector<Json> values(const Field& field) {
  std::vector<Json> all;
  if (field.name == "model") return {"tutti-nano"};
  if (field.types == type::file) return {"file"};
  if (field.types & type::text)
    all.push_back(field.choices.empty() ? Json("x") : Json(field.choices.back()));
  if (field.types & type::flag) all.push_back(true);
  if (field.types & (type::integer | type::number)) {
    const double value = std::max(field.least, std::min(1.0, field.most));
    all.push_back(field.types & type::integer ? Json(int64_t(value)) : Json(value));
  }
  if (field.types & type::object) all.push_back(field.shape ? valid(*field.shape) : Json::object());
  if (field.types & type::list) {
    Json list = Json::array();
    if (field.items & type::text && field.choices.empty()) list.push_back("x");
    if (field.items & type::text)
      for (const std::string& choice : field.choices) list.push_back(choice);
    while (list.size() > field.most_items) list.erase(list.size() - 1);
    if (list.empty() && field.shape) list.push_back(valid(*field.shape));
    all.push_back(list);
  }
  return all;
}

inline void fill(const Shape& shape, Json& object) {
  for (const Field& field : shape.fields)
    if (field.needed && !object.contains(field.name)) object[field.name] = values(field).front();
}

// An object that says what is needed, of the variant with that tag.
inline Json valid(const Shape& shape, const Variant& variant) {
  Json object = variant.shape->variants.empty() ? Json::object() : valid(*variant.shape);
  object[shape.tag] = variant.tags[0];
  fill(*variant.shape, object);
  fill(shape, object);
  return object;
}

// The same, of its first variant.
inline Json valid(const Shape& shape) {
  if (!shape.variants.empty()) return valid(shape, shape.variants[0]);
  Json object = Json::object();
  fill(shape, object);
  return object;
}

}  // namespace tutti
