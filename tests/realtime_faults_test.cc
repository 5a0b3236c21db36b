// The realtime socket under attack and at its limits.
#include <atomic>
#include <functional>

#include "tests/helpers/server.h"

namespace tutti::program {
namespace {

// Text messages over a socket of its own.
class Talk {
 public:
  Talk(int port, const std::string& query) : client_(port) {
    client_.send("GET /v1/realtime" + query +
                 " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    need([&] { return bytes_.find("\r\n\r\n") != bytes_.npos; });
    bytes_.erase(0, bytes_.find("\r\n\r\n") + 4);
  }

  bool send(const Json& event) const {
    const std::string text = event.dump();
    const size_t size = text.size();
    const int bits = size < 126 ? 0 : size < 65536 ? 16 : 64;  // the shortest form of the length
    std::string frame = {char(0x81), char(0x80 | (bits == 0 ? size : bits == 16 ? 126 : 127))};
    for (int shift = bits - 8; shift >= 0; shift -= 8) frame += char(size >> shift);
    return client_.send(frame + std::string(4, '\0') + text);
  }

  // The next event; null where the socket was closed.
  Json next() {
    for (std::string text;;) {
      if (!need([&] { return bytes_.size() >= 2; })) return nullptr;
      const auto first = uint8_t(bytes_[0]), second = uint8_t(bytes_[1]);
      const size_t more = second == 126 ? 2 : second == 127 ? 8 : 0;
      if (!need([&] { return bytes_.size() >= 2 + more; })) return nullptr;
      uint64_t size = second;
      for (size_t i = 0; i < more; ++i) size = (i ? size << 8 : 0) | uint8_t(bytes_[2 + i]);
      if (!need([&] { return bytes_.size() >= 2 + more + size; })) return nullptr;
      const std::string payload = bytes_.substr(2 + more, size);
      bytes_.erase(0, 2 + more + size);
      if ((first & 15) == 8) {
        closing_ = payload;
        return nullptr;
      }
      if ((first & 15) > 2) continue;  // pings are for those who stay longer
      text += payload;
      if (first & 128) return Json::parse(text);
    }
  }
  Json until(const std::string& type) {
    for (;;) {
      Json event = next();
      if (event.is_null() || event["type"] == type || event["type"] == "error") return event;
    }
  }
  // The closing frame's reason.
  std::string reason() const { return closing_.size() > 2 ? closing_.substr(2) : ""; }

 private:
  template <class Enough>
  bool need(const Enough& enough) {
    while (!enough() && !client_.ended()) {
      const std::string more =
          client_.receive([](const std::string& text) { return !text.empty(); });
      if (more.empty()) return false;
      bytes_ += more;
    }
    return enough();
  }

  TestClient client_;
  std::string bytes_, closing_;
};

Json written(const std::string& id, const std::string& text, const std::string& previous = {}) {
  Json event = {{"type", "conversation.item.create"},
                {"item",
                 {{"id", id},
                  {"type", "message"},
                  {"role", "user"},
                  {"content", {{{"type", "input_text"}, {"text", text}}}}}}};
  if (!previous.empty()) event["previous_item_id"] = previous;
  return event;
}

class RealtimeFaults : public ServerTest {
 protected:
  static bool is_kept(Talk& talk, const std::string& id) {
    talk.send({{"type", "conversation.item.retrieve"}, {"item_id", id}});
    return talk.until("conversation.item.retrieved")["type"] == "conversation.item.retrieved";
  }
};

TEST_F(RealtimeFaults, AnUnknownModelIsRefusedAndTheSocketClosed) {
  start();
  Talk talk(port_, "?model=nobodys");
  const Json error = talk.next();
  ASSERT_TRUE(error.is_object());
  EXPECT_EQ(error["type"], "error");
  EXPECT_EQ(error["error"]["code"], "model_not_found");
  EXPECT_TRUE(talk.next().is_null()) << "no session follows";
  EXPECT_NE(talk.reason().find("nobodys"), std::string::npos) << talk.reason();
}

TEST_F(RealtimeFaults, TheOldestItemsAreForgottenAndThatIsTold) {
  start();
  Talk talk(port_, "");
  for (int i = 0; i < 128; ++i) {
    talk.send(written("i" + std::to_string(i), "hello"));
    EXPECT_EQ(talk.until("conversation.item.done")["type"], "conversation.item.done");
  }
  EXPECT_TRUE(is_kept(talk, "i0"));
  talk.send(written("last", "hello"));
  EXPECT_EQ(talk.until("conversation.item.deleted")["item_id"], "i0");
  EXPECT_FALSE(is_kept(talk, "i0"));
  talk.send(written("first", "hello", "root"));
  EXPECT_EQ(talk.until("conversation.item.deleted")["item_id"], "i1") << "not the new one itself";
  EXPECT_TRUE(is_kept(talk, "first"));
}

TEST_F(RealtimeFaults, AnswersCountAsItems) {
  start();
  Talk talk(port_, "");
  talk.send(written("question", "hello"));
  std::vector<std::string> answers;
  for (int i = 0; i < 135; ++i) {
    talk.send({{"type", "response.create"},
               {"response", {{"output_modalities", {"text"}}, {"max_output_tokens", 1}}}});
    const Json done = talk.until("response.done");
    ASSERT_EQ(done["type"], "response.done") << done;
    for (const Json& item : done["response"]["output"]) answers.push_back(item["id"]);
    if (!is_kept(talk, "question")) {  // forgotten, so that it has to be asked again
      talk.send(written("question", "hello"));
      talk.until("conversation.item.done");
    }
  }
  ASSERT_EQ(answers.size(), 135u);
  int kept = 0;
  for (const std::string& id : answers) kept += is_kept(talk, id);
  EXPECT_LE(kept, 128);
  EXPECT_GE(kept, 100);
}

// As much as may be appended at once: speech with pauses that are too short to end a turn.
TEST_F(RealtimeFaults, WhatIsAppendedAtOnceMakesTurnsOfTheLimit) {
  start();
  constexpr int kRate = 24000, kSeconds = 230;
  std::string pcm;
  uint32_t random = 1;
  for (int second = 0; second < kSeconds; ++second)
    for (int i = 0; i < kRate; ++i) {
      random = random * 1664525 + 1013904223;
      const int loudness = second > 1 && second % 2 == 0 ? 9000 : 3;
      const int sample = int(random >> 16) % (2 * loudness + 1) - loudness;
      pcm += {char(sample & 255), char(sample >> 8 & 255)};
    }
  Talk talk(port_, "");
  const Json turns = {
      {"type", "server_vad"}, {"silence_duration_ms", 10000}, {"create_response", false}};
  talk.send(
      {{"type", "session.update"},
       {"session", {{"type", "realtime"}, {"audio", {{"input", {{"turn_detection", turns}}}}}}}});
  ASSERT_EQ(talk.until("session.updated")["type"], "session.updated");
  talk.send({{"type", "input_audio_buffer.append"}, {"audio", base64(pcm)}});
  for (int turn = 0; turn < 3; ++turn) {
    const Json started = talk.until("input_audio_buffer.speech_started");
    ASSERT_EQ(started["type"], "input_audio_buffer.speech_started") << started;
    const Json stopped = talk.until("input_audio_buffer.speech_stopped");
    ASSERT_EQ(stopped["type"], "input_audio_buffer.speech_stopped") << stopped;
    EXPECT_EQ(stopped["audio_end_ms"].get<int>() - started["audio_start_ms"].get<int>(), 60'000);
  }
}

TEST_F(RealtimeFaults, TextBeyondWhatTheModelReadsIsRefusedByName) {
  start();
  Talk talk(port_, "");
  for (int i = 0; i < 5; ++i) {
    talk.send(written("large", std::string(3 << 20, 'x')));
    const Json error = talk.until("error");
    ASSERT_EQ(error["type"], "error");
    EXPECT_NE(error["error"]["message"].get<std::string>().find("65536 bytes"), std::string::npos)
        << error;
  }
  EXPECT_FALSE(is_kept(talk, "large"));
  talk.send(written("small", "hello"));
  EXPECT_EQ(talk.until("conversation.item.done")["type"], "conversation.item.done");
}

// The answer ends while its sounds are being handed over, because nothing more may wait. Freed
// memory is overwritten, so that its use is seen.
TEST_F(RealtimeFaults, AFullQueueWhileSoundIsAnsweredCostsTheAnswerAlone) {
  setenv("MALLOC_PERTURB_", "170", 1);
  start({"--queue", "1"});
  unsetenv("MALLOC_PERTURB_");
  std::atomic<bool> enough = false;
  std::vector<std::thread> fillers;
  for (int i = 0; i < 20; ++i)  // more than run at once
    fillers.emplace_back([&] {
      while (!enough)
        post("/v1/images/generations",
             R"({"model":"model","prompt":"a red circle","n":1,"steps":64})");
    });
  const std::string sound = base64(std::string(48'000, '\x11'));
  const Json part = {{"type", "input_audio"}, {"audio", sound}};
  // Nothing may be heard in the sound.
  const Json text = {{"type", "input_text"}, {"text", "hello"}};
  const Json item = {{"type", "message"}, {"role", "user"}, {"content", {part, part, part, text}}};
  Talk talk(port_, "");
  int failed = 0, answered = 0;
  for (int i = 0; i < 400 && failed < 3; ++i) {
    talk.send({{"type", "response.create"},
               {"response", {{"output_modalities", {"text"}}, {"input", {item, item}}}}});
    const Json done = talk.until("response.done");
    ASSERT_TRUE(done.is_object()) << "the socket was closed\n" << log();
    ++answered;
    failed += done["type"] == "response.done" && done["response"]["status"] == "failed";
  }
  enough = true;
  for (std::thread& filler : fillers) filler.join();
  EXPECT_GT(answered, 0);
  EXPECT_GT(failed, 0) << "the queue was never full";
  EXPECT_EQ(ask(port_, "GET", "/healthz").status, 200) << log();
}

// Silence has nothing to answer; a sound that there was no place for may have had.
TEST_F(RealtimeFaults, ASoundThatFoundNoPlaceIsNotAnsweredAsIfItWereSilent) {
  start({"--queue", "1"});
  Talk talk(port_, "");
  const Json part = {{"type", "input_audio"}, {"audio", base64(std::string(48'000, '\0'))}};
  const Json item = {{"type", "message"}, {"role", "user"}, {"content", {part}}};
  const Json ask_it = {{"type", "response.create"},
                       {"response", {{"output_modalities", {"text"}}, {"input", {item}}}}};
  talk.send(ask_it);
  EXPECT_EQ(talk.until("response.done")["response"]["status"], "completed");
  std::atomic<bool> enough = false;
  std::vector<std::thread> fillers;
  for (int i = 0; i < 20; ++i)
    fillers.emplace_back([&] {
      while (!enough)
        post("/v1/images/generations",
             R"({"model":"model","prompt":"a red circle","n":1,"steps":64})");
    });
  Json failed;
  for (int i = 0; i < 400 && failed.is_null(); ++i) {
    talk.send(ask_it);
    const Json done = talk.until("response.done");
    ASSERT_EQ(done["type"], "response.done") << done;
    if (done["response"]["status"] == "failed") failed = done["response"];
  }
  enough = true;
  for (std::thread& filler : fillers) filler.join();
  ASSERT_TRUE(failed.is_object()) << "the queue was never full, or its error was lost";
  EXPECT_EQ(failed["status_details"]["error"]["type"], "rate_limit_error") << failed;
  EXPECT_EQ(failed["status_details"]["error"]["code"], "busy") << failed;
}

TEST_F(RealtimeFaults, TheQueryIsReadAsStrictlyAsABody) {
  start();
  for (const auto& [query, code] : {std::pair("?modell=model", "unknown_parameter"),
                                    std::pair("?model=model&x=1", "unknown_parameter"),
                                    std::pair("?intent=song", "unsupported_value"),
                                    std::pair("?call_id=rtc_1", "unsupported_parameter")}) {
    Talk talk(port_, query);
    const Json error = talk.next();
    ASSERT_TRUE(error.is_object()) << query;
    EXPECT_EQ(error["error"]["code"], code) << query << error;
    EXPECT_TRUE(talk.next().is_null()) << "no session follows";
  }
  for (const char* query : {"", "?model=model", "?model=model&intent=conversation"}) {
    Talk talk(port_, query);
    EXPECT_EQ(talk.next()["session"]["type"], "realtime") << query;
  }
  Talk hears(port_, "?intent=transcription");
  EXPECT_EQ(hears.next()["session"]["type"], "transcription");
  hears.send({{"type", "response.create"}});
  EXPECT_EQ(hears.until("error")["error"]["code"], "invalid_session_type");
}

TEST_F(RealtimeFaults, WhatAResponseSoundsLikeIsReadOrRefused) {
  start();
  Talk talk(port_, "");
  talk.send(written("question", "hello"));
  const auto respond = [&](const Json& response) {
    talk.send({{"type", "response.create"}, {"response", response}});
    return talk.until("response.done");
  };
  const Json output = {{"format", {{"type", "audio/pcm"}, {"rate", 16000}}},
                       {"voice", {{"id", "alloy"}}},
                       {"speed", 2}};
  const Json done = respond({{"audio", {{"output", output}}}, {"metadata", {{"a", "b"}}}});
  ASSERT_EQ(done["type"], "response.done") << done;
  EXPECT_EQ(done["response"]["audio"]["output"]["format"]["rate"], 16000);
  EXPECT_EQ(done["response"]["audio"]["output"]["voice"], "alloy");
  EXPECT_EQ(done["response"]["metadata"], (Json{{"a", "b"}}));
  const Json plain = respond({{"output_modalities", {"text"}}});
  EXPECT_EQ(plain["response"]["audio"]["output"]["format"]["rate"], 24000) << "the session's";
  Json many = Json::object();
  for (int i = 0; i < 17; ++i) many["k" + std::to_string(i)] = "x";
  for (const auto& [response, param] :
       {std::pair(Json{{"audio", {{"input", {{"turn_detection", nullptr}}}}}},
                  "response.audio.input"),
        std::pair(Json{{"audio", {{"output", {{"pitch", 2}}}}}}, "response.audio.output.pitch"),
        std::pair(Json{{"metadata", many}}, "response.metadata"),
        std::pair(Json{{"metadata", {{"a", std::string(513, 'x')}}}}, "response.metadata.a")}) {
    const Json error = respond(response);
    EXPECT_EQ(error["error"]["param"], param) << error;
  }
}

}  // namespace
}  // namespace tutti::program
