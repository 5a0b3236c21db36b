// What of pictures and previews waits, and for whom they are encoded.
#include <ctime>

#include "tests/helpers/handlers_fixture.h"

namespace tutti {
namespace {

using scheduling::Gate;

class Images : public Handlers {
 protected:
  // Four pictures, with a preview of each step but the last; all are drawn.
  std::shared_ptr<Page> draw(const std::string& size,
                             std::shared_ptr<Page> page = std::make_shared<Page>()) {
    const Json body = {{"prompt", "the fox"}, {"n", 4},         {"size", size},
                       {"steps", 17},         {"stream", true}, {"partial_images", 64}};
    const auto drawn = [&] { return scheduler.stats().kinds["paint"].finished; };
    const uint64_t before = drawn();
    post("/v1/images/generations", body.dump(), "application/json", page);
    while (drawn() < before + 4) std::this_thread::yield();
    scheduling::Outcome<std::vector<std::vector<float>>>
        next;  // comes when the last one has been told of
    scheduler.embed(scheduling::words(), next.done())->detach();
    EXPECT_TRUE(next.wait());
    return page;
  }
};

TEST_F(Images, PreviewsWaitInSmallNumbersAndAreCharged) {
  Gate encoder;
  server.post([&] { encoder.wait(); }, "a");  // an owner's work goes one after another
  const auto page = draw("64x64");
  const size_t picture = kPaintSize * kPaintSize * 3;
  EXPECT_GE(account->held(), (4 * 3 + 4) * picture);
  EXPECT_LT(account->held(), (4 * 3 + 5) * picture);
  encoder.open();
  const std::string stream = page->wait(200);
  EXPECT_EQ(count(stream, "event: image_generation.partial_image"), 4 * 3);
  EXPECT_EQ(count(stream, "event: image_generation.completed"), 4);
  expect_nothing_held();
}

TEST_F(Images, PreviewsThatAreNotReadAreFollowedByNoMore) {
  const auto page = std::make_shared<Page>(false);
  draw("64x64", page);
  const std::string stream = page->wait(200);
  EXPECT_EQ(count(stream, "event: image_generation.partial_image"), 4 * 3);
  EXPECT_EQ(count(stream, "event: image_generation.completed"), 4);
}

TEST_F(Images, NothingIsEncodedForWhoHasLeft) {
  const auto encode = [&](bool stays) {
    Gate encoder;
    server.post([&] { encoder.wait(); }, "a");
    const auto page = draw("512x512");
    if (!stays) reply.lock()->set_gone();
    const std::clock_t begin = std::clock();
    encoder.open();
    expect_nothing_held();
    return std::clock() - begin;
  };
  const std::clock_t whole = encode(true);
  EXPECT_LT(encode(false), whole / 4);
}

TEST_F(Images, SizesAreTwoNumbers) {
  const auto draw = [&](const std::string& size, int status) {
    const Json body = {{"prompt", "the fox"}, {"size", size}, {"steps", 1}};
    const Json json = Json::parse(post("/v1/images/generations", body.dump())->wait(status));
    if (status != 200) {
      EXPECT_EQ(json["error"]["param"], "size");
    }
  };
  for (const char* size : {" +16x +16", "16x+16", "16 x16", "16x16 ", "-16x16", "16x", "x16", "16",
                           "16x16x16", "0x10x16", "99999999999x16", "16X16", ""})
    draw(size, 400);
  draw("16x24", 200);
}

}  // namespace
}  // namespace tutti
