// What clients send and the server does, refuses by name, or says to change nothing: over HTTP,
// against the real program with a small model.
#include <cmath>

#include "media/encode_video.h"
#include "helpers/server.h"

namespace tutti::program {
namespace {

const Json kHello = Json::parse(R"([{"role": "user", "content": "hello"}])");

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

TEST_F(ServeContract, NothingIsIgnoredInSilence) {
  start();
  const std::string chat = "/v1/chat/completions", responses = "/v1/responses";
  const Json asked = {{"model", "model"}, {"input", "hello"}};
  const auto with = [](Json body, const char* name, const Json& value) {
    body[name] = value;
    return body;
  };
  expect_blamed(chat, chat_with({{"min_p", 0.1}}), "min_p");
  expect_blamed(chat, chat_with({{"repeat_penalty", 1.1}}), "repeat_penalty");
  expect_blamed(chat, chat_with({{"temprature", 1}}), "temprature", "did you mean temperature");
  expect_blamed(chat + "?verbose=1", chat_with(Json::object()), "verbose");
  expect_blamed(responses, with(asked, "store", true), "store", "send store: false");
  expect_blamed(responses, with(asked, "prompt", {{"id", "p"}}), "prompt");
  const Json picture = {{"model", "model"}, {"prompt", "a red circle"}};
  expect_blamed("/v1/images/generations", with(picture, "background", "transparent"), "background");
  expect_blamed("/v1/images/generations", with(picture, "negative_prompt", "blue"),
                "negative_prompt");
  const Json speech = {{"model", "model"}, {"input", "hello"}};
  expect_blamed("/v1/audio/speech", with(speech, "instructions", "whisper"), "instructions");
  expect_blamed("/v1/embeddings", with(asked, "dimensions", 3), "dimensions", "must be ");
  const Json sound = Json::parse(R"([{"role": "user", "content": "say it"},
    {"role": "assistant", "audio": {"id": "audio_1"}}, {"role": "user", "content": "again"}])");
  expect_blamed(chat, chat_with({{"messages", sound}}), "messages[1].audio", "transcript");
}

TEST_F(ServeContract, FormsAreReadAsStrictlyAsJson) {
  start();
  const std::vector<std::pair<std::string, std::string>> good = {{"model", "model"},
                                                                 {"file", wav()}};
  EXPECT_EQ(form(good).status, 200) << form(good).body;
  const auto blamed = [&](const std::string& name, const std::string& value) {
    auto fields = good;
    fields.emplace_back(name, value);
    const TestAnswer answer = form(fields);
    EXPECT_EQ(answer.status, 400) << name << answer.body;
    return answer.status == 400 ? Json::parse(answer.body)["error"].value("param", "") : "";
  };
  EXPECT_EQ(blamed("language", "de"), "language");
  EXPECT_EQ(blamed("temperature", "abc"), "temperature");
  EXPECT_EQ(blamed("temperature", "0.7"), "temperature");
  EXPECT_EQ(blamed("include[]", "logprobs"), "include");
  EXPECT_EQ(blamed("timestamp_granularities[0]", "word"), "timestamp_granularities");
  EXPECT_EQ(blamed("prompt", "names: Ada"), "prompt");
  EXPECT_EQ(blamed("stream", "yes"), "stream");
  EXPECT_EQ(blamed("langauge", "en"), "langauge");
  for (const char* english : {"en", "EN", "en-US", "english"}) {
    auto fields = good;
    fields.emplace_back("language", english);
    EXPECT_EQ(form(fields).status, 200) << english;
  }
  auto words = good;
  words.emplace_back("response_format", "verbose_json");
  words.emplace_back("timestamp_granularities[0]", "word");
  EXPECT_EQ(form(words).status, 200);
}

TEST_F(ServeContract, LanguagesAreKnownOrRefusedWithTheirList) {
  start();
  const Json asked = {{"model", "model"}, {"input", "hello"}, {"max_output_tokens", 4}};
  for (const char* tag : {"klingon", "x", "e n"}) {
    expect_blamed("/v1/chat/completions", chat_with({{"language", tag}}), "language", "am, ar, az");
    Json body = asked;
    body["language"] = tag;
    expect_blamed("/v1/responses", body, "language", "am, ar, az");
  }
  for (const char* tag : {"de", "de-AT", "zh_Hant", "EN"})
    answer("/v1/chat/completions", chat_with({{"language", tag}}), 200);
  const Json hebrew = {{"model", "model"}, {"input", "\u05e9\u05dc\u05d5\u05dd"}};
  expect_blamed("/v1/audio/speech", hebrew, "input", "cannot be said");
}

// Captions are written in fewer languages than things are named in.
TEST_F(ServeContract, TasksAndTheirLanguagesAreBlamedByName) {
  start();
  const Json picture = {{"type", "image_url"}, {"image_url", {{"url", picture_url(png())}}}};
  const Json seen = {{{"role", "user"}, {"content", {picture}}}};
  const Json asked = {{"model", "model"}, {"messages", seen}};
  const Json hello = {{"model", "model"}, {"messages", kHello}};
  const auto with = [](Json body, const Json& more) {
    body.update(more);
    return body;
  };
  for (const char* url : {"/v1/chat/completions", "/v1/explain"}) {
    expect_blamed(url, with(asked, {{"language", "it"}}), "language", "de, en, es, fr, zh");
    expect_blamed(url, with(asked, {{"language", "it"}, {"task", "caption"}}), "language");
    answer(url, with(asked, {{"language", "it"}, {"task", "name"}}), 200);
    expect_blamed(url, with(hello, {{"task", "name"}}), "task", "needs a picture");
    expect_blamed(url, with(asked, {{"task", "transcribe"}}), "task", "put audio");
  }
  const Json response = {{"model", "model"}, {"input", seen}, {"language", "it"}};
  expect_blamed("/v1/responses", response, "language", "de, en, es, fr, zh");
  expect_blamed("/v1/completions", {{"model", "model"}, {"prompt", "x"}, {"task", "caption"}},
                "task", "automatic or answer");
  // An earlier turn that shows only a picture is no reason to refuse the language of names.
  const Json turns = {seen[0],
                      {{"role", "assistant"}, {"content", "a fox"}},
                      {{"role", "user"}, {"content", {picture}}}};
  answer("/v1/chat/completions",
         with(asked, {{"messages", turns}, {"language", "it"}, {"task", "name"}}), 200);
}

// Lengths and counts are looked at before anything of a request is decoded or copied: they are
// blamed although what stands before them cannot be decoded.
TEST_F(ServeContract, LengthsComeFirst) {
  start();
  const Json broken = {{"type", "image_url"}, {"image_url", {{"url", "data:image/png;base64,!"}}}};
  const std::string longer(100'000, 'a');
  const Json text = {{"type", "text"}, {"text", longer}};
  const auto input = [](const Json& all) { return Json{{"model", "model"}, {"input", all}}; };
  const std::string embeddings = "/v1/embeddings";
  expect_blamed(embeddings, input({broken, longer}), "input[1]", "100000 bytes");
  expect_blamed(embeddings, input({broken, text}), "input[1]", "100000 bytes");
  expect_blamed(embeddings, input(text), "input", "100000 bytes");
  expect_blamed(embeddings, input(Json(17, broken)), "input", "more than 16");
  expect_blamed(embeddings, input(Json::array({broken})), "input[0].image_url");
  expect_blamed("/v1/completions", {{"model", "model"}, {"prompt", {"a", longer}}}, "prompt[1]",
                "100000 bytes");
  const Json message = {{{"role", "user"}, {"content", {broken, text}}}};
  expect_blamed("/v1/chat/completions", chat_with({{"messages", message}}), "messages",
                "100000 bytes");
  expect_blamed("/v1/responses", input(message), "input", "100000 bytes");
}

TEST_F(ServeContract, UploadsAreNamedOnceAndNextStepsToo) {
  start();
  const TestAnswer empty = form({{"model", "model"}, {"file", "no sound"}});
  EXPECT_EQ(empty.status, 400);
  const std::string said = Json::parse(empty.body)["error"]["message"];
  EXPECT_EQ(said.rfind("file: ", 0), 0u) << said;
  EXPECT_EQ(said.find("the upload"), std::string::npos) << said;
  const TestAnswer latin = post("/v1/chat/completions", "{\"model\": \"caf\xe9\"}");
  const std::string told = Json::parse(latin.body)["error"]["message"];
  EXPECT_NE(told.find("not UTF-8 at byte 15"), std::string::npos) << told;
  EXPECT_EQ(told.find(';'), told.rfind(';')) << told;
}

TEST_F(ServeContract, WrongPathsSayWhatWasMeant) {
  start();
  const std::string hello = chat_with(Json::object()).dump();
  const auto said = [&](const std::string& method, const std::string& path, int status) {
    const TestAnswer answer = ask(port_, method, path, method == "POST" ? hello : "",
                                  "Content-Type: application/json\r\n");
    EXPECT_EQ(answer.status, status) << path << answer.body;
    const Json json = Json::parse(answer.body, nullptr, false);
    return status == 200 ? std::string() : json["error"]["message"].get<std::string>();
  };
  for (const char* path :
       {"/v1//chat/completions", "//v1/chat//completions/", "/v1/chat/completions?api-version=1"})
    said("POST", path, 200);
  said("GET", "/v1/models?api-version=2024-10-21", 200);
  for (const char* path : {"/v1/chat/completion", "/openai/v1/chat/completions", "/chat/completion",
                           "/openai/deployments/model/chat/completions?api-version=2024-10-21"}) {
    const std::string message = said("POST", path, 404);
    EXPECT_NE(message.find("did you mean POST /v1/chat/completions?"), std::string::npos)
        << message;
    EXPECT_NE(message.find("The base URL of the API is \"http://localhost/v1\""), std::string::npos)
        << message;
  }
  EXPECT_NE(said("GET", "/nowhere", 404).find("GET \"/nowhere\"; the base URL"), std::string::npos);
  EXPECT_NE(said("GET", "/v1/chat/completions", 405).find("takes POST, not GET"),
            std::string::npos);
}

TEST_F(ServeContract, WhatAsksForNothingIsAccepted) {
  start();
  answer("/v1/chat/completions",
         chat_with({{"presence_penalty", 0},
                    {"tools", Json::array()},
                    {"user", "u"},
                    {"metadata", {{"a", "b"}}},
                    {"store", false},
                    {"min_p", 0},
                    {"logprobs", nullptr}}),
         200);
}

TEST_F(ServeContract, TurnsOfToolsAreReadOver) {
  start();
  const Json messages = Json::parse(R"([
    {"role": "user", "content": "what time is it?"},
    {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function",
     "function": {"name": "clock", "arguments": "{}"}}]},
    {"role": "tool", "tool_call_id": "c", "content": "noon"},
    {"role": "user", "content": "thanks"}])");
  answer("/v1/chat/completions", chat_with({{"messages", messages}}), 200);
  const Json items = Json::parse(R"([
    {"role": "user", "content": "what time is it?"},
    {"type": "reasoning", "id": "rs_1", "summary": []},
    {"type": "function_call", "call_id": "c", "name": "clock", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "c", "output": "noon"},
    {"role": "user", "content": [{"type": "input_text", "text": "thanks"}]}])");
  answer("/v1/responses", {{"model", "model"}, {"input", items}}, 200);
  const Json reference = Json::parse(R"([{"role": "user", "content": "hello"},
    {"type": "item_reference", "id": "msg_x"}, {"role": "user", "content": "what?"}])");
  expect_blamed("/v1/responses", {{"model", "model"}, {"input", reference}}, "input[1].type",
                "send the item itself");
}

TEST_F(ServeContract, OtherNamesOfTheModel) {
  start({"--alias", "gpt-4o=model", "--alias", "whisper-1=model"});
  EXPECT_EQ(answer("/v1/chat/completions", chat_with({{"model", "gpt-4o"}}), 200)["model"],
            "model");
  expect_blamed("/v1/chat/completions", chat_with({{"model", "gpt-5"}}), "model",
                "--alias gpt-5=model", 404);
  const TestAnswer list = ask(port_, "GET", "/v1/models");
  ASSERT_EQ(list.status, 200);
  const Json cards = Json::parse(list.body)["data"];
  ASSERT_EQ(cards.size(), 3u);
  EXPECT_EQ(cards[1]["id"], "gpt-4o");
  EXPECT_EQ(cards[1]["alias_of"], "model");
  EXPECT_EQ(ask(port_, "GET", "/v1/models/whisper-1").status, 200);
}

TEST_F(ServeContract, AnAliasOfAnotherModelIsBadUsage) {
  const Outcome outcome =
      run({"serve", "--model", path("model.safetensors"), "--alias", "gpt-4o=other"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("--alias gpt-4o=model"), std::string::npos) << outcome.err;
}

TEST_F(ServeContract, LongAnswersAreCutAndSaySo) {
  start();
  for (const int tokens : {2048, 4096, 16384}) {
    const Json json = answer("/v1/chat/completions", chat_with({{"max_tokens", tokens}}), 200);
    const std::string reason = json["choices"][0]["finish_reason"];
    EXPECT_TRUE(reason == "stop" || reason == "length") << reason;
  }
}

TEST_F(ServeContract, AMediumMayBeDressed) {
  start();
  const std::string bytes = base64(wav());
  const auto hear = [&](const std::string& data) {
    const Json part = {{"type", "input_audio"},
                       {"input_audio", {{"data", data}, {"format", "wav"}}}};
    return answer("/v1/chat/completions",
                  chat_with({{"messages", {{{"role", "user"}, {"content", {part}}}}}}), 200);
  };
  for (const std::string& data :
       {bytes, "data:audio/wav;base64," + bytes, "DATA:audio/wav;BASE64," + bytes,
        " " + bytes.substr(0, 76) + "\n" + bytes.substr(76) + "\r\n"})
    EXPECT_TRUE(hear(data).contains("choices"));
}

// What strict clients of responses want of each event.
TEST_F(ServeContract, EventsOfResponsesAreWhole) {
  start();
  const TestAnswer stream =
      post("/v1/responses",
           Json{{"model", "model"}, {"input", "hello"}, {"max_output_tokens", 4}, {"stream", true}}
               .dump());
  ASSERT_EQ(stream.status, 200) << stream.body;
  int sequence = 0;
  for (size_t at = 0; (at = stream.body.find("data: ", at)) != std::string::npos; at += 6) {
    const Json event = Json::parse(stream.body.substr(at + 6, stream.body.find('\n', at) - at - 6));
    EXPECT_EQ(event["sequence_number"], sequence++);
    const std::string type = event["type"];
    if (type.find("output_text") != std::string::npos || type.find("part") != std::string::npos) {
      for (const char* name : {"item_id", "output_index", "content_index"})
        EXPECT_TRUE(event.contains(name)) << type << " " << name;
    }
    if (type.find("output_text") != std::string::npos) {
      EXPECT_TRUE(event["logprobs"].is_array());
    }
    if (!event.contains("response")) continue;
    for (const char* name : {"id",
                             "created_at",
                             "status",
                             "error",
                             "incomplete_details",
                             "instructions",
                             "metadata",
                             "model",
                             "output",
                             "parallel_tool_calls",
                             "temperature",
                             "tool_choice",
                             "tools",
                             "top_p",
                             "background",
                             "max_output_tokens",
                             "previous_response_id",
                             "reasoning",
                             "service_tier",
                             "text",
                             "truncation",
                             "usage",
                             "user",
                             "store",
                             "top_logprobs"})
      EXPECT_TRUE(event["response"].contains(name)) << type << " " << name;
  }
  EXPECT_GE(sequence, 7);
}

}  // namespace
}  // namespace tutti::program
