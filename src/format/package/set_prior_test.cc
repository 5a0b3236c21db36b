#include "format/package/set_prior.h"

#include <gtest/gtest.h>

#include "format/package/save_model.h"
#include "format/package/verify_package.h"
#include "format/text/ngram.h"
#include "format/text/ngram_maker.h"
#include "tests/helpers/test_files.h"

namespace tutti {
namespace {

class SetPrior : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(save_model(old_, R"({"width":4})", "# Card", bytes_of("pieces"),
                           {{"w", DType::bf16, {2, 2}, bytes_of("weights!").data(), 8}},
                           DType::f32));
  }
  static std::string table(const std::string& text) {
    return *make_ngram_table(std::vector<std::string>{text}, {.order = 3});
  }

  const TestFolder folder_;
  const std::string old_ = folder_.file("old"), new_ = folder_.file("new.safetensors");
};

TEST_F(SetPrior, AddsReplacesAndTakesAway) {
  const std::string one = table("one"), two = table("two");
  ASSERT_TRUE(set_prior(old_, new_, {0.5, 0.25, {{"en", one}, {"other", two}}}));
  {
    const auto package = ModelPackage::open(new_);
    ASSERT_TRUE(package) << package.error().message();
    EXPECT_TRUE(verify_package(*package));
    const Manifest::Prior& prior = package->manifest.prior;
    EXPECT_EQ(prior.weight, 0.5);
    EXPECT_EQ(prior.bonus, 0.25);
    ASSERT_EQ(prior.tables.size(), 2u);
    EXPECT_EQ(prior.tables[0].name, "en");
    const auto bytes = package->bytes(prior.tables[1].tensor);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()), two);
    EXPECT_TRUE(package->file.find("w"));
    EXPECT_EQ(package->card, "# Card");
  }
  ASSERT_TRUE(set_prior(new_, new_, {1, 0, {{"en", two}}}));
  EXPECT_EQ(ModelPackage::open(new_)->manifest.prior.tables.size(), 1u);
  EXPECT_FALSE(ModelPackage::open(new_)->file.find("tutti.ngram.other"));
  ASSERT_TRUE(set_prior(new_, new_, {}));
  EXPECT_TRUE(ModelPackage::open(new_)->manifest.prior.tables.empty());
}

TEST_F(SetPrior, RefusesATableThatIsNone) {
  const Status status = set_prior(old_, new_, {1, 0, {{"en", "no table"}}});
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("\"en\""), std::string::npos);
}

TEST_F(SetPrior, APriorWithoutItsTensorIsRefused) {
  KeptParts kept;
  kept.manifest.prior = {0.5, 0.5, {{"en", "tutti.ngram.en"}}};
  ASSERT_TRUE(save_model(new_, "{}", "", bytes_of("pieces"), {}, DType::f32, kept));
  const auto package = ModelPackage::open(new_);
  ASSERT_FALSE(package);
  EXPECT_NE(package.error().message().find("tutti.ngram.en"), std::string::npos);
}

}  // namespace
}  // namespace tutti
