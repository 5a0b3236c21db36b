#include "data/build/spoken_texts.h"

#include <algorithm>

#include "data/build/synth_plan.h"

namespace tutti {
namespace {

constexpr int kEnglishDraws = 200'000, kOtherDraws = 100'000;
constexpr int kRecordedTimes = 10;
constexpr size_t kShortestSentence = 8, kLongestSentence = 300;  // bytes of a sentence

using Texts = std::map<std::string, std::vector<std::string>>;

std::vector<std::string>& family_of(const std::string& language, Texts& texts) {
  return texts[language == "en" ? "en" : "other"];
}

// Where the sentence ends that begins there: behind a mark that a space or nothing follows, or
// before a new line.
size_t sentence_end(const std::string& text, size_t begin) {
  for (size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '\n') return i;
    const bool mark = text[i] == '.' || text[i] == '?' || text[i] == '!';
    if (mark && (i + 1 == text.size() || text[i + 1] == ' ')) return i + 1;
  }
  return text.size();
}

void add_sentences(const std::string& text, std::vector<std::string>& to) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = sentence_end(text, begin);
    if (end - begin >= kShortestSentence && end - begin <= kLongestSentence)
      to.push_back(text.substr(begin, end - begin));
    begin = std::min(text.find_first_not_of(" \n", end), text.size());
  }
}

}  // namespace

Texts spoken_texts(const RawData& data) {
  Texts texts;
  SynthPlan plan(data, Split::train);
  for (int i = 0; i < kEnglishDraws; ++i) texts["en"].push_back(plan.english().text);
  for (int i = 0; plan.has_other() && i < kOtherDraws; ++i)
    texts["other"].push_back(plan.other().text);
  for (const auto& source : data.speech)
    for (const RawSpeech& record : source.records)
      if (record.split == Split::train && !record.transcript.empty())
        family_of(record.language, texts)
            .insert(family_of(record.language, texts).end(), kRecordedTimes, record.transcript);
  for (const auto& source : data.texts)
    for (const RawText& record : source.records)
      if (record.split == Split::train && record.language == "en" && record.kind == "plain")
        add_sentences(record.text, texts["en"]);
  return texts;
}

}  // namespace tutti
