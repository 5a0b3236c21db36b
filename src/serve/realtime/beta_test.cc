#include "serve/realtime/beta.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

TEST(Beta, IsAskedForInAHeaderOrASubprotocol) {
  Request request;
  EXPECT_FALSE(asks_for_beta(request));
  request.headers = {{"sec-websocket-protocol", "realtime"}};
  EXPECT_FALSE(asks_for_beta(request));
  request.headers = {{"openai-beta", "realtime=v1"}};
  EXPECT_TRUE(asks_for_beta(request));
  request.headers = {{"sec-websocket-protocol", "realtime, openai-beta.realtime-v1"}};
  EXPECT_TRUE(asks_for_beta(request));
}

TEST(Beta, SessionsGoThereAndBack) {
  const Json beta = {{"instructions", "be kind"},
                     {"modalities", {"text", "audio"}},
                     {"input_audio_format", "pcm16"},
                     {"input_audio_transcription", {{"model", "tutti-nano"}}},
                     {"turn_detection", nullptr},
                     {"output_audio_format", "pcm16"},
                     {"voice", "tutti"},
                     {"speed", 1.5},
                     {"max_response_output_tokens", "inf"}};
  const Json event = from_beta({{"type", "session.update"}, {"session", beta}});
  const Json& session = event["session"];
  EXPECT_EQ(session["output_modalities"], Json::array({"audio"}));
  EXPECT_EQ(session["audio"]["input"]["format"]["rate"], 24000);
  EXPECT_TRUE(session["audio"]["input"].contains("turn_detection"));
  EXPECT_EQ(session["audio"]["output"]["voice"], "tutti");
  EXPECT_EQ(session["max_output_tokens"], "inf");
  EXPECT_EQ(session["instructions"], "be kind");
  const Json back = *to_beta({{"type", "session.updated"}, {"session", session}});
  EXPECT_EQ(Json(back["session"]).size(), beta.size());
  for (const auto& [name, value] : beta.items()) EXPECT_EQ(back["session"][name], value) << name;
}

TEST(Beta, TranscriptionSessionsHaveEventsOfTheirOwn) {
  const Json event = from_beta({{"type", "transcription_session.update"},
                                {"session", {{"input_audio_format", "g711_ulaw"}}}});
  EXPECT_EQ(event["type"], "session.update");
  EXPECT_EQ(event["session"]["type"], "transcription");
  EXPECT_EQ(event["session"]["audio"]["input"]["format"]["type"], "g711_ulaw");
  EXPECT_EQ((*to_beta({{"type", "session.updated"}, {"session", event["session"]}}))["type"],
            "transcription_session.updated");
}

TEST(Beta, EventsAndContentHaveTheirOldNames) {
  const auto name = [](const char* type) { return (*to_beta({{"type", type}}))["type"]; };
  EXPECT_EQ(name("response.output_audio.delta"), "response.audio.delta");
  EXPECT_EQ(name("response.output_text.done"), "response.text.done");
  EXPECT_EQ(name("response.output_item.added"), "response.output_item.added");
  EXPECT_EQ(name("conversation.item.added"), "conversation.item.created");
  EXPECT_FALSE(to_beta({{"type", "conversation.item.done"}}));
  const Json item = {{"content", Json::array({{{"type", "output_audio"}, {"transcript", "a"}}})}};
  const Json response = {{"output", Json::array({item})},
                         {"output_modalities", Json::array({"text"})},
                         {"max_output_tokens", 7},
                         {"audio", {{"output", {{"voice", "tutti"}}}}}};
  const Json done = *to_beta({{"type", "response.done"}, {"response", response}});
  EXPECT_EQ(done["response"]["output"][0]["content"][0]["type"], "audio");
  EXPECT_EQ(done["response"]["modalities"], Json::array({"text"}));
  EXPECT_EQ(done["response"]["max_output_tokens"], 7);
  EXPECT_EQ(done["response"]["voice"], "tutti");
  EXPECT_FALSE(done["response"].contains("audio"));
}

TEST(Beta, WhatMakesNoSensePassesThrough) {
  for (const Json& event :
       {Json(7), Json::array(), Json{{"type", 3}}, Json{{"type", "session.update"}, {"session", 7}},
        Json{{"type", "transcription_session.update"}},
        Json{{"type", "transcription_session.update"}, {"session", Json::array({1})}},
        Json{{"type", "session.update"}, {"session", {{"audio", 3}, {"x", 1}}}}})
    EXPECT_NO_THROW(from_beta(event)) << event.dump();
  // Both forms in one: the pointer would lead through a number.
  EXPECT_NO_THROW(from_beta(
      {{"type", "session.update"}, {"session", {{"audio", 3}, {"voice", "x"}, {"speed", 1}}}}));
}

}  // namespace
}  // namespace tutti
