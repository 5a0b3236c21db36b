#include "data/scene/words/vocabulary.h"

#include <array>
#include <iterator>

#include "data/scene/shapes.h"
#include "data/scene/words/english.h"

namespace tutti {
namespace {

struct Noun {
  const char* singular;
  const char* plural;
  char gender;  // m, f, n
};

// In the order of ShapeId.
constexpr Noun kNouns[][kShapeCount] = {{{"circle", "circles", 'n'},
                                         {"square", "squares", 'n'},
                                         {"triangle", "triangles", 'n'},
                                         {"star", "stars", 'n'},
                                         {"diamond", "diamonds", 'n'},
                                         {"heart", "hearts", 'n'},
                                         {"cross", "crosses", 'n'},
                                         {"hexagon", "hexagons", 'n'},
                                         {"ring", "rings", 'n'},
                                         {"arrow", "arrows", 'n'}},
                                        {{"Kreis", "Kreise", 'm'},
                                         {"Quadrat", "Quadrate", 'n'},
                                         {"Dreieck", "Dreiecke", 'n'},
                                         {"Stern", "Sterne", 'm'},
                                         {"Raute", "Rauten", 'f'},
                                         {"Herz", "Herzen", 'n'},
                                         {"Kreuz", "Kreuze", 'n'},
                                         {"Sechseck", "Sechsecke", 'n'},
                                         {"Ring", "Ringe", 'm'},
                                         {"Pfeil", "Pfeile", 'm'}},
                                        {{"cercle", "cercles", 'm'},
                                         {"carré", "carrés", 'm'},
                                         {"triangle", "triangles", 'm'},
                                         {"étoile", "étoiles", 'f'},
                                         {"losange", "losanges", 'm'},
                                         {"cœur", "cœurs", 'm'},
                                         {"croix", "croix", 'f'},
                                         {"hexagone", "hexagones", 'm'},
                                         {"anneau", "anneaux", 'm'},
                                         {"flèche", "flèches", 'f'}},
                                        {{"círculo", "círculos", 'm'},
                                         {"cuadrado", "cuadrados", 'm'},
                                         {"triángulo", "triángulos", 'm'},
                                         {"estrella", "estrellas", 'f'},
                                         {"rombo", "rombos", 'm'},
                                         {"corazón", "corazones", 'm'},
                                         {"cruz", "cruces", 'f'},
                                         {"hexágono", "hexágonos", 'm'},
                                         {"anillo", "anillos", 'm'},
                                         {"flecha", "flechas", 'f'}},
                                        {{"圆形", "圆形", 'n'},
                                         {"正方形", "正方形", 'n'},
                                         {"三角形", "三角形", 'n'},
                                         {"星形", "星形", 'n'},
                                         {"菱形", "菱形", 'n'},
                                         {"心形", "心形", 'n'},
                                         {"十字", "十字", 'n'},
                                         {"六边形", "六边形", 'n'},
                                         {"圆环", "圆环", 'n'},
                                         {"箭头", "箭头", 'n'}}};

constexpr const char* kEnglishColours[kColourCount] = {
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white"};
constexpr const char* kChineseColours[kColourCount] = {"红色", "橙色", "黄色", "绿色", "蓝色",
                                                       "紫色", "粉色", "棕色", "黑色", "白色"};
// "orange" and "rosa" take no endings.
constexpr const char* kGermanColours[kColourCount] = {
    "rot", "orange", "gelb", "grün", "blau", "violett", "rosa", "braun", "schwarz", "weiß"};
// Masculine, feminine, and their plurals.
using Adjective = std::array<const char*, 4>;
constexpr Adjective kFrenchColours[kColourCount] = {
    {"rouge", "rouge", "rouges", "rouges"}, {"orange", "orange", "orange", "orange"},
    {"jaune", "jaune", "jaunes", "jaunes"}, {"vert", "verte", "verts", "vertes"},
    {"bleu", "bleue", "bleus", "bleues"},   {"violet", "violette", "violets", "violettes"},
    {"rose", "rose", "roses", "roses"},     {"marron", "marron", "marron", "marron"},
    {"noir", "noire", "noirs", "noires"},   {"blanc", "blanche", "blancs", "blanches"}};
constexpr Adjective kSpanishColours[kColourCount] = {
    {"rojo", "roja", "rojos", "rojas"},
    {"naranja", "naranja", "naranja", "naranja"},
    {"amarillo", "amarilla", "amarillos", "amarillas"},
    {"verde", "verde", "verdes", "verdes"},
    {"azul", "azul", "azules", "azules"},
    {"morado", "morada", "morados", "moradas"},
    {"rosa", "rosa", "rosa", "rosa"},
    {"marrón", "marrón", "marrones", "marrones"},
    {"negro", "negra", "negros", "negras"},
    {"blanco", "blanca", "blancos", "blancas"}};
constexpr Adjective kFrenchSizes[2] = {{"petit", "petite", "petits", "petites"},
                                       {"grand", "grande", "grands", "grandes"}};
constexpr Adjective kSpanishSizes[2] = {{"pequeño", "pequeña", "pequeños", "pequeñas"},
                                        {"grande", "grande", "grandes", "grandes"}};

constexpr const char* kNumbers[][10] = {
    {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"},
    {"eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"},
    {"un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"},
    {"uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"},
    {"一", "两", "三", "四", "五", "六", "七", "八", "九", "十"}};

const Noun& shape_noun(Language language, const Term& term) {
  return kNouns[int(language)][term.shape];
}

std::string sprite_name(Language language, const Sprite& sprite) {
  const auto found = sprite.names.find(language_code(language));
  if (found != sprite.names.end() && !found->second.empty()) return found->second;
  return language == Language::english ? sprite.name_en : std::string();
}

int size_index(const Term& term) {
  return term.size == SizeWord::big ? 1 : 0;
}

std::string with_space(const std::string& word) {
  return word.empty() ? word : word + " ";
}

// Strong endings serve after "ein" and without an article; after "einem"/"einer" they are weak.
std::string german_adjective(const std::string& stem, char gender, bool dative, bool plural) {
  if (stem == "orange" || stem == "rosa") return stem;
  if (plural) return stem + "e";
  if (dative) return stem + "en";
  return stem + (gender == 'm' ? "er" : gender == 'f' ? "e" : "es");
}

std::string german_phrase(const Term& term, bool dative, bool plural) {
  const Noun& word = shape_noun(Language::german, term);
  std::string phrase;
  if (term.size != SizeWord::none) {
    const char* stem = term.size == SizeWord::big ? "groß" : "klein";
    phrase += german_adjective(stem, word.gender, dative, plural) + " ";
  }
  if (term.colour >= 0) {
    phrase += german_adjective(kGermanColours[term.colour], word.gender, dative, plural) + " ";
  }
  const bool weak_noun = dative && !plural && term.shape == heart;  // dem Herzen
  return phrase + (plural || weak_noun ? word.plural : word.singular);
}

// French puts the size before the noun, Spanish after the colour.
std::string romance_phrase(Language language, const Term& term, bool plural) {
  const Noun& word = shape_noun(language, term);
  const int form = (plural ? 2 : 0) + (word.gender == 'f' ? 1 : 0);
  const bool french = language == Language::french;
  const auto& colours = french ? kFrenchColours : kSpanishColours;
  const auto& sizes = french ? kFrenchSizes : kSpanishSizes;
  const std::string size = term.size == SizeWord::none ? "" : sizes[size_index(term)][form];
  const std::string colour = term.colour < 0 ? "" : std::string(" ") + colours[term.colour][form];
  const std::string name = (plural ? word.plural : word.singular) + colour;
  if (size.empty()) return name;
  return french ? size + " " + name : name + " " + size;
}

std::string english_phrase(const Term& term, bool plural) {
  std::string phrase;
  if (term.size != SizeWord::none) phrase += term.size == SizeWord::big ? "big " : "small ";
  if (term.sprite) {
    const std::string name = sprite_name(Language::english, *term.sprite);
    return phrase + (plural ? english_plural(name) : name);
  }
  if (term.colour >= 0) phrase += with_space(kEnglishColours[term.colour]);
  const Noun& word = shape_noun(Language::english, term);
  return phrase + (plural ? word.plural : word.singular);
}

std::string chinese_phrase(const Term& term) {
  const std::string size = term.size == SizeWord::none  ? ""
                           : term.size == SizeWord::big ? "大"
                                                        : "小";
  if (term.sprite) return size + sprite_name(Language::chinese, *term.sprite);
  const std::string colour =
      term.colour < 0 ? "" : std::string(kChineseColours[term.colour]) + "的";
  return colour + size + shape_noun(Language::chinese, term).singular;
}

std::string phrase(Language language, const Term& term, bool dative, bool plural) {
  if (language == Language::english) return english_phrase(term, plural);
  if (language == Language::chinese) return chinese_phrase(term);
  if (term.sprite) return sprite_name(language, *term.sprite);
  if (language == Language::german) return german_phrase(term, dative, plural);
  return romance_phrase(language, term, plural);
}

// French drops the vowel of le, la before étoile, hexagone, anneau.
bool elides(const Noun& word) {
  const std::string start = std::string(word.singular).substr(0, 2);
  return start == "é" || start == "he" || start == "an";
}

}  // namespace

const char* language_code(Language language) {
  constexpr const char* kCodes[] = {"en", "de", "fr", "es", "zh"};
  return kCodes[int(language)];
}

const char* shape_name(int shape) {
  return kNouns[0][shape].singular;
}
const char* colour_name(int colour) {
  return kEnglishColours[colour];
}

bool Term::same_kind(const Term& other) const {
  if (bool(sprite) != bool(other.sprite)) return false;
  if (sprite) return sprite->name_en == other.sprite->name_en && size == other.size;
  return shape == other.shape && colour == other.colour && size == other.size;
}

bool speaks(Language language, const std::vector<Term>& terms) {
  for (const Term& term : terms) {
    if (term.sprite && sprite_name(language, *term.sprite).empty()) return false;
  }
  return true;
}

bool needs_title_wording(Language language, const std::vector<Term>& terms) {
  if (language == Language::english || language == Language::chinese) return false;
  for (const Term& term : terms) {
    if (term.sprite) return true;
  }
  return false;
}

bool is_feminine(Language language, const Term& term) {
  return !term.sprite && shape_noun(language, term).gender == 'f';
}

std::string noun(Language language, const Term& term) {
  return phrase(language, {term.sprite, term.shape}, false, false);
}

std::string plural_noun(Language language, const Term& term) {
  return phrase(language, term, false, true);
}

std::string bare_phrase(Language language, const Term& term) {
  return phrase(language, term, false, false);
}

std::string indefinite_phrase(Language language, const Term& term, bool dative) {
  const std::string words = phrase(language, term, dative, false);
  if (language == Language::english) return english_with_article(words);
  if (language == Language::chinese) return "一个" + words;
  if (term.sprite) return words;
  const char gender = shape_noun(language, term).gender;
  if (language == Language::french) return (gender == 'f' ? "une " : "un ") + words;
  if (language == Language::spanish) return (gender == 'f' ? "una " : "un ") + words;
  if (dative) return (gender == 'f' ? "einer " : "einem ") + words;
  return (gender == 'f' ? "eine " : "ein ") + words;
}

std::string definite_phrase(Language language, const Term& term, bool dative) {
  const std::string words = phrase(language, {term.sprite, term.shape}, dative, false);
  if (language == Language::english) return "the " + words;
  if (language == Language::chinese) return words;
  if (term.sprite) {
    if (language == Language::german) return "„" + words + "“";
    return language == Language::french ? "« " + words + " »" : "«" + words + "»";
  }
  const Noun& word = shape_noun(language, term);
  if (language == Language::spanish) return (word.gender == 'f' ? "la " : "el ") + words;
  if (language == Language::french) {
    return (elides(word) ? "l'" : word.gender == 'f' ? "la " : "le ") + words;
  }
  if (dative) return (word.gender == 'f' ? "der " : "dem ") + words;
  return (word.gender == 'f' ? "die " : word.gender == 'm' ? "der " : "das ") + words;
}

std::string counted_phrase(Language language, int count, const Term& term, bool title) {
  if (count == 1) {
    return title ? bare_phrase(language, term) : indefinite_phrase(language, term);
  }
  const std::string words = phrase(language, term, false, true);
  const std::string number = number_word(language, count);
  if (language == Language::chinese) return number + "个" + words;
  if (!term.sprite || language == Language::english) return number + " " + words;
  if (language == Language::german) return number + "mal " + words;
  return number + (language == Language::french ? " fois " : " veces ") + words;
}

std::string number_word(Language language, int number) {
  return kNumbers[int(language)][number - 1];
}

std::string number_answer(Language language, int number, const Term& term) {
  const std::string word = number_word(language, number);
  if (language == Language::english) return word;
  if (language == Language::chinese) return word + "个";
  if (term.sprite) {  // the question is "how often?"
    if (language == Language::german) return number == 1 ? "einmal" : word + "mal";
    if (language == Language::french) return number == 1 ? "une fois" : word + " fois";
    return number == 1 ? "una vez" : word + " veces";
  }
  if (number == 1 && language == Language::french)
    return is_feminine(language, term) ? "une" : "un";
  if (number == 1 && language == Language::spanish) {
    return is_feminine(language, term) ? "una" : "uno";
  }
  return word;
}

std::string colour_answer(Language language, int colour) {
  switch (language) {
    case Language::english:
      return kEnglishColours[colour];
    case Language::german:
      return kGermanColours[colour];
    case Language::french:
      return kFrenchColours[colour][0];
    case Language::spanish:
      return kSpanishColours[colour][0];
    case Language::chinese:
      return kChineseColours[colour];
  }
  return {};
}

std::string join_list(Language language, const std::vector<std::string>& parts) {
  constexpr const char* kAnd[] = {" and ", " und ", " et ", " y ", "和"};
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && i + 1 == parts.size()) {
      text += kAnd[int(language)];
    } else if (i > 0) {
      text += language == Language::chinese ? "、" : ", ";
    }
    text += parts[i];
  }
  return text;
}

}  // namespace tutti
