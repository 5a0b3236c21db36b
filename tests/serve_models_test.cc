// Several models in one server: who is asked, and what becomes of requests while a file is
// exchanged, good or bad.
#include <algorithm>
#include <atomic>

#include "tests/helpers/server.h"

namespace tutti::program {
namespace {

// Memory is compared after kWarm exchanges and after kSwaps: the least of the kWindow up to each.
// It may grow by pages that the allocator keeps, and by 0.2 MiB each of the slab of 32 MiB in which
// weights lie side by side, which is given back as a whole (runtime/memory/arena.cc): by 10 to 30
// MiB together, and by more than 300 where no model is freed.
constexpr int kWarm = 40, kSwaps = 120, kWindow = 20;
constexpr size_t kNoise = size_t(70) << 20;

class ServeModels : public ServerTest {
 protected:
  void make_model(const std::string& name, int context, const std::string& adapters = "") const {
    const std::string command = quoted(MAKE_MODEL_BINARY) + " " + quoted(path(name)) + " tiny " +
                                std::to_string(context) + " " + adapters;
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  void SetUp() override {
    ServerTest::SetUp();
    make_model("small", 200);
    make_model("large", 300);
    put("small");
  }
  // As operators replace a file.
  void put(const std::string& name) const {
    fs::copy_file(path(name), path("new"), fs::copy_options::overwrite_existing);
    fs::rename(path("new"), path("other.safetensors"));
  }
  void start_two() {
    start({"--model", "other=" + path("other.safetensors"), "--alias", "fast=quick", "--alias",
           "quick=other", "--log", "none"});
  }
  static std::string asked(const std::string& model, const std::string& words = "hello") {
    return Json{
        {"model", model}, {"messages", {{{"role", "user"}, {"content", words}}}}, {"max_tokens", 8}}
        .dump();
  }
  // Tokens of the model's context, as its refusal of a long text says.
  int context_of(const std::string& model) const {
    const std::string body =
        post("/v1/chat/completions", asked(model, std::string(20000, 'x'))).body;
    std::smatch match;
    return std::regex_search(body, match, std::regex("this model holds ([0-9]+)"))
               ? std::stoi(match[1])
               : 0;
  }
  // Has the files read again; until the log says `words` for the nth time.
  void reload(const std::string& words, int nth = 1) const {
    kill(server_, SIGHUP);
    for (int found = 0; found < nth;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      const std::string said = log();
      found = 0;
      for (size_t at = 0; (at = said.find(words, at)) != said.npos; ++at) ++found;
      ASSERT_EQ(waitpid(server_, nullptr, WNOHANG), 0) << "the server ended: " << said;
    }
  }
  size_t resident() const {
    std::smatch match;
    const std::string status = read_text("/proc/" + std::to_string(server_) + "/status");
    return std::regex_search(status, match, std::regex("VmRSS:\\s+([0-9]+) kB"))
               ? std::stoul(match[1]) << 10
               : 0;
  }
};

TEST_F(ServeModels, TheModelFieldSaysWhoIsAsked) {
  start_two();
  const Json cards = Json::parse(ask(port_, "GET", "/v1/models").body)["data"];
  ASSERT_EQ(cards.size(), 4u);
  EXPECT_EQ(cards[0]["id"], "model");
  EXPECT_EQ(cards[1]["id"], "other");
  EXPECT_EQ(cards[2]["alias_of"], "other");
  for (const std::string name : {"other", "fast", "quick"}) {
    const TestAnswer answer = post("/v1/chat/completions", asked(name));
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(Json::parse(answer.body)["model"], "other");
    EXPECT_EQ(context_of(name), 200);
  }
  EXPECT_NE(context_of("model"), 200);
  const TestAnswer none = post("/v1/chat/completions", asked("third"));
  EXPECT_EQ(none.status, 404);
  const std::string message = Json::parse(none.body)["error"]["message"];
  EXPECT_NE(message.find("model, other, fast, quick"), std::string::npos) << message;
  EXPECT_EQ(ask(port_, "GET", "/v1/models/third").status, 404);
  EXPECT_EQ(ask(port_, "GET", "/v1/models/fast").status, 200);
  EXPECT_EQ(stop(SIGTERM), 0);
}

// 8 clients ask both models all the while; no request fails, and no model stays behind.
TEST_F(ServeModels, AModelIsSwappedUnderLoad) {
  start_two();
  std::atomic<bool> done = false;
  std::atomic<int> asked_for = 0, failed = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&, i] {
      const std::string names[] = {"fast", "other", "model"};
      for (int n = 0; !done; ++n) {
        const std::string& name = names[(n + i) % 3];
        const TestAnswer answer =
            n % 2 ? post("/v1/chat/completions", asked(name))
                  : post("/v1/embeddings", Json{{"model", name}, {"input", "hello"}}.dump());
        ++asked_for;
        if (answer.status == 200) continue;
        ++failed;
        ADD_FAILURE() << answer.status << answer.body;
      }
    });
  std::vector<size_t> memory;  // after each exchange
  for (int swap = 1; swap <= kSwaps; ++swap) {
    const int before = asked_for;
    put(swap % 2 ? "large" : "small");
    reload("other is the new model now", swap);
    EXPECT_EQ(context_of("fast"), swap % 2 ? 300 : 200);
    while (asked_for < before + 16) std::this_thread::yield();  // with the new one too
    memory.push_back(resident());
  }
  done = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GE(asked_for, kSwaps * 16);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const auto least = [&](int until) {
    return *std::min_element(memory.begin() + until - kWindow, memory.begin() + until);
  };
  EXPECT_LT(least(kSwaps), least(kWarm) + kNoise) << "when warm: " << least(kWarm);
#endif
  EXPECT_EQ(stop(SIGTERM), 0) << log();
}

// A model and two of its file's adapters, asked all at once for texts and vectors: each answers
// what it answers alone.
TEST_F(ServeModels, AdaptersAreModelsOfTheirOwn) {
  make_model("adapted", 300, "one two");
  put("adapted");
  start({"--model", "other=" + path("other.safetensors"), "--alias", "first=other:one", "--log",
         "none"});
  const Json cards = Json::parse(ask(port_, "GET", "/v1/models").body)["data"];
  ASSERT_EQ(cards.size(), 5u);
  EXPECT_EQ(cards[2]["id"], "other:one");
  EXPECT_EQ(cards[2]["adapter_of"], "other");
  EXPECT_EQ(cards[3]["id"], "other:two");
  EXPECT_EQ(cards[4]["alias_of"], "other:one");
  EXPECT_EQ(ask(port_, "GET", "/v1/models/other:one").status, 200);
  EXPECT_EQ(ask(port_, "GET", "/v1/models/other:three").status, 404);

  // What was answered, without what differs from one time to the next.
  const auto text = [&](const std::string& model) {
    const TestAnswer answer = post("/v1/chat/completions", asked(model));
    EXPECT_EQ(answer.status, 200) << answer.body;
    const Json json = Json::parse(answer.body, nullptr, false);
    return json["model"].dump() + json["choices"].dump();
  };
  const auto vector = [&](const std::string& model) {
    const TestAnswer answer =
        post("/v1/embeddings", Json{{"model", model}, {"input", "hello"}}.dump());
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body, nullptr, false)["data"].dump();
  };
  const std::string names[] = {"other", "other:one", "other:two"};
  std::string texts[3], vectors[3];
  for (size_t i = 0; i < 3; ++i) {
    texts[i] = text(names[i]);
    vectors[i] = vector(names[i]);
    EXPECT_NE(texts[i].find("\"" + names[i] + "\""), std::string::npos) << texts[i];
  }
  EXPECT_EQ(text("first"), texts[1]);
  EXPECT_NE(vectors[0], vectors[1]);
  EXPECT_NE(vectors[1], vectors[2]);
  EXPECT_NE(Json::parse("[" + texts[0].substr(texts[0].find('[')) + "]"),
            Json::parse("[" + texts[1].substr(texts[1].find('[')) + "]"));
  std::vector<std::thread> clients;
  for (size_t i = 0; i < 9; ++i)
    clients.emplace_back([&, i] {
      for (size_t n = 0; n < 6; ++n) {
        EXPECT_EQ(text(names[(i + n) % 3]), texts[(i + n) % 3]);
        EXPECT_EQ(vector(names[(i + n) % 3]), vectors[(i + n) % 3]);
      }
    });
  for (std::thread& client : clients) client.join();

  const TestAnswer none = post("/v1/chat/completions", asked("other:three"));
  EXPECT_EQ(none.status, 404);
  EXPECT_NE(none.body.find("model, other, other:one, other:two, first"), std::string::npos)
      << none.body;

  // A new file's adapters are what counts.
  make_model("adapted", 300, "two three");
  put("adapted");
  reload("other is the new model now");
  EXPECT_EQ(post("/v1/chat/completions", asked("other:one")).status, 404);
  EXPECT_EQ(post("/v1/chat/completions", asked("first")).status, 404);
  EXPECT_EQ(text("other:two"), texts[2]);
  EXPECT_EQ(post("/v1/chat/completions", asked("other:three")).status, 200);
  EXPECT_EQ(stop(SIGTERM), 0) << log();
}

TEST_F(ServeModels, ABadFileLeavesTheModelThatWas) {
  start_two();
  const std::string bytes = read_text(path("large"));
  std::string other_version = bytes;
  const std::string version = R"(\"min_reader\":)";
  const size_t at = other_version.find(version);
  ASSERT_NE(at, other_version.npos);
  other_version[at + version.size()] = '9';
  int refused = 0;
  for (const std::string& content :
       {std::string(), std::string("{}"), bytes.substr(0, bytes.size() / 3), other_version}) {
    write_text(path("new"), content);
    fs::rename(path("new"), path("other.safetensors"));
    reload("other stays the model that it was", ++refused);
    EXPECT_EQ(context_of("other"), 200);
  }
  fs::remove(path("other.safetensors"));
  reload("other stays the model that it was", ++refused);
  EXPECT_NE(log().find("other.safetensors"), std::string::npos) << log();
  EXPECT_EQ(context_of("other"), 200);
  put("large");
  reload("other is the new model now");
  EXPECT_EQ(context_of("other"), 300);
  reload("no model file has changed");
  EXPECT_EQ(stop(SIGTERM), 0);
}

// Nobody waits for a server that reads many files again.
TEST_F(ServeModels, TheEndDoesNotWaitForFilesToBeRead) {
  constexpr int kModels = 200;
  std::vector<std::string> more = {"--log", "none"};
  for (int i = 0; i < kModels; ++i) {
    more.push_back("--model");
    more.push_back("m" + std::to_string(i) + "=" + path("other.safetensors"));
  }
  start(more);
  put("large");
  reload("is the new model now");  // the first of them
  EXPECT_EQ(stop(SIGTERM), 0);
  EXPECT_EQ(log().find("m" + std::to_string(kModels - 1) + " is the new"), std::string::npos);
}

TEST_F(ServeModels, NamesAreCheckedBeforeAFileIsRead) {
  write_text(path("no_model"), "nothing that can be read");
  const auto told = [&](const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"serve", "--port", "0", "--model", path("no_model")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
  };
  EXPECT_EQ(told({}).code, 3);
  for (const auto& more : std::vector<std::vector<std::string>>{
           {"--alias", "a=b"}, {"--alias", "a"}, {"--model", "no_model=" + path("small")}}) {
    const Outcome outcome = told(more);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(more[0]), std::string::npos) << outcome.err;
  }
}

TEST_F(ServeModels, WhatCannotBeServedIsRefusedByName) {
  const std::string file = path("model.safetensors"), other = "other=" + path("other.safetensors");
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"--model", file, "--model", file}, "a model called model"},
      {{"--model", other, "--model", other}, "a model called other"},
      {{"--model", "a\tb=" + file}, "a\\x09b"},
      {{"--model", "=" + file}, "cannot be called"},
      {{"--model", file, "--alias", "a=b", "--alias", "b=a"}, "the alias a=b"},
      {{"--model", file, "--alias", "a=a"}, "the alias a=a"},
      {{"--model", file, "--alias", "a=model", "--alias", "b=nothing"}, "the alias b=nothing"},
      {{"--model", file, "--alias", "a=nothing"}, "model is one"},
      {{"--model", "a="}, "names no file"},
      {{"--model", file, "--alias", "a=model:one"}, "no adapter \"one\"; it has none"},
      {{"--model", file, "--alias", "a=model", "--alias", "a=other", "--model", other},
       "alias of both"}};
  for (const auto& [words, part] : wrong) {
    std::vector<std::string> arguments = {"serve", "--port", "0"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace tutti::program
