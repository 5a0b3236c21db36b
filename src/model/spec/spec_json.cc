#include "model/spec/spec_json.h"

#include "base/read_object.h"
#include "model/spec/block_json.h"
#include "model/spec/check_spec.h"
#include "model/spec/json_fields.h"

namespace tutti {
namespace {

using Json = nlohmann::json;

constexpr int kMostFfn = 1 << 16;
constexpr size_t kLargestSpec = 1 << 20;
constexpr JsonLimits kLimits = {.deepest = 32, .most_keys = 256, .most_values = 10'000};

const Words<Stem> kStems = {{Stem::pieces, "pieces"},   {Stem::picture, "picture"},
                            {Stem::clip, "clip"},       {Stem::sound, "sound"},
                            {Stem::patches, "patches"}, {Stem::noisy, "noisy"},
                            {Stem::spoken, "spoken"}};
const Words<HeadSpec::Kind> kHeads = {
    {HeadSpec::Kind::pieces, "pieces"},       {HeadSpec::Kind::values, "values"},
    {HeadSpec::Kind::embedding, "embedding"}, {HeadSpec::Kind::ctc, "ctc"},
    {HeadSpec::Kind::matte, "matte"},         {HeadSpec::Kind::durations, "durations"},
    {HeadSpec::Kind::vocoder, "vocoder"}};

Status read_groups(const Json& list, ModelSpec& spec) {
  spec.groups.clear();
  for (const Json& json : list) {
    const std::string path = list_path("groups", spec.groups.size());
    TUTTI_CHECK(check_object(json, path));
    GroupSpec group;
    TUTTI_CHECK(Fields(json, path)
                    .identifier("name", group.name)
                    .integer("ffn", group.ffn, 16, kMostFfn)
                    .finish());
    for (const GroupSpec& other : spec.groups)
      if (other.name == group.name)
        return bad_field(path + "name", "is \"" + group.name + "\", as another group's");
    spec.groups.push_back(std::move(group));
  }
  return {};
}

Result<int> group_index(const ModelSpec& spec, const std::string& name, const std::string& path) {
  std::string names;
  for (size_t g = 0; g < spec.groups.size(); ++g) {
    if (spec.groups[g].name == name) return int(g);
    names += (g ? ", " : "") + spec.groups[g].name;
  }
  return bad_field(path + "group", "is " + shown(name) + "; the groups are " + names);
}

Status read_until(const Json& json, const std::string& key, ModelSpec& spec,
                  std::vector<float>& until) {
  const auto refuse = [&] {
    return bad_field(key, "is " + shown(json) + "; expected " + std::to_string(spec.layers) +
                              " numbers from 0 to 1, one a layer, of which the first and the last "
                              "two are 1");
  };
  if (!json.is_array() || int(json.size()) != spec.layers) return refuse();
  until.clear();
  for (const Json& level : json) {
    const int layer = int(until.size());
    const bool always = layer == 0 || layer >= spec.layers - 2;
    if (!level.is_number() || level < 0 || level > 1 || (always && level != 1)) return refuse();
    until.push_back(level);
  }
  return {};
}

// How noise is removed; `prefix` is the modality's in version 1.
Status read_generation(Fields& fields, const std::string& prefix, const std::string& path,
                       ModelSpec& spec, ModalitySpec& modality) {
  fields.integer(prefix + "steps", modality.steps, 1, 1000)
      .number(prefix + "guidance", modality.guidance, 0, 100);
  const std::string until = prefix + "until";
  if (const Json* json = fields.find(until))
    TUTTI_CHECK(read_until(*json, path + until, spec, modality.until));
  return {};
}

Status read_modality(const Json& json, const std::string& path, ModelSpec& spec) {
  TUTTI_CHECK(check_object(json, path));
  ModalitySpec modality;
  std::string group;
  Fields fields(json, path);
  fields.identifier("name", modality.name)
      .text("group", group)
      .choice("stem", modality.stem, kStems);
  // What its stem has no use for is an unknown key.
  const Stem stem = modality.stem;
  if (stem == Stem::picture || stem == Stem::clip || stem == Stem::sound)
    fields.integer("merge", modality.merge, 1, 256);
  if (stem == Stem::patches || modality.noisy())
    fields.integer("values", modality.values, 1, 1 << 16);
  if (stem == Stem::patches || stem == Stem::noisy)
    fields.integer("tokens", modality.tokens, 0, 1 << 16);
  if (modality.noisy()) {
    modality.steps = 8;
    TUTTI_CHECK(read_generation(fields, "", path, spec, modality));
  }
  TUTTI_CHECK(fields.finish());
  TUTTI_ASSIGN(modality.group, group_index(spec, group, path));
  spec.modalities.push_back(std::move(modality));
  return {};
}

Status read_modalities(const Json& list, ModelSpec& spec) {
  spec.modalities.clear();
  for (size_t i = 0; i < list.size(); ++i)
    TUTTI_CHECK(read_modality(list[i], list_path("modalities", i), spec));
  return {};
}

Status read_heads(const Json& list, ModelSpec& spec) {
  spec.heads.clear();
  for (const Json& json : list) {
    const std::string path = list_path("heads", spec.heads.size());
    TUTTI_CHECK(check_object(json, path));
    HeadSpec head;
    TUTTI_CHECK(Fields(json, path)
                    .identifier("name", head.name)
                    .choice("kind", head.kind, kHeads)
                    .text("from", head.from)
                    .finish());
    spec.heads.push_back(std::move(head));
  }
  return {};
}

Status read_lists(Fields& fields, ModelSpec& spec) {
  if (const Json* list = fields.list("groups", kMostGroups)) TUTTI_CHECK(read_groups(*list, spec));
  if (const Json* list = fields.list("modalities", kMostModalities))
    TUTTI_CHECK(read_modalities(*list, spec));
  if (const Json* list = fields.list("heads", kMostModalities))
    TUTTI_CHECK(read_heads(*list, spec));
  return {};
}

// Version 1, and recipes: sizes of the reference model's groups and modalities by flat keys. There
// `groups` is a flag.
Status read_flat(const Json& json, Fields& fields, ModelSpec& spec) {
  for (GroupSpec& group : spec.groups) fields.integer("ffn_" + group.name, group.ffn, 16, kMostFfn);
  for (ModalitySpec& modality : spec.modalities)
    if (modality.noisy())
      TUTTI_CHECK(read_generation(fields, modality.name + "_", "", spec, modality));
  if (json.contains("groups")) {
    bool apart = true;
    fields.flag("groups", apart);
    spec.merged = !apart;
  }
  return {};
}

// 0: none. What is only 0 as a float is not.
void read_cap(Fields& fields, float& cap) {
  const Json* json = fields.find("logit_cap");
  if (json && json->is_number() && *json == 0)
    cap = 0;
  else
    fields.number("logit_cap", cap, 0.01f, 10000);
}

void read_sizes(Fields& fields, ModelSpec& s) {
  read_cap(fields, s.logit_cap);
  fields.text("name", s.name)
      .integer("vocabulary", s.vocabulary, 300, 1 << 20)
      .integer("context", s.context, 64, 1 << 16)
      .integer("width", s.width, kHeadWidth, 1 << 14)
      .integer("layers", s.layers, 2, 256)
      .integer("stem_width", s.stem_width, 8, 1024)
      .integer("local_width", s.local_width, kHeadWidth, 4096)
      .integer("image_blocks", s.image_blocks, 1, 64)
      .integer("audio_blocks", s.audio_blocks, 1, 64)
      .integer("bottleneck", s.bottleneck, 8, 4096)
      .integer("modulation_rank", s.modulation_rank, 4, 1024)
      .integer("speech_text_width", s.speech_text_width, 16, 4096)
      .integer("embedding", s.embedding, 8, 4096)
      .integer("vocoder_width", s.vocoder_width, 16, 4096)
      .integer("vocoder_blocks", s.vocoder_blocks, 1, 64)
      .flag("hierarchy", s.hierarchy);
}

}  // namespace

const char* name_of(Stem stem) {
  return word_for(stem, kStems);
}
const char* name_of(HeadSpec::Kind kind) {
  return word_for(kind, kHeads);
}

Result<ModelSpec> parse_model_spec(const std::string& text) {
  TUTTI_ASSIGN(const Json json,
               read_object(text, "the model's configuration", kLargestSpec, kLimits));
  ModelSpec spec;
  Fields fields(json, "");
  read_sizes(fields, spec);
  const auto groups = json.find("groups");
  const bool flat = !json.contains("modalities") && !json.contains("heads") &&
                    (groups == json.end() || !groups->is_array());
  if (flat) {
    TUTTI_CHECK(read_flat(json, fields, spec));
  } else {
    fields.flag("merged", spec.merged);
    TUTTI_CHECK(read_lists(fields, spec));
  }
  if (const Json* block = fields.find("block")) TUTTI_CHECK(read_block(*block, spec.block));
  TUTTI_CHECK(fields.finish());
  TUTTI_CHECK(check_spec(spec));
  return spec;
}

namespace {

Json modality_json(const ModelSpec& spec, const ModalitySpec& m) {
  Json json = {
      {"name", m.name}, {"group", spec.groups[size_t(m.group)].name}, {"stem", name_of(m.stem)}};
  if (m.values) json["values"] = m.values;
  if (m.tokens) json["tokens"] = m.tokens;
  if (m.merge > 1) json["merge"] = m.merge;
  if (!m.noisy()) return json;
  json["steps"] = m.steps;
  json["guidance"] = m.guidance;
  if (!m.until.empty()) json["until"] = m.until;
  return json;
}

}  // namespace

std::string model_spec_json(const ModelSpec& s) {
  Json json = {{"name", s.name},
               {"vocabulary", s.vocabulary},
               {"context", s.context},
               {"width", s.width},
               {"layers", s.layers},
               {"stem_width", s.stem_width},
               {"local_width", s.local_width},
               {"image_blocks", s.image_blocks},
               {"audio_blocks", s.audio_blocks},
               {"bottleneck", s.bottleneck},
               {"modulation_rank", s.modulation_rank},
               {"speech_text_width", s.speech_text_width},
               {"embedding", s.embedding},
               {"vocoder_width", s.vocoder_width},
               {"vocoder_blocks", s.vocoder_blocks},
               {"logit_cap", s.logit_cap},
               {"hierarchy", s.hierarchy},
               {"merged", s.merged},
               {"block", block_json(s.block)}};
  for (const GroupSpec& group : s.groups)
    json["groups"].push_back({{"name", group.name}, {"ffn", group.ffn}});
  for (const ModalitySpec& m : s.modalities) json["modalities"].push_back(modality_json(s, m));
  for (const HeadSpec& head : s.heads) {
    json["heads"].push_back({{"name", head.name}, {"kind", name_of(head.kind)}});
    if (!head.from.empty()) json["heads"].back()["from"] = head.from;
  }
  return json.dump(1);
}

}  // namespace tutti
