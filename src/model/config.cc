#include "model/config.h"

#include <algorithm>
#include <cfloat>
#include <nlohmann/json.hpp>

namespace tutti {
namespace {

using Json = nlohmann::json;

// Calls `field(key, value, low, high)` for every integer size, in the order of the struct.
template <class Config, class Field>
void visit_sizes(Config& c, Field field) {
  field("vocabulary", c.vocabulary, 300, 1 << 20);
  field("context", c.context, 64, 1 << 16);
  field("width", c.width, kHeadWidth, 1 << 14);
  field("layers", c.layers, 2, 256);
  for (int g = 0; g < kGroups; ++g)
    field((std::string("ffn_") + kGroupNames[g]).c_str(), c.ffn[g], 16, 1 << 16);
  field("stem_width", c.stem_width, 8, 1024);
  field("local_width", c.local_width, kHeadWidth, 4096);
  field("image_blocks", c.image_blocks, 1, 64);
  field("audio_blocks", c.audio_blocks, 1, 64);
  field("bottleneck", c.bottleneck, 8, 4096);
  field("modulation_rank", c.modulation_rank, 4, 1024);
  field("speech_text_width", c.speech_text_width, 16, 4096);
  field("embedding", c.embedding, 8, 4096);
  field("vocoder_width", c.vocoder_width, 16, 4096);
  field("vocoder_blocks", c.vocoder_blocks, 1, 64);
  field("paint_steps", c.paint_steps, 1, 1000);
  field("speak_steps", c.speak_steps, 1, 1000);
}

// The same for numbers that need not be whole. Logits are divided by the cap and multiplied by it.
template <class Config, class Field>
void visit_numbers(Config& c, Field field) {
  field("logit_cap", c.logit_cap, 0.01f, 10000.0f);
  field("paint_guidance", c.paint_guidance, 0.0f, 100.0f);
  field("speak_guidance", c.speak_guidance, 0.0f, 100.0f);
}

// For messages. Lists are cut, and what lies within lists is not written: its depth is the
// stranger's, and writing it takes the stack.
std::string shown(const Json& value) {
  const bool flat = value.is_array() && std::none_of(value.begin(), value.end(), [](const Json& v) {
                      return v.is_structured();
                    });
  if (value.is_structured() && !flat) return std::string("an ") + value.type_name();
  return value.dump().substr(0, 80);
}

Error bad_field(const std::string& key, const std::string& what) {
  return bad_input("model configuration: \"" + key + "\" " + what);
}

bool known_key(ModelConfig& config, const std::string& key) {
  bool known = key == "name" || key == "hierarchy" || key == "groups" || key == "paint_until";
  visit_sizes(config, [&](const char* name, int&, int, int) { known |= key == name; });
  visit_numbers(config, [&](const char* name, float&, float, float) { known |= key == name; });
  return known;
}

Status check_widths(const ModelConfig& c) {
  if (c.width % kHeadWidth)
    return bad_field("width", "is " + std::to_string(c.width) + "; use a multiple of 64");
  if (c.local_width % kHeadWidth)
    return bad_field("local_width",
                     "is " + std::to_string(c.local_width) + "; use a multiple of 64");
  if (c.layers % 2)
    return bad_field("layers",
                     "is " + std::to_string(c.layers) + "; long skips need an even number");
  return {};
}

Status read_paint_until(const Json& json, ModelConfig& c) {
  const std::string expected =
      "; expected " + std::to_string(c.layers) +
      " numbers from 0 to 1, one a layer, of which the first and the last two are 1";
  if (!json.is_array() || int(json.size()) != c.layers)
    return bad_field("paint_until", "is " + shown(json) + expected);
  c.paint_until.clear();
  for (const Json& level : json) {
    const int layer = int(c.paint_until.size());
    const bool always = layer == 0 || layer >= c.layers - 2;
    if (!level.is_number() || level < 0 || level > 1 || (always && level != 1))
      return bad_field("paint_until", "is " + shown(json) + expected);
    c.paint_until.push_back(level);
  }
  return {};
}

}  // namespace

Result<ModelConfig> parse_model_config(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return bad_input("model configuration: expected a JSON object");
  ModelConfig c;
  for (const auto& [key, value] : json.items())
    if (!known_key(c, key)) return bad_field(key, "is not a known key; remove it or update tutti");

  std::optional<Error> problem;
  visit_sizes(c, [&](const char* key, int& size, int low, int high) {
    if (problem || !json.contains(key)) return;
    const Json& value = json[key];
    if (!value.is_number_integer() || value < low || value > high)
      problem = bad_field(key, "is " + shown(value) + "; expected an integer from " +
                                   std::to_string(low) + " to " + std::to_string(high));
    else
      size = value;
  });
  if (problem) return *problem;

  if (json.contains("name")) {
    if (!json["name"].is_string()) return bad_field("name", "is not a string");
    c.name = json["name"];
  }
  visit_numbers(c, [&](const char* key, float& number, float low, float high) {
    if (problem || !json.contains(key)) return;
    const Json& value = json[key];
    // 1e39 is a number in the file and infinite as a float.
    const double wide = value.is_number() ? value.get<double>() : -1;
    const float narrow = wide >= 0 && wide <= FLT_MAX ? float(wide) : -1;
    if (!(narrow >= low && narrow <= high))
      problem = bad_field(key, "is " + shown(value) + "; expected a number from " +
                                   std::to_string(low) + " to " + std::to_string(high));
    else
      number = narrow;
  });
  if (problem) return *problem;
  for (auto [key, flag] : {std::pair{"hierarchy", &c.hierarchy}, {"groups", &c.groups}}) {
    if (!json.contains(key)) continue;
    if (!json[key].is_boolean()) return bad_field(key, "is neither true nor false");
    *flag = json[key];
  }
  TUTTI_CHECK(check_widths(c));
  if (json.contains("paint_until")) TUTTI_CHECK(read_paint_until(json["paint_until"], c));
  return c;
}

std::string model_config_json(const ModelConfig& config) {
  Json json;
  json["name"] = config.name;
  json["hierarchy"] = config.hierarchy;
  json["groups"] = config.groups;
  if (!config.paint_until.empty()) json["paint_until"] = config.paint_until;
  visit_sizes(config, [&](const char* key, int size, int, int) { json[key] = size; });
  visit_numbers(config, [&](const char* key, float number, float, float) { json[key] = number; });
  return json.dump(1);
}

}  // namespace tutti
