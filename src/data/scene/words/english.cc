#include "data/scene/words/english.h"

#include <array>
#include <string_view>

namespace tutti {
namespace {

bool ends_with(const std::string& word, std::string_view end) {
  return word.size() >= end.size() && word.compare(word.size() - end.size(), end.size(), end) == 0;
}

bool is_vowel(char c) {
  return std::string_view("aeiouAEIOU").find(c) != std::string_view::npos;
}

constexpr std::array<std::pair<const char*, const char*>, 26> kIrregular{
    {{"woman", "women"},
     {"man", "men"},
     {"person", "people"},
     {"child", "children"},
     {"mouse", "mice"},
     {"goose", "geese"},
     {"foot", "feet"},
     {"tooth", "teeth"},
     {"ox", "oxen"},
     {"leaf", "leaves"},
     {"knife", "knives"},
     {"wolf", "wolves"},
     {"loaf", "loaves"},
     {"scarf", "scarves"},
     {"sheep", "sheep"},
     {"fish", "fish"},
     {"deer", "deer"},
     {"squid", "squid"},
     {"shrimp", "shrimp"},
     {"bison", "bison"},
     {"tomato", "tomatoes"},
     {"potato", "potatoes"},
     {"mosquito", "mosquitoes"},
     {"volcano", "volcanoes"},
     {"mango", "mangoes"},
     {"aircraft", "aircraft"}}};

std::string plural_of_last_word(const std::string& name) {
  for (const auto& [singular, plural] : kIrregular) {
    if (!ends_with(name, singular)) continue;
    const size_t start = name.size() - std::string_view(singular).size();
    const std::string_view whole = singular;
    const bool compound = whole == "man" || whole == "woman" || whole == "fish";  // fireman
    if (start > 0 && name[start - 1] != ' ' && !compound) continue;
    if (whole == "man" && ends_with(name, "human")) continue;
    return name.substr(0, start) + plural;
  }
  for (const char* end : {"s", "x", "z", "ch", "sh"}) {
    if (ends_with(name, end)) return name + "es";
  }
  if (name.size() > 1 && name.back() == 'y' && !is_vowel(name[name.size() - 2])) {
    return name.substr(0, name.size() - 1) + "ies";
  }
  return name + "s";
}

bool looks_plural(const std::string& word) {
  if (word == "people" || word == "men" || word == "women" || word == "feet") return true;
  return ends_with(word, "s") && !ends_with(word, "ss") && !ends_with(word, "us") &&
         !ends_with(word, "is") && word != "bus" && word != "gas";
}

}  // namespace

std::string english_plural(const std::string& name) {
  for (const char* link : {" of ", " with ", " in ", " on "}) {
    const size_t at = name.find(link);  // glasses of milk
    if (at != std::string::npos && at > 0) {
      return plural_of_last_word(name.substr(0, at)) + name.substr(at);
    }
  }
  return plural_of_last_word(name);
}

std::string english_with_article(const std::string& name) {
  bool vowel = !name.empty() && is_vowel(name[0]);
  for (const char* start : {"uni", "Uni", "UFO", "U-", "eu", "Eu", "one", "use", "ute", "uku"}) {
    if (name.rfind(start, 0) == 0) vowel = false;  // said "you" or "won"
  }
  for (const char* start : {"hour", "honest", "heir", "unim", "unin"}) {
    if (name.rfind(start, 0) == 0) vowel = true;
  }
  return (vowel ? "an " : "a ") + name;
}

bool nameable(const std::string& name_en) {
  int words = 1;
  for (size_t i = 0; i < name_en.size(); ++i) {
    const char c = name_en[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (c == ' ') {
      ++words;
      if (i == 0 || i + 1 == name_en.size() || name_en[i + 1] == ' ') return false;
    } else if (!letter && c != '-') {
      return false;
    }
  }
  const size_t last = name_en.rfind(' ');
  const std::string word = last == std::string::npos ? name_en : name_en.substr(last + 1);
  const bool gerund = words > 1 && ends_with(word, "ing") && word.size() > 5;  // person frowning
  return name_en.size() >= 2 && words <= 3 && !gerund && !looks_plural(word);
}

bool names_clash(const std::string& a, const std::string& b) {
  const std::string& longer = a.size() < b.size() ? b : a;
  const std::string& shorter = a.size() < b.size() ? a : b;
  if (shorter.empty()) return true;
  for (size_t at = longer.find(shorter); at != std::string::npos;
       at = longer.find(shorter, at + 1)) {
    const size_t end = at + shorter.size();
    const bool starts = at == 0 || longer[at - 1] == ' ' || longer[at - 1] == '-';
    if (starts && (end == longer.size() || longer[end] == ' ' || longer[end] == '-')) return true;
  }
  return false;
}

}  // namespace tutti
