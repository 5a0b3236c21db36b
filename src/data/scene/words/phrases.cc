#include "data/scene/words/phrases.h"

#include <initializer_list>
#include <utility>

#include "data/scene/words/english.h"

namespace tutti {
namespace {

using Words = const char* [5];  // in the order of Language

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// Puts the values where {0}, {1} stand.
std::string fill(const char* text, std::initializer_list<std::string> values) {
  std::string out;
  for (const char* at = text; *at; ++at) {
    if (at[0] == '{' && at[1] >= '0' && at[1] <= '9' && at[2] == '}') {
      out += *(values.begin() + (at[1] - '0'));
      at += 2;
    } else {
      out += *at;
    }
  }
  return out;
}

// "of" and the phrase, contracted as each language does: vom, du, d', del.
std::string after_preposition(Language language, const char* preposition,
                              const std::string& phrase) {
  std::string text = std::string(preposition) + " " + phrase;
  if (language == Language::german) return replace_all(text, "von dem ", "vom ");
  if (language == Language::spanish) return replace_all(text, " de el ", " del ");
  if (language != Language::french) return text;
  for (const char* vowel : {"un ", "une ", "étoile", "hexagone", "anneau"}) {
    text = replace_all(text, std::string(" de ") + vowel, std::string(" d'") + vowel);
  }
  return replace_all(text, " de le ", " du ");
}

constexpr Words kPrepositions[] = {
    {"left of", "links von", "à gauche de", "a la izquierda de", "左边"},
    {"right of", "rechts von", "à droite de", "a la derecha de", "右边"},
    {"above", "über", "au-dessus de", "encima de", "上面"},
    {"below", "unter", "en dessous de", "debajo de", "下面"},
    {"in front of", "vor", "devant", "delante de", "前面"},
    {"behind", "hinter", "derrière", "detrás de", "后面"}};

constexpr Words kPlaces[] = {
    {"", "links", "à gauche", "a la izquierda", ""}, {"", "rechts", "à droite", "a la derecha", ""},
    {"", "oben", "en haut", "arriba", ""},           {"", "unten", "en bas", "abajo", ""},
    {"", "vorn", "devant", "delante", ""},           {"", "hinten", "derrière", "detrás", ""}};

constexpr Words kActions[kActionCount] = {
    {"moves left", "bewegt sich nach links", "se déplace vers la gauche",
     "se mueve hacia la izquierda", "向左移动"},
    {"moves right", "bewegt sich nach rechts", "se déplace vers la droite",
     "se mueve hacia la derecha", "向右移动"},
    {"moves up", "bewegt sich nach oben", "se déplace vers le haut", "se mueve hacia arriba",
     "向上移动"},
    {"moves down", "bewegt sich nach unten", "se déplace vers le bas", "se mueve hacia abajo",
     "向下移动"},
    {"grows", "wird größer", "grandit", "crece", "变大"},
    {"shrinks", "wird kleiner", "rétrécit", "se encoge", "变小"},
    {"turns", "dreht sich", "tourne", "gira", "旋转"},
    {"appears", "erscheint", "apparaît", "aparece", "出现"},
    {"disappears", "verschwindet", "disparaît", "desaparece", "消失"},
    {"bounces", "hüpft", "rebondit", "rebota", "弹跳"},
    {"stays still", "bleibt stehen", "reste immobile", "no se mueve", "不动"}};

constexpr Words kDirections[4] = {
    {"left", "nach links", "vers la gauche", "hacia la izquierda", "向左"},
    {"right", "nach rechts", "vers la droite", "hacia la derecha", "向右"},
    {"up", "nach oben", "vers le haut", "hacia arriba", "向上"},
    {"down", "nach unten", "vers le bas", "hacia abajo", "向下"}};

constexpr Words kNinths[9] = {
    {"top left", "oben links", "en haut à gauche", "arriba a la izquierda", "左上"},
    {"top", "oben", "en haut", "arriba", "上面"},
    {"top right", "oben rechts", "en haut à droite", "arriba a la derecha", "右上"},
    {"left", "links", "à gauche", "a la izquierda", "左边"},
    {"middle", "Mitte", "au milieu", "en el centro", "中间"},
    {"right", "rechts", "à droite", "a la derecha", "右边"},
    {"bottom left", "unten links", "en bas à gauche", "abajo a la izquierda", "左下"},
    {"bottom", "unten", "en bas", "abajo", "下面"},
    {"bottom right", "unten rechts", "en bas à droite", "abajo a la derecha", "右下"}};

std::string titled(Language language, const char* label_a, const std::string& a,
                   const char* label_b, const std::string& b) {
  const char* pattern =
      language == Language::french ? "{0} : {1} ; {2} : {3}" : "{0}: {1}; {2}: {3}";
  return fill(pattern, {label_a, a, label_b, b});
}

std::string yes_no(Language language, bool yes) {
  constexpr Words kYes = {"yes", "ja", "oui", "sí", "是"};
  constexpr Words kNo = {"no", "nein", "non", "no", "否"};
  return (yes ? kYes : kNo)[int(language)];
}

QuestionAnswer pair(std::string question, std::string answer) {
  return {std::move(question), std::move(answer), "", ""};
}

// "left of the star", "links vom Stern"
std::string place_phrase(Language language, Relation relation, const Term& anchor) {
  return after_preposition(language, kPrepositions[int(relation)][int(language)],
                           definite_phrase(language, anchor, true));
}

// The forms that a question about a sprite quotes and one about a shape inflects.
std::string indefinite_or_quoted(Language language, const Term& term) {
  return needs_title_wording(language, {term}) ? definite_phrase(language, term)
                                               : indefinite_phrase(language, term);
}

}  // namespace

Relation opposite(Relation relation) {
  return Relation(int(relation) ^ 1);
}

std::string caption_list(Language language, const std::vector<Counted>& groups) {
  std::vector<Term> terms;
  for (const Counted& group : groups) terms.push_back(group.term);
  const bool title = needs_title_wording(language, terms);
  std::vector<std::string> parts;
  for (const Counted& group : groups) {
    parts.push_back(counted_phrase(language, group.count, group.term, title));
  }
  return join_list(language, parts);
}

std::string caption_relation(Language language, Relation relation, const Term& a, const Term& b) {
  if (needs_title_wording(language, {a, b})) {
    return titled(language, kPlaces[int(relation)][int(language)], bare_phrase(language, a),
                  kPlaces[int(opposite(relation))][int(language)], bare_phrase(language, b));
  }
  const char* preposition = kPrepositions[int(relation)][int(language)];
  if (language == Language::chinese) {
    return fill("{0}在{1}的{2}", {bare_phrase(language, a), bare_phrase(language, b), preposition});
  }
  return indefinite_phrase(language, a) + " " +
         after_preposition(language, preposition, indefinite_phrase(language, b, true));
}

std::string caption_order(Language language, bool vertical, const std::vector<Term>& terms) {
  constexpr Words kAcross = {"from left to right: {0}", "von links nach rechts: {0}",
                             "de gauche à droite : {0}", "de izquierda a derecha: {0}",
                             "从左到右依次是{0}"};
  constexpr Words kDown = {"from top to bottom: {0}", "von oben nach unten: {0}",
                           "de haut en bas : {0}", "de arriba abajo: {0}", "从上到下依次是{0}"};
  std::vector<std::string> parts;
  for (const Term& term : terms) {
    parts.push_back(language == Language::english ? indefinite_phrase(language, term)
                                                  : bare_phrase(language, term));
  }
  return fill((vertical ? kDown : kAcross)[int(language)], {join_list(language, parts)});
}

std::string caption_sizes(Language language, Term bigger, Term smaller) {
  if (needs_title_wording(language, {bigger, smaller})) {
    constexpr Words kBig = {"", "groß", "en grand", "en grande", ""};
    constexpr Words kSmall = {"", "klein", "en petit", "en pequeño", ""};
    return titled(language, kBig[int(language)], bare_phrase(language, bigger),
                  kSmall[int(language)], bare_phrase(language, smaller));
  }
  bigger.size = SizeWord::big;
  smaller.size = SizeWord::small;
  return caption_list(language, {{1, bigger}, {1, smaller}});
}

std::string caption_on_colour(Language language, const std::string& caption, int colour) {
  const std::string word = colour_answer(language, colour);
  if (language == Language::english) {
    return fill("{0} on {1} background", {caption, english_with_article(word)});
  }
  if (language == Language::german) {
    const bool fixed = word == "rosa" || word == "orange";
    return fill("{0} auf {1} Grund", {caption, fixed ? word : word + "em"});
  }
  if (language == Language::french) return fill("{0} sur fond {1}", {caption, word});
  if (language == Language::spanish) return fill("{0} sobre fondo {1}", {caption, word});
  return fill("{1}背景上有{0}", {caption, word});
}

QuestionAnswer ask_count(Language language, const Term& term, int count) {
  const std::string answer = number_answer(language, count, term);
  if (needs_title_wording(language, {term})) {
    constexpr Words kHowOften = {"", "Wie oft ist {0} zu sehen?", "Combien de fois voit-on {0} ?",
                                 "¿Cuántas veces se ve {0}?", ""};
    return pair(fill(kHowOften[int(language)], {definite_phrase(language, term)}), answer);
  }
  const std::string plural = plural_noun(language, term);
  if (language == Language::french) {
    return pair(after_preposition(language, "Combien de", plural) + " y a-t-il ?", answer);
  }
  constexpr Words kHowMany = {"How many {0} are there?", "Wie viele {0} gibt es?", "",
                              "¿Cuánt{1}s {0} hay?", "有几个{0}？"};
  return pair(fill(kHowMany[int(language)], {plural, is_feminine(language, term) ? "a" : "o"}),
              answer);
}

QuestionAnswer ask_total(Language language, int count) {
  constexpr Words kAsk = {"How many things are there?", "Wie viele Dinge sind zu sehen?",
                          "Combien de choses y a-t-il ?", "¿Cuántas cosas hay?", "有几样东西？"};
  constexpr Words kOne = {"one", "eins", "une", "una", "一样"};
  if (count == 1) return pair(kAsk[int(language)], kOne[int(language)]);
  const char* measure = language == Language::chinese ? "样" : "";
  return pair(kAsk[int(language)], number_word(language, count) + measure);
}

QuestionAnswer ask_where(Language language, const Term& term, const std::vector<int>& ninths) {
  constexpr Words kOne = {"Where is {0}?", "Wo ist {0}?", "Où est {0} ?", "¿Dónde está {0}?",
                          "{0}在哪里？"};
  constexpr Words kMany = {"Where are the {0}?", "Wo sind die {0}?", "Où sont les {0} ?",
                           "¿Dónde están l{1}s {0}?", "{0}在哪里？"};
  const bool many = ninths.size() > 1 && !needs_title_wording(language, {term});
  const std::string subject = many ? plural_noun(language, term) : definite_phrase(language, term);
  std::string answer;
  for (const int ninth : ninths)
    answer += (answer.empty()                  ? ""
               : language == Language::chinese ? "、"
                                               : ", ") +
              std::string(kNinths[ninth][int(language)]);
  return pair(fill((many ? kMany : kOne)[int(language)],
                   {subject, is_feminine(language, term) ? "a" : "o"}),
              answer);
}

QuestionAnswer ask_colour(Language language, const Term& term) {
  constexpr Words kAsk = {"What colour is {0}?", "Welche Farbe hat {0}?",
                          "De quelle couleur est {0} ?", "¿De qué color es {0}?",
                          "{0}是什么颜色？"};
  return pair(fill(kAsk[int(language)], {definite_phrase(language, term)}),
              colour_answer(language, term.colour));
}

QuestionAnswer ask_colour_owner(Language language, const Term& term) {
  constexpr Words kAsk = {"What is {0}?", "Was ist {0}?", "Qu'est-ce qui est {0} ?", "¿Qué es {0}?",
                          "什么是{0}的？"};
  return pair(fill(kAsk[int(language)], {colour_answer(language, term.colour)}),
              noun(language, term));
}

QuestionAnswer ask_exists(Language language, const Term& term, bool yes) {
  constexpr Words kAsk = {"Is there {0}?", "Ist {0} zu sehen?", "Voit-on {0} ?", "¿Se ve {0}?",
                          "有{0}吗？"};
  const std::string thing = language == Language::chinese ? bare_phrase(language, term)
                                                          : indefinite_or_quoted(language, term);
  constexpr Words kHas = {"", "", "", "", "有"};
  constexpr Words kHasNot = {"", "", "", "", "没有"};
  const bool chinese = language == Language::chinese;
  return pair(fill(kAsk[int(language)], {thing}),
              chinese ? (yes ? kHas : kHasNot)[int(language)] : yes_no(language, yes));
}

QuestionAnswer ask_relation(Language language, Relation relation, const Term& answer,
                            const Term& anchor) {
  constexpr Words kAsk = {"What is {0}?", "Was ist {0}?", "Qu'y a-t-il {0} ?", "¿Qué hay {0}?", ""};
  const std::string question =
      language == Language::chinese
          ? fill("{0}的{1}是什么？",
                 {definite_phrase(language, anchor), kPrepositions[int(relation)][int(language)]})
          : fill(kAsk[int(language)], {place_phrase(language, relation, anchor)});
  return pair(question, noun(language, answer));
}

QuestionAnswer ask_relation_holds(Language language, Relation relation, const Term& a,
                                  const Term& b, bool yes) {
  constexpr Words kAsk = {"Is {0} {1}?", "Ist {0} {1}?", "Est-ce que {0} est {1} ?",
                          "¿Está {0} {1}?", ""};
  const std::string subject = definite_phrase(language, a);
  const std::string question =
      language == Language::chinese
          ? fill("{0}在{1}的{2}吗？", {subject, definite_phrase(language, b),
                                       kPrepositions[int(relation)][int(language)]})
          : fill(kAsk[int(language)], {subject, place_phrase(language, relation, b)});
  return pair(question, yes_no(language, yes));
}

QuestionAnswer ask_choice(Language language, Choice choice, const Term& first, const Term& second,
                          bool answer_is_first) {
  constexpr Words kAsk[] = {{"Which is bigger, {0} or {1}?", "Was ist größer, {0} oder {1}?",
                             "Qu'est-ce qui est plus grand, {0} ou {1} ?",
                             "¿Qué es más grande, {0} o {1}?", "{0}和{1}哪个更大？"},
                            {"Which is smaller, {0} or {1}?", "Was ist kleiner, {0} oder {1}?",
                             "Qu'est-ce qui est plus petit, {0} ou {1} ?",
                             "¿Qué es más pequeño, {0} o {1}?", "{0}和{1}哪个更小？"},
                            {"Which is in front, {0} or {1}?", "Was ist vorn, {0} oder {1}?",
                             "Qu'est-ce qui est devant, {0} ou {1} ?",
                             "¿Qué está delante, {0} o {1}?", "{0}和{1}哪个在前面？"},
                            {"Which is behind, {0} or {1}?", "Was ist hinten, {0} oder {1}?",
                             "Qu'est-ce qui est derrière, {0} ou {1} ?",
                             "¿Qué está detrás, {0} o {1}?", "{0}和{1}哪个在后面？"}};
  return pair(fill(kAsk[int(choice)][int(language)],
                   {definite_phrase(language, first), definite_phrase(language, second)}),
              noun(language, answer_is_first ? first : second));
}

QuestionAnswer ask_bigger_holds(Language language, const Term& a, const Term& b, bool yes) {
  constexpr Words kAsk = {"Is {0} bigger than {1}?", "Ist {0} größer als {1}?",
                          "Est-ce que {0} est plus {2} que {1} ?", "¿Es {0} más grande que {1}?",
                          "{0}比{1}大吗？"};
  const char* agreed = is_feminine(language, a) ? "grande" : "grand";
  return pair(fill(kAsk[int(language)],
                   {definite_phrase(language, a), definite_phrase(language, b), agreed}),
              yes_no(language, yes));
}

std::string caption_actions(Language language, const std::vector<Acting>& acting) {
  std::vector<Term> terms;
  for (const Acting& one : acting) terms.push_back(one.term);
  const bool title = needs_title_wording(language, terms);
  std::vector<std::string> parts;
  for (const Acting& one : acting) {
    const std::string subject = counted_phrase(language, 1, one.term, title);
    const char* space = language == Language::chinese ? "" : " ";
    parts.push_back(subject + space + kActions[int(one.action)][int(language)]);
  }
  if (language != Language::chinese || parts.size() < 2) return join_list(language, parts);
  return parts[0] + "，" + parts[1];  // clauses take a comma
}

QuestionAnswer ask_direction(Language language, const Acting& acting) {
  constexpr Words kAsk = {"Which way does {0} move?", "Wohin bewegt sich {0}?",
                          "Dans quelle direction se déplace {0} ?", "¿Hacia dónde se mueve {0}?",
                          "{0}向哪边移动？"};
  return pair(fill(kAsk[int(language)], {definite_phrase(language, acting.term)}),
              kDirections[int(acting.action)][int(language)]);
}

const char* ninth_phrase(Language language, int ninth) {
  return kNinths[ninth][int(language)];
}

const char* action_phrase(Language language, Action action) {
  return kActions[int(action)][int(language)];
}

QuestionAnswer ask_action(Language language, const Acting& acting) {
  constexpr Words kAsk = {"What does {0} do?", "Was macht {0}?", "Que fait {0} ?", "¿Qué hace {0}?",
                          "{0}在做什么？"};
  return pair(fill(kAsk[int(language)], {definite_phrase(language, acting.term)}),
              kActions[int(acting.action)][int(language)]);
}

QuestionAnswer ask_actor(Language language, const Acting& acting) {
  constexpr Words kAsk = {"What {0}?", "Was {0}?", "Qu'est-ce qui {0} ?", "¿Qué {0}?",
                          "什么在{0}？"};
  const char* action = kActions[int(acting.action)][int(language)];
  if (acting.action == Action::still && language == Language::chinese) {
    return pair("什么不动？", noun(language, acting.term));
  }
  return pair(fill(kAsk[int(language)], {action}), noun(language, acting.term));
}

}  // namespace tutti
