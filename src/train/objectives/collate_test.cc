// Small batches whose rows, targets and padding are written out by hand.
#include "train/objectives/collate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "format/text/special_tokens.h"
#include "train/objectives/objectives.h"

namespace tutti {
namespace {

using Ints = std::vector<int32_t>;

Segment text(Ints tokens, bool target = false) {
  Segment segment;
  segment.tokens = std::move(tokens);
  segment.target = target;
  return segment;
}

Segment picture(Stem stem, int side, uint8_t value = 255) {
  Segment segment;
  segment.stem = stem;
  segment.image = make_picture(side, side, 3, value);
  return segment;
}

Segment sound(Stem stem, int frames, const std::string& transcript) {
  Segment segment;
  segment.stem = stem;
  segment.mel.values.assign(size_t(frames) * kMelBins, 0.5f);
  segment.transcript = transcript;
  return segment;
}

// A micro-batch of all examples, and what it came from.
struct Made {
  std::vector<DrawnExample> drawn;
  Batch batch;
  Collated rows;
};

std::unique_ptr<Made> collated(const std::vector<Example>& examples,
                               const NoiseOptions& options = {}) {
  static const ModelSpec config;
  Rng rng(1);
  auto drawn = draw_noise(examples, options, rng);
  std::vector<const DrawnExample*> all;
  for (const DrawnExample& one : drawn) all.push_back(&one);
  Collated rows = collate(config, all);
  Batch batch = *rows.batch;
  return std::make_unique<Made>(Made{std::move(drawn), std::move(batch), std::move(rows)});
}

Segment rows_of(const std::string& modality, float value) {
  Segment segment;
  segment.stem = Stem::patches;
  segment.rows = {modality, {value, value + 1, value + 2, value + 3}, {{0, 1, 2}, {0, 3, 4}}};
  return segment;
}

NoiseOptions never_dropped() {
  NoiseOptions options;
  options.drop_text = 0;
  return options;
}

std::vector<float> paint_of(const Batch& batch) {
  return batch.values[size_t(ModelSpec().find(Stem::noisy))];
}
std::vector<float> paint_of(const Made& made) {
  return paint_of(made.batch);
}

FlowTargets flow_of(const Made& made) {
  FlowTargets targets;
  fill_flow_targets(made.rows, targets);
  return targets;
}

template <class Wanted, class Objective>
std::shared_ptr<Wanted> targets_of(const Made& made, const Objective& objective) {
  return std::static_pointer_cast<Wanted>(objective.targets(made.rows));
}

TEST(Collate, ARowSaysTheNextTokenAndTheLastSaysTheEnd) {
  const Example first{Task::question, {text({20, 21}), text({30, 31}, true), text({22})}};
  const Example second{Task::text, {text({token_begin, 40}, true)}};
  const auto made = collated({first, second});
  EXPECT_EQ(made->batch.text_ids, (Ints{20, 21, 30, 31, 22, token_begin, 40}));
  const auto targets = text_targets(made->rows);
  EXPECT_EQ(targets->rows, (Ints{1, 2, 3, 5, 6}));
  EXPECT_EQ(targets->ids, (Ints{30, 31, token_end, 40, token_end}));
  const auto q = int32_t(Task::question), t = int32_t(Task::text);
  EXPECT_EQ(targets->tasks, (Ints{q, q, q, t, t}));
  EXPECT_EQ(targets->counts,
            (std::map<std::string, double>{{"text", 5}, {"text.question", 3}, {"text.plain", 2}}));
}

TEST(Collate, AnEmptyAnswerIsSaidByItsQuestionAndAnEmptyTextSaysNothing) {
  auto made = collated({{Task::question, {text({20, 21}), text({}, true)}}});
  EXPECT_EQ(text_targets(made->rows)->rows, (Ints{1}));
  EXPECT_EQ(text_targets(made->rows)->ids, (Ints{token_end}));
  // No row stands before the answer: the last of another sequence must not learn it.
  made = collated({{Task::text, {text({10})}}, {Task::question, {text({}), text({30}, true)}}});
  EXPECT_EQ(text_targets(made->rows)->rows, (Ints{1}));
  EXPECT_EQ(text_targets(made->rows)->ids, (Ints{token_end}));
}

TEST(Collate, RowsLieByKindAndSeeTheirOwnSequenceAlone) {
  const Example drawn{Task::paint,
                      {text({token_begin, 20, token_paint}), picture(Stem::noisy, 64)}};
  const Example said{Task::text, {text({30, 31})}};
  const auto made = collated({drawn, said}, never_dropped());
  EXPECT_EQ(made->batch.rows(), 5 + kPaintTokens);
  const AttentionPlan& plan = made->batch.trunk;
  ASSERT_EQ(plan.query_offsets, (Ints{0, 3 + kPaintTokens, 5 + kPaintTokens}));
  // Text sees what came before it; noisy rows see all of their sequence; nothing sees them.
  EXPECT_EQ(Ints(plan.last_key.begin(), plan.last_key.begin() + 3), (Ints{1, 2, 3}));
  for (int i = 3; i < 3 + kPaintTokens; ++i) EXPECT_EQ(plan.last_key[size_t(i)], 3 + kPaintTokens);
  EXPECT_EQ(plan.last_key[size_t(3 + kPaintTokens)], 1);
  // Rows of the trunk: both texts first, then the painting.
  EXPECT_EQ(plan.query_rows[0], 0);
  EXPECT_EQ(plan.query_rows[3], 5);
  EXPECT_EQ(plan.query_rows[size_t(3 + kPaintTokens)], 3);
}

TEST(Collate, NoiseMixesByItsLevelAndWeighs) {
  EXPECT_FLOAT_EQ(flow_weight(0), 1);
  EXPECT_FLOAT_EQ(flow_weight(0.5f), 4);
  EXPECT_FLOAT_EQ(flow_weight(1), 400);
  const Example example{Task::paint, {text({20}), picture(Stem::noisy, 64)}};
  NoiseOptions options = never_dropped();
  options.mean = 20;  // t is nearly 1: clean
  options.spread = 0;
  auto made = collated({example}, options);
  Flow painted = flow_of(*made).flows[0];
  ASSERT_EQ(painted.clean.size(), size_t(kPaintTokens) * kPaintValues);
  for (float value : painted.clean) ASSERT_EQ(value, 1);
  for (float value : paint_of(*made)) ASSERT_NEAR(value, 1, 1e-6);
  ASSERT_EQ(painted.weight.size(), size_t(kPaintTokens));
  for (float weight : painted.weight) ASSERT_FLOAT_EQ(weight, 400);

  options.from_noise = true;
  made = collated({example}, options);
  const auto& noisy = paint_of(*made);
  const double mean = std::accumulate(noisy.begin(), noisy.end(), 0.0) / double(noisy.size());
  double variance = 0;
  for (float value : noisy) variance += (value - mean) * (value - mean) / double(noisy.size());
  EXPECT_NEAR(mean, 0, 5 / std::sqrt(double(noisy.size())));
  EXPECT_NEAR(variance, 1, 5 * std::sqrt(2 / double(noisy.size())));
  EXPECT_EQ(made->batch.noise_levels, (std::vector<float>{0}));
  EXPECT_EQ(flow_of(*made).flows[0].weight, std::vector<float>(kPaintTokens, 1));
}

TEST(Collate, ADroppedTextKeepsItsMarks) {
  const Example example{Task::paint,
                        {text({token_begin, 20, 21, token_paint}), picture(Stem::noisy, 64)}};
  NoiseOptions options;
  options.drop_text = 1;
  EXPECT_EQ(collated({example}, options)->batch.text_ids, (Ints{token_begin, token_paint}));
  EXPECT_EQ(collated({example}, never_dropped())->batch.text_ids.size(), 4u);
  // A caption is an answer, not a condition.
  const Example caption{Task::caption, {text({20, 21, 22}), text({23}, true)}};
  EXPECT_EQ(collated({caption}, options)->batch.text_ids.size(), 4u);
}

TEST(Collate, SpeechIsPaddedWithSilenceAndItsWordsShareTheirTokens) {
  Segment speech = sound(Stem::spoken, 5, "ab");
  speech.timing = {{0, 2, 0.0f, 0.08f}};  // two tokens of 40 ms: one a letter
  auto made = collated({{Task::speak, {text({20}), speech}}}, never_dropped());
  const FlowTargets flow = flow_of(*made);
  const std::vector<float>& clean = flow.flows[1].clean;
  ASSERT_EQ(clean.size(), 2u * kSpeakValues);  // 5 frames in tokens of 4
  for (size_t i = 0; i < clean.size(); ++i)
    ASSERT_FLOAT_EQ(clean[i], i < 5u * kMelBins ? 0.5f : -2.17f) << i;
  EXPECT_EQ(made->batch.speech_bytes, (Ints{' ', 'a', 'b', ' '}));
  EXPECT_EQ(made->batch.speak_alignment, (Ints{1, 2}));
  const float once = std::log1p(1.0f);
  EXPECT_EQ(flow.durations, (std::vector<float>{0, once, once, 0}));
  EXPECT_EQ(flow.counts.at("duration"), 4);

  speech.timing.clear();
  made = collated({{Task::speak, {text({20}), speech}}}, never_dropped());
  EXPECT_EQ(flow_of(*made).durations, std::vector<float>(4, -1));  // unknown
  EXPECT_EQ(flow_of(*made).counts.at("duration"), 0);
}

TEST(Collate, AlignmentStaysInTheTextWhateverTheTimes) {
  Segment speech = sound(Stem::spoken, 8, "hello");
  for (const SpokenPart& part : {SpokenPart{0, 5, 0, 0}, SpokenPart{5, 5, 0, 1e6f},
                                 SpokenPart{0, 5, 1e6f, 1e6f}, SpokenPart{0, 5, 0, 1e-9f}}) {
    speech.timing = {part};
    for (int32_t byte : align_speech(speech, 50)) {
      ASSERT_GE(byte, 0);
      ASSERT_LT(byte, 7);
    }
  }
}

TEST(Collate, PairsPoolWhatMeansTheSame) {
  Example seen{Task::caption, {picture(Stem::picture, 128), text({50})}};
  Example alone{Task::text, {text({token_begin, 60, 61, token_paint})}};
  Example heard{Task::transcribe, {sound(Stem::sound, 24, "")}};
  Example same{Task::text, {text({token_begin, 60, 61, token_paint})}};
  Example lonely{Task::text, {text({70})}};
  seen.pair = alone.pair = 0;
  heard.pair = same.pair = 2;
  lonely.pair = 9;
  const auto made = collated({seen, alone, heard, same, lonely});
  const auto targets = contrast_targets(made->rows);
  ASSERT_EQ(targets->left, (Ints{0, 2}));
  EXPECT_EQ(targets->right, (Ints{1, 3}));
  EXPECT_EQ(targets->space, (Ints{ModelSpec().find(Stem::picture), ModelSpec().find(Stem::sound)}));
  EXPECT_EQ(targets->meaning[0], targets->meaning[1]);
  // 16 rows of a picture, 3 of a text without its marker, 2 of 24 frames of sound.
  EXPECT_EQ(targets->pool_bounds, (Ints{0, 16, 19, 21, 24}));
  // The texts' rows come first: 50, then the four of `alone`, of which the last is the marker.
  EXPECT_EQ(Ints(targets->pool_rows.begin() + 16, targets->pool_rows.begin() + 19),
            (Ints{1, 2, 3}));
}

TEST(Collate, SoundsKeepWhatIsSaidInThem) {
  const auto made = collated({{Task::transcribe, {sound(Stem::sound, 20, "")}},
                              {Task::transcribe, {sound(Stem::sound, 13, "hi")}}});
  const auto targets = targets_of<CtcTargets>(*made, CtcObjective({}));
  ASSERT_EQ(targets->spoken.size(), 1u);  // a sound is not spelled
  EXPECT_EQ(targets->spoken[0].text, "hi");
  EXPECT_EQ(targets->spoken[0].first_row, 6);  // 20 frames are padded to 24: 6 tokens
  EXPECT_EQ(targets->spoken[0].rows, 6);       // and 13 too
}

TEST(Collate, AMattesAlphaLiesInPatchesFromZeroToOne) {
  Example example{Task::matte, {picture(Stem::picture, 128)}};
  example.alpha = make_picture(128, 128, 1);
  *example.alpha.at(5, 2) = 255;  // second patch, third row, second column of 4x4
  const Example before{Task::caption, {picture(Stem::picture, 128)}};
  const auto made = collated({before, example});
  const auto targets = targets_of<MatteTargets>(*made, MatteObjective({}));
  EXPECT_EQ(targets->images, (Ints{1}));
  ASSERT_EQ(targets->alpha.size(), 128u * 128);
  for (size_t i = 0; i < targets->alpha.size(); ++i)
    ASSERT_EQ(targets->alpha[i], i == 16 + 2 * 4 + 1 ? 1.0f : 0.0f) << i;
}

TEST(Collate, VocodedSoundsFillTheirFrames) {
  Example example{Task::vocode};
  example.sound.samples.assign(1000, 0.25f);
  const auto made = collated({example});
  const auto targets = targets_of<VocoderTargets>(*made, VocoderObjective({}));
  ASSERT_EQ(targets->frames.size(), 1u);
  const size_t frames = size_t(targets->frames[0]);
  EXPECT_EQ(targets->mel.size(), frames * kMelBins);
  ASSERT_EQ(targets->samples.size(), frames * 160);
  for (size_t i = 0; i < targets->samples.size(); ++i)
    ASSERT_EQ(targets->samples[i], i < 1000 ? 0.25f : 0.0f);
  EXPECT_EQ(made->batch.rows(), 0);
}

TEST(Collate, LocatedWordsGoToTheRowsOfTheirSegment) {
  Segment image = picture(Stem::picture, 128);
  image.located = {{3, 77}};
  Segment question = text({20, 21});
  question.located = {{1, 88}};
  const auto made = collated({{Task::question, {image, question}}});
  const auto targets = targets_of<LocateTargets>(*made, LocateObjective({}));
  EXPECT_EQ(targets->covered_rows, (Ints{2 + 3}));  // behind the two rows of text
  EXPECT_EQ(targets->covered_ids, (Ints{77}));
  EXPECT_EQ(targets->mention_rows, (Ints{1}));
  EXPECT_EQ(targets->mention_ids, (Ints{88}));
}

TEST(Collate, DrawsTheSameForTheSameSeed) {
  const Example example{Task::paint, {text({20}), picture(Stem::noisy, 64, 7)}};
  EXPECT_EQ(paint_of(*collated({example})), paint_of(*collated({example})));
}

// What a micro-batch holds of a step: some of every kind, and both sides of a pair.
TEST(Collate, ExamplesAreDealtInTurnAndPairsStayTogether) {
  std::vector<DrawnExample> drawn(9);
  for (const auto& [at, pair] : {std::pair{1, 7}, {2, 7}, {5, 8}, {8, 8}})
    drawn[size_t(at)].example.pair = pair;
  const auto hands = deal(drawn, 2);
  std::vector<std::vector<long>> got;
  for (const auto& hand : hands) {
    got.emplace_back();
    for (const DrawnExample* one : hand) got.back().push_back(one - drawn.data());
  }
  EXPECT_EQ(got, (std::vector<std::vector<long>>{{0, 3, 5, 7, 8}, {1, 2, 4, 6}}));
  EXPECT_EQ(deal(drawn, 1)[0].size(), 9u);
}

// Nothing in a batch hides what it came from: dealing does not change what is drawn.
TEST(Collate, TheNoiseOfAnExampleDoesNotDependOnTheDeal) {
  std::vector<Example> examples;
  for (int i = 0; i < 4; ++i)
    examples.push_back({Task::paint, {text({20}), picture(Stem::noisy, 64, uint8_t(i))}});
  Rng rng(1);
  const auto drawn = draw_noise(examples, {}, rng);
  const ModelSpec config;
  const auto whole = collated(examples);
  const size_t one = size_t(kPaintTokens) * kPaintValues;
  const auto hands = deal(drawn, 2);
  const auto second = paint_of(*collate(config, hands[1]).batch);  // examples 1 and 3
  const auto all = paint_of(*whole);
  ASSERT_EQ(second.size(), 2 * one);
  EXPECT_TRUE(std::equal(second.begin(), second.begin() + long(one), all.begin() + long(one)));
  EXPECT_TRUE(std::equal(second.begin() + long(one), second.end(), all.begin() + 3 * long(one)));
}

// Two modalities of rows of two numbers, which no line of the trainer names.
TEST(Collate, RowsOfNumbersGoToTheModalityOfTheirName) {
  ModelSpec config;
  for (const char* name : {"gauges", "dials"})
    config.modalities.insert(config.modalities.begin() + 4,
                             {.name = name, .group = 2, .stem = Stem::patches, .values = 2});
  std::vector<Example> examples;
  const auto pair = [&](Segment first, int id, Ints words) {
    examples.push_back({Task::caption, {std::move(first), text({1, 7}), text({8, 9}, true)}});
    examples.back().pair = id;
    examples.push_back({Task::text, {text(std::move(words))}});
    examples.back().pair = id;
  };
  pair(rows_of("gauges", 1), 0, {1, 5, 3});
  pair(rows_of("dials", 10), 1, {1, 6, 3});
  pair(rows_of("gauges", 20), 2, {1, 6, 3});
  Rng rng(1);
  const auto drawn = draw_noise(examples, {}, rng);
  std::vector<const DrawnExample*> all;
  for (const DrawnExample& one : drawn) all.push_back(&one);
  const Collated rows = collate(config, all);
  using Floats = std::vector<float>;
  EXPECT_EQ(rows.batch->values[size_t(config.find("gauges"))],
            (Floats{1, 2, 3, 4, 20, 21, 22, 23}));
  EXPECT_EQ(rows.batch->values[size_t(config.find("dials"))], (Floats{10, 11, 12, 13}));
  const Span& first = rows.span(rows.segments[0]);
  EXPECT_EQ(first.rows, 2);
  const auto at = std::find(rows.batch->trunk.query_rows.begin(),
                            rows.batch->trunk.query_rows.end(), first.first_row) -
                  rows.batch->trunk.query_rows.begin();
  EXPECT_EQ(rows.batch->trunk.query_positions[size_t(at)].y, 1);
  EXPECT_EQ(rows.batch->trunk.query_positions[size_t(at) + 1].x, 4);
  const auto words = text_targets(rows);
  EXPECT_EQ(words->ids, (Ints{8, 9, 2, 8, 9, 2, 8, 9, 2}));
  // Of one space are those of one modality.
  const auto pairs = contrast_targets(rows);
  ASSERT_EQ(pairs->space.size(), 3u);
  EXPECT_EQ(pairs->space[0], pairs->space[2]);
  EXPECT_NE(pairs->space[0], pairs->space[1]);
  EXPECT_EQ(pairs->pool_bounds[1] - pairs->pool_bounds[0], 2);
}

}  // namespace
}  // namespace tutti
