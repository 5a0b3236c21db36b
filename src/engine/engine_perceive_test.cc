// What an Engine hears, sees and embeds, and how it explains itself.
#include <cmath>
#include <limits>

#include "base/utf8.h"
#include "engine/requests/transcribe_request.h"
#include "engine/streams/transcript_stream.h"
#include "media/dsp/mel.h"
#include "media/dsp/sound_spans.h"
#include "media/picture/raster.h"
#include "tests/helpers/engine_fixture.h"

namespace tutti {
namespace {

using namespace engine_test;

TEST(Engine, Perceives) {
  Engine engine = load();
  EXPECT_FALSE(invalid_utf8_at(value(engine.transcribe(mel(400)))));
  EXPECT_EQ(value(engine.transcribe(mel(400))), value(engine.transcribe(mel(400))));
  for (const Part& part : {Part::of_text("a fox"), Part::of_picture(picture(1)),
                           Part::of_audio(mel(30)), Part::of_clip({16, picture(4)})}) {
    const auto embedding = value(engine.embed(part));
    ASSERT_EQ(embedding.size(), 16u);
    double square = 0;
    for (float v : embedding) square += double(v) * v;
    EXPECT_NEAR(square, 1, 1e-5);
    EXPECT_EQ(value(engine.embed(part)), embedding);
  }
  const Picture matte = value(engine.matte(picture(1)));
  EXPECT_EQ(matte.pixels.size(), 128u * 128);
  EXPECT_EQ(value(engine.matte(picture(1))).pixels, matte.pixels);
}

TEST(Engine, AMirroredPictureHasTheMirroredMatte) {
  Engine engine = load();
  const Picture matte = value(engine.matte(picture(1)));
  EXPECT_NE(mirror(matte).pixels, matte.pixels);
  EXPECT_EQ(value(engine.matte(mirror(picture(1)))).pixels, mirror(matte).pixels);
}

// Frames of digital silence, as log_mel() has them.
Mel quiet(int frames) {
  return {80, std::vector<float>(size_t(frames) * 80, mel_to_log(0))};
}

Mel joined(std::initializer_list<Mel> parts) {
  Mel all;
  for (const Mel& part : parts)
    all.values.insert(all.values.end(), part.values.begin(), part.values.end());
  return all;
}

TEST(Engine, HearsNothingInSilence) {
  Engine engine = load();
  EXPECT_EQ(value(engine.transcribe(quiet(300))), "");
  const TextOptions transcribe{.task = TextOptions::Task::transcribe};
  const TextResult written = value(engine.describe({Part::of_audio(quiet(300))}, {}));
  EXPECT_EQ(written.text, "");
  EXPECT_EQ(written.tokens, 0);
  EXPECT_GT(value(engine.describe({Part::of_audio(quiet(90)), Part::of_audio(mel(90))}, transcribe))
                .tokens,
            0);
  const auto painted = engine.paint({Part::of_audio(quiet(90))}, {});
  ASSERT_FALSE(painted);
  EXPECT_EQ(painted.error().code(), ErrorCode::bad_input);
}

// A silence in front is left out but for a margin; times count from the beginning all the same.
TEST(Engine, SilenceMovesWordsAndChangesNone) {
  const auto loaded = value(load_model(tiny_model(), {}));
  const auto session = value(Session::create(loaded, 1));
  const auto hear = [&](const Mel& mel) {
    TranscribeRequest request(loaded, std::make_shared<const Mel>(mel));
    EXPECT_TRUE(run(request, *session));
    return request.result();
  };
  const Mel spoken = mel(120);
  const Mel alone = joined({quiet(kAroundSound), spoken, quiet(kAroundSound)});
  const Transcript early = hear(alone);
  const Transcript late = hear(joined({quiet(400), spoken, quiet(500), spoken, quiet(200)}));
  ASSERT_FALSE(early.words.empty());
  EXPECT_EQ(late.text, early.text + " " + early.text);
  ASSERT_EQ(late.words.size(), 2 * early.words.size());
  for (size_t i = 0; i < late.words.size(); ++i) {
    const HeardWord& word = early.words[i % early.words.size()];
    const float moved = 0.01f * float((i < early.words.size() ? 400 : 1020) - kAroundSound);
    EXPECT_EQ(late.words[i].text, word.text);
    EXPECT_NEAR(late.words[i].begin, word.begin + moved, 1e-3);
    EXPECT_NEAR(late.words[i].end, word.end + moved, 1e-3);
    // Nobody speaks in the margins.
    EXPECT_GE(word.begin, 0.01f * kAroundSound - 1e-3);
    EXPECT_LT(word.begin, word.end);
  }
}

TEST(Engine, TranscribesWhileSomebodySpeaks) {
  Engine engine = load();
  Rng rng(3);
  std::vector<float> samples(16000 * 7);
  for (size_t i = 0; i < samples.size(); ++i)  // 3 s, a pause of 2 s, 2 s
    if (i < 48000 || i >= 80000) samples[i] = 0.1f * float(rng.normal());
  const std::string whole = value(engine.transcribe(log_mel(samples)));
  ASSERT_FALSE(whole.empty());
  for (const size_t piece : {size_t(800), samples.size()}) {
    TranscriptStream stream = value(engine.transcribe_stream());
    std::string text, before_the_pause_ends;
    for (size_t at = 0; at < samples.size(); at += piece) {
      text += value(engine.push(stream, std::span(samples).subspan(at, piece)));
      if (at < 78000) before_the_pause_ends = text;
    }
    EXPECT_FALSE(before_the_pause_ends.empty());
    text += value(engine.finish(stream));
    EXPECT_EQ(text, whole);
    EXPECT_EQ(value(engine.finish(stream)), "");
    EXPECT_EQ(engine.push(stream, samples).error().code(), ErrorCode::usage);
  }
  TranscriptStream stream = value(engine.transcribe_stream());
  for (const float wrong : {std::numeric_limits<float>::quiet_NaN(), 1e30f}) {
    std::vector<float> broken = samples;
    broken[90000] = wrong;  // behind what the first second would make certain
    EXPECT_EQ(engine.push(stream, broken).error().code(), ErrorCode::bad_input);
    EXPECT_EQ(value(engine.push(stream, {})), "");
  }
  std::string text = value(engine.push(stream, samples));
  text += value(engine.finish(stream));
  EXPECT_EQ(text, whole);
  const Engine other = load();
  EXPECT_EQ(other.push(stream, {}).error().code(), ErrorCode::usage);
  EXPECT_EQ(other.finish(stream).error().code(), ErrorCode::usage);
}

TEST(Engine, ExplainsWithSharesThatSumToOne) {
  Engine engine = load();
  const Prompt prompt = {Part::of_picture(picture(1)), Part::of_audio(mel(60)),
                         Part::of_text("what?")};
  const AttentionShare share = value(engine.explain(prompt, {}));
  ASSERT_EQ(share.layers.size(), 4u);
  for (int layer = 0; layer < 4; ++layer)
    for (size_t g = 0; g < share.groups.size(); ++g) {
      const bool present = g <= 2;
      double total = 0;
      for (float s : share.layers[layer][g]) total += s;
      EXPECT_NEAR(total, present ? 1 : 0, 1e-4);
      EXPECT_LE(share.routed[layer][g], present ? 1 : 0);
      if (layer != 1) {
        EXPECT_EQ(share.routed[layer][g], present ? 1 : 0);
      }
    }
  // A picture comes first, so it sees itself alone.
  EXPECT_NEAR(share.layers[0][1][1], 1, 1e-4);
}

}  // namespace
}  // namespace tutti
