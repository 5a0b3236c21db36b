#include "serve/http/parse/read_json.h"

#include <optional>

#include "base/byte_place.h"
#include "base/hex.h"
#include "base/json_tree.h"
#include "base/utf8.h"
#include "serve/http/limits/ledger.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

constexpr JsonLimits kLimits = {.deepest = 32, .most_keys = 256, .most_values = 100'000};
constexpr size_t kChargeStep = 64 << 10;

// Charges in steps, so that not every number is an account of its own.
class ChargedSteps {
 public:
  explicit ChargedSteps(Charge* charge) : charge_(charge) {}

  bool operator()(size_t bytes) {
    if (!charge_ || bytes <= spare_) {
      spare_ -= charge_ ? bytes : 0;
      return true;
    }
    if (const Status status = charge_->grow(bytes - spare_ + kChargeStep); !status) {
      error_ = status.error();
      return false;
    }
    spare_ = kChargeStep;
    return true;
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  Charge* charge_;
  size_t spare_ = 0;  // charged and not used yet
  std::optional<Error> error_;
};

Error to_error(const JsonProblem& problem) {
  switch (problem.kind) {
    case JsonProblem::Kind::deep:
      return bad_input("the JSON " + problem.what + "; send it flatter");
    case JsonProblem::Kind::many:
      return bad_input("the JSON " + problem.what + "; send fewer");
    case JsonProblem::Kind::repeated:
      return bad_input("the JSON " + problem.what + "; give it once");
    case JsonProblem::Kind::malformed:
      break;
  }
  return bad_input("this " + problem.what + "; send one JSON object");
}

Error not_utf8(std::string_view text, size_t at) {
  return bad_input("this is not UTF-8 at " + byte_place(at) + " (0x" + hex_byte(uint8_t(text[at])) +
                   "); send the JSON in UTF-8");
}

}  // namespace

Result<Json> read_json(std::string_view text, Charge* charge) {
  JsonTree<Json, ChargedSteps> tree(kLimits, ChargedSteps(charge));
  if (Json::sax_parse(text, &tree)) return tree.take();
  if (tree.hold().error()) return *tree.hold().error();
  // Only what is well-formed UTF-8 gets through the lexer, so nobody else has to look for it.
  if (const auto at = invalid_utf8_at(text)) return not_utf8(text, *at);
  return tree.problem() ? to_error(*tree.problem()) : bad_input("this is not valid JSON");
}

}  // namespace tutti
