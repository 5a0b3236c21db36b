// Model files of both versions, and later ones, as the commands see them.
#include <nlohmann/json.hpp>

#include "format/package/model_package.h"
#include "format/package/safetensors_write.h"
#include "tests/helpers/program.h"

namespace tutti::program {
namespace {

using nlohmann::json;

class PackageTest : public ProgramTest {
 protected:
  // model.safetensors as version 1 had it, or with another manifest.
  void write_changed(const std::string& name, const std::string& from,
                     const std::string& to) const {
    const auto package = ModelPackage::open(path("model.safetensors"));
    ASSERT_TRUE(package);
    std::map<std::string, std::string> metadata = {{"tutti.version", "1"},
                                                   {"tutti.config", package->config_json},
                                                   {"tutti.card", package->card}};
    if (!from.empty()) {
      std::string manifest = manifest_json(package->manifest);
      const size_t at = manifest.find(from);
      ASSERT_NE(at, std::string::npos) << manifest.substr(0, 300);
      metadata["tutti.version"] = "2";
      metadata["tutti.manifest"] = manifest.replace(at, from.size(), to);
    }
    ASSERT_TRUE(write_safetensors(path(name), metadata, package->file.tensors()));
  }
  Outcome tell(const std::string& model, const std::string& picture) const {
    return run({"run", "--model", model, "--text", "tari noke", "--to", "image", "-o", picture});
  }
};

TEST_F(PackageTest, AnswersHaveTheAdapterThatIsAskedFor) {
  const std::string file = path("adapted.safetensors");
  ASSERT_EQ(std::system(
                (quoted(MAKE_MODEL_BINARY) + " " + quoted(file) + " tiny 0 pirate formal").c_str()),
            0);
  const auto answer = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"run", "--model", file, "--text", "tari noke", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return json::parse(outcome.out, nullptr, false);
  };
  const json plain = answer({}), pirate = answer({"--adapter", "pirate"});
  EXPECT_NE(plain["text"], pirate["text"]);
  EXPECT_EQ(pirate["model"], file + ":pirate");
  const std::vector<std::tuple<std::string, std::string, std::string, std::string>> wrong = {
      {file, "text", "sailor", "it has pirate, formal"},
      {path("model.safetensors"), "text", "pirate", "it has none"},
      {file, "mask", "pirate", "--adapter would change nothing"}};
  for (const auto& [model, to, adapter, part] : wrong) {
    const Outcome refused =
        run({"run", "--model", model, "--text", "tari", "--to", to, "--adapter", adapter});
    EXPECT_EQ(refused.code, 2) << refused.err;
    EXPECT_NE(refused.err.find(part), std::string::npos) << refused.err;
    EXPECT_EQ(refused.out, "");
  }

  // Rewriting a file keeps them, and inspecting it names them.
  ASSERT_EQ(run({"convert", file, "-o", "again.safetensors"}).code, 0);
  const Outcome listed = run({"inspect", "again.safetensors"});
  EXPECT_NE(listed.out.find("adapter pirate: rank 9, for down_"), std::string::npos) << listed.out;
  EXPECT_NE(listed.out.find("query x 4"), std::string::npos) << listed.out;
  const json all = json::parse(run({"inspect", "again.safetensors", "--json"}).out);
  EXPECT_EQ(all["adapters"]["formal"]["trunk.layer_0.query"], 9);
}

// A model's name and card are a stranger's.
TEST_F(PackageTest, WhatAFileSaysIsShownAndNotObeyed) {
  const auto package = ModelPackage::open(path("model.safetensors"));
  ASSERT_TRUE(package);
  json config = json::parse(package->config_json);
  config["name"] = "tiny\x1b]0;title\x07";
  const std::map<std::string, std::string> metadata = {
      {"tutti.version", "1"},
      {"tutti.config", config.dump()},
      {"tutti.card", "A caf\u00e9.\n\x1b[2J\u202e"}};
  ASSERT_TRUE(write_safetensors(path("loud.safetensors"), metadata, package->file.tensors()));
  const Outcome shown = run({"inspect", "loud.safetensors", "--card"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_EQ(shown.out.find_first_of("\x1b\x07"), std::string::npos);
  EXPECT_NE(shown.out.find("tiny\\x1b]0;title\\x07"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("A caf\u00e9.\n\\x1b[2J\\xe2\\x80\\xae\n"), std::string::npos)
      << shown.out;
}

TEST_F(PackageTest, EveryVersionGivesTheSameAnswers) {
  write_changed("one.safetensors", "", "");
  const Outcome converted = run({"convert", "one.safetensors", "-o", "two.safetensors"});
  ASSERT_EQ(converted.code, 0) << converted.err;
  const Outcome sharded =
      run({"convert", "two.safetensors", "-o", "parts.safetensors", "--shard-size", "1"});
  ASSERT_EQ(sharded.code, 0) << sharded.err;
  std::string first;
  for (const std::string name : {"one", "two", "parts", "model"}) {
    const Outcome outcome = tell(name + ".safetensors", name + ".png");
    ASSERT_EQ(outcome.code, 0) << name << ": " << outcome.err;
    const std::string picture = read_text(path(name + ".png"));
    if (first.empty()) first = picture;
    EXPECT_EQ(picture, first) << name;
  }
  const Outcome verified = run({"inspect", "parts.safetensors", "--verify", "--json"});
  ASSERT_EQ(verified.code, 0) << verified.err;
  const json all = json::parse(verified.out);
  EXPECT_EQ(all["verified"], true);
  EXPECT_EQ(all["format"], 2);
  EXPECT_GT(all["shards"], 0);
  expect_refused(run({"inspect", "one.safetensors", "--verify"}), "tutti convert");
}

TEST_F(PackageTest, VerifyingFindsOneBit) {
  std::string bytes = read_text(path("model.safetensors"));
  {
    const auto package = ModelPackage::open(path("model.safetensors"));
    ASSERT_TRUE(package);
    const TensorView& first = package->file.tensors().front();
    const auto at = size_t(first.data - package->file.files().front().bytes().data());
    bytes[at] = char(bytes[at] ^ 1);
  }
  write_text(path("bit.safetensors"), bytes);
  EXPECT_EQ(run({"inspect", "bit.safetensors"}).code, 0);
  expect_refused(run({"inspect", "bit.safetensors", "--verify"}), "does not match its hash");
}

TEST_F(PackageTest, NewerFilesSayWhatTheyNeed) {
  const std::string image = "a.png";
  write_changed("three.safetensors", R"("min_reader":2)", R"("min_reader":3)");
  expect_refused(tell("three.safetensors", image),
                 "written for reader 3; this is reader 2; update tutti");
  expect_refused(run({"inspect", "three.safetensors"}), "update tutti");
  expect_refused(run({"convert", "three.safetensors", "-o", "b.safetensors"}), "update tutti");
  write_changed("ropes.safetensors", R"("requires":[])", R"("requires":["ropes"])");
  expect_refused(tell("ropes.safetensors", image), "requires \"ropes\"");
  write_changed("pairs.safetensors", R"("kind":"sentencepiece")", R"("kind":"byte_bpe")");
  expect_refused(tell("pairs.safetensors", image), "known: sentencepiece");
  write_changed("later.safetensors", R"("requires":[])", R"("requires":[],"later":{"x":1})");
  ASSERT_EQ(run({"convert", "later.safetensors", "-o", "kept.safetensors"}).code, 0);
  EXPECT_NE(read_text(path("kept.safetensors")).find(R"(\"later\":{\"x\":1})"), std::string::npos);
}

}  // namespace
}  // namespace tutti::program
