// As serve_contract_test.cc, of what goes with speech, pictures and their languages.
#include "tests/helpers/serve_contract.h"

namespace tutti::program {
namespace {

TEST_F(ServeContract, SpeechIsAskedForByItsModality) {
  start();
  const Json audio = {{"audio", {{"voice", "alloy"}, {"format", "mp3"}}}};
  expect_blamed("/v1/chat/completions", chat_with(audio), "audio",
                "goes with modalities [\"text\", \"audio\"]");
  Json both = chat_with(audio);
  both["modalities"] = {"text"};
  expect_blamed("/v1/chat/completions", both, "audio", "goes with modalities");
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
    expect_blamed(url, with(hello, {{"task", "name"}}), "task", "needs something to see");
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

// "=" is " equals ": a text of 4 KB would be minutes of speech, and their sound hundreds of MB.
TEST_F(ServeContract, WhatASpokenTextBecomesIsLimited) {
  start();
  std::string signs;
  for (int i = 0; i < 2048; ++i) signs += "=+";
  const Json refused =
      answer("/v1/audio/speech", {{"model", "model"}, {"input", signs}, {"voice", "tutti"}}, 400);
  EXPECT_EQ(refused["error"]["param"], "input");
  EXPECT_EQ(refused["error"]["code"], "string_above_max_length");
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

}  // namespace
}  // namespace tutti::program
