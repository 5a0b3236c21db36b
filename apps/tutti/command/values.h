// What flags of several verbs take, so that every verb reads it alike.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/quote.h"

namespace tutti {

// The folder that --data names, else $TUTTI_DATA; empty: neither does.
std::string data_folder(const std::string& named);

// A number from `low` to `high`. CLI::Range lets "nan" through, which is neither below nor above.
CLI::Validator between(double low, double high);

// A whole number from `low` to `high`, in digits alone: CLI11 itself reads 010 as 8, and -1 as the
// largest number where there are no negative ones.
template <std::integral T>
CLI::Validator whole(T low, T high) {
  const std::string from_to = std::to_string(low) + " to " + std::to_string(high);
  const auto check = [low, high, from_to](std::string& text) {
    T value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (std::to_string(value) == text && value >= low && value <= high) return std::string();
    return "is " + quote(text, 40) + "; it can be a whole number from " + from_to +
           ", in digits alone";
  };
  const bool any = high == std::numeric_limits<T>::max();  // as far as the type goes
  return CLI::Validator(check, !any ? from_to : low == 0 ? "" : std::to_string(low) + " or more");
}

// The same seed gives the same answer, so one that is not read as it was written would be no seed.
inline CLI::Validator seed() {
  return whole(uint64_t(0), std::numeric_limits<uint64_t>::max());
}

// One of some names; another one is refused with the list, and with what may have been meant. Help
// and completions have those that are `shown`: all, where that is empty.
CLI::Validator one_of(const std::vector<std::string>& names,
                      const std::vector<std::string>& shown = {});

// --dtype of f32, bf16 and int8 (i8, fp32 and others are the same), and auto where `automatic`.
// `name` gets the first spelling. `help` as for any option.
void add_dtype_name(CLI::App& verb, std::string& name, bool automatic, const std::string& help);

}  // namespace tutti
