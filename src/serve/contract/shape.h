// What a request may say, as data: one table of parameters for every endpoint (tables/).
//
//   Shape chat("ChatRequest", {
//       field::text("model", "The name that /v1/models gives.").need(),
//       field::number("temperature", 0, 2, 0, "0 always takes the likeliest."),
//       field::refused("logit_bias", "[{}]", "this model's tokens are not chosen by clients"),
//       field::ignored("user", "nothing is kept about users")});
//
// Requests are checked against it (check.h), values are read through it (fields.h), and the
// document of the API is made of it (openapi.h). So each parameter is done, refused by its name, or
// documented as one that changes nothing; nothing else is accepted.
//
// Rejected: a JSON Schema as the source (it cannot say why something is refused and what to send
// instead), and checks in the handlers (what a handler never asks for is ignored in silence).
#pragma once

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace tutti {

using Json = nlohmann::ordered_json;

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>;

// What a value may be; a set of these.
namespace type {
inline constexpr unsigned text = 1, integer = 2, number = 4, flag = 8, object = 16, list = 32,
                          file = 64, any = 127;
}

struct Field {
  enum class Fate { done, ignored, refused };

  std::string name;
  unsigned types = type::any;
  unsigned items = type::any;  // of a list
  std::string about;           // what it does; refused: why, and what to do instead
  Fate fate = Fate::done;
  bool needed = false;
  enum class Text { any, not_empty, not_blank } words = Text::any;
  Json otherwise;                    // what leaving it out means; null: nothing
  Json harmless = Json::array();     // values of a refused one that ask for nothing
  std::vector<std::string> choices;  // of a text, or of a list's texts
  std::vector<int64_t> numbers;      // of an integer: the only ones
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  size_t fewest_items = 0, most_items = SIZE_MAX;
  size_t most_bytes = SIZE_MAX;  // of a text
  ShapePtr shape;                // of the object, or of a list's objects
  std::string hint;              // follows what is said of a wrong type

  Field& need();  // and, of a text, not blank where nothing else is said
  Field& not_empty() { return words = Text::not_empty, *this; }
  Field& or_object(ShapePtr other);
  Field& or_list(unsigned item_types, size_t most, size_t fewest = 0);
  Field& at_most_bytes(size_t bytes) { return most_bytes = bytes, *this; }
  Field& advise(std::string text) { return hint = std::move(text), *this; }
};

// One of several forms of an object, told apart by its tag.
struct Variant {
  std::vector<std::string> tags;
  ShapePtr shape;       // the fields that it has beside the common ones
  std::string instead;  // not empty: refused, and this says why and what to send
};

struct Shape {
  std::string name;  // of the document's section; empty: described where it is used
  std::vector<Field> fields;
  std::string about;
  bool open = false;  // other fields are the client's own, or read over

  // Of an open one whose other fields are texts to keep: how many at most, and the most characters
  // of a name and of a text.
  struct Own {
    size_t most = 16, name = 64, text = 512;
  };
  std::optional<Own> own;

  std::string tag;    // "" or the field that tells variants apart
  std::string usual;  // its value where it is missing; empty: it is needed
  std::vector<Variant> variants;

  // The field of that name, among the common ones and those of the variant that `object` is;
  // nullptr where there is none.
  const Field* find(const Json& object, std::string_view field) const;
  // The variant that `object` is; nullptr where it is none.
  const Variant* variant_of(const Json& object) const;
  // Every tag that is not refused.
  std::vector<std::string> tags() const;
};

ShapePtr share(Shape shape);

namespace field {

inline constexpr double kLargest = 9007199254740991;  // the largest whole number of JavaScript's
inline constexpr double kUnbounded = 9223372036854775808.0;  // any 64 bits with a sign

Field text(std::string name, std::string about);
Field choice(std::string name, std::vector<std::string> choices, Json otherwise, std::string about);
Field number_choice(std::string name, std::vector<int64_t> numbers, Json otherwise,
                    std::string about);
Field integer(std::string name, double least, double most, Json otherwise, std::string about);
Field number(std::string name, double least, double most, Json otherwise, std::string about);
Field flag(std::string name, Json otherwise, std::string about);
Field object(std::string name, ShapePtr shape, std::string about);
Field list(std::string name, unsigned item_types, std::string about);
Field list(std::string name, ShapePtr shape, std::string about);
Field file(std::string name, std::string about);
// `harmless` is a JSON array of the values that ask for nothing.
Field refused(std::string name, const char* harmless, std::string instead);
Field ignored(std::string name, std::string about);

}  // namespace field
}  // namespace tutti
