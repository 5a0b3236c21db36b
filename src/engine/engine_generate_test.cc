// Pictures and speech that an Engine makes.
#include <cmath>
#include <utility>

#include "model/model.h"
#include "runtime/ops/cpu_ops.h"
#include "tests/helpers/engine_fixture.h"
#include "tests/helpers/random_weights.h"

namespace tutti {
namespace {

using namespace engine_test;

TEST(Engine, PaintsTheSamePictureForASeed) {
  Engine engine = load(), single = load(1);
  const Prompt prompt = {Part::of_text("a red fox")};
  const Picture first = value(engine.paint(prompt, {.steps = 3, .seed = 1}));
  EXPECT_EQ(first.width, 64);
  EXPECT_EQ(first.channels, 3);
  EXPECT_EQ(value(engine.paint(prompt, {.steps = 3, .seed = 1})).pixels, first.pixels);
  EXPECT_EQ(value(single.paint(prompt, {.steps = 3, .seed = 1})).pixels, first.pixels);
  EXPECT_NE(value(engine.paint(prompt, {.steps = 3, .seed = 2})).pixels, first.pixels);
  const PaintOptions unguided{.steps = 3, .guidance_scale = 1, .seed = 1};
  EXPECT_NE(value(engine.paint(prompt, unguided)).pixels, first.pixels);
  const Prompt other = {Part::of_text("a blue dog")};
  EXPECT_NE(value(engine.paint(other, unguided)).pixels,
            value(engine.paint(prompt, unguided)).pixels);
  EXPECT_TRUE(engine.paint({Part::of_audio(mel(60))}, {.steps = 2}));
  EXPECT_FALSE(engine.paint(picture_prompt(), {}));
  EXPECT_FALSE(engine.paint({}, {}));
  EXPECT_FALSE(engine.paint(prompt, {.steps = -1}));
}

TEST(Engine, SpeaksShortAndLongText) {
  Engine engine = load();
  std::string text = "Hello.";
  for (const int repeats : {1, 30}) {
    for (int i = 1; i < repeats; ++i) text += " The fox says h\u00e9llo again.";
    std::vector<float> streamed;
    SpeakOptions options{.steps = 2, .seed = 3};
    options.on_audio = [&](const std::vector<float>& samples) {
      streamed.insert(streamed.end(), samples.begin(), samples.end());
      return true;
    };
    const SpeakResult first = value(engine.speak(text, options));
    EXPECT_EQ(streamed, first.sound.samples);
    EXPECT_EQ(first.sound.samples.size(), size_t(first.mel.frames()) * 160);
    EXPECT_GT(first.mel.frames(), int(text.size()));
    const std::vector<float> kept = std::exchange(streamed, {});
    EXPECT_EQ(value(engine.speak(text, options)).sound.samples, first.sound.samples);
    streamed.clear();
    options.keep = false;
    const SpeakResult passed_on = value(engine.speak(text, options));
    EXPECT_EQ(streamed, kept);
    EXPECT_EQ(passed_on.sound.samples.capacity() + passed_on.mel.values.capacity(), 0u);
    options.keep = true;
    SpeakOptions fast = options;
    fast.on_audio = nullptr;
    fast.speed = 2;
    EXPECT_NEAR(value(engine.speak(text, fast)).mel.frames(), first.mel.frames() / 2.0,
                4.0 + 8.0 * repeats);
  }
}

TEST(Engine, SpeechOptions) {
  Engine engine = load();
  SpeakOptions options{.steps = 1, .griffin_lim = true};
  const SpeakResult baseline = value(engine.speak("fox", options));
  EXPECT_EQ(baseline.sound.samples.size(), size_t(baseline.mel.frames()) * 160);
  options.griffin_lim = false;
  options.on_audio = [](const std::vector<float>&) { return false; };
  const size_t all = size_t(value(engine.speak("the quick brown fox", {.steps = 1})).mel.frames());
  EXPECT_LT(value(engine.speak("the quick brown fox", options)).sound.samples.size(), all * 160);
  EXPECT_FALSE(engine.speak("", {}));
  EXPECT_FALSE(engine.speak("bad \xff", {}));
  EXPECT_FALSE(engine.speak("x", {.speed = 0}));
}

TEST(Engine, TheVocoderStreamsWithoutSeams) {
  Engine engine = load();
  const Mel whole = mel(130);
  Mel part = whole;
  part.values.resize(77 * 80);
  const Sound a = value(engine.vocode(whole)), b = value(engine.vocode(part));
  ASSERT_EQ(a.samples.size(), 130u * 160);
  ASSERT_EQ(b.samples.size(), 77u * 160);
  const size_t certain = 77 * 160 - 240;
  EXPECT_EQ(std::vector<float>(a.samples.begin(), a.samples.begin() + certain),
            std::vector<float>(b.samples.begin(), b.samples.begin() + certain));
  // Frames 50 on are a piece of their own: it must match a stream that is cut elsewhere.
  Mel shifted;
  shifted.values.assign(whole.values.begin() + 25 * 80, whole.values.end());
  const Sound c = value(engine.vocode(shifted));
  const size_t settled = (25 + 12) * 160;  // two layers of six frames
  for (size_t i = settled; i < a.samples.size() - 25 * 160; ++i)
    ASSERT_EQ(a.samples[i + 25 * 160], c.samples[i]) << i;
}

TEST(Engine, SpeaksNoScriptThatTheVoiceCannotSay) {
  Engine engine = load();
  const auto arabic = engine.speak("\xd9\x85\xd8\xb1\xd8\xad", {});
  ASSERT_FALSE(arabic);
  EXPECT_EQ(arabic.error().code(), ErrorCode::bad_input);
  EXPECT_NE(arabic.error().message().find("Arabic"), std::string::npos);
  EXPECT_EQ(value(engine.speak("fox 2", {.steps = 1})).sound.samples,
            value(engine.speak("fox two", {.steps = 1})).sound.samples);
}

}  // namespace
}  // namespace tutti
