// The real server under attack and under loss: each fault costs what SECURITY.md says, no more.
#include <atomic>
#include <regex>
#include <set>

#include "media/encode_picture.h"
#include "tests/helpers/server.h"
#include "tests/helpers/test_media.h"

namespace tutti::program {
namespace {

std::string png(int width = 64, int height = 48) {
  const auto bytes = *encode_picture(scene(width, height, 3), "png");
  return std::string(bytes.begin(), bytes.end());
}

class ServeFaults : public ServerTest {
 protected:
  void expect_well() const {
    const TestAnswer answer = look_at(png());
    EXPECT_EQ(answer.status, 200) << answer.body << log();
    EXPECT_EQ(ask(port_, "GET", "/healthz").status, 200);
  }
  // Of a process that was killed, which ends when it has a processor.
  static void wait_for_end(pid_t process) {
    const auto runs = [&] {
      const std::string stat = read_text("/proc/" + std::to_string(process) + "/stat");
      const size_t name_end = stat.rfind(") ");
      return name_end != stat.npos && stat[name_end + 2] != 'Z' && stat[name_end + 2] != 'X';
    };
    while (runs()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
};

TEST_F(ServeFaults, KilledMediaProcesses) {
  start();
  expect_well();
  const size_t count = media_workers().size();
  ASSERT_GE(count, 1u);
  const std::string large = png(1200, 900);
  for (int round = 0; round < 6; ++round) {
    int kills = 0;
    std::vector<pid_t> killed;
    std::thread killer([&] {
      killed = media_workers();
      for (const pid_t worker : killed) kills += kill(worker, SIGKILL) == 0;
    });
    const TestAnswer answer = look_at(large);
    killer.join();
    for (const pid_t worker : killed) wait_for_end(worker);  // until then it takes uploads
    EXPECT_GT(kills, 0) << "nobody was there to be killed";
    EXPECT_TRUE(answer.status == 200 || answer.status == 400) << answer.status << answer.body;
    for (size_t i = 0; i < count + 1; ++i) expect_well();
  }
  EXPECT_GE(media_workers().size(), 1u);  // one that died idle is replaced when it is needed
  EXPECT_LE(media_workers().size(), count);
}

TEST_F(ServeFaults, MediaProcessesHoldNothing) {
  setenv("TUTTI_TEST_SECRET", "s3cret", 1);
  start();
  unsetenv("TUTTI_TEST_SECRET");
  ASSERT_NE(read_text("/proc/" + std::to_string(server_) + "/environ").find("s3cret"),
            std::string::npos);
  const auto workers = media_workers();
  ASSERT_FALSE(workers.empty());
  for (const pid_t worker : workers) {
    const fs::path folder = "/proc/" + std::to_string(worker);
    EXPECT_EQ(read_text(folder / "environ").find("s3cret"), std::string::npos);
    const std::string status = read_text(folder / "status");
    EXPECT_TRUE(std::regex_search(status, std::regex("Seccomp:\\s+2"))) << status;
    EXPECT_TRUE(std::regex_search(status, std::regex("NoNewPrivs:\\s+1"))) << status;
    EXPECT_EQ(std::distance(fs::directory_iterator(folder / "fd"), {}), 3);
    const std::string limits = read_text(folder / "limits");
    EXPECT_TRUE(std::regex_search(limits, std::regex("Max file size\\s+0\\s+0"))) << limits;
    EXPECT_TRUE(std::regex_search(limits, std::regex("Max open files\\s+3\\s+3"))) << limits;
  }
  EXPECT_EQ(stop(SIGTERM), 0);
  for (const pid_t worker : workers) EXPECT_NE(kill(worker, 0), 0) << "outlives its server";
}

TEST_F(ServeFaults, HostileUploads) {
  start();
  std::mt19937 random(3);
  const std::string good = png();
  std::vector<std::string> uploads = {good.substr(0, good.size() / 2), "GIF89a",
                                      std::string(5000, '\0'),
                                      "<svg xmlns='http://www.w3.org/2000/svg'/>"};
  std::string wide = good;
  for (size_t i = 16; i < 24; ++i) wide[i] = i % 4 ? '\xff' : '\x7f';
  uploads.push_back(wide);
  for (const std::string& upload : uploads) {
    expect_refused(look_at(upload), upload.substr(0, 8));
    const std::string form =
        "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nmodel\r\n--b\r\n"
        "Content-Disposition: form-data; name=\"file\"; filename=\"../../a.wav\"\r\n\r\n" +
        upload + "\r\n--b--\r\n";
    expect_refused(
        post("/v1/audio/transcriptions", form, "Content-Type: multipart/form-data; boundary=b\r\n"),
        upload.substr(0, 8));
  }
  for (int round = 0; round < 40; ++round) {
    std::string damaged = good;
    for (int i = 0; i < 6; ++i) damaged[random() % damaged.size()] = char(random());
    const int status = look_at(damaged).status;
    EXPECT_TRUE(status == 200 || status == 400) << status;
  }
  expect_well();
}

TEST_F(ServeFaults, NoAddressIsOpened) {
  start();
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/a.png";
  write_text(path("secret.png"), png());
  const std::string playlist =
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + url + "\n#EXT-X-ENDLIST\n";
  for (const std::string& named :
       {url, "file://" + path("secret.png"), path("secret.png"), std::string("../secret.png"),
        picture_url(playlist), picture_url("ffconcat version 1.0\nfile " + path("secret.png"))})
    expect_refused(post("/v1/chat/completions", chat_about(named)), named.substr(0, 40));
  EXPECT_LT(accept(listener, nullptr, nullptr), 0) << "the server connected";
  close(listener);
  // And what is asked for by path is an endpoint, never a file.
  for (const char* target : {"/../model.safetensors", "/assets/../../../etc/passwd",
                             "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"}) {
    const TestAnswer answer = ask(port_, "GET", target);
    EXPECT_TRUE(answer.status >= 400 && answer.status < 500) << target << answer.status;
    EXPECT_EQ(answer.body.find("root:"), std::string::npos);
  }
  expect_well();
}

TEST_F(ServeFaults, SecretsAreNotLogged) {
  const Outcome added = run({"serve", "keys", "add", "alice", "--keys", path("keys.json")});
  ASSERT_EQ(added.code, 0) << added.err;
  const std::string key = added.out.substr(0, added.out.find('\n'));
  ASSERT_GT(key.size(), 20u);
  start({"--keys", path("keys.json")});
  const std::string json = "Content-Type: application/json\r\n";
  const std::string body = chat("a private word: xylophone");
  EXPECT_EQ(post("/v1/chat/completions", body, json).status, 401);
  EXPECT_EQ(post("/v1/chat/completions", body, json + "Authorization: Bearer wrong-" + key + "\r\n")
                .status,
            401);
  EXPECT_EQ(post("/v1/chat/completions?api_key=" + key, body,
                 json + "Authorization: Bearer " + key + "\r\n")
                .status,
            400);  // a parameter that is not known: its value goes nowhere either
  EXPECT_EQ(
      post("/v1/chat/completions", body, json + "Authorization: Bearer " + key + "\r\n").status,
      200);
  EXPECT_EQ(
      post("/v1/chat/completions", "{broken " + key, json + "Authorization: Bearer " + key + "\r\n")
          .status,
      400);
  EXPECT_EQ(stop(SIGTERM), 0);
  const std::string said = log();
  EXPECT_NE(said.find("alice"), std::string::npos) << said;
  EXPECT_EQ(said.find(key), std::string::npos) << said;
  EXPECT_EQ(said.find("xylophone"), std::string::npos) << said;
  EXPECT_EQ(read_text(path("keys.json")).find(key), std::string::npos);
}

TEST_F(ServeFaults, KilledDuringAStream) {
  start();
  const int port = port_;
  const std::string request = R"({"model":"model","input":")" + std::string(900, 'a') +
                              R"(","response_format":"pcm","steps":64})";
  TestClient client(port);
  ASSERT_TRUE(client.send(
      "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(request.size()) + "\r\n\r\n" + request));
  const std::string head =
      client.receive([](const std::string& text) { return text.find("\r\n\r\n") != text.npos; });
  ASSERT_EQ(split_answer(head).status, 200) << head;
  ASSERT_NE(head.find("chunked"), std::string::npos) << head;
  EXPECT_EQ(stop(SIGKILL), 128 + SIGKILL);
  const std::string rest = client.receive_all();
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(rest.find("\r\n0\r\n\r\n"), std::string::npos) << "a cut answer must not look whole";
  start({}, port);  // on the same port at once
  EXPECT_EQ(port_, port);
  expect_well();
}

TEST_F(ServeFaults, MalformedBodies) {
  start();
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  std::string keys = "{\"a\":0";
  for (int i = 0; i < 200'000; ++i) keys += ",\"k" + std::to_string(i) + "\":0";
  const std::string good = chat("hello");
  std::vector<std::string> bodies = {"",
                                     "null",
                                     "[]",
                                     "{",
                                     "\xff\xfe",
                                     "{\"messages\":" + deep + "}",
                                     keys + "}",
                                     R"({"messages":{}})",
                                     R"({"messages":[]})",
                                     R"({"messages":[{"role":"user","content":7}]})",
                                     R"({"messages":[{"role":"user","content":"\ud800"}]})",
                                     good.substr(0, good.size() - 1)};
  for (const char* data : {"", "data:", "data:image/png;base64,", "data:image/png;base64,!!!!",
                           "data:image/png,abc", "DATA:image/png;base64,AAAA"})
    bodies.push_back(chat_about(data));
  for (const char* url : {"/v1/chat/completions", "/v1/responses", "/v1/completions",
                          "/v1/embeddings", "/v1/images/generations", "/v1/audio/speech"})
    for (const std::string& body : bodies)
      expect_refused(post(url, body), url + (" " + body.substr(0, 60)));
  const std::string part = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
  for (const std::string& form : {std::string(), std::string("--b--"), part, part + "x\r\n--b",
                                  std::string("--b\r\n\r\n\r\n--b--"), std::string(70'000, '-')})
    expect_refused(
        post("/v1/audio/transcriptions", form, "Content-Type: multipart/form-data; boundary=b\r\n"),
        form.substr(0, 40));
  expect_refused(post("/v1/audio/transcriptions", "x"), "no form");
  expect_well();
}

// Limits are looked at before the work that they bound, and the answer names what is too long.
TEST_F(ServeFaults, TextsThatCannotFitAreRefusedByName) {
  start();
  const auto expect_too_long = [&](const std::string& url, const Json& body,
                                   const std::string& param) {
    const TestAnswer answer = post(url, body.dump());
    EXPECT_EQ(answer.status, 400) << url;
    const Json error = Json::parse(answer.body)["error"];
    EXPECT_EQ(error["code"], "context_length_exceeded") << answer.body;
    EXPECT_EQ(error["param"], param) << answer.body;
  };
  std::string words;  // few enough bytes to be tokenised, and too many tokens
  while (words.size() < 3000) words += "word ";
  for (const std::string& text : {words, std::string(size_t(6) << 20, 'x')}) {
    const Json messages = {{{"role", "user"}, {"content", text}}};
    expect_too_long("/v1/chat/completions", {{"model", "model"}, {"messages", messages}},
                    "messages");
    expect_too_long("/v1/responses", {{"model", "model"}, {"input", text}}, "input");
    expect_too_long("/v1/explain", {{"model", "model"}, {"messages", messages}}, "messages");
    expect_too_long("/v1/completions", {{"model", "model"}, {"prompt", text}}, "prompt");
    expect_too_long("/v1/completions", {{"model", "model"}, {"prompt", {"a", text}}}, "prompt[1]");
    expect_too_long("/v1/embeddings", {{"model", "model"}, {"input", text}}, "input");
    expect_too_long("/v1/embeddings", {{"model", "model"}, {"input", {"a", "b", text}}},
                    "input[2]");
    expect_too_long("/v1/images/generations", {{"prompt", text}}, "prompt");
    // What was said long ago is left out instead.
    const Json talk = {{{"role", "user"}, {"content", text}},
                       {{"role", "assistant"}, {"content", text}},
                       {{"role", "user"}, {"content", "hello"}}};
    const Json later = {{"model", "model"}, {"messages", talk}, {"max_tokens", 4}};
    EXPECT_EQ(post("/v1/chat/completions", later.dump()).status, 200);
  }
  expect_well();
}

TEST_F(ServeFaults, WhatStopsAnAnswerStopsTheWorkToo) {
  start();
  Json request = {{"model", "model"},
                  {"messages", {{{"role", "user"}, {"content", "a long story"}}}},
                  {"temperature", 1.5},
                  {"max_tokens", 16384}};
  int shorter = 0, longest = 0;
  std::set<int> cut_off;  // lengths
  for (int seed = 0; seed < 6; ++seed) {
    request["seed"] = seed;
    request.erase("stop");
    const Json whole = Json::parse(post("/v1/chat/completions", request.dump()).body);
    ASSERT_TRUE(whole.contains("choices")) << whole;  // clients ask for 16384; it is what fits
    const std::string text = whole["choices"][0]["message"]["content"];
    const int tokens = whole["usage"]["completion_tokens"];
    longest = std::max(longest, tokens);
    if (whole["choices"][0]["finish_reason"] == "length") cut_off.insert(tokens);
    std::string letter;
    for (size_t i = text.size() / 4; i < text.size() && letter.empty(); ++i)
      if (text[i] > ' ' && text[i] < 127) letter = text.substr(i, 1);
    if (tokens < 20 || letter.empty()) continue;
    request["stop"] = {letter};
    const Json cut = Json::parse(post("/v1/chat/completions", request.dump()).body);
    EXPECT_EQ(cut["choices"][0]["message"]["content"], text.substr(0, text.find(letter)));
    EXPECT_EQ(cut["choices"][0]["finish_reason"], "stop");
    EXPECT_LT(cut["usage"]["completion_tokens"], tokens);
    ++shorter;
  }
  EXPECT_GT(shorter, 0);
  EXPECT_EQ(cut_off, std::set<int>{longest}) << "where the context is full, and nowhere else";
}

TEST_F(ServeFaults, NumbersAreLookedAtBeforeWorkIsMadeOfThem) {
  start();
  const Json many = {{"model", "model"},
                     {"prompt", std::vector<std::string>(5000, "a")},
                     {"n", 4},
                     {"stop", std::string(1000, 'x')}};
  expect_refused(post("/v1/completions", many.dump()), "many prompts");
  expect_refused(
      post("/v1/completions",
           Json{{"model", "model"}, {"prompt", "a"}, {"stop", std::string(200'000, 'x')}}.dump()),
      "a long stop");
  Json texts = Json::array();
  for (int i = 0; i < 2048; ++i) texts.push_back("text " + std::to_string(i));
  const TestAnswer all = post("/v1/embeddings", Json{{"model", "model"}, {"input", texts}}.dump());
  ASSERT_EQ(all.status, 200) << all.body.substr(0, 500);
  const Json data = Json::parse(all.body)["data"];
  ASSERT_EQ(data.size(), 2048u);
  EXPECT_EQ(data[2047]["index"], 2047);
  texts.push_back("one more");
  expect_refused(post("/v1/embeddings", Json{{"model", "model"}, {"input", texts}}.dump()),
                 "2049 texts");
}

// Clients that ask for much and do not read it cost a piece of it each.
TEST_F(ServeFaults, ExportsAreMadeWhileTheyAreRead) {
  start({"--store", path("store.sqlite3")});
  post("/v1/conversations", R"({"id":"c"})");
  const std::string text(250'000, 'x');
  for (int i = 0; i < 4; ++i) {
    Json items = Json::array();
    for (int k = 0; k < 20; ++k)
      items.push_back({{"id", "m" + std::to_string(20 * i + k)}, {"text", text}});
    EXPECT_EQ(post("/v1/conversations/c/items", Json{{"items", items}}.dump()).status, 200);
  }
  std::vector<TestClient> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(port_);
    clients.back().send("GET /v1/conversations/export HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  const auto begins = [](const std::string& answer) { return answer.size() > 100; };
  std::vector<std::string> answers;
  for (TestClient& client : clients) answers.push_back(client.receive(begins));
  expect_well();
  std::smatch held;
  const std::string metrics = ask(port_, "GET", "/metrics").body;
  ASSERT_TRUE(std::regex_search(metrics, held, std::regex("\ntutti_http_body_bytes ([0-9]+)")));
  EXPECT_LT(std::stoll(held[1]), 16 << 20) << "of 160 MB";
  for (size_t i = 0; i < clients.size(); ++i) {
    const auto ends = [](const std::string& answer) { return answer.ends_with("\r\n0\r\n\r\n"); };
    answers[i] += clients[i].receive(ends);
    EXPECT_GT(answers[i].size(), 80 * text.size());
    EXPECT_TRUE(ends(answers[i]));
  }
}

// With an hour to drain in, the first signal would let these go on for minutes.
TEST_F(ServeFaults, ASecondSignalEndsAtOnce) {
  start({"--drain", "3600", "--max-seconds", "3600"});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 4; ++i) {
    const std::string body =
        R"({"prompt":"a","n":4,"steps":256,"stream":true,"partial_images":64})";
    clients.push_back(std::make_unique<TestClient>(port_));
    ASSERT_TRUE(clients.back()->send(
        "POST /v1/images/generations HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body));
  }
  clients[0]->receive([](const std::string& text) { return text.find("partial") != text.npos; });
  kill(server_, SIGTERM);
  while (log().find("letting requests end") == std::string::npos)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(stop(SIGTERM), 0);
}

}  // namespace
}  // namespace tutti::program
