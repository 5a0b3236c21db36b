// The configuration of a model file: it is refused, or its numbers are within their ranges, it is
// written and read back the same, and batches can be laid out for it.
#include <cmath>
#include <cstdlib>

#include "fuzz_target.h"
#include "model/batch.h"
#include "model/spec/spec_json.h"

namespace {

using namespace tutti;

bool in_range(float number, float least, float most) {
  return number >= least && number <= most;
}

void check_ranges(const ModelSpec& s) {
  bool good = (s.logit_cap == 0 || in_range(s.logit_cap, 0.01f, 10000)) &&
              s.attention_heads() >= 1 && s.width % kHeadWidth == 0 &&
              (!s.block.skips || s.layers % 2 == 0) && s.attention_heads() % s.kv_heads() == 0 &&
              !s.groups.empty() && s.groups.size() <= kMostGroups && s.find(Stem::pieces) == 0;
  int group = 0;
  for (const ModalitySpec& m : s.modalities) {
    good = good && m.group >= group && m.group < int(s.groups.size()) && m.merge >= 1 &&
           in_range(m.guidance, 0, 100) && (m.until.empty() || int(m.until.size()) == s.layers);
    group = m.group;
    for (const float level : m.until) good = good && in_range(level, 0, 1);
  }
  for (const HeadSpec& head : s.heads) good = good && (head.from.empty() || s.find(head.from) >= 0);
  if (!good) std::abort();
}

// A segment of every modality there is, in two sequences.
void lay_out(const ModelSpec& spec) {
  const auto has = [&](Stem stem) { return spec.find(stem) >= 0; };
  BatchBuilder builder(spec);
  builder.begin_sequence();
  if (has(Stem::picture)) builder.image(make_picture(kImageSize, kImageSize, 3));
  builder.text(std::vector<int32_t>{1, 2, 3});
  if (has(Stem::noisy))
    builder.paint(std::vector<float>(size_t(kPaintTokens) * kPaintValues), 0.5f);
  builder.begin_sequence();
  for (size_t m = 0; m < spec.modalities.size(); ++m)
    if (spec.modalities[m].stem == Stem::patches)
      builder.patches(int(m), std::vector<float>(2 * size_t(spec.modalities[m].values)),
                      std::vector<Position>(2));
  Mel mel;
  mel.values.resize(size_t(13) * kMelBins);
  if (has(Stem::sound)) builder.audio(mel);
  const std::vector<int32_t> alignment = {0, 1};
  if (has(Stem::spoken)) builder.speak(std::vector<float>(2 * kSpeakValues), 0, "hi", alignment);
  const Batch batch = builder.build();
  const AttentionPlan& plan = batch.trunk;
  if (batch.rows() != int(plan.query_rows.size())) std::abort();
  for (size_t i = 0; i < plan.query_rows.size(); ++i)
    if (plan.query_rows[i] < 0 || plan.query_rows[i] >= batch.rows() ||
        plan.first_key[i] >= plan.last_key[i])
      std::abort();
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  ModelSpec small;
  small.width = small.local_width = 64;
  small.layers = 4;
  small.modality("paint").until = {1, 0.5f, 1, 1};
  small.hierarchy = false;
  const std::string patches_alone =
      R"({"groups":[{"name":"a","ffn":64}],"modalities":[{"name":"text","group":"a",)"
      R"("stem":"pieces"},{"name":"points","group":"a","stem":"patches","values":96,)"
      R"("tokens":64}],"heads":[{"name":"pieces","kind":"pieces"}]})";
  return {"{}",
          model_spec_json(ModelSpec()),
          model_spec_json(small),
          patches_alone,
          R"({"logit_cap":1e39})",
          R"({"width":18446744073709551615,"layers":-2})",
          R"({"width":)" + std::string(1000, '[') + std::string(1000, ']') + "}"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = parse_model_spec(std::string(reinterpret_cast<const char*>(data), size));
  if (!config) {
    if (config.error().message().empty()) std::abort();
    return 0;
  }
  check_ranges(*config);
  const std::string written = model_spec_json(*config);
  const auto again = parse_model_spec(written);
  if (!again || model_spec_json(*again) != written) std::abort();
  lay_out(*config);
  return 0;
}
