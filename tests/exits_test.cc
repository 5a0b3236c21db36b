// However a process ends, its code is 0 to 3 and says the truth: full disks, closed streams,
// readers that go away, too little memory.
#include "media/encode_picture.h"
#include "tests/helpers/program.h"

namespace tutti::program {
namespace {

class ExitsTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    ASSERT_TRUE(save_picture(path("photo.png"), make_picture(90, 60, 3, 200)));
    model_ = {"--model", path("model.safetensors"), "--threads", "2"};
  }

  std::vector<std::string> with_model(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), model_.begin(), model_.end());
    return arguments;
  }

  // A call of every verb that ends by itself and prints.
  std::vector<std::vector<std::string>> calls() {
    if (!fs::exists(path("keys.json"))) {
      EXPECT_EQ(run({"serve", "keys", "add", "ann", "--keys", "keys.json"}).code, 0);
    }
    return {with_model({"run", "--text", "ta", "--max-tokens", "4"}),
            with_model({"run", "--text", "ta", "--max-tokens", "4", "--json"}),
            with_model({"run", "--text", "ta", "--to", "embedding"}),
            with_model({"run", "--text", "ta", "--to", "image", "--steps", "1", "-o", "-"}),
            with_model({"explain", "--image", "photo.png", "-o", "e.png", "--json"}),
            {"inspect", "model.safetensors"},
            {"inspect", "model.safetensors", "--json", "--tensors"},
            with_model({"doctor"}),
            with_model({"doctor", "--json"}),
            {"eval", "--list"},
            {"serve", "--openapi"},
            {"serve", "keys", "list", "--keys", "keys.json"},
            {"serve", "keys", "add", "bob", "--keys", "keys.json"},
            {"version"},
            {"--version"},
            {"--help"},
            {"run", "--help"}};
  }

  std::vector<std::string> model_;
};

std::string joined(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments) text += argument + " ";
  return text;
}

TEST_F(ExitsTest, AFullStandardOutputIsAFailure) {
  for (const auto& call : calls()) {
    const Outcome full = run_in_shell(call, "", ">/dev/full");
    EXPECT_EQ(full.code, 1) << joined(call);
    EXPECT_NE(full.err.find("standard output"), std::string::npos) << joined(call) << full.err;
    EXPECT_NE(full.err.find("No space left on device"), std::string::npos)
        << joined(call) << full.err;
    EXPECT_EQ(run_in_shell(call, "", ">&-").code, 1) << joined(call);
  }
  // The key that nobody saw is not kept.
  EXPECT_EQ(run({"serve", "keys", "list", "--keys", "keys.json"}).out, "ann\n");
}

TEST_F(ExitsTest, AReaderThatGoesAwayEndsNoProcess) {
  for (const auto& call : calls()) {
    fs::remove(path("gone"));
    const Outcome cut =
        run_in_shell(call, "until [ -e gone ]; do sleep 0.01; done;", "| { exec 0<&-; : >gone; }");
    EXPECT_LE(cut.code, 1) << joined(call);
    const bool must_say_so = joined(call).starts_with("serve keys add");  // the key is not kept
    EXPECT_EQ(cut.err.find("standard output") != std::string::npos, must_say_so)
        << joined(call) << cut.err;
  }
}

TEST_F(ExitsTest, OutputFilesThatDoNotFitAreAFailure) {
  const std::vector<std::vector<std::string>> writers = {
      with_model({"run", "--text", "ta", "--to", "image", "--steps", "1", "-o", "answer.png"}),
      with_model({"run", "--text", "ta", "--to", "speech", "--steps", "1", "-o", "answer.wav"}),
      with_model({"run", "--image", "photo.png", "--to", "mask", "-o", "answer.png"}),
      with_model({"explain", "--image", "photo.png", "-o", "answer.png"})};
  for (const auto& call : writers) {
    const Outcome outcome = run_in_shell(call, "ulimit -f 0;", ">.out");
    EXPECT_EQ(outcome.code, 1) << joined(call);
    for (const auto& entry : fs::directory_iterator(folder_))
      EXPECT_EQ(entry.path().filename().string().find("answer"), std::string::npos) << entry.path();
  }
  for (const char* file : {"/dev/full", "nowhere/answer.txt"}) {
    const Outcome outcome =
        run(with_model({"run", "--text", "ta", "--max-tokens", "2", "-o", file}));
    EXPECT_EQ(outcome.code, 1) << file;
    EXPECT_NE(outcome.err.find(file), std::string::npos) << outcome.err;
  }
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(ExitsTest, AStoreThatDoesNotFitIsAFailure) {
  auto call = with_model({"serve", "--port", "0", "--store", path("store.sqlite3")});
  call.insert(call.begin() + 1, {"--drain", "0"});
  const Outcome outcome = run_in_shell(call, "ulimit -f 1; timeout 60", ">.out");
  EXPECT_EQ(outcome.code, 1) << outcome.err;
}

// Whatever is the first to find no memory: the model, a thread's stack, a decoder, the parser.
TEST_F(ExitsTest, TooLittleMemoryIsAFailure) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "shadow memory takes terabytes of address space";
#endif
  int failures = 0;
  for (int megabytes = 80; megabytes <= 480; megabytes += 40)
    for (const auto& call : calls()) {
      const Outcome outcome =
          run_in_shell(call, "ulimit -v " + std::to_string(megabytes * 1000) + ";", ">.out");
      if (outcome.code == 127) continue;  // not even its libraries
      EXPECT_LE(outcome.code, 3) << megabytes << " MB, " << joined(call) << outcome.err;
      if (outcome.code == 0) continue;
      ++failures;
      EXPECT_NE(outcome.err, "") << megabytes << " MB, " << joined(call);
    }
  EXPECT_GT(failures, 0) << "the limits limited nothing";
}

}  // namespace
}  // namespace tutti::program
