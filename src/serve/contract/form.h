// Forms and queries say everything in text; this is what the texts stand for.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "serve/contract/shape.h"

namespace tutti {

// An object of the values: "0.5" of a number is one, "true" and "false" of a flag; a list is
// name=a&name=b, name[]=a, name[0]=a, or JSON; an object is name[key]=a, or JSON. A text that does
// not fit its field stays a text, for the check to refuse; so does a name that is not known. An
// error where a name that is no list comes twice, or a text is not UTF-8.
Result<Json> json_of_texts(const std::vector<std::pair<std::string, std::string_view>>& texts,
                           const Shape& shape);

}  // namespace tutti
