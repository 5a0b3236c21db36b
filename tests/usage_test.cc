// Wrong command lines: what is said names what was got, what is wanted and what to do next, on one
// line; and the exit code follows one rule.
#include <algorithm>

#include "tests/helpers/program.h"

namespace tutti::program {
namespace {

using Words = std::vector<std::string>;

class UsageTest : public ProgramTest {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("tutti_" + std::to_string(getpid()) + "_usage");
    fs::create_directories(folder_);
  }

  void expect(const Words& call, int code, const Words& said) const {
    const Outcome outcome = run(call);
    std::string all;
    for (const std::string& word : call) all += word + " ";
    EXPECT_EQ(outcome.code, code) << all << outcome.err;
    EXPECT_EQ(outcome.out, "") << all;
    EXPECT_EQ(outcome.err.rfind("tutti", 0), 0u) << all << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << all << outcome.err;
    for (const std::string& one : said)
      EXPECT_NE(outcome.err.find(one), std::string::npos) << all << outcome.err;
  }
};

TEST_F(UsageTest, VerbsAndFlagsThatAreNotThere) {
  const std::pair<Words, Words> wrong[] = {
      {{}, {"tutti: a verb is needed: run, serve", "tutti --help lists"}},
      {{"dance"}, {"tutti: there is no verb \"dance\"", "tutti --help lists"}},
      {{"rnu"}, {"did you mean run? tutti --help lists"}},
      {{"media"}, {"there is no verb \"media\"; tutti --help"}},
      {{"run", "--txt", "hello"},
       {"tutti run: there is no flag \"--txt\"; did you mean --text? tutti run --help"}},
      {{"run", "--txt=hello"}, {"\"--txt\"; did you mean --text?"}},
      {{"run", "--text", "a", "b"},
       {"tutti run: no argument \"b\" is taken here; tutti run --help"}},
      {{"-m", "x", "run"}, {"\"-m\" stands in front of the verb", "tutti run -m"}},
      {{"serve", "kyes"}, {"tutti serve: there is no verb \"kyes\"; did you mean keys?"}},
      {{"serve", "keys"}, {"tutti serve keys: a verb is needed: add, list, remove"}},
      {{"serve", "keys", "lst"}, {"did you mean list?"}},
      {{"serve", "keys", "lst", "--keys", "k"},
       {"tutti serve keys: there is no verb \"lst\"; did you mean list?"}},
      {{"rnu", "--help"}, {"there is no verb \"rnu\"; did you mean run?"}},
      {{"help", "rnu"}, {"there is no verb \"rnu\"; did you mean run?"}},
      {{"serve", "keys", "add", "--keys", "k"}, {"tutti serve keys add: NAME is required"}},
      {{"serve", "keys", "add", "ann"}, {"--keys is required"}},
      {{"inspect", "a", "b"}, {"tutti inspect: no argument \"b\""}},
      {{"doctor", "--jsn"}, {"did you mean --json?"}},
      {{"bench"}, {"tutti bench: a verb is needed: trunk"}},
      {{"data", "bild"}, {"tutti data: there is no verb \"bild\"; did you mean build?"}},
      {{"quantize", "--smples", "3"}, {"did you mean --samples?"}},
      {{"eval", "extra"}, {"tutti eval: no argument \"extra\""}}};
  for (const auto& [call, said] : wrong) expect(call, 2, said);
}

TEST_F(UsageTest, ValuesThatCannotBe) {
  const std::pair<Words, Words> wrong[] = {
      {{"run", "--text"}, {"--text needs a value"}},
      {{"run", "--seed", "1", "--seed", "2"}, {"--seed is given more than once"}},
      {{"run", "--seed", "x"}, {"--seed is \"x\"; it can be a whole number"}},
      {{"run", "--max-tokens", "0"},
       {"--max-tokens is \"0\"; it can be a whole number from 1 to 1048576, in digits alone"}},
      {{"run", "--max-tokens", "1e2"}, {"--max-tokens is \"1e2\"; it can be a whole number"}},
      {{"run", "--threads", "010"}, {"--threads is \"010\"; it can be a whole number"}},
      {{"run", "--top-k", "99999999999"}, {"it can be a whole number from 0 to 2147483647"}},
      {{"run", "--json=abc"}, {"tutti run: --json takes no value; tutti run --help"}},
      {{"run", "--json=5"}, {"--json takes no value"}},
      {{"serve", "--no-store=abc"}, {"--no-store takes no value"}},
      {{"eval", "--json=false"}, {"--json takes no value"}},
      {{"run", "--temperature", "900"},
       {"--temperature is \"900\"; it can be a number from 0 to 100"}},
      {{"run", "--to", "imag"},
       {"--to is \"imag\"; it can be text, image,", "did you mean image?"}},
      {{"run", "--dtype", "int9"}, {"--dtype is \"int9\"", "did you mean int8?"}},
      {{"serve", "--store", "a", "--no-store"}, {"--store and --no-store exclude each other"}},
      {{"serve", "--no-store", "--store-limit", "2000000"}, {"--store-limit"}},
      {{"serve", "--no-store", "--store-share", "2000000"}, {"--store-share"}},
      {{"serve", "--port", "99999"},
       {"--port is \"99999\"; it can be a whole number from 0 to 65535"}},
      {{"serve", "--address", "example"}, {"--address \"example\" is not an IP address; use"}},
      {{"serve", "--address", "fe80::1%lo"}, {"listening on fe80::1%lo lets others in"}},
      {{"serve", "--address", "127.0.0.1%lo"}, {"is not an IP address"}},
      {{"serve", "--certificate", "c.pem"}, {"--certificate and --private-key go together"}},
      {{"eval", "--limit", "-1"}, {"--limit is \"-1\"; it can be a whole number from 0 to"}},
      {{"run", "--points", "a.ply", "--up", "x"}, {"--up is \"x\"; it can be y, z"}},
      {{"run", "--text", "a", "--up", "y"}, {"--up would change nothing: it goes with --points"}},
      {{"explain", "--text", "a", "--up", "y"}, {"--up would change nothing"}},
      {{"bench", "trunk", "--shape", "smal"}, {"--shape is \"smal\"; it can be"}}};
  for (const auto& [call, said] : wrong) expect(call, 2, said);
}

// Others would be taken for another seed in silence: the largest one.
TEST_F(UsageTest, SeedsAreReadAsTheyAreWritten) {
  for (const char* seed : {"-1", "18446744073709551616", "100000000000000000000000", "1e3", " 5"})
    expect({"run", "--text", "a", "--seed", seed}, 2,
           {"--seed is \"" + std::string(seed), "from 0 to 18446744073709551615"});
  expect({"run", "-m", "none", "--text", "a", "--seed", "18446744073709551615"}, 3, {"none"});
}

// As a script's variable leaves one that is not set: --keys "$KEYS". Everything that takes a value
// refuses an empty one, so that none takes a protection away in silence.
TEST_F(UsageTest, EmptyValues) {
  for (const char* verb : {"run", "serve", "eval", "explain", "doctor", "bench model"}) {
    Words words;
    std::istringstream of_verb(verb);
    for (std::string word; of_verb >> word;) words.push_back(word);
    for (const char* flag : {"--model", "--threads"}) {
      Words call = words;
      call.insert(call.end(), {flag, ""});
      expect(call, 2,
             {std::string(flag) + " is empty; give it a value, or leave " + flag + " out"});
      call.pop_back();
      call.back() += "=";  // CLI11 would take what follows
      call.push_back("--json");
      expect(call, 2, {std::string(flag) + " is empty"});
    }
  }
  const std::pair<Words, const char*> wrong[] = {
      {{"serve", "--certificate", "", "--private-key", ""}, "--certificate is empty"},
      {{"serve", "--certificate=", "--private-key="}, "--certificate is empty"},
      {{"serve", "--keys", ""}, "--keys is empty"},
      {{"serve", "--store", ""}, "--store is empty"},
      {{"serve", "--address", ""}, "--address is empty"},
      {{"serve", "--cors", ""}, "--cors is empty"},
      {{"serve", "--host-name", "a", "--host-name", ""}, "--host-name is empty"},
      {{"serve", "--alias", ""}, "--alias is empty"},
      {{"serve", "--port", ""}, "--port is empty"},
      {{"serve", "keys", "add", "x", "--keys", ""}, "--keys is empty; give it a value; tutti"},
      {{"serve", "keys", "add", "", "--keys", "k"}, "NAME is empty; give it a value; tutti"},
      {{"run", "--text", ""}, "--text is empty"},
      {{"run", "--text", "a", "--image", ""}, "--image is empty"},
      {{"run", "--text", "a", "--seed", ""}, "--seed is empty"},
      {{"run", "--text", "a", "-o", ""}, "--output is empty"},
      {{"run", "--image", "a", "--language", ""}, "--language is empty"},
      {{"inspect", ""}, "model is empty"},
      {{"quantize", "", "-o", "a"}, "model is empty"},
      {{"quantize", "a", "-o", "b", "--keep", ""}, "--keep is empty"},
      {{"data", "build", "-o", ""}, "--output is empty"}};
  for (const auto& [call, said] : wrong) expect(call, 2, {said});
#ifdef TRAIN_BINARY
  const std::string trainer = std::string("TUTTI_TRAIN=") + TRAIN_BINARY;
  for (const Words& call :
       {Words{"train", "r.toml", "--output", ""}, Words{"train", "judge", "--shards="},
        Words{"train", "judge", "--seed", "-1"}, Words{"train", ""}}) {
    const Outcome outcome = run(call, trainer);
    EXPECT_EQ(outcome.code, 2) << call[1] << outcome.err;
    EXPECT_EQ(outcome.err.rfind("tutti-train", 0), 0u) << outcome.err;
  }
#endif
}

// `-o $FILE --json` where FILE is not set: --json would be the file's name.
TEST_F(UsageTest, AFlagIsNoValue) {
  expect({"run", "--text", "a", "-o", "--json"}, 2,
         {"--output is \"--json\", which is a flag; give it a value, or leave --output out"});
  expect({"serve", "--keys", "--no-studio"}, 2, {"--keys is \"--no-studio\", which is a flag"});
  expect({"run", "-m", "none", "--text", "--maybe"}, 3, {"none"});
}

TEST_F(UsageTest, HelpIsAVerbToo) {
  EXPECT_EQ(run({"help"}).out, run({"--help"}).out);
  EXPECT_EQ(run({"help", "run"}).out, run({"run", "--help"}).out);
  EXPECT_EQ(run({"help", "serve", "keys", "add"}).out, run({"serve", "keys", "add", "--help"}).out);
  EXPECT_EQ(run({"help", "eval"}).out, run({"eval", "--help"}).out);
  EXPECT_EQ(run({"help", "eval"}).code, 0);
}

TEST_F(UsageTest, RemovingAKeySaysSo) {
  EXPECT_EQ(run({"serve", "keys", "add", "ann", "--keys", "k"}).code, 0);
  const Outcome removed = run({"serve", "keys", "remove", "ann", "--keys", "k"});
  EXPECT_EQ(removed.code, 0);
  EXPECT_EQ(removed.err,
            "The key of ann is no longer in k; a server that runs takes it until it is started "
            "again.\n");
  expect({"serve", "keys", "remove", "ann", "--keys", "k"}, 2, {"ann"});
}

// What cannot be read is bad input; what cannot be written is a failure.
TEST_F(UsageTest, OneRuleForFiles) {
  fs::create_directories(folder_ / "folder");
  write_text(path("empty"), "");
  fs::create_symlink("circle", path("circle"));  // there, and cannot be opened
  const std::pair<Words, Words> unreadable[] = {
      {{"run", "-m", "none", "--text", "a"}, {"there is no model file none; check its path"}},
      {{"run", "-m", "folder", "--text", "a"}, {"folder is a folder; name the model file in it"}},
      {{"run", "-m", "circle", "--text", "a"}, {"circle", "symbolic links"}},
      {{"inspect", "none"}, {"there is no model file none"}},
      {{"inspect", "folder"}, {"folder is a folder"}},
      {{"run", "--image", "none"}, {"none: there is no such file; check the path"}},
      {{"run", "--audio", "folder"}, {"folder: this is a folder; name one file in it"}},
      {{"run", "--points", "none"}, {"none: there is no such file; check the path"}},
      {{"run", "--points", "folder"}, {"folder: this is a folder; name one file in it"}},
      {{"run", "--points", "empty"}, {"empty: it is empty"}},
      {{"run", "--image", "https://example.org/a.png"}, {"URLs are not opened, so download it"}},
      {{"run", "--points", "http://example.org/a.ply"}, {"URLs are not opened, so download it"}},
      {{"run", "--video", "empty"}, {"empty: it is empty"}},
      {{"serve", "--keys", "none"}, {"there is no readable key file none", "tutti serve keys add"}},
      {{"serve", "--keys", "folder"}, {"folder is a folder; name the key file in it"}},
      {{"serve", "keys", "list", "--keys", "folder"}, {"folder is a folder"}}};
  for (const auto& [call, said] : unreadable) expect(call, 3, said);
  const Outcome broken = run({"run", "-m", "empty", "--text", "a"});
  EXPECT_EQ(broken.code, 3);
  EXPECT_EQ(broken.err.find("empty"), broken.err.rfind("empty")) << "named twice: " << broken.err;
  expect({"serve", "keys", "add", "ann", "--keys", "none/keys"}, 1, {"make its folder first"});
}

class UnwritableTest : public ProgramTest {};

TEST_F(UnwritableTest, StoresAndOutputsAlike) {
  const std::string file = path("none") + "/file";
  for (const Words& call : {Words{"run", "--text", "ta", "--to", "image", "-o", file + ".png"},
                            Words{"run", "--text", "ta", "-o", file},
                            Words{"explain", "--text", "ta", "-o", file + ".png"},
                            Words{"serve", "--port", "0", "--store", file}}) {
    const Outcome outcome = run_model(call);
    EXPECT_EQ(outcome.code, 1) << call[0] << outcome.err;
    EXPECT_NE(outcome.err.find("cannot write " + file), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("make its folder first"), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace tutti::program
