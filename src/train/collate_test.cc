// Small batches whose rows, targets and padding are written out by hand.
#include "train/collate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "format/text/special_tokens.h"

namespace tutti {
namespace {

using Ints = std::vector<int32_t>;

Segment text(Ints tokens, bool target = false) {
  Segment segment;
  segment.tokens = std::move(tokens);
  segment.target = target;
  return segment;
}

Segment picture(Segment::Kind kind, int side, uint8_t value = 255) {
  Segment segment;
  segment.kind = kind;
  segment.image = make_picture(side, side, 3, value);
  return segment;
}

Segment sound(Segment::Kind kind, int frames, const std::string& transcript) {
  Segment segment;
  segment.kind = kind;
  segment.mel.values.assign(size_t(frames) * kMelBins, 0.5f);
  segment.transcript = transcript;
  return segment;
}

TrainBatch collated(const std::vector<Example>& examples, const CollateOptions& options = {}) {
  Rng rng(1);
  return collate(ModelConfig(), examples, options, rng);
}

CollateOptions never_dropped() {
  CollateOptions options;
  options.drop_text = 0;
  return options;
}

TEST(Collate, ARowSaysTheNextTokenAndTheLastSaysTheEnd) {
  const Example first{Task::question, {text({20, 21}), text({30, 31}, true), text({22})}};
  const Example second{Task::text, {text({token_begin, 40}, true)}};
  const TrainBatch batch = collated({first, second});
  EXPECT_EQ(batch.batch.text_ids, (Ints{20, 21, 30, 31, 22, token_begin, 40}));
  EXPECT_EQ(batch.predict_rows, (Ints{1, 2, 3, 5, 6}));
  EXPECT_EQ(batch.predict_ids, (Ints{30, 31, token_end, 40, token_end}));
  const auto q = int32_t(Task::question), t = int32_t(Task::text);
  EXPECT_EQ(batch.predict_task, (Ints{q, q, q, t, t}));
}

TEST(Collate, AnEmptyAnswerIsSaidByItsQuestionAndAnEmptyTextSaysNothing) {
  TrainBatch batch = collated({{Task::question, {text({20, 21}), text({}, true)}}});
  EXPECT_EQ(batch.predict_rows, (Ints{1}));
  EXPECT_EQ(batch.predict_ids, (Ints{token_end}));
  // No row stands before the answer: the last of another sequence must not learn it.
  batch = collated({{Task::text, {text({10})}}, {Task::question, {text({}), text({30}, true)}}});
  EXPECT_EQ(batch.predict_rows, (Ints{1}));
  EXPECT_EQ(batch.predict_ids, (Ints{token_end}));
}

TEST(Collate, RowsLieByKindAndSeeTheirOwnSequenceAlone) {
  const Example drawn{Task::paint,
                      {text({token_begin, 20, token_paint}), picture(Segment::Kind::paint, 64)}};
  const Example said{Task::text, {text({30, 31})}};
  const TrainBatch batch = collated({drawn, said}, never_dropped());
  EXPECT_EQ(batch.batch.rows(), 5 + kPaintTokens);
  const AttentionPlan& plan = batch.batch.trunk;
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
  const Example example{Task::paint, {text({20}), picture(Segment::Kind::paint, 64)}};
  CollateOptions options = never_dropped();
  options.noise_mean = 20;  // t is nearly 1: clean
  options.noise_spread = 0;
  TrainBatch batch = collated({example}, options);
  ASSERT_EQ(batch.paint_clean.size(), size_t(kPaintTokens) * kPaintValues);
  for (float value : batch.paint_clean) ASSERT_EQ(value, 1);
  for (float value : batch.batch.paint_noisy) ASSERT_NEAR(value, 1, 1e-6);
  ASSERT_EQ(batch.paint_weight.size(), size_t(kPaintTokens));
  for (float weight : batch.paint_weight) ASSERT_FLOAT_EQ(weight, 400);

  options.from_noise = true;
  batch = collated({example}, options);
  const auto& noisy = batch.batch.paint_noisy;
  const double mean = std::accumulate(noisy.begin(), noisy.end(), 0.0) / double(noisy.size());
  double variance = 0;
  for (float value : noisy) variance += (value - mean) * (value - mean) / double(noisy.size());
  EXPECT_NEAR(mean, 0, 5 / std::sqrt(double(noisy.size())));
  EXPECT_NEAR(variance, 1, 5 * std::sqrt(2 / double(noisy.size())));
  EXPECT_EQ(batch.batch.noise_levels, (std::vector<float>{0}));
  EXPECT_EQ(batch.paint_weight, std::vector<float>(kPaintTokens, 1));
}

TEST(Collate, ADroppedTextKeepsItsMarks) {
  const Example example{
      Task::paint, {text({token_begin, 20, 21, token_paint}), picture(Segment::Kind::paint, 64)}};
  CollateOptions options;
  options.drop_text = 1;
  EXPECT_EQ(collated({example}, options).batch.text_ids, (Ints{token_begin, token_paint}));
  EXPECT_EQ(collated({example}, never_dropped()).batch.text_ids.size(), 4u);
  // A caption is an answer, not a condition.
  const Example caption{Task::caption, {text({20, 21, 22}), text({23}, true)}};
  EXPECT_EQ(collated({caption}, options).batch.text_ids.size(), 4u);
}

TEST(Collate, SpeechIsPaddedWithSilenceAndItsWordsShareTheirTokens) {
  Segment speech = sound(Segment::Kind::speak, 5, "ab");
  speech.timing = {{0, 2, 0.0f, 0.08f}};  // two tokens of 40 ms: one a letter
  TrainBatch batch = collated({{Task::speak, {text({20}), speech}}}, never_dropped());
  ASSERT_EQ(batch.speak_clean.size(), 2u * kSpeakValues);  // 5 frames in tokens of 4
  for (size_t i = 0; i < batch.speak_clean.size(); ++i)
    ASSERT_FLOAT_EQ(batch.speak_clean[i], i < 5u * kMelBins ? 0.5f : -2.17f) << i;
  EXPECT_EQ(batch.batch.speech_bytes, (Ints{' ', 'a', 'b', ' '}));
  EXPECT_EQ(batch.batch.speak_alignment, (Ints{1, 2}));
  const float once = std::log1p(1.0f);
  EXPECT_EQ(batch.duration_targets, (std::vector<float>{0, once, once, 0}));

  speech.timing.clear();
  batch = collated({{Task::speak, {text({20}), speech}}}, never_dropped());
  EXPECT_EQ(batch.duration_targets, std::vector<float>(4, -1));  // unknown
}

TEST(Collate, AlignmentStaysInTheTextWhateverTheTimes) {
  Segment speech = sound(Segment::Kind::speak, 8, "hello");
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
  Example seen{Task::caption, {picture(Segment::Kind::image, 128), text({50})}};
  Example alone{Task::text, {text({token_begin, 60, 61, token_paint})}};
  Example heard{Task::transcribe, {sound(Segment::Kind::audio, 24, "")}};
  Example same{Task::text, {text({token_begin, 60, 61, token_paint})}};
  Example lonely{Task::text, {text({70})}};
  seen.pair = alone.pair = 0;
  heard.pair = same.pair = 2;
  lonely.pair = 9;
  const TrainBatch batch = collated({seen, alone, heard, same, lonely});
  ASSERT_EQ(batch.pair_left, (Ints{0, 2}));
  EXPECT_EQ(batch.pair_right, (Ints{1, 3}));
  EXPECT_EQ(batch.pair_space, (Ints{int(Segment::Kind::image), int(Segment::Kind::audio)}));
  EXPECT_EQ(batch.pair_meaning[0], batch.pair_meaning[1]);
  // 16 rows of a picture, 3 of a text without its marker, 2 of 24 frames of sound.
  EXPECT_EQ(batch.pool_bounds, (Ints{0, 16, 19, 21, 24}));
  // The texts' rows come first: 50, then the four of `alone`, of which the last is the marker.
  EXPECT_EQ(Ints(batch.pool_rows.begin() + 16, batch.pool_rows.begin() + 19), (Ints{1, 2, 3}));
}

TEST(Collate, SoundsKeepWhatIsSaidInThem) {
  const TrainBatch batch = collated({{Task::transcribe, {sound(Segment::Kind::audio, 20, "")}},
                                     {Task::transcribe, {sound(Segment::Kind::audio, 13, "hi")}}});
  ASSERT_EQ(batch.spoken.size(), 1u);  // a sound is not spelled
  EXPECT_EQ(batch.spoken[0].text, "hi");
  EXPECT_EQ(batch.spoken[0].first_row, 6);  // 20 frames are padded to 24: 6 tokens
  EXPECT_EQ(batch.spoken[0].rows, 6);       // and 13 too
}

TEST(Collate, AMattesAlphaLiesInPatchesFromZeroToOne) {
  Example example{Task::matte, {picture(Segment::Kind::image, 128)}};
  example.alpha = make_picture(128, 128, 1);
  *example.alpha.at(5, 2) = 255;  // second patch, third row, second column of 4x4
  const Example before{Task::caption, {picture(Segment::Kind::image, 128)}};
  const TrainBatch batch = collated({before, example});
  EXPECT_EQ(batch.matte_images, (Ints{1}));
  ASSERT_EQ(batch.matte_alpha.size(), 128u * 128);
  for (size_t i = 0; i < batch.matte_alpha.size(); ++i)
    ASSERT_EQ(batch.matte_alpha[i], i == 16 + 2 * 4 + 1 ? 1.0f : 0.0f) << i;
}

TEST(Collate, VocodedSoundsFillTheirFrames) {
  Example example{Task::vocode};
  example.sound.samples.assign(1000, 0.25f);
  const TrainBatch batch = collated({example});
  ASSERT_EQ(batch.vocoder_frames.size(), 1u);
  const size_t frames = size_t(batch.vocoder_frames[0]);
  EXPECT_EQ(batch.vocoder_mel.size(), frames * kMelBins);
  ASSERT_EQ(batch.vocoder_samples.size(), frames * 160);
  for (size_t i = 0; i < batch.vocoder_samples.size(); ++i)
    ASSERT_EQ(batch.vocoder_samples[i], i < 1000 ? 0.25f : 0.0f);
  EXPECT_EQ(batch.batch.rows(), 0);
}

TEST(Collate, LocatedWordsGoToTheRowsOfTheirSegment) {
  Segment image = picture(Segment::Kind::image, 128);
  image.located = {{3, 77}};
  Segment question = text({20, 21});
  question.located = {{1, 88}};
  const TrainBatch batch = collated({{Task::question, {image, question}}});
  EXPECT_EQ(batch.locate_rows, (Ints{2 + 3}));  // behind the two rows of text
  EXPECT_EQ(batch.locate_ids, (Ints{77}));
  EXPECT_EQ(batch.mention_rows, (Ints{1}));
  EXPECT_EQ(batch.mention_ids, (Ints{88}));
}

TEST(Collate, DrawsTheSameForTheSameSeed) {
  const Example example{Task::paint, {text({20}), picture(Segment::Kind::paint, 64, 7)}};
  EXPECT_EQ(collated({example}).batch.paint_noisy, collated({example}).batch.paint_noisy);
}

}  // namespace
}  // namespace tutti
