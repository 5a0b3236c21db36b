// The page's files are there, name each other, and come with a policy that lets nothing else in.
#include "serve/studio/studio.h"

#include <gtest/gtest.h>

#include <regex>

#include "serve/studio/assets.h"

namespace tutti {
namespace {

class Sink : public ReplySink {
 public:
  void start(Head head, std::string body) override {
    this->head = std::move(head);
    this->body = std::move(body);
  }
  void more(std::string) override {}
  void finish(bool) override {}

  std::string header(const std::string& name) const {
    for (const auto& [key, value] : head.more)
      if (key == name) return value;
    return {};
  }

  Head head;
  std::string body;
};

Sink fetched(const std::string& path) {
  Router router;
  add_studio_routes(router);
  const Router::Match match = router.find("GET", path, false);
  auto sink = std::make_shared<Sink>();
  if (!match.route) {
    sink->head.status = 404;
    return *sink;
  }
  EXPECT_TRUE(match.route->options.open) << path << " must load before a key is known";
  match.route->handler({}, std::make_shared<Reply>(sink));
  return *sink;
}

// The page is there exactly where it was asked for: none of the tests below passes for want of one.
TEST(Studio, IsBuiltIn) {
  EXPECT_EQ(studio_assets().empty(), !TUTTI_STUDIO);
  const bool says_how_to_build_it = fetched("/").body.find("TUTTI_STUDIO") != std::string::npos;
  EXPECT_EQ(says_how_to_build_it, !TUTTI_STUDIO);
}

class StudioPage : public testing::Test {
 protected:
  void SetUp() override {
    if (!TUTTI_STUDIO) GTEST_SKIP() << "built with -DTUTTI_STUDIO=OFF";
    ASSERT_FALSE(studio_assets().empty());
  }
};

TEST_F(StudioPage, LeadsToEveryAsset) {
  const Sink page = fetched("/");
  EXPECT_EQ(page.head.status, 200);
  EXPECT_EQ(page.head.content_type, "text/html; charset=utf-8");
  const std::regex link("(?:src|href)=\"([^\"]+)\"");
  int links = 0;
  for (std::sregex_iterator it(page.body.begin(), page.body.end(), link), end; it != end; ++it) {
    EXPECT_EQ(fetched("/" + (*it)[1].str()).head.status, 200) << (*it)[1];
    ++links;
  }
  EXPECT_EQ(links, 3);  // icon, style, script
  EXPECT_EQ(fetched("/assets/other.js").head.status, 404);
}

TEST_F(StudioPage, PolicyLetsNothingElseIn) {
  const std::string policy = fetched("/").header("Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(policy.find("require-trusted-types-for 'script'"), std::string::npos);
  for (const char* hole : {"unsafe-inline", "unsafe-eval", "http:", "https:", "*"})
    EXPECT_EQ(policy.find(hole), std::string::npos) << hole;
  // Nothing inline for the policy to forbid.
  const std::string page = fetched("/").body;
  EXPECT_EQ(page.find("<style"), std::string::npos);
  EXPECT_FALSE(std::regex_search(page, std::regex("<script(?![^>]* src=)| on[a-z]+=")));
}

TEST_F(StudioPage, IsAskedForAnewAndItsAssetsAreKeptForEver) {
  EXPECT_EQ(fetched("/").header("Cache-Control"), "no-cache");
  for (const Asset& asset : studio_assets()) {
    if (asset.path == "/index.html") continue;
    EXPECT_TRUE(std::regex_match(asset.path, std::regex("/assets/\\w+-[0-9a-f]{10}\\.\\w+")))
        << asset.path;
    EXPECT_NE(fetched(asset.path).header("Cache-Control").find("immutable"), std::string::npos);
  }
}

}  // namespace
}  // namespace tutti
