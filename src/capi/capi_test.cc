// The C interface on a tiny random model: answers are the engine's, errors have a status and a
// sentence, structs of older and newer callers are served, nothing thrown gets out.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <thread>

#include "engine/engine.h"
#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "tests/helpers/capi_fixture.h"
#include "tests/helpers/random_adapters.h"
#include "tests/helpers/random_weights.h"
#include "tests/helpers/test_media.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

std::string tiny_model() {
  static const std::string path = write_model("capi_test", tiny_config());
  return path;
}

class CapiTest : public CapiFixture {
 protected:
  CapiTest() : CapiFixture(tiny_model()) {}
};

TEST_F(CapiTest, AnswersAreTheEngines) {
  const Picture photo = scene(128, 128, 3);
  const Engine engine = *Engine::load(tiny_model(), {1});
  ASSERT_EQ(tutti_add_picture(session_, photo.pixels.data(), 128, 128, 3), TUTTI_OK);
  tutti_text text = {.struct_size = sizeof text};
  ASSERT_EQ(tutti_write(session_, nullptr, &text), TUTTI_OK) << tutti_session_error(session_);
  const TextResult wanted = *engine.describe({Part::of_picture(photo)}, {});
  EXPECT_EQ(std::string(text.text, text.size), wanted.text);
  EXPECT_EQ(text.tokens, wanted.tokens);
  EXPECT_EQ(text.prompt_tokens, wanted.prompt_tokens);

  const float* values = nullptr;
  size_t count = 0;
  ASSERT_EQ(tutti_embed(session_, &values, &count), TUTTI_OK);
  EXPECT_EQ(std::vector<float>(values, values + count), *engine.embed(Part::of_picture(photo)));

  const std::vector<std::string> answers = {"fox", "the lazy dog"};
  const char* const texts[] = {answers[0].c_str(), answers[1].c_str(), nullptr};
  const double* scores = nullptr;
  ASSERT_EQ(tutti_score(session_, texts, 2, nullptr, &scores), TUTTI_OK);
  EXPECT_EQ(std::vector<double>(scores, scores + 2),
            *engine.score({Part::of_picture(photo)}, answers, {}));
  EXPECT_EQ(tutti_score(session_, texts, 3, nullptr, &scores), TUTTI_USAGE);
  EXPECT_EQ(tutti_score(session_, texts, 0, nullptr, &scores), TUTTI_USAGE);

  tutti_clear(session_);
  ASSERT_EQ(tutti_add_text(session_, "the quick fox"), TUTTI_OK);
  tutti_picture picture = {.struct_size = sizeof picture};
  tutti_paint_options paint = {.struct_size = sizeof paint, .steps = 2, .seed = 5};
  ASSERT_EQ(tutti_paint(session_, &paint, &picture), TUTTI_OK);
  EXPECT_EQ(std::vector<uint8_t>(picture.pixels, picture.pixels + 64 * 64 * 3),
            engine.paint({Part::of_text("the quick fox")}, {2, -1, 5})->pixels);

  tutti_sound sound = {.struct_size = sizeof sound};
  tutti_speak_options speak = {.struct_size = sizeof speak, .steps = 2};
  ASSERT_EQ(tutti_speak(session_, &speak, &sound), TUTTI_OK);
  SpeakOptions asked;
  asked.steps = 2;
  EXPECT_EQ(std::vector<float>(sound.samples, sound.samples + sound.count),
            engine.speak("the quick fox", asked)->sound.samples);
}

TEST_F(CapiTest, EncodedPartsAreThePlainOnes) {
  const Picture photo = scene(100, 70, 3);
  const auto png = *encode_picture(photo, "png");
  Sound sound = tone(300, 0.5);
  for (float& sample : sound.samples)
    sample = std::round(sample * 32768) / 32768;  // as WAV keeps it
  const auto wav = *encode_sound(sound, "wav");
  std::vector<std::vector<float>> vectors;
  const auto embed = [&](tutti_status added) {
    EXPECT_EQ(added, TUTTI_OK) << tutti_session_error(session_);
    const float* values = nullptr;
    size_t count = 0;
    EXPECT_EQ(tutti_embed(session_, &values, &count), TUTTI_OK) << tutti_session_error(session_);
    vectors.emplace_back(values, values + count);
    tutti_clear(session_);
  };
  embed(tutti_add_picture(session_, photo.pixels.data(), 100, 70, 3));
  embed(tutti_add_encoded_picture(session_, png.data(), png.size()));
  EXPECT_EQ(vectors[0], vectors[1]);
  embed(tutti_add_sound(session_, sound.samples.data(), sound.samples.size()));
  embed(tutti_add_encoded_sound(session_, wav.data(), wav.size()));
  EXPECT_EQ(vectors[2], vectors[3]);
}

TEST_F(CapiTest, ClipsAndMattes) {
  std::vector<uint8_t> pixels;
  for (int t = 0; t < 20; ++t) {
    const Picture frame = scene(48, 32, 3, t);
    pixels.insert(pixels.end(), frame.pixels.begin(), frame.pixels.end());
  }
  ASSERT_EQ(tutti_add_clip(session_, pixels.data(), 20, 48, 32, 3), TUTTI_OK);
  EXPECT_EQ(tutti_write(session_, nullptr, nullptr), TUTTI_OK) << tutti_session_error(session_);
  expect_refused(tutti_matte(session_, nullptr), TUTTI_USAGE, "one picture");
  tutti_clear(session_);
  ASSERT_EQ(tutti_add_picture(session_, pixels.data(), 48, 32, 3), TUTTI_OK);
  tutti_picture matte = {.struct_size = sizeof matte};
  ASSERT_EQ(tutti_matte(session_, &matte), TUTTI_OK) << tutti_session_error(session_);
  EXPECT_EQ(matte.width, 48);
  EXPECT_EQ(matte.height, 32);
  EXPECT_EQ(matte.channels, 1);
  const void* bytes = nullptr;
  size_t size = 0;
  ASSERT_EQ(tutti_encode_picture(session_, &matte, "png", &bytes, &size), TUTTI_OK);
  EXPECT_EQ(std::string(static_cast<const char*>(bytes) + 1, 3), "PNG");
}

struct Heard {
  std::string text;
  std::vector<float> samples;
  int calls = 0, stop_after = 1 << 30;
};

TEST_F(CapiTest, Streams) {
  Heard heard;
  ASSERT_EQ(tutti_add_text(session_, "the quick fox"), TUTTI_OK);
  tutti_text_options options = {.struct_size = sizeof options, .max_tokens = 20};
  options.user = &heard;
  options.on_text = [](void* user, const char* utf8, size_t size) {
    auto& h = *static_cast<Heard*>(user);
    h.text.append(utf8, size);
    return ++h.calls >= h.stop_after ? 1 : 0;
  };
  tutti_text text = {.struct_size = sizeof text};
  ASSERT_EQ(tutti_write(session_, &options, &text), TUTTI_OK);
  EXPECT_EQ(heard.text, text.text);
  ASSERT_GT(heard.calls, 2);
  const std::string whole = text.text;
  heard = {.stop_after = 2};
  ASSERT_EQ(tutti_write(session_, &options, &text), TUTTI_OK);
  EXPECT_EQ(heard.calls, 2);
  EXPECT_LT(text.size, whole.size());

  heard = {};
  tutti_speak_options speak = {.struct_size = sizeof speak, .steps = 1, .user = &heard};
  speak.on_audio = [](void* user, const float* samples, size_t count) {
    auto& h = *static_cast<Heard*>(user);
    h.samples.insert(h.samples.end(), samples, samples + count);
    return 0;
  };
  tutti_sound sound = {.struct_size = sizeof sound};
  ASSERT_EQ(tutti_speak(session_, &speak, &sound), TUTTI_OK);
  EXPECT_EQ(heard.samples, std::vector<float>(sound.samples, sound.samples + sound.count));
}

TEST_F(CapiTest, LanguagesScriptsAndSilence) {
  const Picture photo = scene(64, 64, 3);
  ASSERT_EQ(tutti_add_picture(session_, photo.pixels.data(), 64, 64, 3), TUTTI_OK);
  tutti_text_options options = {.struct_size = sizeof options, .task = TUTTI_NAME, .max_tokens = 6};
  const auto name = [&](const char* language) {
    options.language = language;
    tutti_text text = {.struct_size = sizeof text};
    EXPECT_EQ(tutti_write(session_, &options, &text), TUTTI_OK) << tutti_session_error(session_);
    return std::string(text.text, text.size);
  };
  EXPECT_EQ(name("zh-CN"), name("zh"));
  EXPECT_EQ(name("EN"), name(nullptr));
  options.language = "klingon";
  expect_refused(tutti_write(session_, &options, nullptr), TUTTI_USAGE, "de, el, en, es");

  tutti_clear(session_);
  ASSERT_EQ(tutti_add_text(session_, "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"), TUTTI_OK);
  expect_refused(tutti_speak(session_, nullptr, nullptr), TUTTI_BAD_INPUT, "Hebrew");

  tutti_clear(session_);
  const std::vector<float> silence(16000);
  ASSERT_EQ(tutti_add_sound(session_, silence.data(), silence.size()), TUTTI_OK);
  tutti_text text = {.struct_size = sizeof text};
  ASSERT_EQ(tutti_write(session_, nullptr, &text), TUTTI_OK);
  EXPECT_STREQ(text.text, "");
  expect_refused(tutti_paint(session_, nullptr, nullptr), TUTTI_BAD_INPUT, "nothing to hear");
}

TEST_F(CapiTest, ALineEndIsNoPartOfAText) {
  std::vector<std::vector<float>> vectors;
  for (const char* text : {"ta ri", "ta ri\n", "\xef\xbb\xbfta ri\r\n"}) {
    tutti_clear(session_);
    ASSERT_EQ(tutti_add_text(session_, text), TUTTI_OK);
    const float* values = nullptr;
    size_t count = 0;
    ASSERT_EQ(tutti_embed(session_, &values, &count), TUTTI_OK);
    vectors.emplace_back(values, values + count);
  }
  EXPECT_EQ(vectors[1], vectors[0]);
  EXPECT_EQ(vectors[2], vectors[0]);
}

TEST_F(CapiTest, NothingThrownGetsOut) {
  ASSERT_EQ(tutti_add_text(session_, "the quick fox"), TUTTI_OK);
  tutti_text_options options = {.struct_size = sizeof options};
  options.on_text = [](void*, const char*, size_t) -> int { throw std::runtime_error("no"); };
  expect_refused(tutti_write(session_, &options, nullptr), TUTTI_FAILED, "callback");
  EXPECT_EQ(tutti_write(session_, nullptr, nullptr), TUTTI_OK);  // the model is still of use
  EXPECT_STREQ(tutti_session_error(session_), "");
}

// It would wait for the call that it is part of, for ever.
TEST_F(CapiTest, ACallbackGetsNothingFromItsOwnModelButAnError) {
  struct Nested {
    tutti_session* same;
    tutti_session* other;
    tutti_status statuses[3] = {TUTTI_OK, TUTTI_OK, TUTTI_OK};
  } nested = {session_, tutti_session_new(model_)};
  ASSERT_EQ(tutti_add_text(nested.other, "a lazy dog"), TUTTI_OK);
  ASSERT_EQ(tutti_add_text(session_, "the quick fox"), TUTTI_OK);
  tutti_text_options options = {.struct_size = sizeof options, .max_tokens = 3, .user = &nested};
  options.on_text = [](void* user, const char*, size_t) {
    auto& n = *static_cast<Nested*>(user);
    const float* values = nullptr;
    size_t count = 0;
    n.statuses[0] = tutti_write(n.other, nullptr, nullptr);
    n.statuses[1] = tutti_embed(n.other, &values, &count);
    n.statuses[2] = tutti_speak(n.other, nullptr, nullptr);
    return 1;
  };
  EXPECT_EQ(tutti_write(session_, &options, nullptr), TUTTI_OK);
  for (const tutti_status status : nested.statuses) EXPECT_EQ(status, TUTTI_USAGE);
  EXPECT_NE(std::string(tutti_session_error(nested.other)).find("callback"), std::string::npos);
  EXPECT_EQ(tutti_write(nested.other, nullptr, nullptr), TUTTI_OK);  // afterwards it is free again
  tutti_session_free(nested.other);
}

TEST_F(CapiTest, OlderAndNewerCallers) {
  ASSERT_EQ(tutti_add_text(session_, "the quick fox"), TUTTI_OK);
  // Older: its struct ends after the task. What follows in its memory is not ours.
  tutti_text_options older = {.struct_size = offsetof(tutti_text_options, max_tokens)};
  older.max_tokens = -7;
  EXPECT_EQ(tutti_write(session_, &older, nullptr), TUTTI_OK) << tutti_session_error(session_);
  tutti_text answer = {.struct_size = offsetof(tutti_text, prompt_tokens)};
  answer.tokens = -7;
  EXPECT_EQ(tutti_write(session_, nullptr, &answer), TUTTI_OK);
  EXPECT_EQ(answer.tokens, -7);
  EXPECT_NE(answer.text, nullptr);
  EXPECT_EQ(answer.struct_size, offsetof(tutti_text, prompt_tokens));
  // Newer: more fields; harmless while they are 0.
  struct {
    tutti_text_options known;
    uint64_t added;
  } newer = {};
  newer.known.struct_size = sizeof newer;
  EXPECT_EQ(tutti_write(session_, &newer.known, nullptr), TUTTI_OK);
  newer.added = 1;
  expect_refused(tutti_write(session_, &newer.known, nullptr), TUTTI_USAGE, "older");
  for (const size_t size : {size_t(0), size_t(8), SIZE_MAX}) {
    tutti_text_options wrong = {.struct_size = size};
    expect_refused(tutti_write(session_, &wrong, nullptr), TUTTI_USAGE, "sizeof");
  }
}

TEST_F(CapiTest, WhatMakesNoSense) {
  const uint8_t pixel[4] = {};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  expect_refused(tutti_write(session_, nullptr, nullptr), TUTTI_USAGE, "empty");
  expect_refused(tutti_add_text(session_, nullptr), TUTTI_USAGE, "NULL");
  expect_refused(tutti_add_text(session_, " \n"), TUTTI_BAD_INPUT, "empty");
  expect_refused(tutti_add_text(session_, "\xff"), TUTTI_BAD_INPUT, "UTF-8");
  expect_refused(tutti_add_picture(session_, nullptr, 1, 1, 3), TUTTI_USAGE, "pixels");
  expect_refused(tutti_add_picture(session_, pixel, -1, 1, 3), TUTTI_USAGE, "width");
  expect_refused(tutti_add_picture(session_, pixel, 1, 1, 2), TUTTI_USAGE, "channels");
  expect_refused(tutti_add_picture(session_, pixel, INT32_MAX, INT32_MAX, 3), TUTTI_BAD_INPUT,
                 "scale");
  expect_refused(tutti_add_sound(session_, &nan, 1), TUTTI_BAD_INPUT, "numbers");
  expect_refused(tutti_add_sound(session_, &nan, SIZE_MAX), TUTTI_BAD_INPUT, "hour");
  expect_refused(tutti_add_clip(session_, pixel, 0, 1, 1, 1), TUTTI_USAGE, "frame");
  expect_refused(tutti_add_encoded_picture(session_, "GIF89a", 6), TUTTI_BAD_INPUT, "upload");
  expect_refused(tutti_add_encoded_sound(session_, "nothing", 7), TUTTI_BAD_INPUT, "upload");
  expect_refused(tutti_add_encoded_video(session_, "", 0), TUTTI_BAD_INPUT, "empty");
  ASSERT_EQ(tutti_add_picture(session_, pixel, 1, 1, 4), TUTTI_OK);
  expect_refused(tutti_speak(session_, nullptr, nullptr), TUTTI_USAGE, "only text");
  tutti_text_options options = {.struct_size = sizeof options, .task = 99};
  expect_refused(tutti_write(session_, &options, nullptr), TUTTI_USAGE, "task");
  options = {.struct_size = sizeof options, .max_tokens = -1};
  expect_refused(tutti_write(session_, &options, nullptr), TUTTI_USAGE, "max_tokens");
  tutti_picture picture = {.struct_size = sizeof picture};
  const void* bytes = nullptr;
  size_t size = 0;
  expect_refused(tutti_encode_picture(session_, &picture, "png", &bytes, &size), TUTTI_USAGE,
                 "empty");
  expect_refused(tutti_encode_picture(session_, nullptr, "png", &bytes, &size), TUTTI_USAGE,
                 "given");
  EXPECT_EQ(tutti_write(nullptr, nullptr, nullptr), TUTTI_USAGE);
  EXPECT_EQ(tutti_session_new(nullptr), nullptr);
  tutti_session_free(nullptr);
  tutti_model_free(nullptr);
}

TEST(Capi, LoadingFails) {
  tutti_model* model = nullptr;
  EXPECT_EQ(tutti_model_load(nullptr, nullptr, &model), TUTTI_USAGE);
  EXPECT_NE(std::string(tutti_model_error(model)), "");
  tutti_model_free(model);
  EXPECT_EQ(tutti_model_load("/nowhere.safetensors", nullptr, &model), TUTTI_BAD_INPUT);
  EXPECT_NE(std::string(tutti_model_error(model)).find("/nowhere.safetensors"), std::string::npos);
  EXPECT_EQ(tutti_session_new(model), nullptr);
  tutti_model_free(model);
  tutti_model_options options = {.struct_size = sizeof options, .precision = 9};
  EXPECT_EQ(tutti_model_load(tiny_model().c_str(), &options, &model), TUTTI_USAGE);
  tutti_model_free(model);
  EXPECT_EQ(tutti_model_load("x", nullptr, nullptr), TUTTI_USAGE);
}

// No signal ends the caller's process.
TEST(Capi, AFileThatIsCutWhileItIsReadIsRefused) {
  const std::string path = write_model("capi_cut_test", tiny_config());
  std::ifstream file(path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(file)), {});
  std::atomic<bool> done = false;
  std::thread cutter([&] {
    for (size_t n = 0; !done; ++n) {
      std::filesystem::resize_file(path, n * 4096 % whole.size());
      std::ofstream(path, std::ios::binary | std::ios::in) << whole;
    }
  });
  for (int refused = 0; refused < 50;) {
    tutti_model* model = nullptr;
    refused += tutti_model_load(path.c_str(), nullptr, &model) == TUTTI_BAD_INPUT;
    tutti_model_free(model);
  }
  done = true;
  cutter.join();
}

TEST(Capi, AllAnswersHaveTheModelsAdapter) {
  const std::string path = write_model("capi_adapter_test", tiny_config());
  ASSERT_TRUE(add_adapters(path, {"one"}));
  tutti_model* model = nullptr;
  tutti_model_options options = {.struct_size = sizeof options, .threads = 1, .adapter = "one"};
  ASSERT_EQ(tutti_model_load(path.c_str(), &options, &model), TUTTI_OK);
  tutti_session* session = tutti_session_new(model);
  tutti_text text = {.struct_size = sizeof text};
  ASSERT_EQ(tutti_add_text(session, "the quick fox"), TUTTI_OK);
  ASSERT_EQ(tutti_write(session, nullptr, &text), TUTTI_OK);
  const Prompt prompt = {Part::of_text("the quick fox")};
  EXPECT_EQ(std::string(text.text, text.size),
            Engine::load(path, {.threads = 1, .adapter = "one"})->describe(prompt, {})->text);
  EXPECT_NE(std::string(text.text, text.size), Engine::load(path, {1})->describe(prompt, {})->text);
  tutti_session_free(session);
  tutti_model_free(model);
  options.adapter = "two";
  EXPECT_EQ(tutti_model_load(path.c_str(), &options, &model), TUTTI_USAGE);
  EXPECT_NE(std::string(tutti_model_error(model)).find("it has one"), std::string::npos);
  tutti_model_free(model);
  // A program that was compiled before there were adapters.
  options.struct_size = offsetof(tutti_model_options, adapter);
  EXPECT_EQ(tutti_model_load(path.c_str(), &options, &model), TUTTI_OK);
  tutti_model_free(model);
}

TEST(Capi, SessionsOfOneModelOnManyThreads) {
  tutti_model* model = nullptr;
  ASSERT_EQ(tutti_model_load(tiny_model().c_str(), nullptr, &model), TUTTI_OK);
  std::vector<std::string> answers(4);
  std::vector<std::thread> threads;
  for (std::string& answer : answers) {
    tutti_session* session = tutti_session_new(model);
    threads.emplace_back([session, &answer] {
      tutti_text text = {.struct_size = sizeof text};
      if (tutti_add_text(session, "the quick fox") == TUTTI_OK &&
          tutti_write(session, nullptr, &text) == TUTTI_OK)
        answer = text.text;
      tutti_session_free(session);
    });
  }
  tutti_model_free(model);  // sessions keep what they need
  for (std::thread& thread : threads) thread.join();
  EXPECT_NE(answers[0], "");
  for (const std::string& answer : answers) EXPECT_EQ(answer, answers[0]);
}

}  // namespace
}  // namespace tutti
