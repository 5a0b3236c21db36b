// Sentences of the scenes: captions and questions with their answers, a template a language.
// Captions are short noun phrases without a full stop; questions begin with a capital and end with
// their mark. What a sprite costs in grammar is told in vocabulary.h.
#pragma once

#include <string>
#include <vector>

#include "data/scene/words/vocabulary.h"

namespace tutti {

struct QuestionAnswer {
  std::string question;
  std::string answer;
  std::string kind;      // "count", "colour", ...: see the table in scene.h
  std::string language;  // "en"
};

enum class Relation { left, right, above, below, front, behind };
Relation opposite(Relation relation);

struct Counted {
  int count = 0;
  Term term;
};

// "three red stars, a circle and two cats"
std::string caption_list(Language language, const std::vector<Counted>& groups);
// "a cat left of a blue circle"; title wording: "links: Katze; rechts: blauer Kreis"
std::string caption_relation(Language language, Relation relation, const Term& a, const Term& b);
// "from left to right: a cat, a red star and a circle"
std::string caption_order(Language language, bool vertical, const std::vector<Term>& terms);
// "a big cat and a small red star"
std::string caption_sizes(Language language, Term bigger, Term smaller);
// "a red star on a blue background"
std::string caption_on_colour(Language language, const std::string& caption, int colour);

// Every function fills question and answer; the caller adds kind and language.
QuestionAnswer ask_count(Language language, const Term& term, int count);
QuestionAnswer ask_total(Language language, int count);  // "How many things are there?"
const char* ninth_phrase(Language language, int ninth);  // "top left", of 0
// "Where are the stars?" "top left, middle": a ninth of the picture each, in reading order.
QuestionAnswer ask_where(Language language, const Term& term, const std::vector<int>& ninths);
QuestionAnswer ask_colour(Language language, const Term& term);        // "What colour is the star?"
QuestionAnswer ask_colour_owner(Language language, const Term& term);  // "What is red?"
QuestionAnswer ask_exists(Language language, const Term& term, bool yes);  // "Is there a red star?"
QuestionAnswer ask_relation(Language language, Relation relation, const Term& answer,
                            const Term& anchor);  // "What is above the star?"
QuestionAnswer ask_relation_holds(Language language, Relation relation, const Term& a,
                                  const Term& b, bool yes);
enum class Choice { bigger, smaller, front, behind };
// "Which is bigger, the star or the circle?"
QuestionAnswer ask_choice(Language language, Choice choice, const Term& first, const Term& second,
                          bool answer_is_first);
QuestionAnswer ask_bigger_holds(Language language, const Term& a, const Term& b, bool yes);

enum class Action {
  move_left,
  move_right,
  move_up,
  move_down,
  grow,
  shrink,
  turn,
  appear,
  disappear,
  bounce,
  still
};
constexpr int kActionCount = 11;
struct Acting {
  Term term;
  Action action = Action::still;
};
const char* action_phrase(Language language, Action action);  // "moves left"
// "a red star moves left and a cat grows"
std::string caption_actions(Language language, const std::vector<Acting>& acting);
QuestionAnswer ask_direction(Language language, const Acting& acting);  // one of the four moves
QuestionAnswer ask_action(Language language, const Acting& acting);     // "What does the star do?"
QuestionAnswer ask_actor(Language language, const Acting& acting);      // "What moves left?"

}  // namespace tutti
