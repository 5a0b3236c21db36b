#include "data/build/speech_synth.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/build/process.h"
#include "data/build/synth_plan.h"

namespace tutti {
namespace {

constexpr int kRate = 22050;

std::vector<int16_t> tone(int samples) {
  std::vector<int16_t> out;
  for (int i = 0; i < samples; ++i) out.push_back(int16_t(1000 + 500 * (i % 3)));
  return out;
}

void append(std::vector<int16_t>& to, const std::vector<int16_t>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

TEST(SpeechSynth, WordsAreWhatIsSpoken) {
  const auto words = words_of("  Hello - wörld, 2!");
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(words[0].byte_begin, 2);
  EXPECT_EQ(words[0].byte_end, 7);
  EXPECT_EQ(words[1].byte_end - words[1].byte_begin, 7);  // the comma belongs to the word
}

TEST(SpeechSynth, AlignmentFindsAndShortensGaps) {
  std::vector<int16_t> samples(500);
  append(samples, tone(6000));
  samples.resize(samples.size() + 900);  // a closure inside the first word
  append(samples, tone(2000));
  samples.resize(samples.size() + 3200);  // the gap at 160 words a minute
  append(samples, tone(4000));
  samples.resize(samples.size() + 9000);
  const SpokenText spoken = align_words("red apple", samples, 160);
  ASSERT_EQ(spoken.timing.size(), 2u);
  EXPECT_FLOAT_EQ(spoken.timing[0].seconds_begin, 0);
  EXPECT_FLOAT_EQ(spoken.timing[0].seconds_end, 8900.0f / kRate);
  EXPECT_FLOAT_EQ(spoken.timing[1].seconds_begin, 9230.0f / kRate);
  EXPECT_FLOAT_EQ(spoken.timing[1].seconds_end, 13230.0f / kRate);
  EXPECT_TRUE(align_words("a red apple", samples, 160).timing.empty());
  EXPECT_TRUE(align_words("red apple", {}, 160).timing.empty());
}

TEST(SynthPlan, HeldOutVoicesDoNotTrain) {
  const auto& training = synth_variants(Split::train);
  const auto& held_out = synth_variants(Split::eval);
  EXPECT_GE(held_out.size() * 10, training.size());
  for (const std::string& voice : held_out) {
    EXPECT_EQ(std::find(training.begin(), training.end(), voice), training.end()) << voice;
  }
  EXPECT_GE(synth_languages().size(), 60u);
}

TEST(SynthPlan, RepeatsAndWorksWithoutSets) {
  const RawData none;
  SynthPlan a(none, Split::train), b(none, Split::train);
  EXPECT_FALSE(a.has_other());
  for (int i = 0; i < 50; ++i) {
    const Utterance first = a.english(), second = b.english();
    EXPECT_EQ(first.text, second.text);
    EXPECT_EQ(first.voice, second.voice);
    EXPECT_FALSE(first.text.empty());
  }
}

// Timing against a second measurement: a word takes about as long in a sentence as alone.
TEST(SpeechSynth, TimesAgreeWithWordsSpokenAlone) {
  ASSERT_TRUE(synthesiser_version()) << "espeak-ng is missing; see scripts/packages.sh";
  for (const std::string voice : {"en-us+m3", "en-gb+Andrea", "en-gb-scotland+klatt"}) {
    const auto whole = synthesise({"seven elephants remember yellow umbrellas", "en", voice});
    ASSERT_TRUE(whole) << whole.error().message();
    ASSERT_EQ(whole->timing.size(), 5u) << voice;
    EXPECT_EQ(whole->sound.sample_rate, 16000);
    float before = 0;
    for (const SpokenPart& part : whole->timing) {
      const std::string word =
          whole->transcript.substr(part.byte_begin, part.byte_end - part.byte_begin);
      const auto alone = synthesise({word, "en", voice});
      ASSERT_TRUE(alone);
      const float length = part.seconds_end - part.seconds_begin;
      const float wanted = alone->timing.at(0).seconds_end;
      EXPECT_GT(length, 0.6f * wanted) << word;  // phrase-final words are drawn out
      EXPECT_LT(length, 1.3f * wanted) << word;
      EXPECT_GE(part.seconds_begin, before);
      before = part.seconds_end;
    }
    EXPECT_NEAR(whole->sound.seconds(), before + 0.059, 0.01);
  }
}

// For a name it does not know espeak-ng quietly speaks English, so our names are checked here.
TEST(SynthPlan, VoicesExist) {
  const auto languages = run_program({"espeak-ng", "--voices"});
  const auto variants = run_program({"espeak-ng", "--voices=variant"});
  ASSERT_TRUE(languages && variants) << "espeak-ng is missing; see scripts/packages.sh";
  for (const std::string& language : synth_languages()) {
    // "fr" stands for "fr-fr".
    const bool known = languages->find(" " + language + " ") != std::string::npos ||
                       languages->find(" " + language + "-") != std::string::npos;
    EXPECT_TRUE(known) << language;
  }
  for (Split split : {Split::train, Split::eval}) {
    for (const std::string& variant : synth_variants(split)) {
      const size_t name = variants->find("!v/" + variant);
      ASSERT_NE(name, std::string::npos) << variant;
    }
  }
}

TEST(SynthPlan, FliteOnlyTrains) {
  const RawData none;
  SynthPlan training(none, Split::train, true), held_out(none, Split::eval, true);
  int by_flite = 0;
  for (int i = 0; i < 200; ++i) {
    const Utterance word = training.word();
    EXPECT_TRUE(word.text.find(' ') == std::string::npos || word.text == "smart mirror" ||
                word.text == "view glass")
        << word.text;
    by_flite += word.voice.starts_with("flite/");
    EXPECT_FALSE(held_out.english().voice.starts_with("flite/"));
  }
  EXPECT_GT(by_flite, 60);
  EXPECT_LT(by_flite, 140);
}

// An unknown voice is quietly another one.
TEST(SpeechSynth, FliteSpeaksFasterAndSlower) {
  ASSERT_TRUE(has_flite()) << "flite is missing; see scripts/packages.sh";
  const auto voices = run_program({"flite", "-lv"});
  ASSERT_TRUE(voices);
  for (const std::string& voice : flite_voices()) {
    EXPECT_NE(voices->find(" " + voice + " "), std::string::npos) << voice;
    const auto slow = synthesise({"seven", "en", "flite/" + voice, 120, 50});
    const auto fast = synthesise({"seven", "en", "flite/" + voice, 200, 50});
    ASSERT_TRUE(slow && fast) << voice;
    EXPECT_GT(slow->sound.samples.size(), fast->sound.samples.size() * 5 / 4) << voice;
  }
}

}  // namespace
}  // namespace tutti
