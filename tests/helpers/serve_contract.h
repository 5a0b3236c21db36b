// Test helper: a server of a small model, and what it says of the fields that are sent.
#pragma once

#include <cmath>

#include "media/encode_picture.h"
#include "tests/helpers/server.h"

namespace tutti::program {

inline const Json kHello = Json::parse(R"([{"role": "user", "content": "hello"}])");

class ServeContract : public ServerTest {
 protected:
  Json chat_with(const Json& more) const {
    Json body = {{"model", "model"}, {"messages", kHello}, {"max_tokens", 4}};
    body.update(more);
    return body;
  }
  Json answer(const std::string& url, const Json& body, int status) const {
    const TestAnswer answer = post(url, body.dump());
    EXPECT_EQ(answer.status, status) << url << " " << body.dump().substr(0, 300) << answer.body;
    return Json::parse(answer.body, nullptr, false);
  }
  void expect_blamed(const std::string& url, const Json& body, const std::string& param,
                     const std::string& words = {}, int status = 400) const {
    const Json json = answer(url, body, status);
    ASSERT_TRUE(json.contains("error")) << json;
    const Json& error = json["error"];
    EXPECT_EQ(error["param"], param) << error;
    EXPECT_NE(error["message"].get<std::string>().find(words), std::string::npos) << error;
    EXPECT_TRUE(error["code"].is_string()) << error;
  }
  TestAnswer form(const std::vector<std::pair<std::string, std::string>>& fields) const {
    std::string body;
    for (const auto& [name, value] : fields)
      body += "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"" +
              (name == "file" ? "; filename=\"a.wav\"" : "") + "\r\n\r\n" + value + "\r\n";
    return post("/v1/audio/transcriptions", body + "--b--\r\n",
                "Content-Type: multipart/form-data; boundary=b\r\n");
  }
  static std::string png() {
    const auto bytes = encode_picture(make_picture(80, 60, 3, 90), "png");
    return bytes ? std::string(bytes->begin(), bytes->end()) : "";
  }
  // A second of a tone.
  static std::string wav() {
    std::string bytes;
    const auto put = [&](uint32_t value, int size) {
      for (int i = 0; i < size; ++i) bytes += char(value >> (8 * i));
    };
    bytes += "RIFF";
    put(36 + 32000, 4);
    bytes += "WAVEfmt ";
    for (const auto& [value, size] : std::vector<std::pair<uint32_t, int>>{
             {16, 4}, {1, 2}, {1, 2}, {16000, 4}, {32000, 4}, {2, 2}, {16, 2}})
      put(value, size);
    bytes += "data";
    put(32000, 4);
    for (int i = 0; i < 16000; ++i) put(uint32_t(int(8000 * std::sin(i * 0.2))) & 0xffff, 2);
    return bytes;
  }
};

}  // namespace tutti::program
