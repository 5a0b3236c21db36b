#include "data/scene/words/vocabulary.h"

#include <gtest/gtest.h>

#include "data/scene/library.h"
#include "data/scene/shapes.h"
#include "data/scene/words/english.h"
#include "data/scene/words/phrases.h"
#include "tests/helpers/scene_fixture.h"

namespace tutti {
namespace {

using enum Language;

Term shape(int id, int colour = -1) {
  Term term;
  term.shape = id;
  term.colour = colour;
  return term;
}

constexpr int kRed = 0, kOrange = 1, kBlue = 4, kPink = 6, kWhite = 9;

TEST(Vocabulary, EnglishPlurals) {
  for (const auto& [one, many] : {std::pair{"cat", "cats"},
                                  {"box", "boxes"},
                                  {"cherry", "cherries"},
                                  {"monkey", "monkeys"},
                                  {"wolf", "wolves"},
                                  {"glass of milk", "glasses of milk"},
                                  {"fireman", "firemen"},
                                  {"person", "people"},
                                  {"blowfish", "blowfish"},
                                  {"fox", "foxes"},
                                  {"fox face", "fox faces"},
                                  {"ox", "oxen"},
                                  {"mouse", "mice"},
                                  {"church", "churches"},
                                  {"human", "humans"}}) {
    EXPECT_EQ(english_plural(one), many);
  }
}

TEST(Vocabulary, EnglishArticles) {
  for (const char* text : {"a cat", "an apple", "a unicorn", "an hourglass", "a UFO", "an umbrella",
                           "an orange star", "a red star"}) {
    const std::string name = std::string(text).substr(std::string(text).find(' ') + 1);
    EXPECT_EQ(english_with_article(name), text);
  }
}

TEST(Vocabulary, NameableTakesSingularPlainNames) {
  for (const char* good : {"cat", "fire engine", "T-Rex", "octopus", "bus", "wedding ring"}) {
    EXPECT_TRUE(nameable(good)) << good;
  }
  for (const char* bad : {"", "keycap: 3", "eyes", "glasses", "person frowning", "flag: Chad",
                          " cat", "a", "one two three four"}) {
    EXPECT_FALSE(nameable(bad)) << bad;
  }
}

TEST(Vocabulary, NamesClashByWords) {
  EXPECT_TRUE(names_clash("cat", "cat"));
  EXPECT_TRUE(names_clash("cat face", "cat"));
  EXPECT_TRUE(names_clash("heart", "red heart"));
  EXPECT_FALSE(names_clash("cat", "caterpillar"));
  EXPECT_FALSE(names_clash("ring", "earring"));
}

TEST(Vocabulary, ShapesAreInflected) {
  EXPECT_EQ(counted_phrase(english, 3, shape(star, kRed), false), "three red stars");
  EXPECT_EQ(counted_phrase(german, 3, shape(star, kRed), false), "drei rote Sterne");
  EXPECT_EQ(counted_phrase(french, 3, shape(star, kBlue), false), "trois étoiles bleues");
  EXPECT_EQ(counted_phrase(spanish, 3, shape(star, kRed), false), "tres estrellas rojas");
  EXPECT_EQ(counted_phrase(chinese, 2, shape(star, kRed), false), "两个红色的星形");
  EXPECT_EQ(indefinite_phrase(german, shape(star, kRed)), "ein roter Stern");
  EXPECT_EQ(indefinite_phrase(german, shape(diamond, kRed)), "eine rote Raute");
  EXPECT_EQ(indefinite_phrase(german, shape(square, kPink)), "ein rosa Quadrat");
  EXPECT_EQ(indefinite_phrase(german, shape(heart, kRed), true), "einem roten Herzen");
  EXPECT_EQ(indefinite_phrase(french, shape(cross, kWhite)), "une croix blanche");
  EXPECT_EQ(indefinite_phrase(english, shape(circle, kOrange)), "an orange circle");
  EXPECT_EQ(definite_phrase(french, shape(hexagon)), "l'hexagone");
  Term big = shape(star, kRed);
  big.size = SizeWord::big;
  EXPECT_EQ(indefinite_phrase(french, big), "une grande étoile rouge");
  EXPECT_EQ(indefinite_phrase(spanish, big), "una estrella roja grande");
  EXPECT_EQ(indefinite_phrase(german, big), "ein großer roter Stern");
}

TEST(Phrases, PrepositionsContract) {
  const Term a = shape(star, kRed), b = shape(circle, kBlue);
  EXPECT_EQ(caption_relation(english, Relation::left, a, b), "a red star left of a blue circle");
  EXPECT_EQ(caption_relation(german, Relation::left, a, b),
            "ein roter Stern links von einem blauen Kreis");
  EXPECT_EQ(caption_relation(french, Relation::left, a, b),
            "une étoile rouge à gauche d'un cercle bleu");
  EXPECT_EQ(caption_relation(chinese, Relation::left, a, b), "红色的星形在蓝色的圆形的左边");
  EXPECT_EQ(ask_relation(german, Relation::left, a, b).question, "Was ist links vom Kreis?");
  EXPECT_EQ(ask_relation(french, Relation::above, b, a).question,
            "Qu'y a-t-il au-dessus de l'étoile ?");
  EXPECT_EQ(ask_relation(french, Relation::above, a, b).question,
            "Qu'y a-t-il au-dessus du cercle ?");
  EXPECT_EQ(ask_relation(spanish, Relation::above, a, b).question, "¿Qué hay encima del círculo?");
  EXPECT_EQ(ask_count(french, shape(star), 1).question, "Combien d'étoiles y a-t-il ?");
  EXPECT_EQ(ask_count(french, shape(star), 1).answer, "une");
  EXPECT_EQ(ask_count(spanish, shape(star), 2).question, "¿Cuántas estrellas hay?");
  EXPECT_EQ(ask_count(french, shape(circle, kRed), 2).question,
            "Combien de cercles rouges y a-t-il ?");
}

TEST(Phrases, SpritesNeedNoInflection) {
  const SceneLibrary library = fixture_library();
  Term cat;
  cat.sprite = &library.sprites[0];
  const Term ball = shape(circle, kBlue);
  EXPECT_EQ(caption_list(english, {{3, cat}, {1, ball}}), "three cats and a blue circle");
  EXPECT_EQ(caption_list(german, {{3, cat}, {1, ball}}), "dreimal Katze und blauer Kreis");
  EXPECT_EQ(caption_relation(german, Relation::right, cat, ball),
            "rechts: Katze; links: blauer Kreis");
  EXPECT_EQ(caption_relation(french, Relation::front, cat, ball),
            "devant : chat ; derrière : cercle bleu");
  EXPECT_EQ(ask_exists(german, cat, true).question, "Ist „Katze“ zu sehen?");
  EXPECT_EQ(ask_count(german, cat, 1).answer, "einmal");
  EXPECT_EQ(caption_actions(english, {{cat, Action::grow}}), "a cat grows");
  EXPECT_EQ(caption_actions(german, {{cat, Action::move_left}}), "Katze bewegt sich nach links");
}

TEST(Phrases, AMissingNameSilencesALanguage) {
  Sprite sprite;
  sprite.name_en = "cat";
  sprite.names["de"] = "Katze";
  Term cat;
  cat.sprite = &sprite;
  EXPECT_TRUE(speaks(english, {cat}));
  EXPECT_TRUE(speaks(german, {cat}));
  EXPECT_FALSE(speaks(french, {cat, shape(star)}));
}

}  // namespace
}  // namespace tutti
