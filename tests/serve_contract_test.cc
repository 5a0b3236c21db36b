// What clients send and the server does, refuses by name, or says to change nothing: over HTTP,
// against the real program with a small model.
#include "tests/helpers/serve_contract.h"

namespace tutti::program {
namespace {

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

TEST_F(ServeContract, PartsThatSayNothingAreBlamed) {
  start();
  const Json empty = {{"type", "text"}, {"text", ""}};
  const Json refusal = {{"type", "refusal"}, {"refusal", "no"}};
  const auto said = [](const Json& part) {
    return Json::array({{{"role", "user"}, {"content", Json::array({part})}}});
  };
  const Json input = {{"model", "model"}, {"input", Json::array({empty})}};
  expect_blamed("/v1/embeddings", input, "input[0].text", "must not be empty");
  expect_blamed("/v1/embeddings", {{"model", "model"}, {"input", refusal}}, "input.type",
                "send what is said as text");
  expect_blamed("/v1/responses", {{"model", "model"}, {"input", said(empty)}},
                "input[0].content[0].text", "must not be empty");
  for (const char* url : {"/v1/chat/completions", "/v1/explain"}) {
    const auto ask = [&](const Json& part) {
      return Json{{"model", "model"}, {"messages", said(part)}};
    };
    expect_blamed(url, ask(empty), "messages[0].content[0].text", "must not be empty");
    expect_blamed(url, ask(refusal), "messages[0].content[0].type", "send what is said as text");
  }
  // Of the assistant both come back as they were.
  const Json turns = {
      kHello[0], {{"role", "assistant"}, {"content", Json::array({empty, refusal})}}, kHello[0]};
  answer("/v1/chat/completions", chat_with({{"messages", turns}}), 200);
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
  EXPECT_NE(outcome.err.find("the alias gpt-4o=other leads to no model"), std::string::npos)
      << outcome.err;
}

TEST_F(ServeContract, LongAnswersAreCutAndSaySo) {
  start({"--max-tokens", "2"});
  for (const int tokens : {2048, 4096, 16384}) {
    const Json json = answer("/v1/chat/completions", chat_with({{"max_tokens", tokens}}), 200);
    EXPECT_EQ(json["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(json["usage"]["completion_tokens"], 2);
  }
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
