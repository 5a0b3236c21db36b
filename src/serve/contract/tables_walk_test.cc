// Every parameter of every endpoint, those of nested objects included: of a wrong type, below and
// above its range, too long, unknown, or refused, it is blamed by its name.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "serve/contract/check.h"
#include "tests/helpers/contract.h"
#include "tests/helpers/test_values.h"

namespace tutti {
namespace {

using Fate = Field::Fate;

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

}  // namespace
}  // namespace tutti
