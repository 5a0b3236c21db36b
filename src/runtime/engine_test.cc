// Every function of an Engine, end to end, on a tiny random model written to and read from a file.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "base/utf8.h"
#include "format/model_package.h"
#include "media/mel.h"
#include "media/sound_spans.h"
#include "model/model.h"
#include "runtime/cpu_ops.h"
#include "runtime/perceive.h"
#include "runtime/random_weights.h"
#include "runtime/session.h"
#include "runtime/test_model.h"
#include "runtime/text_sequence.h"

namespace tutti {
namespace {

template <class T>
T value(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

std::string tiny_model() {
  static const std::string path = write_model("engine_test", tiny_config());
  return path;
}

Engine load(int threads = 2) {
  Result<Engine> engine = Engine::load(tiny_model(), {threads});
  if (!engine) throw std::runtime_error(engine.error().message());
  return *std::move(engine);
}

Picture picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(128, 128, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

Mel mel(int frames, int seed = 1) {
  Rng rng(seed);
  Mel mel;
  for (int i = 0; i < frames * 80; ++i) mel.values.push_back(float(rng.normal()));
  return mel;
}

Prompt picture_prompt() {
  return {Part::of_picture(picture(1))};
}

TEST(Engine, DescribesAnyMixAndStreamsWholeCharacters) {
  Engine engine = load(), single = load(1);
  const std::vector<Prompt> prompts = {
      picture_prompt(),
      {Part::of_clip(std::vector<Picture>(16, picture(2)))},
      {Part::of_audio(mel(90))},
      {Part::of_text("what is this?")},
      {Part::of_picture(picture(3)), Part::of_audio(mel(50)), Part::of_text("and this?")}};
  for (const Prompt& prompt : prompts)
    for (float temperature : {0.0f, 1.5f}) {
      TextOptions options{.max_tokens = 30, .temperature = temperature, .top_k = 0, .seed = 4};
      std::string streamed;
      options.on_text = [&](const std::string& piece) {
        EXPECT_FALSE(invalid_utf8_at(piece));
        streamed += piece;
        return true;
      };
      const TextResult first = value(engine.describe(prompt, options));
      EXPECT_EQ(streamed, first.text);
      EXPECT_GT(first.prompt_tokens, 0);
      EXPECT_LE(first.tokens, 30);
      options.on_text = nullptr;
      EXPECT_EQ(value(engine.describe(prompt, options)).text, first.text);
      EXPECT_EQ(value(single.describe(prompt, options)).text, first.text);
    }
}

TEST(Engine, AListenerStopsAndTheContextEnds) {
  Engine engine = load();
  TextOptions options{.max_tokens = 100000, .temperature = 3, .seed = 9};
  int pieces = 0;
  options.on_text = [&](const std::string&) { return ++pieces < 3; };
  EXPECT_LE(value(engine.describe(picture_prompt(), options)).tokens, 30);
  options.on_text = nullptr;
  const TextResult full = value(engine.describe(picture_prompt(), options));
  EXPECT_LE(full.prompt_tokens + full.tokens, engine.config().context + 1);

  const Prompt endless = {Part::of_text(std::string(5000, 'x'))};
  const auto refused = engine.describe(endless, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::too_long);
  EXPECT_NE(refused.error().message().find("192"), std::string::npos);
  EXPECT_TRUE(engine.describe(picture_prompt(), {}));  // and it still works
}

// Refused by their bytes: tokenising any of these would take minutes and gigabytes.
TEST(Engine, TextsThatCannotFitAreNotTokenised) {
  Engine engine = load();
  const std::string vast(size_t(8) << 20, 'x');
  const auto code = [](const auto& result) { return result ? ErrorCode() : result.error().code(); };
  EXPECT_EQ(code(engine.describe({Part::of_text(vast)}, {})), ErrorCode::too_long);
  EXPECT_EQ(code(engine.describe({Part::of_text(vast), Part::of_text("x")}, {})),
            ErrorCode::too_long);
  EXPECT_EQ(code(engine.paint({Part::of_text(vast)}, {})), ErrorCode::too_long);
  EXPECT_EQ(code(engine.embed(Part::of_text(vast))), ErrorCode::too_long);
  EXPECT_EQ(code(engine.explain({Part::of_text(vast)}, {})), ErrorCode::too_long);
  EXPECT_EQ(code(engine.score(picture_prompt(), {vast}, {})), ErrorCode::too_long);
  EXPECT_EQ(
      code(engine.describe(picture_prompt(), {.task = TextOptions::Task::name, .language = vast})),
      ErrorCode::usage);  // no such language
  // What was said earlier is left out instead.
  const Prompt talk = {Part::of_text(vast), Part::of_answer(vast), Part::of_text("the fox")};
  const TextOptions options{.max_tokens = 4, .temperature = 2, .seed = 1};
  EXPECT_EQ(value(engine.describe(talk, options)).text,
            value(engine.describe({talk.back()}, options)).text);
}

// Sums of rows that are larger than an int: no sequence is built of them.
TEST(Engine, PromptsOfMoreMediaThanCanBeCountedAreRefused) {
  Engine engine = load();
  const Part sound = Part::of_audio(mel(200000));  // 16,667 rows
  const Prompt prompt(40, sound);
  const auto refused = engine.describe(prompt, {.task = TextOptions::Task::transcribe});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::too_long);
  EXPECT_EQ(engine.embed(sound).error().code(), ErrorCode::too_long);
  EXPECT_EQ(engine.paint(prompt, {}).error().code(), ErrorCode::too_long);
}

TEST(Engine, MemoryIsPlannedBeforeLoading) {
  using Dtype = EngineOptions::Dtype;
  for (const Dtype dtype : {Dtype::f32, Dtype::bf16, Dtype::int8}) {
    const EngineOptions options{.threads = 2, .dtype = dtype};
    const Engine engine = value(Engine::load(tiny_model(), options));
    const auto before = value(Engine::plan_memory(tiny_model(), options));
    const auto after = value(engine.memory_plan());
    EXPECT_EQ(before.weight_bytes, after.weight_bytes);
    EXPECT_EQ(before.cache_bytes, after.cache_bytes);
    EXPECT_EQ(before.arena_bytes, after.arena_bytes);
  }
}

TEST(TextSequence, DecodingEqualsOnePassAndForgets) {
  const auto loaded = value(load_model(tiny_model(), {}));
  const auto session = value(Session::create(*loaded, 2));
  const Part image = Part::of_picture(picture(5));
  const Tokens text = {20, 30, 40, 50, 60, 70};
  TextSequence sequence;
  ASSERT_TRUE(sequence.prefill(*session, {{&image}, {20, 30}, {}}));
  std::vector<float> steps;
  for (int32_t id : {40, 50, 60, 70}) {
    ASSERT_TRUE(sequence.append(*session, {id}));
    steps.insert(steps.end(), sequence.logits().begin(), sequence.logits().end());
  }
  EXPECT_EQ(sequence.length(), 16 + 6);
  for (const size_t rest : {4, 2}) {  // forget, and say the rest at once
    sequence.truncate(*session, 22 - int(rest));
    ASSERT_TRUE(sequence.append(*session, Tokens(text.end() - rest, text.end())));
    for (size_t i = 0; i < rest; ++i) {
      const auto logits = sequence.logits(int(i));
      EXPECT_TRUE(
          std::equal(logits.begin(), logits.end(), steps.begin() + (4 - rest + i) * logits.size()));
    }
  }
  ASSERT_TRUE(sequence.prefill(*session, {{&image}, text, {}}));
  const auto logits = sequence.logits();
  EXPECT_TRUE(std::equal(logits.begin(), logits.end(), steps.begin() + 3 * logits.size()));
}

TEST(Engine, ScoresDoNotDependOnTheirNeighbours) {
  Engine engine = load();
  const std::vector<std::string> answers = {"fox", "a lazy dog", "", "h\u00e9llo w\u00f6rld"};
  const auto scores = value(engine.score(picture_prompt(), answers, {}));
  ASSERT_EQ(scores.size(), 4u);
  for (size_t i = 0; i < answers.size(); ++i) {
    EXPECT_LT(scores[i], 0);
    EXPECT_EQ(value(engine.score(picture_prompt(), {answers[i]}, {}))[0], scores[i]);
  }
  EXPECT_FALSE(engine.score(picture_prompt(), {std::string(4000, 'x')}, {}));
}

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
    EXPECT_EQ(value(engine.speak(text, options)).sound.samples, first.sound.samples);
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
  const auto session = value(Session::create(*loaded, 1));
  const Mel spoken = mel(120);
  const Mel alone = joined({quiet(kAroundSound), spoken, quiet(kAroundSound)});
  const Transcript early = value(transcribe(*session, alone));
  const Transcript late =
      value(transcribe(*session, joined({quiet(400), spoken, quiet(500), spoken, quiet(200)})));
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

TEST(Engine, SpeaksNoScriptThatTheVoiceCannotSay) {
  Engine engine = load();
  const auto arabic = engine.speak("\xd9\x85\xd8\xb1\xd8\xad", {});
  ASSERT_FALSE(arabic);
  EXPECT_EQ(arabic.error().code(), ErrorCode::bad_input);
  EXPECT_NE(arabic.error().message().find("Arabic"), std::string::npos);
  EXPECT_EQ(value(engine.speak("fox 2", {.steps = 1})).sound.samples,
            value(engine.speak("fox two", {.steps = 1})).sound.samples);
}

TEST(Engine, KnowsItsLanguages) {
  Engine engine = load();
  const auto name = [&](const char* language) {
    return engine.describe(
        picture_prompt(), {.task = TextOptions::Task::name, .language = language, .max_tokens = 6});
  };
  EXPECT_EQ(value(name("en-US")).text, value(name("en")).text);
  EXPECT_EQ(value(name("zh_Hant")).text, value(name("zh")).text);
  for (const char* wrong : {"klingon", "", "en\nde"}) {
    const auto refused = name(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::usage);
  }
  EXPECT_FALSE(engine.describe(picture_prompt(), {.language = "it"}));  // names, but no captions
}

TEST(Engine, ALineEndIsNoPartOfAText) {
  Engine engine = load();
  EXPECT_EQ(value(engine.paint({Part::of_text("fox\r\n")}, {.steps = 1})).pixels,
            value(engine.paint({Part::of_text("fox")}, {.steps = 1})).pixels);
}

TEST(Engine, ExplainsWithSharesThatSumToOne) {
  Engine engine = load();
  const Prompt prompt = {Part::of_picture(picture(1)), Part::of_audio(mel(60)),
                         Part::of_text("what?")};
  const AttentionShare share = value(engine.explain(prompt, {}));
  ASSERT_EQ(share.layers.size(), 4u);
  for (int layer = 0; layer < 4; ++layer)
    for (int g = 0; g < kGroups; ++g) {
      const bool present = g <= int(Group::hear);
      double total = 0;
      for (float s : share.layers[layer][g]) total += s;
      EXPECT_NEAR(total, present ? 1 : 0, 1e-4);
      EXPECT_LE(share.routed[layer][g], present ? 1 : 0);
      if (layer != 1) {
        EXPECT_EQ(share.routed[layer][g], present ? 1 : 0);
      }
    }
  // A picture comes first, so it sees itself alone.
  EXPECT_NEAR(share.layers[0][int(Group::see)][int(Group::see)], 1, 1e-4);
}

TEST(Engine, PlansItsMemory) {
  Engine engine = load();
  const auto plan = value(engine.memory_plan());
  EXPECT_EQ(plan.cache_bytes, 4u * (2 * 2 * 192 * 64 * 4 + 2 * 192));
  EXPECT_GT(plan.weight_bytes, 100000u);
  EXPECT_GT(plan.arena_bytes, 100000u);
  EXPECT_TRUE(engine.describe(picture_prompt(), {}));
}

TEST(Engine, RefusesPartsThatDoNotFit) {
  Engine engine = load();
  Mel broken = mel(10);
  broken.values[5] = NAN;
  Mel cut = mel(10);
  cut.values.pop_back();
  Picture lying = picture(1);
  lying.pixels.resize(10);
  for (const Part& part :
       {Part::of_picture(make_picture(64, 64, 3)), Part::of_picture(make_picture(128, 128, 4)),
        Part::of_picture(lying), Part::of_clip({3, picture(1)}), Part::of_audio(broken),
        Part::of_audio(cut), Part::of_audio(Mel())}) {
    EXPECT_FALSE(engine.describe({part}, {}));
    EXPECT_FALSE(engine.embed(part));
  }
  EXPECT_FALSE(engine.describe({}, {}));
  EXPECT_FALSE(engine.describe({Part::of_text("x")}, {.task = TextOptions::Task::transcribe}));
  EXPECT_FALSE(engine.describe({Part::of_text("bad \xff")}, {}));
  EXPECT_FALSE(engine.describe(picture_prompt(), {.max_tokens = 0}));
  EXPECT_FALSE(engine.describe(picture_prompt(), {.temperature = NAN}));
}

TEST(EngineLoad, ErrorsNameWhatIsWrong) {
  EXPECT_FALSE(Engine::load("/nowhere/at/all.safetensors", {}));
  const auto missing =
      Engine::load(write_model("missing", tiny_config(), "trunk.layer_2.query"), {});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message().find("trunk.layer_2.query"), std::string::npos);
  ModelConfig small = tiny_config();
  small.vocabulary = 300;  // the tokenizer has 310
  const auto mismatched = Engine::load(write_model("small", small), {});
  ASSERT_FALSE(mismatched);
  EXPECT_NE(mismatched.error().message().find("310"), std::string::npos);
}

}  // namespace
}  // namespace tutti
