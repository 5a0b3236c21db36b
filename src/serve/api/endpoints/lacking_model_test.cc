// What a model cannot do is told before a request waits for its turn, and of the parameter `model`.
#include "media/encode_picture.h"
#include "tests/helpers/handlers_fixture.h"

namespace tutti {
namespace {

class LackingModel : public Handlers {
 protected:
  LackingModel() {
    ModelSpec spec = ModelSpec::language(64, 2, 1, 64, 320);
    spec.context = 128;
    EXPECT_TRUE(models.add("words", {write_model("words_alone", spec), {.threads = 1}}));
    hold();
  }

  void expect_refused(const std::string& path, Json body, const std::string& lacks) {
    body["model"] = "words";
    expect_told(post(path, body.dump())->wait(400), path, lacks);
  }
  static void expect_told(const std::string& answer, const std::string& path,
                          const std::string& lacks) {
    const Json error = Json::parse(answer)["error"];
    EXPECT_EQ(error["param"], "model") << path << answer;
    EXPECT_EQ(error["code"], "unsupported_value") << path << answer;
    EXPECT_NE(error["message"].get<std::string>().find("does not " + lacks), std::string::npos)
        << path << answer;
  }
};

TEST_F(LackingModel, TakesNoMedia) {
  // None that a decoder could read: it is not asked.
  const Json picture = {{"type", "image_url"},
                        {"image_url", {{"url", "data:image/png;base64,AAAA"}}}};
  const Json heard = {{"type", "input_audio"}, {"input_audio", {{"data", "AAAA"}}}};
  const Json asked = {{"role", "user"}, {"content", "the quick fox"}};
  const auto shown = [](const Json& part) {
    return Json{{"role", "user"}, {"content", Json::array({part})}};
  };
  const std::string chat = "/v1/chat/completions", embeddings = "/v1/embeddings";
  expect_refused(chat, {{"messages", {shown(picture)}}}, "take pictures");
  expect_refused(chat, {{"messages", {shown(heard)}}}, "take sounds");
  expect_refused(chat,
                 {{"messages", {shown(picture), {{"role", "assistant"}, {"content", "a"}}, asked}}},
                 "take pictures");
  expect_refused("/v1/responses", {{"input", {shown(picture)}}}, "take pictures");
  expect_refused("/v1/score", {{"messages", {shown(picture)}}, {"answers", {"a"}}},
                 "take pictures");
  expect_refused("/v1/explain", {{"messages", {shown(picture)}}}, "take pictures");
  expect_refused(embeddings, {{"input", {picture}}}, "take pictures");
}

TEST_F(LackingModel, HasNoHeads) {
  expect_refused("/v1/embeddings", {{"input", "a"}}, "embed");
  expect_refused("/v1/images/generations", {{"prompt", "a"}}, "paint");
  expect_refused("/v1/audio/speech", {{"input", "a"}, {"voice", "alloy"}}, "speak");
  const auto png = *encode_picture(scheduling::noise_picture(3), "png");
  expect_refused("/v1/matte", {{"image", "data:image/png;base64," + encode_base64(png)}},
                 "outline people");
  const std::string body =
      "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwords\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.flac\"\r\n\r\n" +
      sound() + "\r\n--b--\r\n";
  expect_told(post("/v1/audio/transcriptions", body, "multipart/form-data; boundary=b")->wait(400),
              "transcriptions", "transcribe");
  expect_nothing_held();
}

}  // namespace
}  // namespace tutti
