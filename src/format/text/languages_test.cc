#include "format/text/languages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace tutti {
namespace {

std::string resolved(std::string_view tag) {
  const auto code = resolve_language(tag);
  return code ? *code : "refused";
}

TEST(Languages, TagsAreBroughtToTheCodesOfTheModel) {
  for (const std::string_view code : name_languages()) EXPECT_EQ(resolved(code), code);
  for (const char* tag : {"en", "EN", "en-US", "en_GB", "En-gb-oxendict", "eng", "en_US.UTF-8"})
    EXPECT_EQ(resolved(tag), "en") << tag;
  for (const char* tag : {"zh-CN", "zh_Hant", "zh-Hant-TW", "cmn", "ZH", "zho", "cmn_hans"})
    EXPECT_EQ(resolved(tag), "zh") << tag;
  EXPECT_EQ(resolved("pt-BR"), "pt");
  EXPECT_EQ(resolved("sr-Latn-RS"), "sr");
  EXPECT_EQ(resolved("deu"), "de");
  EXPECT_EQ(resolved("ca_ES@valencia"), "ca");
  EXPECT_EQ(resolved("es-419"), "es");
  EXPECT_EQ(resolved("iw"), "he");
  for (const char* tag : {"no", "nb", "nn-NO", "nob", "nor"}) EXPECT_EQ(resolved(tag), "no") << tag;
}

// One table for the names of the sets and for tags.
TEST(Languages, NamesAndTagsHaveOneTable) {
  for (const char* name : {"deu", "ger", "de", "de-AT"})
    EXPECT_EQ(language_code(name), "de") << name;
  for (const char* name : {"npi", "nep", "ne"}) EXPECT_EQ(language_code(name), "ne") << name;
  // Texts tell the standards of Norwegian apart.
  for (const char* name : {"nob", "nor", "no"}) EXPECT_EQ(language_code(name), "nb") << name;
  EXPECT_EQ(language_code("nno"), "nn");
}

TEST(Languages, UnknownOnesAreRefusedWithTheList) {
  for (const char* tag : {"klingon", "tlh", "", "-", "en-", "-en", "en--US", "e n", "en\n", "x-en",
                          "1", "en-abcdefghi", "\xc3\xa9n", "english", "null", "auto"}) {
    const auto code = resolve_language(tag);
    ASSERT_FALSE(code) << tag;
    EXPECT_EQ(code.error().code(), ErrorCode::usage);
    EXPECT_NE(code.error().message().find("de, el, en, es"), std::string::npos);
  }
}

// Whoever writes a language's English name is told its tag.
TEST(Languages, NamesInEnglishLeadToTheirTags) {
  const std::pair<const char*, const char*> names[] = {
      {"german", "mean de?"}, {"English", "mean en?"},   {"chinese", "mean zh?"},
      {"malay", "mean ms?"},  {"malayalam", "mean ml?"}, {"spanisch", "mean es?"}};
  for (const auto& [name, hint] : names)
    EXPECT_NE(resolve_language(name).error().message().find(hint), std::string::npos) << name;
  for (const char* name : {"klingon", "deutsch"})  // Dutch is two letters away
    EXPECT_EQ(resolve_language(name).error().message().find("mean"), std::string::npos) << name;
}

TEST(Languages, CaptionsAreWrittenInFewer) {
  EXPECT_EQ(*caption_language("fr-CA"), "fr");
  for (const std::string_view code : caption_languages()) EXPECT_EQ(*caption_language(code), code);
  EXPECT_NE(caption_language("it").error().message().find("de, en, es, fr, zh"), std::string::npos);
  EXPECT_NE(caption_language("tlh").error().message().find("model knows"), std::string::npos);
}

// docs/languages.md has the list, too.
TEST(Languages, TheDocumentHasThemAll) {
  const char* folder = std::getenv("TUTTI_SOURCE_DIR");
  if (!folder) GTEST_SKIP() << "TUTTI_SOURCE_DIR is not set";
  std::ifstream file(std::string(folder) + "/docs/languages.md");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  for (const std::string_view code : name_languages())
    EXPECT_NE(text.find("`" + std::string(code) + "`"), std::string::npos) << code;
}

TEST(Languages, ListsAreSorted) {  // they are searched by halves
  EXPECT_TRUE(std::is_sorted(name_languages().begin(), name_languages().end()));
  EXPECT_TRUE(std::is_sorted(caption_languages().begin(), caption_languages().end()));
}

}  // namespace
}  // namespace tutti
