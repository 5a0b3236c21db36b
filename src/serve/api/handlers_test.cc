// What handlers hold for a request, and until when; and what they answer. This program is also its
// own media worker.
#include <map>

#include "base/utf8.h"
#include "format/text/voice_text.h"
#include "serve/media/serve_media.h"
#include "tests/helpers/handlers_fixture.h"

namespace tutti {
namespace {

TEST_F(Handlers, InputsAndTheirVectorsAreChargedWhileTheyWait) {
  hold();
  const Json body = {{"model", "model"}, {"input", Json(2048, "a")}};
  const auto page = post("/v1/embeddings", body.dump());
  const size_t vector = sizeof(std::vector<float>) + sizeof(float) * engine.config().embedding;
  EXPECT_GE(account->held(), 2048 * (sizeof(Part) + 1 + vector));
  gate.open();
  EXPECT_EQ(Json::parse(page->wait(200))["data"].size(), 2048u);
  expect_nothing_held();
}

TEST_F(Handlers, WhatThereIsNoRoomForIsBusy) {
  Charge others(account);
  ASSERT_TRUE(others.grow(account->most() - (size_t(600) << 10)));
  Json body = {{"model", "model"}, {"input", Json(2048, "a")}};
  post("/v1/embeddings", body.dump())->wait(429);
  body["input"] = "a";
  post("/v1/embeddings", body.dump())->wait(200);
}

TEST_F(Handlers, AModelIsAskedByANameThatItCanHave) {
  EXPECT_TRUE(check_model_name(std::string(kMostNameBytes, 'x')));
  EXPECT_FALSE(check_model_name(std::string(kMostNameBytes + 1, 'x')));
  const auto told = [&](const std::string& name, int status) {
    const Json body = {{"model", name}, {"input", "a"}};
    const Json error = Json::parse(post("/v1/embeddings", body.dump())->wait(status))["error"];
    EXPECT_EQ(error["param"], "model");
    return error["message"].get<std::string>();
  };
  EXPECT_NE(told("other", 404).find("--alias other=model"), std::string::npos);
  EXPECT_NE(told("$(ls)", 404).find("--alias '$(ls)=model'"), std::string::npos);
  EXPECT_EQ(told("a=b", 404).find("--alias"), std::string::npos);
  EXPECT_LT(told(std::string(1 << 20, 'x'), 400).size(), 200u);
}

TEST_F(Handlers, ConversationsAreChargedWhileTheyWait) {
  hold();
  Json messages = Json::array();
  for (int i = 0; i < 500; ++i) {
    messages.push_back({{"role", "user"}, {"content", "a"}});
    messages.push_back({{"role", "assistant"}, {"content", "b"}});
  }
  messages.push_back({{"role", "user"}, {"content", "the quick fox"}});
  const Json body = {{"model", "model"}, {"messages", messages}};
  const auto page = post("/v1/chat/completions", body.dump());
  EXPECT_GE(account->held(), 100 * sizeof(Part));
  gate.open();
  page->wait(200);
  expect_nothing_held();
}

TEST_F(Handlers, WhatAResponseRepeatsIsChargedAndShort) {
  const std::string responses = "/v1/responses";
  Json body = {{"model", "model"}, {"input", "the quick fox"}, {"max_output_tokens", 4}};
  for (const auto& [name, most] : std::map<std::string, size_t>{{"instructions", 64 << 10},
                                                                {"user", 512},
                                                                {"safety_identifier", 512},
                                                                {"prompt_cache_key", 512}}) {
    body[name] = std::string(most + 1, 'x');
    const Json told = Json::parse(post(responses, body.dump())->wait(400));
    EXPECT_EQ(told["error"]["param"], name);
    body[name] = std::string(most, 'x');
  }
  hold();
  const auto page = post(responses, body.dump());
  EXPECT_GE(account->held(), (64 << 10) + 3 * 512);
  gate.open();
  const Json whole = Json::parse(page->wait(200));
  EXPECT_EQ(whole["instructions"], body["instructions"]);
  EXPECT_EQ(whole["user"], body["user"]);
  expect_nothing_held();
}

TEST_F(Handlers, ASoundIsChargedWhileItWaitsToBeHeard) {
  hold();
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nmodel\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.flac\"\r\n\r\n" +
      sound() + "\r\n--b--\r\n";
  const auto page = post("/v1/audio/transcriptions", body, "multipart/form-data; boundary=b");
  wait_until_it_waits();
  api.stop();  // whoever decoded it has let go of it
  EXPECT_GE(account->held(), 100 * 80 * sizeof(float));
  gate.open();
  page->wait(200);
  expect_nothing_held();
}

TEST_F(Handlers, TranscriptsAreCutWhereTheLongestAnswerIsSaid) {
  const Json part = {{"type", "input_audio"}, {"input_audio", {{"data", base64(sound())}}}};
  const Json said = Json::array({{{"role", "user"}, {"content", Json::array({part})}}});
  const std::string chat = "/v1/chat/completions", responses = "/v1/responses";
  const auto with = [&](const char* messages, const Json& more) {
    Json body = {{"model", "model"}, {messages, said}};
    body.update(more);
    return body.dump();
  };
  const auto hear = [&](const Json& more) {
    return Json::parse(post(chat, with("messages", more))->wait(200));
  };
  const Json whole = hear(Json::object());
  const std::string text = whole["choices"][0]["message"]["content"];
  ASSERT_GT(text.size(), 64u) << "the usual length of answers";
  EXPECT_EQ(whole["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(hear({{"max_tokens", text.size()}})["choices"], whole["choices"]);

  const std::string start = text.substr(0, character_end(text, 9));
  const Json cut = hear({{"max_tokens", 9}});
  EXPECT_EQ(cut["choices"][0]["message"]["content"], start);
  EXPECT_EQ(cut["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(cut["usage"]["completion_tokens"], start.size());
  const auto stream =
      post(chat, with("messages", {{"max_tokens", 9}, {"stream", true}}))->wait(200);
  EXPECT_NE(stream.find(R"("finish_reason":"length")"), std::string::npos) << stream;
  EXPECT_NE(stream.find(Json(start).dump()), std::string::npos) << stream;

  const Json most = {{"max_output_tokens", 9}};
  const Json response = Json::parse(post(responses, with("input", most))->wait(200));
  EXPECT_EQ(response["status"], "incomplete");
  EXPECT_EQ(response["output"][0]["content"][0]["text"], start);
  EXPECT_EQ(response["usage"]["output_tokens"], start.size());
  EXPECT_EQ(Json::parse(post(responses, with("input", Json::object()))->wait(200))["status"],
            "completed");
}

// It is the model's own answer, so the client cannot be to blame.
TEST_F(Handlers, AnswersThatCannotBeSaidComeAsTranscripts) {
  const std::string chat = "/v1/chat/completions";
  Json body = {{"model", "model"},
               {"messages", {{{"role", "user"}, {"content", "the quick fox"}}}},
               {"max_tokens", 1},
               {"temperature", 2}};
  std::string text;
  for (int seed = 0; text.empty() || text_for_voice(text); ++seed) {
    body["seed"] = seed;
    const Json json = Json::parse(post(chat, body.dump())->wait(200));
    text = json["choices"][0]["message"]["content"];
  }
  body["modalities"] = {"text", "audio"};
  body["audio"] = {{"voice", "alloy"}, {"format", "mp3"}};
  const Json whole = Json::parse(post(chat, body.dump())->wait(200));
  EXPECT_EQ(whole["choices"][0]["message"]["audio"]["transcript"], text);
  EXPECT_EQ(whole["choices"][0]["message"]["audio"]["data"], "");
  body["audio"]["format"] = "pcm16";
  body["stream"] = true;
  const std::string stream = post(chat, body.dump())->wait(200);
  EXPECT_NE(stream.find(Json(text).dump()), std::string::npos) << stream;
  EXPECT_NE(stream.find(R"("finish_reason":"length")"), std::string::npos) << stream;
  EXPECT_EQ(count(stream, "error"), 0) << stream;
}

// Of many answers in a row that have no text the first one says what there is to say.
TEST_F(Handlers, AnswersWithoutTextTakeNoRoom) {
  const auto ask = [&](int empty) {
    Json messages = Json::array({{{"role", "user"}, {"content", "the fox"}}});
    for (int i = 0; i < empty; ++i) messages.push_back({{"role", "assistant"}});
    messages.push_back({{"role", "user"}, {"content", "the quick fox"}});
    return Json{{"model", "model"}, {"messages", messages}, {"max_tokens", 4}}.dump();
  };
  const auto said = [](Json json) { return json["choices"].dump() + json["usage"].dump(); };
  const Json once = Json::parse(post("/v1/chat/completions", ask(1))->wait(200));
  const Json none = Json::parse(post("/v1/chat/completions", ask(0))->wait(200));
  EXPECT_NE(said(none), said(once));  // one of them still ends a turn
  expect_nothing_held();
  hold();
  const auto page = post("/v1/chat/completions", ask(30000));
  EXPECT_LE(account->held(), 8 * sizeof(Part));
  gate.open();
  EXPECT_EQ(said(Json::parse(page->wait(200))), said(once));
}

}  // namespace
}  // namespace tutti

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "media-worker")
    return tutti::serve_media(0, tutti::real_decoders());
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
