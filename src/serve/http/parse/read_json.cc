#include "serve/http/parse/read_json.h"

#include <algorithm>
#include <optional>

#include "base/byte_place.h"
#include "base/hex.h"
#include "base/json_tree.h"
#include "base/utf8.h"
#include "serve/http/limits/ledger.h"
#include "serve/http/parse/long_strings.h"

namespace tutti {
namespace {

using Json = nlohmann::ordered_json;

constexpr JsonLimits kLimits = {.deepest = 32, .most_keys = 256, .most_values = 100'000};
constexpr size_t kLeastStep = 1 << 10, kMostStep = 64 << 10;

// Charges in steps, so that not every number is an account of its own; in small ones at first, so
// that what is small finds the room that is kept for it (ledger.h).
class ChargedSteps {
 public:
  explicit ChargedSteps(Charge* charge) : charge_(charge) {}

  bool operator()(size_t bytes) {
    if (!charge_) return true;
    used_ += bytes;
    if (used_ <= charged_) return true;
    const size_t step = used_ - charged_ + std::clamp(used_ / 4, kLeastStep, kMostStep);
    charged_ += step;
    const Status status = charge_->grow(step);
    if (!status) error_ = status.error();
    return bool(status);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  Charge* charge_;
  size_t used_ = 0, charged_ = 0;
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
  const LongStrings strings(text);
  WithLongStrings events(strings, tree);
  if (Json::sax_parse(strings.rest(), &events)) return tree.take();
  if (tree.hold().error()) return *tree.hold().error();
  // Only what is well-formed UTF-8 gets through the lexer, so nobody else has to look for it.
  if (const auto at = invalid_utf8_at(text)) return not_utf8(text, *at);
  return tree.problem() ? to_error(*tree.problem()) : bad_input("this is not valid JSON");
}

}  // namespace tutti
