#include "values.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/quote.h"
#include "base/similar.h"

namespace tutti {
namespace {

// Other spellings, as other programs and our own files have them.
const std::map<std::string, std::string>& dtype_names() {
  static const std::map<std::string, std::string> names = {
      {"auto", "auto"}, {"f32", "f32"},       {"fp32", "f32"},  {"float32", "f32"},
      {"bf16", "bf16"}, {"bfloat16", "bf16"}, {"int8", "int8"}, {"i8", "int8"}};
  return names;
}

// "0.000001", where a stream writes 1e-06.
std::string plain(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

CLI::Validator between(double low, double high) {
  const std::string from_to = plain(low) + " to " + plain(high);
  const auto check = [low, high, from_to](std::string& text) {
    double value = 0;
    if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high)
      return std::string();
    return "is " + quote(text, 40) + "; it can be a number from " + from_to;
  };
  return CLI::Validator(check, from_to);
}

CLI::Validator one_of(const std::vector<std::string>& names,
                      const std::vector<std::string>& shown) {
  const std::string list = CLI::detail::join(shown.empty() ? names : shown, ",");
  const auto check = [names](std::string& text) {
    if (std::find(names.begin(), names.end(), text) != names.end()) return std::string();
    const std::string meant = most_similar(text, names);
    return "is " + quote(text, 40) + "; it can be " + CLI::detail::join(names, ", ") +
           (meant.empty() ? "" : "; did you mean " + meant + "?");
  };
  return CLI::Validator(check, "{" + list + "}");
}

std::string data_folder(const std::string& named) {
  const char* otherwise = named.empty() ? std::getenv("TUTTI_DATA") : nullptr;
  return otherwise ? otherwise : named;
}

void add_dtype_name(CLI::App& verb, std::string& name, bool automatic, const std::string& help) {
  std::vector<std::string> accepted, shown;
  for (const auto& [spelling, meaning] : dtype_names()) {
    if (!automatic && meaning == "auto") continue;
    accepted.push_back(spelling);
    if (spelling == meaning) shown.push_back(spelling);
  }
  verb.add_option_function<std::string>(
          "--dtype", [&name](const std::string& given) { name = dtype_names().at(given); }, help)
      ->check(one_of(accepted, shown))
      ->type_name("TYPE");
}

}  // namespace tutti
