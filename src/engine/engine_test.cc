// Every function of an Engine, end to end, on a tiny random model written to and read from a file:
// texts, loading and what is refused. What it makes and perceives is tested in the files beside it.
#include <cmath>
#include <filesystem>

#include "base/utf8.h"
#include "engine/requests/score_request.h"
#include "engine/samplers/sampler.h"
#include "engine/text_sequence.h"
#include "format/package/model_package.h"
#include "model/model.h"
#include "runtime/ops/cpu_ops.h"
#include "tests/helpers/engine_fixture.h"
#include "tests/helpers/random_weights.h"

namespace tutti {
namespace {

using namespace engine_test;

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
  const auto session = value(Session::create(loaded, 2));
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

// The logits of an answer are as many as its tokens by the vocabulary: never all of them at once.
TEST(Engine, LongAnswersAreScoredInPieces) {
  const auto loaded = value(load_model(tiny_model(), {.threads = 1}));
  const auto session = value(Session::create(loaded, 1));
  const auto answer_of = [&](size_t tokens) {
    std::string answer;
    while (value(loaded->tokenizer.encode(answer)).size() < tokens) answer += 'x';
    return answer;
  };
  const std::vector<std::string> answers = {answer_of(64), answer_of(150)};
  std::vector<double> scores;
  std::vector<size_t> arena;
  for (const std::string& answer : answers) {
    ScoreRequest request(loaded, SharedPrompt(), {answer}, {});
    ASSERT_TRUE(run(request, *session));
    scores.push_back(request.result().front());
    arena.push_back(session->arena.capacity());
  }
  EXPECT_LT(arena[1], arena[0] * 5 / 4);

  for (size_t i = 0; i < answers.size(); ++i) {  // as in one pass
    const Tokens ids = value(loaded->tokenizer.encode(answers[i]));
    TextSequence sequence;
    ASSERT_TRUE(sequence.prefill(*session, {{}, {token_begin}, {}}));
    double expected = log_probability(sequence.logits(), ids.front());
    ASSERT_TRUE(sequence.append(*session, ids));
    for (size_t t = 0; t < ids.size(); ++t)
      expected += log_probability(sequence.logits(int(t)),
                                  t + 1 < ids.size() ? ids[t + 1] : int32_t(token_end));
    EXPECT_EQ(scores[i], expected);
  }
}

// Whatever does not fit is found before the prompt is read.
TEST(Engine, AnswersThatDoNotFitAreNamedBeforeAnyPass) {
  const auto loaded = value(load_model(tiny_model(), {.threads = 1}));
  const auto blamed = [&](const SharedPrompt& prompt, const std::vector<std::string>& answers) {
    const auto session = value(Session::create(loaded, 1));
    ScoreRequest request(loaded, prompt, answers, {});
    EXPECT_TRUE(request.check());
    const Status status = run(request, *session);
    EXPECT_EQ(status ? ErrorCode() : status.error().code(), ErrorCode::too_long);
    EXPECT_EQ(session->arena.capacity(), 0u);
    return request.fault();
  };
  const std::string half(110, 'x'), vast(300, 'x');
  const auto tokens = [&](const std::string& text) {
    return value(loaded->tokenizer.encode(text)).size();
  };
  ASSERT_TRUE(tokens(half) < 192 && 2 * tokens(half) > 192 && tokens(vast) > 192);
  EXPECT_EQ(blamed(SharedPrompt(), {"fox", vast, "dog"}), 1u);
  EXPECT_EQ(blamed({Part::of_text(half)}, {"fox", "dog", half}), 2u);
  EXPECT_EQ(blamed({Part::of_text(vast)}, {"fox"}), std::nullopt);
}

// What was said earlier gives way to an answer, as it does to one that is still to be written.
TEST(Engine, TheHistoryLeavesRoomForTheAnswersToScore) {
  Engine engine = load();
  const std::string said(100, 'x'), answer(100, 'y');
  const Prompt talk = {Part::of_text(said), Part::of_answer("a"), Part::of_text("the fox")};
  EXPECT_EQ(value(engine.score(talk, {answer}, {})),
            value(engine.score({talk.back()}, {answer}, {})));
  EXPECT_NE(value(engine.score(talk, {"dog"}, {})),
            value(engine.score({talk.back()}, {"dog"}, {})));
}

// A model of text alone answers, and says of all else that it does not do it.
TEST(Engine, WhatAModelLacksIsRefusedByName) {
  ModelSpec spec = ModelSpec::language(64, 2, 1, 64, 320);
  spec.context = 128;
  Engine engine = value(Engine::load(write_model("language", spec), {.threads = 1}));
  EXPECT_GT(value(engine.describe({Part::of_text("what?")}, {.max_tokens = 4})).prompt_tokens, 0);
  const auto expect_refused = [](const auto& result, const std::string& named) {
    ASSERT_FALSE(result) << named;
    EXPECT_EQ(result.error().code(), ErrorCode::unsupported) << result.error().message();
    EXPECT_NE(result.error().message().find(named), std::string::npos) << result.error().message();
  };
  const Part seen = Part::of_picture(picture(1)), heard = Part::of_audio(mel(50));
  const Part clip = Part::of_clip(std::vector<Picture>(16, picture(2)));
  expect_refused(engine.describe({seen, Part::of_text("what?")}, {}), "take pictures");
  expect_refused(engine.describe({clip}, {}), "take clips");
  expect_refused(engine.describe({heard}, {}), "take sounds");
  expect_refused(engine.score({seen}, {"a", "b"}, {}), "take pictures");
  expect_refused(engine.explain({heard, Part::of_text("what?")}, {}), "take sounds");
  expect_refused(engine.embed(Part::of_text("a")), "embed");
  expect_refused(engine.transcribe(heard.mel), "transcribe");
  expect_refused(engine.spelling_scores(heard.mel, {"a"}), "transcribe");
  expect_refused(engine.paint({Part::of_text("a")}, {}), "paint");
  expect_refused(engine.speak("a", {}), "speak");
  expect_refused(engine.matte(seen.picture), "outline");
  expect_refused(engine.vocode(heard.mel), "speak");
}

// As many as the context has room for need more than a picture and a clip.
TEST(Engine, MemoryIsPlannedForRowsOfNumbers) {
  for (const int tokens : {0, 50}) {
    constexpr int kValues = 20000;
    const ModelSpec spec = with_rows(tiny_config(), "gauges", kValues, tokens);
    const std::string path = write_model("many_gauges", spec);
    const Engine engine = value(Engine::load(path, {.threads = 1}));
    const size_t count = tokens ? 50 : size_t(spec.context) - 8;
    Rows rows{"gauges", std::vector<float>(count * kValues, 0.5f), std::vector<Place>(count)};
    Prompt prompt(tokens ? 3 : 1, Part::of_rows(std::move(rows)));
    const auto before = value(Engine::plan_memory(path, {.threads = 1}));
    ASSERT_TRUE(engine.describe(prompt, {.max_tokens = 1}));
    EXPECT_EQ(value(engine.memory_plan()).arena_bytes, before.arena_bytes);
  }
}

// A modality that no line of code names: it is in the model's file.
TEST(Engine, RowsOfNumbersAreReadByTheModalityOfTheirName) {
  const ModelSpec spec = with_rows(tiny_config(), "gauges", 3, 2);
  Engine engine = value(Engine::load(write_model("gauges", spec), {.threads = 1}));
  const Rows rows{"gauges", {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f}, {{0, 1, 2}, {0, 3, 4}}};
  const auto named = [&](Rows changed) {
    return engine.describe({Part::of_rows(std::move(changed))}, {.max_tokens = 4});
  };
  EXPECT_GT(value(named(rows)).prompt_tokens, 2);
  EXPECT_EQ(value(engine.embed(Part::of_rows(rows))).size(), size_t(spec.embedding));
  Rows higher = rows;
  higher.values[0] += 1;
  EXPECT_NE(value(engine.embed(Part::of_rows(higher))), value(engine.embed(Part::of_rows(rows))));
  const auto painted = engine.paint({Part::of_text("a"), Part::of_rows(rows)}, {});
  EXPECT_EQ(painted.error().message(),
            "painting follows text or audio; take \"gauges\" out of the prompt");
  Rows elsewhere = rows;
  elsewhere.places[1].x = 0;
  EXPECT_NE(value(engine.embed(Part::of_rows(elsewhere))),
            value(engine.embed(Part::of_rows(rows))));
  const auto expect_refused = [&](Rows wrong, const char* why) {
    const auto refused = named(std::move(wrong));
    ASSERT_FALSE(refused) << why;
    EXPECT_NE(refused.error().message().find(why), std::string::npos) << refused.error().message();
  };
  expect_refused({"dials", rows.values, rows.places}, "does not take \"dials\"");
  expect_refused({"image", rows.values, rows.places}, "does not take \"image\"");
  expect_refused({"gauges", {1, 2, 3}, {{}}}, "2 rows of 3");
  expect_refused({"gauges", {1, 2, 3, 4}, rows.places}, "2 rows of 3");
  expect_refused({"gauges", {1, 2, 3, 4, 5}, rows.places}, "as many to each row");
  expect_refused({"gauges", {}, {}}, "at least one row");
  expect_refused({"gauges", {1, 2, 3, 4, 5, NAN}, rows.places}, "not finite");
  expect_refused({"gauges", {1, 2, 3, 4, 5, -1e18f}, rows.places}, "-1e+18; up to 1e+09");
  EXPECT_TRUE(named({"gauges", {1, 2, 3, 4, 5, -1e9f}, rows.places}));
  expect_refused({"gauges", rows.values, {{0, INFINITY, 0}, {}}}, "finite numbers");
  expect_refused({"gauges", rows.values, {{-1, 0, 0}, {}}}, "time from 0");
  expect_refused({"gauges", rows.values, {{1e30f, 0, 0}, {}}}, "at time 1e+30, y 0");
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
  ModelSpec small = tiny_config();
  small.vocabulary = 300;  // the tokenizer has 310
  const auto mismatched = Engine::load(write_model("small", small), {});
  ASSERT_FALSE(mismatched);
  EXPECT_NE(mismatched.error().message().find("310"), std::string::npos);
}

}  // namespace
}  // namespace tutti
