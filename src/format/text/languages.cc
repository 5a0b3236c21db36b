#include "format/text/languages.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/joined.h"
#include "base/quote.h"
#include "base/similar.h"

namespace tutti {
namespace {

// Names that occur in the sets or in tags: ISO 639-2 and 639-3, older codes, English names. "khk"
// and "mon", "est" and "ekk" are one language to us, as are the written standards of one language
// ("arz", Egyptian Arabic, is kept apart).
const std::map<std::string, std::string, std::less<>>& codes() {
  static const std::map<std::string, std::string, std::less<>> table = {
      {"afr", "af"},     {"als", "sq"},      {"amh", "am"},     {"ara", "ar"},
      {"arb", "ar"},     {"aze", "az"},      {"azj", "az"},     {"bel", "be"},
      {"ben", "bn"},     {"bos", "bs"},      {"bre", "br"},     {"bul", "bg"},
      {"cat", "ca"},     {"ces", "cs"},      {"cha", "ch"},     {"chi", "zh"},
      {"cmn", "zh"},     {"cor", "kw"},      {"cym", "cy"},     {"dan", "da"},
      {"deu", "de"},     {"dut", "nl"},      {"ell", "el"},     {"eng", "en"},
      {"epo", "eo"},     {"est", "et"},      {"eus", "eu"},     {"fao", "fo"},
      {"fas", "fa"},     {"fin", "fi"},      {"fra", "fr"},     {"fre", "fr"},
      {"fry", "fy"},     {"ger", "de"},      {"gla", "gd"},     {"gle", "ga"},
      {"glg", "gl"},     {"gre", "el"},      {"guj", "gu"},     {"hau", "ha"},
      {"heb", "he"},     {"hin", "hi"},      {"hrv", "hr"},     {"hun", "hu"},
      {"hye", "hy"},     {"ibo", "ig"},      {"ido", "io"},     {"ile", "ie"},
      {"in", "id"},      {"ina", "ia"},      {"ind", "id"},     {"isl", "is"},
      {"ita", "it"},     {"iw", "he"},       {"jav", "jv"},     {"jpn", "ja"},
      {"kan", "kn"},     {"kat", "ka"},      {"kaz", "kk"},     {"khk", "mn"},
      {"khm", "km"},     {"kor", "ko"},      {"kur", "ku"},     {"lao", "lo"},
      {"lat", "la"},     {"lav", "lv"},      {"lit", "lt"},     {"ltz", "lb"},
      {"lvs", "lv"},     {"mal", "ml"},      {"mar", "mr"},     {"mkd", "mk"},
      {"mlt", "mt"},     {"mon", "mn"},      {"msa", "ms"},     {"mya", "my"},
      {"nep", "ne"},     {"nld", "nl"},      {"nno", "nn"},     {"no", "nb"},
      {"nob", "nb"},     {"nor", "nb"},      {"npi", "ne"},     {"oci", "oc"},
      {"ori", "or"},     {"orv", "orv"},     {"pan", "pa"},     {"pes", "fa"},
      {"pol", "pl"},     {"por", "pt"},      {"ron", "ro"},     {"rus", "ru"},
      {"sin", "si"},     {"slk", "sk"},      {"slv", "sl"},     {"som", "so"},
      {"spa", "es"},     {"sqi", "sq"},      {"srp", "sr"},     {"swa", "sw"},
      {"swe", "sv"},     {"swg", "swg"},     {"swh", "sw"},     {"tam", "ta"},
      {"tat", "tt"},     {"tel", "te"},      {"tgl", "tl"},     {"tha", "th"},
      {"tuk", "tk"},     {"tur", "tr"},      {"uig", "ug"},     {"ukr", "uk"},
      {"urd", "ur"},     {"uzb", "uz"},      {"uzn", "uz"},     {"vie", "vi"},
      {"wol", "wo"},     {"xho", "xh"},      {"yid", "yi"},     {"yor", "yo"},
      {"zho", "zh"},     {"zsm", "ms"},      {"zul", "zu"},     {"Armenian", "hy"},
      {"Basque", "eu"},  {"Estonian", "et"}, {"Ewe", "ee"},     {"Gujarati", "gu"},
      {"Kabyle", "kab"}, {"Latvian", "lv"},  {"Swahili", "sw"}, {"Ukranian", "uk"},
      {"Wolof", "wo"},   {"Zulu", "zu"}};
  return table;
}

constexpr auto kNames = std::to_array<std::string_view>(
    {"af", "am", "ar", "az", "bg", "bn", "ca", "cs", "cy", "da", "de", "el", "en", "es",
     "et", "eu", "fa", "fi", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id",
     "is", "it", "ja", "ka", "kk", "km", "kn", "ko", "lo", "lt", "lv", "mk", "ml", "mn",
     "mr", "ms", "my", "ne", "nl", "no", "pa", "pl", "pt", "ro", "ru", "si", "sk", "sl",
     "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zh", "zu"});
// Of each of kNames.
constexpr auto kEnglish = std::to_array<std::string_view>(
    {"Afrikaans", "Amharic",    "Arabic",     "Azerbaijani", "Bulgarian", "Bengali",
     "Catalan",   "Czech",      "Welsh",      "Danish",      "German",    "Greek",
     "English",   "Spanish",    "Estonian",   "Basque",      "Persian",   "Finnish",
     "French",    "Irish",      "Galician",   "Gujarati",    "Hebrew",    "Hindi",
     "Croatian",  "Hungarian",  "Armenian",   "Indonesian",  "Icelandic", "Italian",
     "Japanese",  "Georgian",   "Kazakh",     "Khmer",       "Kannada",   "Korean",
     "Lao",       "Lithuanian", "Latvian",    "Macedonian",  "Malayalam", "Mongolian",
     "Marathi",   "Malay",      "Burmese",    "Nepali",      "Dutch",     "Norwegian",
     "Punjabi",   "Polish",     "Portuguese", "Romanian",    "Russian",   "Sinhala",
     "Slovak",    "Slovenian",  "Albanian",   "Serbian",     "Swedish",   "Swahili",
     "Tamil",     "Telugu",     "Thai",       "Turkish",     "Ukrainian", "Urdu",
     "Uzbek",     "Vietnamese", "Chinese",    "Zulu"});
static_assert(kEnglish.size() == kNames.size());

// "german" -> "de". One letter may be wrong; with two, "deutsch" would be Dutch.
std::string tag_of_english_name(std::string_view name) {
  for (const size_t most : {0, 1})
    for (size_t i = 0; i < kNames.size(); ++i)
      if (letters_apart(name, kEnglish[i], most) <= most) return std::string(kNames[i]);
  return "";
}

constexpr auto kCaptions = std::to_array<std::string_view>({"de", "en", "es", "fr", "zh"});

// The first subtag in lower case; empty where `tag` has not the form of one (BCP 47, 2.1): subtags
// of 1 to 8 letters and digits, the first of letters alone.
std::string primary_subtag(std::string_view tag) {
  tag = tag.substr(0, tag.find_first_of(".@"));  // de_DE.UTF-8, ca_ES@valencia
  std::string primary;
  for (bool first = true; !tag.empty(); first = false) {
    const size_t end = std::min(tag.find_first_of("-_"), tag.size());
    std::string subtag(tag.substr(0, end));
    if (subtag.empty() || subtag.size() > 8 || end + 1 == tag.size()) return "";
    for (char& c : subtag) {
      if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
      if (!((c >= 'a' && c <= 'z') || (!first && c >= '0' && c <= '9'))) return "";
    }
    if (first) primary = std::move(subtag);
    tag.remove_prefix(std::min(end + 1, tag.size()));
  }
  return primary;
}

}  // namespace

std::span<const std::string_view> name_languages() {
  return kNames;
}
std::span<const std::string_view> caption_languages() {
  return kCaptions;
}

Result<std::string> resolve_language(std::string_view tag) {
  std::string code = language_code(primary_subtag(tag));
  if (code == "nb" || code == "nn") code = "no";  // texts tell its standards apart, names do not
  if (std::binary_search(kNames.begin(), kNames.end(), code)) return code;
  const std::string meant = tag_of_english_name(tag);
  return usage_error("is " + quote(tag) + "; " +
                     (meant.empty() ? "" : "did you mean " + meant + "? ") + "the model knows " +
                     joined(kNames) + ", with any region or script behind (en-US)");
}

Result<std::string> caption_language(std::string_view tag) {
  TUTTI_ASSIGN(std::string code, resolve_language(tag));
  if (std::binary_search(kCaptions.begin(), kCaptions.end(), code)) return code;
  return usage_error("is " + quote(tag) + ", in which the model names things but writes no " +
                     "captions; those it writes in " + joined(kCaptions));
}

std::string language_code(std::string_view name) {
  const std::string_view base = name.substr(0, name.find_first_of("_-"));
  const auto found = codes().find(base);
  return found == codes().end() ? std::string(base) : found->second;
}

}  // namespace tutti
