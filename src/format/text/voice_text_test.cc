#include "format/text/voice_text.h"

#include <gtest/gtest.h>

#include "format/text/number_words.h"

namespace tutti {
namespace {

std::string said(std::string_view text) {
  const auto words = text_for_voice(text);
  return words ? *words : words.error().message();
}

TEST(VoiceText, LatinTextIsSaidAsItStands) {
  for (const char* text : {"two blue triangles", "Hello, world! \"Yes\"; (no) - it's fine: ok?",
                           "\xc3\x84pfel, na\xc3\xafve caf\xc3\xa9, \xc5\x81\xc3\xb3"
                           "d\xc5\xba",
                           "Ti\xe1\xba\xbfng Vi\xe1\xbb\x87t", "cafe\xcc\x81", "a\nb"})
    EXPECT_EQ(said(text), text);
  EXPECT_EQ(said("\xef\xbb\xbfone\r\n"), "one");
}

TEST(VoiceText, ScriptsThatItCannotSayAreNamed) {
  const std::pair<const char*, const char*> texts[] = {
      {"\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7", "Arabic"},
      {"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", "Hebrew"},
      {"\xe4\xbd\xa0\xe5\xa5\xbd", "Chinese"},
      {"\xe3\x81\x93\xe3\x82\x93", "Japanese"},
      {"\xe3\x82\xab\xe3\x83\x8a", "Katakana"},
      {"\xec\x95\x88\xeb\x85\x95", "Korean"},
      {"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", "Cyrillic"},
      {"\xce\xb3\xce\xb5\xce\xb9\xce\xac", "Greek"},
      {"\xe0\xa4\xa8\xe0\xa4\xae", "Devanagari"},
      {"\xe0\xb8\xaa\xe0\xb8\xa7", "Thai"},
      {"\xf0\xa0\x80\x80", "Chinese"}};
  for (const auto& [text, script] : texts) {
    EXPECT_NE(said(text).find(script), std::string::npos) << said(text);
    EXPECT_NE(said(text).find("character 1 "), std::string::npos) << said(text);
    EXPECT_NE(said(std::string("na\xc3\xafve ") + text).find("character 7 "), std::string::npos);
    EXPECT_EQ(text_for_voice(text).error().code(), ErrorCode::bad_input);
  }
}

TEST(VoiceText, NumbersAndSignsBecomeWords) {
  EXPECT_EQ(said("12 dogs"), "twelve dogs");
  EXPECT_EQ(said("3.05 km, 1,250,000 and 007"),
            "three point zero five km, one million two hundred fifty thousand and zero zero seven");
  EXPECT_EQ(said("5km of R2D2"), "five km of R two D two");
  EXPECT_EQ(said("1, 2,3. 4"), "one, two,three. four");
  EXPECT_EQ(said("50% & more"), "fifty percent and more");
  EXPECT_EQ(said("\xe2\x80\x9cit\xe2\x80\x99s\xe2\x80\x9d \xe2\x80\x93 ok"), "\"it's\" - ok");
  EXPECT_EQ(said("\xef\xbc\xa8\xef\xbd\x89"), "Hi");
  EXPECT_EQ(number_words("0"), "zero");
  EXPECT_EQ(number_words("1000000"), "one million");
  EXPECT_EQ(number_words("219"), "two hundred nineteen");
  EXPECT_EQ(number_words("999999999999").substr(0, 19), "nine hundred ninety");
  EXPECT_EQ(number_words("1234567890123").substr(0, 13), "one two three");
}

TEST(VoiceText, WhatHasNoSoundIsLeftOut) {
  EXPECT_EQ(said("hi \xf0\x9f\x98\x80\xef\xb8\x8f there"), "hi there");
  for (const char* text : {"", " \n", "...", "\xf0\x9f\x98\x80", "\xe2\x86\x92", "?!"})
    EXPECT_NE(said(text).find("nothing to say"), std::string::npos) << said(text);
  EXPECT_NE(said("a\xff").find("UTF-8 at byte 2"), std::string::npos);
}

}  // namespace
}  // namespace tutti
