// What flags of several verbs take, so that every verb reads it alike.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tutti {

// A number from `low` to `high`. CLI::Range lets "nan" through, which is neither below nor above.
CLI::Validator between(double low, double high);

// A whole number of at least 0.
CLI::Validator not_negative();

// One of some names; another one is refused with the list, and with what may have been meant.
CLI::Validator one_of(const std::vector<std::string>& names);

// --dtype of f32, bf16 and int8 (i8, fp32 and others are the same), and auto where `automatic`.
// `name` gets the first spelling. `help` as for any option.
void add_dtype_name(CLI::App& verb, std::string& name, bool automatic, const std::string& help);

}  // namespace tutti
