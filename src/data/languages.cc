#include "data/languages.h"

#include <map>

namespace tutti {
namespace {

// Only names that occur in the sets. "khk" and "mon", "est" and "ekk" are one language to us, as
// are the written standards of one language ("arz", Egyptian Arabic, is kept apart).
const std::map<std::string, std::string, std::less<>>& codes() {
  static const std::map<std::string, std::string, std::less<>> table = {
      {"afr", "af"},      {"als", "sq"},     {"amh", "am"},      {"ara", "ar"},
      {"arb", "ar"},      {"aze", "az"},     {"azj", "az"},      {"bel", "be"},
      {"ben", "bn"},      {"bos", "bs"},     {"bre", "br"},      {"bul", "bg"},
      {"cat", "ca"},      {"ces", "cs"},     {"cha", "ch"},      {"cmn", "zh"},
      {"cor", "kw"},      {"cym", "cy"},     {"dan", "da"},      {"deu", "de"},
      {"ell", "el"},      {"eng", "en"},     {"epo", "eo"},      {"est", "et"},
      {"eus", "eu"},      {"fao", "fo"},     {"fin", "fi"},      {"fra", "fr"},
      {"fry", "fy"},      {"gla", "gd"},     {"gle", "ga"},      {"glg", "gl"},
      {"guj", "gu"},      {"hau", "ha"},     {"heb", "he"},      {"hin", "hi"},
      {"hrv", "hr"},      {"hun", "hu"},     {"hye", "hy"},      {"ibo", "ig"},
      {"ido", "io"},      {"ile", "ie"},     {"ina", "ia"},      {"ind", "id"},
      {"isl", "is"},      {"ita", "it"},     {"jav", "jv"},      {"jpn", "ja"},
      {"kan", "kn"},      {"kat", "ka"},     {"kaz", "kk"},      {"khk", "mn"},
      {"khm", "km"},      {"kor", "ko"},     {"kur", "ku"},      {"lao", "lo"},
      {"lat", "la"},      {"lit", "lt"},     {"ltz", "lb"},      {"lvs", "lv"},
      {"mal", "ml"},      {"mar", "mr"},     {"mkd", "mk"},      {"mlt", "mt"},
      {"mon", "mn"},      {"mya", "my"},     {"nld", "nl"},      {"nno", "nn"},
      {"nob", "nb"},      {"no", "nb"},      {"oci", "oc"},      {"ori", "or"},
      {"orv", "orv"},     {"pan", "pa"},     {"pes", "fa"},      {"pol", "pl"},
      {"por", "pt"},      {"ron", "ro"},     {"rus", "ru"},      {"sin", "si"},
      {"slk", "sk"},      {"slv", "sl"},     {"som", "so"},      {"spa", "es"},
      {"sqi", "sq"},      {"srp", "sr"},     {"swe", "sv"},      {"swg", "swg"},
      {"swh", "sw"},      {"tam", "ta"},     {"tat", "tt"},      {"tel", "te"},
      {"tgl", "tl"},      {"tha", "th"},     {"tuk", "tk"},      {"tur", "tr"},
      {"uig", "ug"},      {"ukr", "uk"},     {"urd", "ur"},      {"uzb", "uz"},
      {"uzn", "uz"},      {"vie", "vi"},     {"wol", "wo"},      {"xho", "xh"},
      {"yid", "yi"},      {"yor", "yo"},     {"zsm", "ms"},      {"zul", "zu"},
      {"Armenian", "hy"}, {"Basque", "eu"},  {"Estonian", "et"}, {"Ewe", "ee"},
      {"Gujarati", "gu"}, {"Kabyle", "kab"}, {"Latvian", "lv"},  {"Swahili", "sw"},
      {"Ukranian", "uk"}, {"Wolof", "wo"},   {"Zulu", "zu"}};
  return table;
}

}  // namespace

std::string language_code(std::string_view name) {
  const std::string_view base = name.substr(0, name.find_first_of("_-"));
  const auto found = codes().find(base);
  return found == codes().end() ? std::string(base) : found->second;
}

}  // namespace tutti
