// `tutti bench` says what it timed. How fast this machine is no test's business.
#include <nlohmann/json.hpp>

#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "media/encode_video.h"
#include "tests/helpers/program.h"

namespace tutti::program {
namespace {

using nlohmann::json;

class BenchTest : public ProgramTest {
 protected:
  json run_json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "bench");
    arguments.insert(arguments.end(), {"--threads", "2", "--json"});
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out);
  }
};

TEST_F(BenchTest, TrunkInEveryPrecision) {
  for (const char* dtype : {"f32", "bf16", "int8"}) {
    const json answer = run_json(
        {"trunk", "--shape", "tiny", "--dtype", dtype, "--prefill", "40", "--decode", "3"});
    EXPECT_EQ(answer["dtype"], dtype);
    EXPECT_EQ(answer["architecture"]["embeddings"], "tied");
    EXPECT_EQ(answer["threads"], 2);
    for (const char* part : {"prefill", "decode"}) {
      EXPECT_EQ(answer[part]["runs"].size(), 5u);
      EXPECT_GT(answer[part]["tokens_per_second"].get<double>(), 0);
      EXPECT_GT(answer[part]["of_ceiling"].get<double>(), 0);
    }
  }
}

TEST_F(BenchTest, EncoderOfABatch) {
  const json answer = run_json({"encoder", "--shape", "tiny-encoder", "--batch", "3"});
  EXPECT_EQ(answer["batch"], 3);
  EXPECT_EQ(answer["dtype"], "int8");
  EXPECT_GT(answer["pictures_per_second"].get<double>(), 0);
}

TEST_F(BenchTest, SoundAsItComesAndAtOnce) {
  const json answer = run_json({"hear", "--model", "model.safetensors", "--seconds", "70"});
  EXPECT_EQ(answer["chunks"], 73);  // of 96 frames, the last one of 88
  EXPECT_EQ(answer["after_a_minute"]["arena"], answer["at_the_end"]["arena"]);
  EXPECT_EQ(answer["after_a_minute"]["stream"], answer["at_the_end"]["stream"]);
  EXPECT_GT(answer["whole"]["arena"], answer["at_the_end"]["arena"]);
}

TEST_F(BenchTest, EveryTaskInEveryPrecision) {
  const Picture picture = make_picture(90, 60, 3, 200);
  Sound sound;
  sound.samples.assign(8000, 0.1f);
  fs::create_directories(folder_ / "demo");
  ASSERT_TRUE(save_picture(path("demo/picture.png"), picture));
  ASSERT_TRUE(save_sound(path("demo/speech.wav"), sound));
  ASSERT_TRUE(save_clip(path("demo/clip.mp4"), {30, std::vector<Picture>(20, picture)}));
  write_text(folder_ / "trainer", "#!/bin/sh\necho '{\"vocoder\": 0.5}'\n");
  fs::permissions(folder_ / "trainer", fs::perms::owner_all);
  const Outcome outcome =
      run({"bench", "model", "--model", "model.safetensors", "--threads", "1", "--json"},
          "TUTTI_TRAIN=" + path("trainer"));
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json answer = json::parse(outcome.out);
  EXPECT_EQ(answer["tasks"].size(), 8u);
  for (const json& task : answer["tasks"])
    for (const char* dtype : {"f32", "bf16", "int8"})
      EXPECT_GE(task[dtype]["p95"].get<double>(), task[dtype]["p50"].get<double>());
  EXPECT_EQ(answer["passes"]["vocoder"]["libtorch"], 0.5);
  for (const json& pass : answer["passes"]) EXPECT_GT(pass["int8"].get<double>(), 0);
  const Outcome routed = run({"bench", "routing", "--model", "model.safetensors", "--json"});
  ASSERT_EQ(routed.code, 0) << routed.err;
  const json timed = json::parse(routed.out);
  EXPECT_FALSE(timed["requests"].empty());
  for (const json& request : timed["requests"]) EXPECT_TRUE(request["same"]);
  const Outcome lacking = run({"bench", "model", "--model", "model.safetensors", "--inputs", "no"});
  EXPECT_EQ(lacking.code, 3);
  EXPECT_NE(lacking.err.find("--inputs"), std::string::npos);
}

TEST_F(BenchTest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(run({"bench", "trunk", "--shape", "900b"}).code, 2);
  EXPECT_EQ(run({"bench", "trunk", "--dtype", "int3"}).code, 2);
  EXPECT_EQ(run({"bench"}).code, 2);
  const Outcome isa = run({"bench", "trunk", "--shape", "tiny"}, "TUTTI_ISA=abacus");
  EXPECT_EQ(isa.code, 2);
  EXPECT_NE(isa.err.find("abacus"), std::string::npos);
}

}  // namespace
}  // namespace tutti::program
