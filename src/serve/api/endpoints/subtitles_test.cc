#include "serve/api/endpoints/subtitles.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

HeardWord word(const std::string& text, float begin, float end, float sure = -0.5f) {
  return {text, begin, end, sure};
}

TEST(Subtitles, CaptionsEndAtSentencesPausesAndTwoLines) {
  const auto captions = captions_of(std::vector{word("Good", 0.1f, 0.3f, -1),
                                                word("day.", 0.4f, 0.6f, -2), word("a", 0.7f, 0.8f),
                                                word("red", 0.9f, 1.2f), word("circle", 1.8f, 2)});
  ASSERT_EQ(captions.size(), 3u);
  EXPECT_EQ(captions[0].text, "Good day.");
  EXPECT_NEAR(captions[0].begin, 0.1, 1e-6);
  EXPECT_NEAR(captions[0].end, 0.6, 1e-6);
  EXPECT_NEAR(captions[0].log_probability, -1.5, 1e-6);
  EXPECT_EQ(captions[1].text, "a red");
  EXPECT_EQ(captions[2].text, "circle");
  EXPECT_TRUE(captions_of({}).empty());

  std::vector<HeardWord> endless;
  for (int i = 0; i < 100; ++i)
    endless.push_back(word("on", 0.3f * float(i), 0.3f * float(i) + 0.2f));
  for (const Caption& caption : captions_of(endless)) {
    EXPECT_LE(caption.end - caption.begin, 7.001);
    EXPECT_LE(caption.text.size(), 84u);
  }
  const std::string long_word(200, 'x');
  EXPECT_EQ(captions_of(std::vector{word(long_word, 0, 1), word("a", 1, 2)}).size(), 2u);
}

TEST(Subtitles, SubRipAndWebVtt) {
  const std::vector<Caption> captions = {{"a <b> & c", 0.1, 1.2346, 0}, {"d", 3661.5, 3662, 0}};
  EXPECT_EQ(srt(captions),
            "1\n00:00:00,100 --> 00:00:01,235\na <b> & c\n\n"
            "2\n01:01:01,500 --> 01:01:02,000\nd\n\n");
  EXPECT_EQ(vtt(captions),
            "WEBVTT\n\n00:00:00.100 --> 00:00:01.235\na &lt;b&gt; &amp; c\n\n"
            "01:01:01.500 --> 01:01:02.000\nd\n\n");
  EXPECT_EQ(srt({}), "");
  EXPECT_EQ(vtt({}), "WEBVTT\n\n");
}

}  // namespace
}  // namespace tutti
