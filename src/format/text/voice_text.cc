#include "format/text/voice_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/byte_place.h"
#include "base/plain_text.h"
#include "base/utf8.h"
#include "format/text/number_words.h"

namespace tutti {
namespace {

struct Script {
  char32_t first, last;
  const char* name;
};

// Unicode's blocks of letters other than Latin, in order. What lies between is Latin, or no letter.
constexpr auto kScripts = std::to_array<Script>({
    {0x0370, 0x03ff, "Greek"},
    {0x0400, 0x052f, "Cyrillic"},
    {0x0530, 0x058f, "Armenian"},
    {0x0590, 0x05ff, "Hebrew"},
    {0x0600, 0x06ff, "Arabic"},
    {0x0700, 0x074f, "Syriac"},
    {0x0750, 0x077f, "Arabic"},
    {0x0780, 0x07bf, "Thaana"},
    {0x07c0, 0x07ff, "N'Ko"},
    {0x0800, 0x083f, "Samaritan"},
    {0x0840, 0x085f, "Mandaic"},
    {0x0860, 0x086f, "Syriac"},
    {0x0870, 0x08ff, "Arabic"},
    {0x0900, 0x097f, "Devanagari"},
    {0x0980, 0x09ff, "Bengali"},
    {0x0a00, 0x0a7f, "Gurmukhi"},
    {0x0a80, 0x0aff, "Gujarati"},
    {0x0b00, 0x0b7f, "Odia"},
    {0x0b80, 0x0bff, "Tamil"},
    {0x0c00, 0x0c7f, "Telugu"},
    {0x0c80, 0x0cff, "Kannada"},
    {0x0d00, 0x0d7f, "Malayalam"},
    {0x0d80, 0x0dff, "Sinhala"},
    {0x0e00, 0x0e7f, "Thai"},
    {0x0e80, 0x0eff, "Lao"},
    {0x0f00, 0x0fff, "Tibetan"},
    {0x1000, 0x109f, "Myanmar"},
    {0x10a0, 0x10ff, "Georgian"},
    {0x1100, 0x11ff, "Hangul (Korean)"},
    {0x1200, 0x139f, "Ethiopic"},
    {0x13a0, 0x13ff, "Cherokee"},
    {0x1400, 0x167f, "Canadian Aboriginal"},
    {0x1680, 0x169f, "Ogham"},
    {0x16a0, 0x16ff, "Runic"},
    {0x1700, 0x177f, "Philippine"},
    {0x1780, 0x17ff, "Khmer"},
    {0x1800, 0x18af, "Mongolian"},
    {0x18b0, 0x18ff, "Canadian Aboriginal"},
    {0x1900, 0x1aaf, "Southeast Asian"},
    {0x1b00, 0x1c7f, "Indonesian"},
    {0x1c80, 0x1c8f, "Cyrillic"},
    {0x1c90, 0x1cbf, "Georgian"},
    {0x1f00, 0x1fff, "Greek"},
    {0x2c00, 0x2c5f, "Glagolitic"},
    {0x2c80, 0x2cff, "Coptic"},
    {0x2d00, 0x2d2f, "Georgian"},
    {0x2d30, 0x2d7f, "Tifinagh"},
    {0x2d80, 0x2ddf, "Ethiopic"},
    {0x2de0, 0x2dff, "Cyrillic"},
    {0x2e80, 0x2fdf, "Han (Chinese)"},
    {0x3005, 0x3007, "Han (Chinese)"},
    {0x3040, 0x309f, "Hiragana (Japanese)"},
    {0x30a0, 0x30ff, "Katakana (Japanese)"},
    {0x3100, 0x312f, "Bopomofo"},
    {0x3130, 0x318f, "Hangul (Korean)"},
    {0x31a0, 0x31bf, "Bopomofo"},
    {0x31f0, 0x31ff, "Katakana (Japanese)"},
    {0x3400, 0x4dbf, "Han (Chinese)"},
    {0x4e00, 0x9fff, "Han (Chinese)"},
    {0xa000, 0xa4cf, "Yi"},
    {0xa4d0, 0xa63f, "Lisu or Vai"},
    {0xa640, 0xa69f, "Cyrillic"},
    {0xa6a0, 0xa6ff, "Bamum"},
    {0xa800, 0xa95f, "South Asian"},
    {0xa960, 0xa97f, "Hangul (Korean)"},
    {0xa980, 0xaaff, "Southeast Asian"},
    {0xab00, 0xab2f, "Ethiopic"},
    {0xab70, 0xabbf, "Cherokee"},
    {0xabc0, 0xabff, "Meetei Mayek"},
    {0xac00, 0xd7ff, "Hangul (Korean)"},
    {0xf900, 0xfaff, "Han (Chinese)"},
    {0xfb13, 0xfb17, "Armenian"},
    {0xfb1d, 0xfb4f, "Hebrew"},
    {0xfb50, 0xfdff, "Arabic"},
    {0xfe70, 0xfefc, "Arabic"},
    {0xff66, 0xff9f, "Katakana (Japanese)"},
    {0xffa0, 0xffdc, "Hangul (Korean)"},
    {0x10000, 0x1cfff, "rare or ancient"},
    {0x1d400, 0x1d7ff, "mathematical"},
    {0x1e000, 0x1efff, "rare or ancient"},
    {0x20000, 0x3ffff, "Han (Chinese)"},
});

const char* script_of(char32_t c) {
  const auto after = std::upper_bound(kScripts.begin(), kScripts.end(), c,
                                      [](char32_t at, const Script& s) { return at < s.first; });
  return after != kScripts.begin() && c <= std::prev(after)->last ? std::prev(after)->name
                                                                  : nullptr;
}

bool is_latin(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == 0xaa || c == 0xba ||
         (c >= 0xc0 && c <= 0x2af && c != 0xd7 && c != 0xf7) || (c >= 0x1e00 && c <= 0x1eff) ||
         (c >= 0x2c60 && c <= 0x2c7f) || (c >= 0xa720 && c <= 0xa7ff) ||
         (c >= 0xfb00 && c <= 0xfb06);
}

struct Word {
  char32_t sign;
  const char* said;
};
// Others that are no letters have no sound.
constexpr auto kSigns = std::to_array<Word>({
    {'\t', " "},        {'\n', "\n"},        {'\r', " "},         {'#', " number "},
    {'$', " dollars "}, {'%', " percent "},  {'&', " and "},      {'+', " plus "},
    {'/', " "},         {'=', " equals "},   {'@', " at "},       {0xa0, " "},
    {0xa3, " pounds "}, {0xab, "\""},        {0xb0, " degrees "}, {0xbb, "\""},
    {0xd7, " times "},  {0x2010, "-"},       {0x2011, "-"},       {0x2012, "-"},
    {0x2013, "-"},      {0x2014, ", "},      {0x2018, "'"},       {0x2019, "'"},
    {0x201a, ","},      {0x201c, "\""},      {0x201d, "\""},      {0x201e, "\""},
    {0x2026, "..."},    {0x20ac, " euros "}, {0x3000, " "},       {0x3001, ", "},
    {0x3002, ". "},
});
constexpr std::string_view kKept = " !\"'(),-.:;?";

// The character at `i` of valid UTF-8, which is moved behind it.
char32_t next_character(std::string_view text, size_t& i) {
  const auto lead = uint8_t(text[i++]);
  const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  char32_t c = more == 0 ? lead : lead & (0x3f >> more);
  for (int k = 0; k < more; ++k) c = c << 6 | (uint8_t(text[i++]) & 0x3f);
  return c;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes digits from `i` on, and one group of them behind a point or commas between thousands.
std::string take_number(std::string_view text, size_t& i) {
  std::string whole, decimals;
  while (i < text.size() &&
         (is_digit(text[i]) || (text[i] == ',' && i + 3 < text.size() && is_digit(text[i + 1]) &&
                                is_digit(text[i + 2]) && is_digit(text[i + 3]))))
    if (const char c = text[i++]; c != ',') whole += c;
  if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1]))
    for (++i; i < text.size() && is_digit(text[i]); ++i) decimals += text[i];
  std::string words = number_words(whole);
  if (!decimals.empty()) words += " point " + digit_words(decimals);
  return words;
}

Error cannot_say(const char* script, std::string_view text, size_t at) {
  return bad_input(std::string("the voice cannot say letters of the ") + script +
                   " script, and the text has them from character " +
                   std::to_string(1 + count_characters(text.substr(0, at))) +
                   " on; write it in Latin letters");
}

// What is said for a sign brings its own spaces; next to others one is enough.
void put_words(std::string& out, std::string_view words, bool after_words) {
  if (words.starts_with(' ') && (out.empty() || out.ends_with(' ')) &&
      (words.size() > 1 || after_words))
    words.remove_prefix(1);
  out += words;
}

}  // namespace

Result<std::string> text_for_voice(std::string_view given) {
  const std::string_view text = plain_text(given);
  if (const auto bad = invalid_utf8_at(text))
    return bad_input("the text to say is not UTF-8 at " + byte_place(*bad) +
                     "; convert it, for example with iconv");
  std::string out;
  bool sounds = false, after_words = false;
  for (size_t i = 0; i < text.size();) {
    const size_t begin = i;
    if (is_digit(text[i])) {
      if (!out.empty() && is_latin(uint8_t(out.back()))) out += ' ';
      out += take_number(text, i);
      if (i < text.size() && is_latin(uint8_t(text[i]))) out += ' ';
      sounds = true;
      continue;
    }
    char32_t c = next_character(text, i);
    if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0;  // full width
    if (const char* script = script_of(c)) return cannot_say(script, text, begin);
    const auto sign = std::find_if(kSigns.begin(), kSigns.end(),
                                   [&](const Word& word) { return word.sign == c; });
    if (is_latin(c) || (c >= 0x300 && c <= 0x36f)) {  // and accents
      if (c < 0x80)
        out += char(c);
      else
        out += text.substr(begin, i - begin);
      sounds = true;
    } else if (sign != kSigns.end()) {
      put_words(out, sign->said, after_words);
      sounds = sounds || sign->said[1] > '@';
    } else if (c < 0x80 && kKept.find(char(c)) != kKept.npos) {
      const char kept[] = {char(c), 0};
      put_words(out, kept, after_words);
    }
    after_words = sign != kSigns.end() || (!is_latin(c) && c != ' ');
  }
  if (!sounds) return bad_input("there is nothing to say: the text has neither letters nor digits");
  return out;
}

}  // namespace tutti
