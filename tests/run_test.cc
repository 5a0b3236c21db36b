// What `tutti` does when all is well, verb by verb.
#include <nlohmann/json.hpp>
#include <random>

#include "media/decode_picture.h"
#include "media/decode_sound.h"
#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "media/encode_video.h"
#include "tests/helpers/program.h"

namespace tutti::program {
namespace {

using nlohmann::json;

class RunTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    Picture picture = make_picture(90, 60, 3, 200);
    for (int x = 20; x < 50; ++x) std::fill_n(picture.at(x, 30), 3, uint8_t(10));
    ASSERT_TRUE(save_picture(path("photo.png"), picture));
    Sound sound;
    for (int i = 0; i < 8000; ++i) sound.samples.push_back(0.2f * float(i % 80) / 80 - 0.1f);
    ASSERT_TRUE(save_sound(path("sound.wav"), sound));
    ASSERT_TRUE(save_clip(path("video.mp4"), {30, std::vector<Picture>(20, picture)}));
  }
};

TEST_F(RunTest, TextFromEveryKindOfPart) {
  const Outcome mixed = run_model({"run", "--image", "photo.png", "--audio", "sound.wav", "--text",
                                   "ta ri", "--max-tokens", "4"});
  EXPECT_EQ(mixed.code, 0) << mixed.err;
  EXPECT_EQ(mixed.out.back(), '\n');
  EXPECT_EQ(run_model({"run", "--video", "video.mp4", "--max-tokens", "4"}).code, 0);
}

TEST_F(RunTest, JsonHasTheAnswerAndHowItCame) {
  const Outcome outcome =
      run_model({"run", "--text", "ta ri", "--json", "--seed", "5", "--max-tokens", "4"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json answer = json::parse(outcome.out);
  EXPECT_TRUE(answer["text"].is_string());
  EXPECT_TRUE(answer["outputs"].empty());
  EXPECT_EQ(answer["seed"], 5);
  for (const char* key : {"load", "first_token", "total"})
    EXPECT_GE(answer["timings"][key].get<double>(), 0) << key;
}

TEST_F(RunTest, PartsKeepTheirOrder) {
  const auto ask = [&](std::vector<std::string> parts) {
    parts.insert(parts.begin(), {"run", "--to", "text", "--json", "--max-tokens", "12"});
    return json::parse(run_model(parts).out)["text"].get<std::string>();
  };
  // The order of media is part of the prompt, so a model of random weights answers otherwise.
  EXPECT_NE(ask({"--image", "photo.png", "--audio", "sound.wav", "--text", "ta"}),
            ask({"--audio", "sound.wav", "--image", "photo.png", "--text", "ta"}));
}

TEST_F(RunTest, PaintsWithSeedAndSize) {
  const auto paint = [&](const char* seed, const char* file) {
    return run_model({"run", "--text", "ta ri", "--to", "image", "--steps", "2", "--seed", seed,
                      "-o", file})
        .code;
  };
  ASSERT_EQ(paint("1", "a.png"), 0);
  ASSERT_EQ(paint("1", "b.png"), 0);
  ASSERT_EQ(paint("2", "c.png"), 0);
  EXPECT_EQ(read_text(path("a.png")), read_text(path("b.png")));
  EXPECT_NE(read_text(path("a.png")), read_text(path("c.png")));
  ASSERT_EQ(run_model({"run", "--text", "ta", "--to", "image", "--steps", "1", "--size", "256",
                       "-o", "big.png"})
                .code,
            0);
  const auto big = load_picture(path("big.png"));
  ASSERT_TRUE(big);
  EXPECT_EQ(big->width, 256);
}

// Without -o a verb takes a name that is free, says which, and leaves what was there alone.
TEST_F(RunTest, WhatNobodyNamedReplacesNothing) {
  write_text(path("picture.png"), "mine");
  fs::create_directories(path("speech.wav"));
  const std::pair<std::vector<std::string>, std::vector<std::string>> runs[] = {
      {{"run", "--text", "ta", "--to", "image", "--steps", "1"},
       {"picture-2.png", "picture-3.png"}},
      {{"run", "--text", "ta", "--to", "speech", "--steps", "1"}, {"speech-2.wav", "speech-3.wav"}},
      {{"run", "--image", "photo.png", "--to", "mask"}, {"mask.png", "mask-2.png"}},
      {{"explain", "--text", "ta"}, {"attention.png", "attention-2.png"}}};
  for (const auto& [call, files] : runs)
    for (const std::string& file : files) {
      const Outcome outcome = run_model(call);
      EXPECT_EQ(outcome.code, 0) << outcome.err;
      EXPECT_EQ(outcome.err, "wrote " + file + "\n");
      EXPECT_GT(fs::file_size(path(file)), 0u);
    }
  EXPECT_EQ(read_text(path("picture.png")), "mine");
  const Outcome named =
      run_model({"run", "--text", "ta", "--to", "image", "--steps", "1", "-o", "picture.png"});
  EXPECT_EQ(named.err, "wrote picture.png\n");
  EXPECT_NE(read_text(path("picture.png")), "mine");
}

TEST_F(RunTest, SpeaksMasksAndEmbeds) {
  EXPECT_EQ(
      run_model({"run", "--text", "ta ri no", "--to", "speech", "--steps", "2", "-o", "a.wav"})
          .code,
      0);
  const auto sound = load_sound(path("a.wav"));
  ASSERT_TRUE(sound);
  EXPECT_GT(sound->samples.size(), 0u);
  EXPECT_EQ(run_model({"run", "--image", "photo.png", "--to", "mask", "-o", "m.png"}).code, 0);
  const auto mask = load_picture(path("m.png"));
  ASSERT_TRUE(mask);
  EXPECT_EQ(mask->width, 90);
  EXPECT_EQ(mask->height, 60);
  const Outcome embedding = run_model({"run", "--audio", "sound.wav", "--to", "embedding"});
  ASSERT_EQ(embedding.code, 0);
  double length = 0;
  for (const double value : json::parse(embedding.out).get<std::vector<double>>())
    length += value * value;
  EXPECT_NEAR(length, 1, 1e-3);
}

TEST_F(RunTest, ReadsStandardInput) {
  const Outcome piped =
      run_model({"run", "--image", "-", "--json", "--max-tokens", "4"}, path("photo.png"));
  const Outcome named = run_model({"run", "--image", "photo.png", "--json", "--max-tokens", "4"});
  ASSERT_EQ(piped.code, 0) << piped.err;
  EXPECT_EQ(json::parse(piped.out)["text"], json::parse(named.out)["text"]);
}

// What an editor or a shell puts around a text is no part of it, wherever it comes from.
TEST_F(RunTest, ALineEndAndAMarkAreNoPartOfAText) {
  const auto vector_of = [&](const std::string& file) {
    write_text(path("text.txt"), file);
    const Outcome piped = run_model({"run", "--text", "-", "--to", "embedding"}, path("text.txt"));
    EXPECT_EQ(piped.code, 0) << piped.err;
    EXPECT_EQ(piped.out, run_model({"run", "--text", file, "--to", "embedding"}).out);
    return piped.out;
  };
  const std::string wanted = vector_of("ta ri no");
  for (const char* file :
       {"ta ri no\n", "ta ri no\r\n", "\xef\xbb\xbfta ri no", "\xef\xbb\xbfta ri no\r\n"})
    EXPECT_EQ(vector_of(file), wanted) << file;
  EXPECT_NE(vector_of("ta ri no\n\n"), wanted);
}

TEST_F(RunTest, NothingIsHeardInSilence) {
  Sound silence;
  silence.samples.assign(32000, 0);
  ASSERT_TRUE(save_sound(path("silence.wav"), silence));
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 0.0016f);  // -56 dB
  Sound faint = silence;
  for (float& sample : faint.samples) sample = normal(random);
  ASSERT_TRUE(save_sound(path("faint.wav"), faint));
  for (const char* file : {"silence.wav", "faint.wav"}) {
    const Outcome spelled = run_model({"run", "--audio", file});
    EXPECT_EQ(spelled.code, 0) << spelled.err;
    EXPECT_EQ(spelled.out, "\n");
    const Outcome written = run_model(
        {"run", "--audio", file, "--image", "photo.png", "--task", "transcribe", "--json"});
    ASSERT_EQ(written.code, 0) << written.err;
    EXPECT_EQ(json::parse(written.out)["text"], "");
    expect_refused(run_model({"run", "--audio", file, "--to", "image", "-o", "answer.png"}),
                   "nothing to hear");
  }
}

TEST_F(RunTest, LanguageTagsAreBroughtToTheModelsCodes) {
  const auto name = [&](const char* language) {
    const Outcome outcome = run_model({"run", "--image", "photo.png", "--task", "name",
                                       "--language", language, "--max-tokens", "6"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.out;
  };
  const std::string english = name("en"), chinese = name("zh");
  for (const char* tag : {"EN", "en-US", "en_GB", "eng"}) EXPECT_EQ(name(tag), english) << tag;
  for (const char* tag : {"zh-CN", "zh_Hant", "cmn"}) EXPECT_EQ(name(tag), chinese) << tag;
}

TEST_F(RunTest, DtypesHaveOneNameInEveryVerb) {
  for (const char* name : {"int8", "i8", "f32", "fp32", "bf16", "auto"}) {
    EXPECT_EQ(run_model({"run", "--text", "ta", "--to", "embedding", "--dtype", name}).code, 0)
        << name;
    EXPECT_EQ(run({"inspect", "model.safetensors", "--dtype", name}).code, 0) << name;
  }
  EXPECT_EQ(run({"inspect", "model.safetensors", "--dtype", "int4"}).code, 2);
  EXPECT_EQ(run({"bench", "trunk", "--dtype", "auto"}).code, 2);
}

TEST_F(RunTest, AnEmbeddingGoesToItsFileBesideJson) {
  const Outcome outcome =
      run_model({"run", "--text", "ta", "--to", "embedding", "--json", "-o", "vector.json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(json::parse(read_text(path("vector.json"))), json::parse(outcome.out)["embedding"]);
}

TEST_F(RunTest, Explains) {
  const Outcome outcome =
      run_model({"explain", "--image", "photo.png", "--text", "ta", "-o", "e.png", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(load_picture(path("e.png")));
  const json answer = json::parse(outcome.out);
  EXPECT_EQ(answer["layers"].size(), 4u);
  for (const json& layer : answer["layers"]) {
    EXPECT_FALSE(layer["attention"].empty());
    for (const auto& [asking, shares] : layer["attention"].items()) {
      double sum = 0;
      for (const double share : shares) sum += share;
      EXPECT_NEAR(sum, 1, 1e-6) << asking;
    }
  }
}

TEST_F(RunTest, InspectsAndExamines) {
  const Outcome inspected = run({"inspect", "model.safetensors", "--json"});
  ASSERT_EQ(inspected.code, 0) << inspected.err;
  const json model = json::parse(inspected.out);
  int64_t sum = 0;
  for (const json& part : model["parts"]) sum += part["parameters"].get<int64_t>();
  EXPECT_EQ(sum, model["parameters"].get<int64_t>());
  EXPECT_GT(model["memory"]["weights"].get<int64_t>(), 0);
  const std::string card = model["card"];
  ASSERT_FALSE(card.empty());
  EXPECT_EQ(run({"inspect", "model.safetensors"}).out.find(card), std::string::npos);
  EXPECT_NE(run({"inspect", "model.safetensors", "--card"}).out.find(card), std::string::npos);
  EXPECT_EQ(run({"doctor"}, "TUTTI_MODEL=" + path("model.safetensors")).code, 0);
  const Outcome lacking = run({"doctor", "--model", "none.safetensors"});
  EXPECT_EQ(lacking.code, 1);
  EXPECT_NE(lacking.out.find("none.safetensors"), std::string::npos);
}

TEST_F(RunTest, EvaluatesAFolderOfOnesOwn) {
  fs::create_directories(folder_ / "mine");
  for (const char* digit : {"one", "two"})
    fs::copy(path("sound.wav"), folder_ / "mine" / (std::string(digit) + ".wav"));
  write_text(folder_ / "mine/transcripts.tsv", "wav\ttext\none.wav\tone\ntwo.wav\ttwo\n");
  const Outcome outcome =
      run_model({"eval", "--data", "mine", "--tasks", "spoken_digits,asr_recorded_wer", "--json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_EQ(report["tasks"]["spoken_digits"]["n"], 2);
  EXPECT_DOUBLE_EQ(report["tasks"]["spoken_digits"]["chance"], 0.1);
  EXPECT_TRUE(report["skipped"].contains("asr_recorded_wer"));
}

TEST_F(RunTest, TrainHandsOver) {
  write_text(folder_ / "trainer", "#!/bin/sh\necho trained \"$@\"; exit 7\n");
  fs::permissions(folder_ / "trainer", fs::perms::owner_all);
  const Outcome outcome =
      run({"train", "recipe.toml", "--steps", "3"}, "TUTTI_TRAIN=" + path("trainer"));
  EXPECT_EQ(outcome.code, 7);
  EXPECT_EQ(outcome.out, "trained recipe.toml --steps 3\n");
  for (const std::vector<std::string>& call :
       {std::vector<std::string>{"train", "--help"}, {"train", "-h"}, {"help", "train"}})
    EXPECT_EQ(run(call, "TUTTI_TRAIN=" + path("trainer")).out, "trained --help\n");
  const Outcome lacking = run({"train", "recipe.toml"}, "TUTTI_TRAIN=" + path("nothing"));
  EXPECT_EQ(lacking.code, 1);
  EXPECT_NE(lacking.err.find("TUTTI_TRAIN"), std::string::npos);
}

}  // namespace
}  // namespace tutti::program
