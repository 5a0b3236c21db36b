// Whether an object keeps to its Shape: the one place that refuses a parameter for what the table
// says of it.
#pragma once

#include <optional>

#include "serve/contract/problem.h"
#include "serve/contract/shape.h"

namespace tutti {

// The first thing that is wrong, in this order: a name that is not known, a refused one that asks
// for something, then the fields as the Shape lists them; nothing where all is well. `path` is the
// object's own, empty for the body.
std::optional<Problem> check(const Shape& shape, const Json& object, const std::string& path);

// `path` is a text of that many bytes, which is above its limit.
Problem too_long(const std::string& path, size_t most, size_t bytes);

// A client's word inside a message: as it is where it looks like a name, else quoted and cut.
std::string safe_name(std::string_view name);

}  // namespace tutti
