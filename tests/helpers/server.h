// Runs `tutti serve` on a small model, as a user would, and looks at the processes it starts.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <thread>

#include "tests/helpers/program.h"
#include "tests/helpers/test_client.h"

namespace tutti::program {

using Json = nlohmann::json;

inline std::string base64(const std::string& bytes) {
  const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? uint8_t(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k)
      text += i + k <= bytes.size() ? digits[three >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

class ServerTest : public ProgramTest {
 protected:
  void TearDown() override {
    stop(SIGKILL);
    ProgramTest::TearDown();
  }

  void start(std::vector<std::string> more = {}, int port = 0) {
    std::vector<std::string> words = {TUTTI_BINARY, "serve", "--model", path("model.safetensors"),
                                      "--threads",  "1",     "--port",  std::to_string(port)};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 2, path("log").c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    ASSERT_EQ(posix_spawn(&server_, TUTTI_BINARY, &files, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&files);
    std::smatch match;
    // Until it listens or ends; ctest's own limit is the only one.
    while (port_ == 0 && waitpid(server_, nullptr, WNOHANG) == 0) {
      const std::string said = log();
      if (std::regex_search(said, match, std::regex("http://[0-9.]+:([0-9]+)")))
        port_ = std::stoi(match[1]);
      else
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ASSERT_NE(port_, 0) << log();
  }

  // The exit code; 128 + signal where one ended it.
  int stop(int signal) {
    if (server_ <= 0) return -1;
    kill(server_, signal);
    int status = 0;
    waitpid(std::exchange(server_, 0), &status, 0);
    port_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string log() const { return read_text(path("log")); }

  std::vector<pid_t> media_workers() const {
    std::vector<pid_t> workers;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string stat = read_text(entry.path() / "stat");
      const size_t name_end = stat.rfind(')');
      int parent = 0;
      if (name_end == stat.npos || std::sscanf(stat.c_str() + name_end, ") %*c %d", &parent) != 1)
        continue;
      if (parent == server_ &&
          read_text(entry.path() / "cmdline").find("media-worker") != std::string::npos)
        workers.push_back(std::stoi(entry.path().filename()));
    }
    return workers;
  }

  static std::string chat(const Json& content, bool stream = false) {
    const Json request = {{"model", "model"},
                          {"messages", {{{"role", "user"}, {"content", content}}}},
                          {"stream", stream},
                          {"max_tokens", 8}};
    return request.dump();
  }
  static std::string chat_about(const std::string& url) {
    return chat({{{"type", "image_url"}, {"image_url", {{"url", url}}}}});
  }
  static std::string picture_url(const std::string& bytes) {
    return "data:image/png;base64," + base64(bytes);
  }
  TestAnswer post(const std::string& url, const std::string& body,
                  const std::string& headers = "Content-Type: application/json\r\n") const {
    return ask(port_, "POST", url, body, headers);
  }
  TestAnswer look_at(const std::string& bytes) const {
    return post("/v1/chat/completions", chat_about(picture_url(bytes)));
  }

  // An error of the client's, told in OpenAI's shape.
  static void expect_refused(const TestAnswer& answer, const std::string& what) {
    EXPECT_GE(answer.status, 400) << what;
    EXPECT_LT(answer.status, 500) << what << answer.body;
    const Json json = Json::parse(answer.body, nullptr, false);
    EXPECT_TRUE(json.is_object() && json.contains("error") && json["error"]["message"].is_string())
        << what << ": " << answer.body;
  }

  pid_t server_ = 0;
  int port_ = 0;
};

}  // namespace tutti::program
