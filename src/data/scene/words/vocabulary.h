// Words and noun phrases of the scenes in five languages.
//
// Built-in shapes and colours are inflected properly: gender, case, plural, agreement, position of
// the adjective. A sprite's name comes from outside with neither gender nor plural, so only English
// inflects it (by rule and a list of exceptions). German, French and Spanish use it bare, as in a
// list or a title ("Katze", "dreimal Katze"), and put it in quotation marks inside a question
// ("Ist „Katze“ zu sehen?"). Chinese needs no inflection; it always counts with the general
// classifier, which is understood but not always the idiomatic one.
// Names are taken to be singular and countable: nameable() helps to choose such sprites.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/media_types.h"

namespace tutti {

enum class Language { english, german, french, spanish, chinese };
constexpr Language kLanguages[] = {Language::english, Language::german, Language::french,
                                   Language::spanish, Language::chinese};
const char* language_code(Language language);  // "en", "de", "fr", "es", "zh"

struct Sprite {
  std::string name_en;
  std::map<std::string, std::string> names;  // language code -> name; English may be left out
  Picture rgba;
};

// What a phrase speaks of: a sprite, or a shape with or without its colour.
enum class SizeWord { none, small, big };
struct Term {
  const Sprite* sprite = nullptr;
  int shape = -1;
  int colour = -1;  // -1: not said
  SizeWord size = SizeWord::none;

  bool same_kind(const Term& other) const;  // the same words in every language
};

// Whether every term has a name in the language.
bool speaks(Language language, const std::vector<Term>& terms);
// Sprites in a language that would have to inflect them: the phrase is worded like a title.
bool needs_title_wording(Language language, const std::vector<Term>& terms);

// "circle": the answer to "what is it?".
std::string noun(Language language, const Term& term);
// "red circle", "roter Kreis", "cercle rouge".
std::string bare_phrase(Language language, const Term& term);
// "a red circle"; sprites outside English stay bare. `dative` matters in German alone.
std::string indefinite_phrase(Language language, const Term& term, bool dative = false);
// "the circle", without colour; sprites outside English and Chinese are quoted.
std::string definite_phrase(Language language, const Term& term, bool dative = false);
// "three red circles", "dreimal Katze"; one is an indefinite phrase, or bare in title wording.
std::string counted_phrase(Language language, int count, const Term& term, bool title);
std::string plural_noun(Language language, const Term& term);  // of "how many stars are there?"
std::string number_word(Language language, int number);        // 1 to 10
// Agrees with the noun where a language wants it: "une", "uno", "einmal", "两个".
std::string number_answer(Language language, int number, const Term& term);
std::string colour_answer(Language language, int colour);  // "red", "rot", "rouge", "rojo", "红色"
std::string join_list(Language language, const std::vector<std::string>& parts);
bool is_feminine(Language language, const Term& term);

const char* shape_name(int shape);    // English
const char* colour_name(int colour);  // English

}  // namespace tutti
