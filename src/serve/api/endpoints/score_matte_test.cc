// POST /v1/score and /v1/matte: what the library says of the same input.
#include "media/decode_picture.h"
#include "media/encode_picture.h"
#include "tests/helpers/handlers_fixture.h"

namespace tutti {
namespace {

TEST_F(Handlers, ScoresAreTheLibrarys) {
  const std::vector<std::string> answers = {"fox", "the lazy dog", "a"};
  Json body = {{"model", "model"},
               {"messages", {{{"role", "user"}, {"content", "the quick fox"}}}},
               {"answers", answers}};
  const Json told = Json::parse(post("/v1/score", body.dump())->wait(200));
  const auto scores = *engine.score({Part::of_text("the quick fox")}, answers, {});
  EXPECT_EQ(told["model"], "model");
  ASSERT_EQ(told["scores"].size(), scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    EXPECT_EQ(told["scores"][i]["answer"], answers[i]);
    EXPECT_EQ(told["scores"][i]["log_probability"], scores[i]);
    EXPECT_LE(scores[i], scores[told["best"]]);
  }
  expect_nothing_held();
  const auto blamed = [&](const Json& wrong) {
    body["answers"] = wrong;
    return Json::parse(post("/v1/score", body.dump())->wait(400))["error"]["param"];
  };
  EXPECT_EQ(blamed(Json::array()), "answers");
  EXPECT_EQ(blamed(Json::array({"a", 1})), "answers[1]");
  EXPECT_EQ(blamed(Json(65, "a")), "answers");
  EXPECT_EQ(blamed(Json::array({"a", std::string(100000, 'x')})), "answers[1]");
  // By its tokens, and with the prompt's.
  EXPECT_EQ(blamed(Json::array({"a", "b", std::string(250, 'x')})), "answers[2]");
  EXPECT_EQ(blamed(Json::array({"a", std::string(185, 'x')})), "answers[1]");
}

TEST_F(Handlers, MattesAreTheLibrarys) {
  const Picture picture = scheduling::noise_picture(3);
  const auto png = *encode_picture(picture, "png");
  Json body = {{"image", "data:image/png;base64," + encode_base64(png)}};
  const auto matte_of = [&] {
    const Json told = Json::parse(post("/v1/matte", body.dump())->wait(200));
    EXPECT_EQ(told["model"], "model");
    const auto bytes = decode_media(told["data"][0]["b64_json"].get_ref<const std::string&>());
    return *load_picture(*bytes);
  };
  const Picture expected = *engine.matte(picture), matte = matte_of();
  ASSERT_EQ(matte.width, 128);
  for (int i = 0; i < 128 * 128; ++i)
    ASSERT_EQ(matte.pixels[size_t(i) * size_t(matte.channels)], expected.pixels[size_t(i)]) << i;
  body["size"] = "300x200";
  EXPECT_EQ(matte_of().width, 300);
  expect_nothing_held();
  body["size"] = "3x3";
  EXPECT_EQ(Json::parse(post("/v1/matte", body.dump())->wait(400))["error"]["param"], "size");
  body["size"] = "auto";
  body["image"] = "http://127.0.0.1/a.png";
  EXPECT_EQ(Json::parse(post("/v1/matte", body.dump())->wait(400))["error"]["param"], "image");
}

}  // namespace
}  // namespace tutti
