#include "data/build/synth_plan.h"

#include <algorithm>
#include <map>
#include <set>

namespace tutti {
namespace {

using Words = std::vector<std::string>;

constexpr size_t kLongest = 64;  // bytes of an English sentence, about 4 s; 2.5 times for others

const Words kDigits = {"zero", "one", "two",   "three", "four",
                       "five", "six", "seven", "eight", "nine"};
// The vocabulary of Speech Commands (Warden 2018) without the digits, and common wake phrases.
const Words kCommands = {
    "yes",      "no",     "up",           "down",    "left",       "right",   "on",       "off",
    "stop",     "go",     "bed",          "bird",    "cat",        "dog",     "tree",     "happy",
    "house",    "wow",    "follow",       "learn",   "visual",     "forward", "backward", "alexa",
    "computer", "jarvis", "smart mirror", "snowboy", "view glass", "marvin",  "sheila"};
const Words kTens = {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
const Words kColours = {"blue", "green", "red", "white"};
const Words kSizes = {"small", "medium", "large"};
const Words kDrinks = {"espresso", "latte", "cappuccino", "mocha", "americano", "iced mocha"};
const Words kExtras = {"with milk",          "with a bit of sugar", "with two sugars",
                       "with a double shot", "with dark roast",     "please",
                       "without sugar"};

bool is_short(const std::string& text, size_t longest) {
  // Tabs and brackets mark tables and comments; "&" and digits are read out as several words.
  return !text.empty() && text.size() <= longest &&
         text.find_first_of("0123456789&<>[](){}#*\n\t/%$@") == std::string::npos;
}

void add_unique(Words& to, std::set<std::string>& seen, const std::string& text, size_t longest) {
  if (is_short(text, longest) && seen.insert(text).second) to.push_back(text);
}

}  // namespace

const std::vector<std::string>& synth_variants(Split split) {
  static const Words held_out = {"m7",     "klatt3", "Andrea", "edward",
                                 "travis", "linda",  "boris",  "quincy"};
  static const Words training = {
      "m1",     "m3",     "m4",      "m5",     "m6",    "m8",     "f1",       "croak",   "klatt",
      "klatt2", "klatt4", "adam",    "Alex",   "Andy",  "Annie",  "aunty",    "belinda", "benjamin",
      "caleb",  "david",  "Denis",   "Diogo",  "ed",    "Gene",   "Henrique", "Hugo",    "iven",
      "Jacky",  "john",   "Lee",     "Mario",  "max",   "michel", "miguel",   "Nguyen",  "paul",
      "pedro",  "rob",    "robert",  "steph",  "Storm", "victor", "zac",      "anika",   "grandpa",
      "shelby", "sandro", "norbert", "marcelo"};
  return split == Split::train ? training : held_out;
}

const std::vector<std::string>& synth_languages() {
  static const Words languages = {
      "de", "fr", "es", "cs", "it", "pt", "nl", "pl", "ru", "tr", "sv", "nb", "da", "fi",
      "hu", "ro", "el", "bg", "uk", "sr", "hr", "sl", "sk", "lt", "lv", "et", "sq", "mk",
      "ca", "eu", "cy", "ga", "is", "af", "eo", "la", "id", "ms", "vi", "sw", "ar", "fa",
      "he", "hi", "bn", "ur", "gu", "mr", "ne", "pa", "ta", "te", "kn", "ml", "si", "ka",
      "hy", "az", "kk", "uz", "ko", "am", "be", "bs", "ku", "tt", "ia", "gd"};
  return languages;
}

const std::vector<std::string>& flite_voices() {
  static const Words voices = {"kal16", "awb", "rms", "slt"};
  return voices;
}

SynthPlan::SynthPlan(const RawData& data, Split split, bool flite)
    : split_(split), flite_(flite && split == Split::train), rng_(split == Split::train ? 1 : 2) {
  std::set<std::string> seen;
  std::map<std::string, Words> other;
  const auto add = [&](const std::string& language, const std::string& text, Words& english) {
    if (language == "en") {
      add_unique(english, seen, text, kLongest);
    } else if (language != "keywords") {
      // Scripts of two or three bytes a character say as much in more bytes.
      add_unique(other[language], seen, text, kLongest * 5 / 2);
    }
  };
  for (const auto& source : data.pictures) {
    for (const RawPicture& picture : source.records) {
      if (picture.split != split) continue;
      Words& english = source.set->name == "flickr8k" ? sentences_ : names_;
      for (const auto& [language, text] : picture.captions) add(language, text, english);
    }
  }
  for (const auto& source : data.texts) {
    if (source.set->name != "tatoeba") continue;
    for (const RawText& record : source.records) {
      if (record.split != split) continue;
      add(record.language, record.prompt, sentences_);
      add("en", record.text, sentences_);
    }
  }
  for (const std::string& language : synth_languages()) {
    if (const auto found = other.find(language); found != other.end()) {
      others_.emplace_back(language, std::move(found->second));
    }
  }
}

const std::string& SynthPlan::pick(const std::vector<std::string>& from) {
  return from[size_t(rng_.below(int(from.size())))];
}

std::string SynthPlan::number() {
  std::string text = rng_.below(3) == 0 ? pick(kTens) : pick(kDigits);
  for (int more = rng_.below(5); more > 0; --more) text += " " + pick(kDigits);
  return text;
}

std::string SynthPlan::order() {
  std::string text = rng_.below(2) ? "I would like a " : "can I have a ";
  text += pick(kSizes) + " ";
  text += pick(kDrinks) + " ";
  text += pick(kExtras);
  return text;
}

Utterance SynthPlan::speak(std::string text, const std::string& language, std::string voice) {
  static const std::vector<int> speeds = {120, 140, 160, 160, 180, 200};
  voice += "+" + pick(synth_variants(split_));
  Utterance utterance{std::move(text), language, std::move(voice)};
  utterance.speed = speeds[size_t(rng_.below(int(speeds.size())))];
  utterance.pitch = 30 + rng_.below(41);
  return utterance;
}

Utterance SynthPlan::speak_english(std::string text, int one_in) {
  static const Words accents = {"en-us", "en-us", "en-gb", "en-gb-x-rp", "en-gb-scotland"};
  const std::string& accent = pick(accents);
  Utterance utterance = speak(std::move(text), "en", accent);
  if (flite_ && rng_.below(one_in) == 0) utterance.voice = "flite/" + pick(flite_voices());
  return utterance;
}

Utterance SynthPlan::word() {
  const Words& words = rng_.below(3) ? kDigits : kCommands;
  return speak_english(pick(words), 2);
}

Utterance SynthPlan::english() {
  const int kind = rng_.below(100);
  std::string text;
  if (kind < 10 || (sentences_.empty() && names_.empty())) {
    text = number();
  } else if (kind < 18) {
    text = pick(kCommands);
  } else if (kind < 23) {
    text = order();
  } else if (kind < 28) {
    text = pick(kColours) + " ";
    text += pick(names_.empty() ? kCommands : names_);
  } else if (names_.empty() || (kind >= 48 && !sentences_.empty())) {
    text = pick(sentences_);
  } else {
    text = pick(names_);
  }
  return speak_english(std::move(text), 5);
}

Utterance SynthPlan::other() {
  const auto& [language, texts] = others_[turn_++ % others_.size()];
  std::string text = pick(texts);
  return speak(std::move(text), language, language);
}

}  // namespace tutti
