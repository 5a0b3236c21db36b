#include "model/spec/check_spec.h"

#include <algorithm>
#include <set>
#include <string>

#include "model/spec/json_fields.h"

namespace tutti {
namespace {

Status check_sizes(const ModelSpec& s) {
  for (const auto& [key, value] : {std::pair{"width", s.width}, {"local_width", s.local_width}})
    if (value % kHeadWidth)
      return bad_field(key, "is " + std::to_string(value) + "; use a multiple of 64");
  if (s.block.skips && s.layers % 2)
    return bad_field("layers",
                     "is " + std::to_string(s.layers) + "; long skips need an even number");
  if (int64_t(s.vocabulary) * s.width > int64_t(1) << 31)
    return bad_field("vocabulary", "times \"width\" is " +
                                       std::to_string(int64_t(s.vocabulary) * s.width) +
                                       "; a matrix holds 2^31 values at most");
  return {};
}

Status check_block(const ModelSpec& spec) {
  if (spec.attention_heads() % spec.kv_heads())
    return bad_field("block.kv_heads", "is " + std::to_string(spec.block.kv_heads) +
                                           "; expected a divisor of the " +
                                           std::to_string(spec.attention_heads()) + " heads");
  if (!is_gated(spec.block.activation)) return {};
  for (size_t g = 0; g < spec.groups.size(); ++g)
    if (spec.groups[g].ffn % 16)
      return bad_field(list_path("groups", g) + "ffn",
                       "is " + std::to_string(spec.groups[g].ffn) +
                           "; a gated activation needs a multiple of 16");
  return {};
}

// What the modality's stem asks of it.
Status check_stem(const ModelSpec& spec, size_t index) {
  const ModalitySpec& m = spec.modalities[index];
  const std::string path = list_path("modalities", index);
  const bool alone = m.stem != Stem::noisy && m.stem != Stem::patches;
  if (alone && spec.find(m.stem) != int(index))
    return bad_field(path + "stem", "is another modality's already; one alone may have it");
  if (m.stem == Stem::patches && !m.values)
    return bad_field(path + "values", "is 0; say how many numbers a row has");
  // As the engine draws and speaks: 64x64 pixels in patches of 8x8, 4 mel frames a token.
  if (m.stem == Stem::noisy && (m.values != kPaintValues || m.tokens != kPaintTokens))
    return bad_field(path + "values", "and \"tokens\" are " + std::to_string(m.values) + " and " +
                                          std::to_string(m.tokens) + "; expected 192 and 64");
  if (m.stem == Stem::spoken && m.values != kSpeakValues)
    return bad_field(path + "values", "is " + std::to_string(m.values) + "; expected 320");
  const int segment = segment_tokens(m.stem);
  if (segment % m.merge)
    return bad_field(path + "merge", "is " + std::to_string(m.merge) + "; expected a divisor of " +
                                         std::to_string(segment));
  if (!m.until.empty() && !spec.block.routed)
    return bad_field(path + "until",
                     "is given, but no layer is left out: \"block.routed\" is false");
  return {};
}

Status check_modalities(const ModelSpec& spec) {
  std::set<std::string> names;
  int group = 0;
  std::vector<bool> used(spec.groups.size());
  for (size_t i = 0; i < spec.modalities.size(); ++i) {
    const ModalitySpec& m = spec.modalities[i];
    const std::string path = list_path("modalities", i);
    if (!names.insert(m.name).second)
      return bad_field(path + "name", "is \"" + m.name + "\", as another modality's");
    if (m.group < group)
      return bad_field(path + "group", "is \"" + spec.groups[size_t(m.group)].name +
                                           "\"; list the modalities in the order of the groups");
    group = m.group;
    used[size_t(group)] = true;
    if (!m.noisy() && int(i) > spec.first_noisy())
      return bad_field(
          path + "name",
          "is \"" + m.name + "\"; list the modalities from which noise is removed last");
    TUTTI_CHECK(check_stem(spec, i));
  }
  for (size_t g = 0; g < used.size(); ++g)
    if (!used[g])
      return bad_field(list_path("groups", g) + "name",
                       "is \"" + spec.groups[g].name + "\", which no modality belongs to");
  if (spec.find(Stem::pieces) != 0)
    return bad_field("modalities", "does not begin with text; its stem is \"pieces\"");
  return {};
}

// Which modality a kind of head reads.
Status check_head(const ModelSpec& spec, const HeadSpec& head, const std::string& path) {
  using Kind = HeadSpec::Kind;
  const auto from = [&](auto good, const char* what) -> Status {
    const int modality = spec.find(head.from);
    if (modality >= 0 && good(spec.modalities[size_t(modality)])) return {};
    return bad_field(path + "from", "is " + shown(head.from) + "; expected " + what);
  };
  const auto has = [](Stem stem) {
    return [stem](const ModalitySpec& m) { return m.stem == stem; };
  };
  switch (head.kind) {
    case Kind::values:
      return from([](const ModalitySpec& m) { return m.noisy(); },
                  "a modality from which noise is removed");
    case Kind::ctc:
      return from(has(Stem::sound), "the modality that hears");
    case Kind::matte:
      return from(has(Stem::picture), "the modality that sees pictures");
    case Kind::durations:
      return from(has(Stem::spoken), "the modality that speaks");
    case Kind::pieces:
    case Kind::embedding:
    case Kind::vocoder:
      break;
  }
  if (head.from.empty()) return {};
  return bad_field(path + "from", "is " + shown(head.from) + "; this kind reads no modality alone");
}

// Heads whose parameters belong to other parts of the network have one name.
Status check_head_name(const HeadSpec& head, const std::string& path) {
  using Kind = HeadSpec::Kind;
  const char* const only = head.kind == Kind::pieces      ? "pieces"
                           : head.kind == Kind::durations ? "duration"
                           : head.kind == Kind::vocoder   ? "vocoder"
                                                          : nullptr;
  if (!only || head.name == only) return {};
  return bad_field(path + "name",
                   "is " + shown(head.name) + "; this kind is called \"" + only + "\"");
}

Status check_heads(const ModelSpec& spec) {
  std::set<std::string> names;
  for (size_t i = 0; i < spec.heads.size(); ++i) {
    const HeadSpec& head = spec.heads[i];
    const std::string path = list_path("heads", i);
    TUTTI_CHECK(check_head(spec, head, path));
    TUTTI_CHECK(check_head_name(head, path));
    if (!names.insert(head.name).second)
      return bad_field(path + "name", "is \"" + head.name + "\", as another head's");
    if (head.kind == HeadSpec::Kind::vocoder && spec.find(Stem::spoken) < 0)
      return bad_field(path + "kind", "is \"vocoder\"; no modality speaks");
    for (size_t j = 0; j < i; ++j)
      if (spec.heads[j].kind == head.kind && spec.heads[j].from == head.from)
        return bad_field(path + "kind", "is another head's already");
  }
  for (const ModalitySpec& m : spec.modalities) {
    const auto reads = [&](const HeadSpec& head) {
      return head.kind == HeadSpec::Kind::values && head.from == m.name;
    };
    if (m.noisy() && std::none_of(spec.heads.begin(), spec.heads.end(), reads))
      return bad_field("heads", "lack one of kind \"values\" from \"" + m.name + "\"");
  }
  if (!spec.has(HeadSpec::Kind::pieces))
    return bad_field("heads", "lack one of kind \"pieces\": text comes out of every model");
  return {};
}

}  // namespace

Status check_spec(const ModelSpec& spec) {
  TUTTI_CHECK(check_sizes(spec));
  TUTTI_CHECK(check_block(spec));
  TUTTI_CHECK(check_modalities(spec));
  return check_heads(spec);
}

}  // namespace tutti
