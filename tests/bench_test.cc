// `tutti bench` says what it timed. How fast this machine is no test's business.
#include <nlohmann/json.hpp>

#include "program.h"

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
