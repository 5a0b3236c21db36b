// Forms and queries say everything in text; this is what the texts stand for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "serve/contract/problem.h"
#include "serve/contract/shape.h"
#include "serve/http/limits/ledger.h"

namespace tutti {

using Texts = std::vector<std::pair<std::string, std::string_view>>;

// An object of the values: "0.5" of a number is one, "true" and "false" of a flag; a list is
// name=a&name=b, name[]=a, name[0]=a, or JSON; an object is name[key]=a, or JSON. A text that does
// not fit its field stays a text, for the check to refuse. A name that is not known, or is refused,
// stays, with a text that nobody reads. An error where a name that is no list comes twice, a text
// is not UTF-8, or the charge refuses: what is copied is charged first. `blamed` receives the name
// that the error is about.
Result<Json> json_of_texts(const Texts& texts, const Shape& shape, Charge* charge = nullptr,
                           std::string* blamed = nullptr);

// The first text that is longer than its field's limit, before anything of it is copied.
std::optional<Problem> check_lengths(const Texts& texts, const Shape& shape);

}  // namespace tutti
