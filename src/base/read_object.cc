#include "base/read_object.h"

namespace tutti {

Result<nlohmann::json> read_object(std::string_view text, const std::string& name,
                                   size_t most_bytes, const JsonLimits& limits) {
  if (text.size() > most_bytes)
    return bad_input(name + " has " + std::to_string(text.size()) + " bytes; at most " +
                     std::to_string(most_bytes) + " are read");
  const auto free_of_charge = [](size_t) { return true; };  // `most_bytes` bounds it
  JsonTree<nlohmann::json, decltype(free_of_charge)> tree(limits, free_of_charge);
  if (!nlohmann::json::sax_parse(text, &tree))
    return bad_input(name + ' ' + (tree.problem() ? tree.problem()->what : "is not valid JSON"));
  nlohmann::json object = tree.take();
  if (!object.is_object()) return bad_input(name + " is not a JSON object");
  return object;
}

}  // namespace tutti
