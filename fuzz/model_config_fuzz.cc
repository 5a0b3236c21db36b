// The configuration of a model file: it is refused, or its numbers are within their ranges, it is
// written and read back the same, and batches can be laid out for it.
#include <cmath>
#include <cstdlib>

#include "fuzz_target.h"
#include "model/batch.h"

namespace {

using namespace tutti;

void check_ranges(const ModelConfig& c) {
  for (float number : {c.logit_cap, c.paint_guidance, c.speak_guidance})
    if (!std::isfinite(number) || number < 0) std::abort();
  if (!(1 / c.logit_cap > 0) || std::isinf(1 / c.logit_cap)) std::abort();
  for (float level : c.paint_until)
    if (!(level >= 0 && level <= 1)) std::abort();
  if (!c.paint_until.empty() && int(c.paint_until.size()) != c.layers) std::abort();
  if (c.heads() < 1 || c.width % kHeadWidth || c.layers % 2) std::abort();
}

// Every kind of segment, in two sequences.
void lay_out(const ModelConfig& config) {
  BatchBuilder builder(config);
  builder.begin_sequence();
  builder.image(make_picture(kImageSize, kImageSize, 3));
  builder.text(std::vector<int32_t>{1, 2, 3});
  builder.paint(std::vector<float>(size_t(kPaintTokens) * kPaintValues), 0.5f);
  builder.begin_sequence();
  Mel mel;
  mel.values.resize(size_t(13) * kMelBins);
  builder.audio(mel);
  const std::vector<int32_t> alignment = {0, 1};
  builder.speak(std::vector<float>(2 * kSpeakValues), 0, "hi", alignment);
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
  ModelConfig small;
  small.width = small.local_width = 64;
  small.layers = 4;
  small.paint_until = {1, 0.5f, 1, 1};
  small.hierarchy = false;
  return {"{}",
          model_config_json(ModelConfig()),
          model_config_json(small),
          R"({"logit_cap":1e39})",
          R"({"width":18446744073709551615,"layers":-2})",
          R"({"width":)" + std::string(1000, '[') + std::string(1000, ']') + "}"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = parse_model_config(std::string(reinterpret_cast<const char*>(data), size));
  if (!config) {
    if (config.error().message().empty()) std::abort();
    return 0;
  }
  check_ranges(*config);
  const std::string written = model_config_json(*config);
  const auto again = parse_model_config(written);
  if (!again || model_config_json(*again) != written) std::abort();
  lay_out(*config);
  return 0;
}
