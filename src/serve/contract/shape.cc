#include "serve/contract/shape.h"

#include <algorithm>

namespace tutti {

Field& Field::need() {
  needed = true;
  if (words == Text::any) words = Text::not_blank;
  return *this;
}

Field& Field::or_object(ShapePtr other) {
  types |= type::object;
  shape = std::move(other);
  return *this;
}

Field& Field::or_list(unsigned item_types, size_t most, size_t fewest) {
  types |= type::list;
  items = item_types;
  most_items = most;
  fewest_items = fewest;
  return *this;
}

const Variant* Shape::variant_of(const Json& object) const {
  const auto found = object.find(tag);
  const bool missing = found == object.end() || found->is_null();
  if (!missing && !found->is_string()) return nullptr;
  const std::string& said = missing ? usual : found->get_ref<const std::string&>();
  for (const Variant& variant : variants)
    if (std::find(variant.tags.begin(), variant.tags.end(), said) != variant.tags.end())
      return &variant;
  return nullptr;
}

const Field* Shape::find(const Json& object, std::string_view field) const {
  for (const Field& one : fields)
    if (one.name == field) return &one;
  if (tag.empty()) return nullptr;
  const Variant* variant = variant_of(object);
  return variant && variant->shape ? variant->shape->find(object, field) : nullptr;
}

std::vector<std::string> Shape::tags() const {
  std::vector<std::string> all;
  for (const Variant& variant : variants)
    if (variant.instead.empty()) all.insert(all.end(), variant.tags.begin(), variant.tags.end());
  return all;
}

ShapePtr share(Shape shape) {
  if (!shape.tag.empty())
    shape.fields.insert(shape.fields.begin(), field::text(shape.tag, "Which of the forms it is."));
  return std::make_shared<const Shape>(std::move(shape));
}

namespace field {
namespace {

Field make(std::string name, unsigned types, std::string about) {
  Field field;
  field.name = std::move(name);
  field.types = types;
  field.about = std::move(about);
  return field;
}

}  // namespace

Field text(std::string name, std::string about) {
  return make(std::move(name), type::text, std::move(about));
}

Field choice(std::string name, std::vector<std::string> choices, Json otherwise,
             std::string about) {
  Field field = text(std::move(name), std::move(about));
  field.choices = std::move(choices);
  field.otherwise = std::move(otherwise);
  return field;
}

Field number_choice(std::string name, std::vector<int64_t> numbers, Json otherwise,
                    std::string about) {
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  Field field = integer(std::move(name), double(*least), double(*most), std::move(otherwise),
                        std::move(about));
  field.numbers = std::move(numbers);
  return field;
}

Field integer(std::string name, double least, double most, Json otherwise, std::string about) {
  Field field = number(std::move(name), least, most, std::move(otherwise), std::move(about));
  field.types = type::integer;
  return field;
}

Field number(std::string name, double least, double most, Json otherwise, std::string about) {
  Field field = make(std::move(name), type::number, std::move(about));
  field.otherwise = std::move(otherwise);
  field.least = least;
  field.most = most;
  return field;
}

Field flag(std::string name, Json otherwise, std::string about) {
  Field field = make(std::move(name), type::flag, std::move(about));
  field.otherwise = std::move(otherwise);
  return field;
}

Field object(std::string name, ShapePtr shape, std::string about) {
  Field field = make(std::move(name), type::object, std::move(about));
  field.shape = std::move(shape);
  return field;
}

Field list(std::string name, unsigned item_types, std::string about) {
  Field field = make(std::move(name), type::list, std::move(about));
  field.items = item_types;
  return field;
}

Field list(std::string name, ShapePtr shape, std::string about) {
  Field field = list(std::move(name), type::object, std::move(about));
  field.shape = std::move(shape);
  return field;
}

Field file(std::string name, std::string about) {
  return make(std::move(name), type::file, std::move(about));
}

Field refused(std::string name, const char* harmless, std::string instead) {
  Field field = make(std::move(name), type::any, std::move(instead));
  field.fate = Field::Fate::refused;
  field.harmless = Json::parse(harmless);
  return field;
}

Field ignored(std::string name, std::string about) {
  Field field = make(std::move(name), type::any, std::move(about));
  field.fate = Field::Fate::ignored;
  return field;
}

}  // namespace field
}  // namespace tutti
