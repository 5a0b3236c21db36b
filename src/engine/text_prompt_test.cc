// Conversations as sequences: the form that training uses, and what is left where the context is
// full.
#include "engine/text_prompt.h"

#include <gtest/gtest.h>

#include "engine/text_sequence.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

template <class T>
T value(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return *std::move(result);
}

class TextPrompt : public testing::Test {
 protected:
  const ModelHandle& handle() {
    static const auto model = value(load_model(write_model("text_prompt_test", tiny_config()), {}));
    return model;
  }
  const LoadedModel& loaded() { return *handle(); }
  Tokens ids(const std::string& text) { return value(loaded().tokenizer.encode(text)); }
  ResolvedPrompt resolve(const Prompt& prompt, TextOptions options = {.max_tokens = 8}) {
    return value(resolve_text_prompt(prompt, options, loaded()));
  }
  // "the fox" many times: that many tokens and a little more.
  std::string words(int tokens) {
    std::string text = "fox";
    while (int(ids(text).size()) < tokens) text += " fox";
    return text;
  }
  int rows(const ResolvedPrompt& prompt) {
    BatchBuilder builder(loaded().config);
    builder.begin_sequence();
    add_prompt(builder, prompt);
    return builder.build().rows();
  }
  static Part picture(uint8_t grey = 128) {
    return Part::of_picture(make_picture(128, 128, 3, grey));
  }
  static Part text(const std::string& text) { return Part::of_text(text); }
  static Part answer(const std::string& text) { return Part::of_answer(text); }
};

TEST_F(TextPrompt, QuestionsInTurnAreWrittenAsInTraining) {
  const Prompt prompt = {picture(),         text("how many?"), answer("a fox"),
                         text("what now?"), answer("a dog"),   text("again")};
  const ResolvedPrompt resolved = resolve(prompt);
  ASSERT_EQ(resolved.before.size(), 2u);
  EXPECT_EQ(resolved.before[0].media, std::vector<const Part*>{&prompt[0]});
  EXPECT_EQ(resolved.before[0].text, joined({question_prompt(ids("how many?")), ids("a fox")}));
  EXPECT_EQ(resolved.before[1].text, joined({question_prompt(ids("what now?")), ids("a dog")}));
  EXPECT_TRUE(resolved.media.empty());
  EXPECT_EQ(resolved.text, question_prompt(ids("again")));
}

TEST_F(TextPrompt, EveryKindOfTurnHasItsForm) {
  Mel mel;
  mel.values.assign(80 * 100, 0.5f);
  const Prompt prompt = {picture(), answer("a fox"), Part::of_audio(mel), answer("the dog"),
                         text("so?")};
  const ResolvedPrompt resolved = resolve(prompt, {.language = "en", .max_tokens = 8});
  ASSERT_EQ(resolved.before.size(), 2u);
  EXPECT_EQ(resolved.before[0].text,
            joined({describe_prompt(token_caption, ids("en")), ids("a fox")}));
  EXPECT_EQ(resolved.before[1].text, joined({transcribe_prompt(), ids("the dog")}));
  const ResolvedPrompt talk = resolve({text("hello"), answer("again"), text("fox")});
  EXPECT_EQ(talk.before[0].text,
            joined({mark(token_begin), question_prompt(ids("hello")), ids("again")}));
  EXPECT_EQ(talk.text, question_prompt(ids("fox")));
  EXPECT_EQ(resolve({text("fox")}).text, chat_prompt(ids("fox")));
}

TEST_F(TextPrompt, ASequenceOfTurnsIsOnePass) {
  // What was said earlier is in the caches as if it had been generated there.
  const auto session = value(Session::create(handle(), 1));
  const Part image = picture();
  TextSequence whole, stepwise;
  const Prompt prompt = {image, text("how many?"), answer("a fox"), text("again")};
  ASSERT_TRUE(whole.prefill(*session, resolve(prompt)));
  const std::vector<float> expected(whole.logits().begin(), whole.logits().end());
  ASSERT_TRUE(stepwise.prefill(*session, resolve({image, text("how many?")})));
  for (const int32_t id : joined({ids("a fox"), question_prompt(ids("again"))}))
    ASSERT_TRUE(stepwise.append(*session, {id}));
  EXPECT_EQ(whole.length(), stepwise.length());
  EXPECT_EQ(std::vector<float>(stepwise.logits().begin(), stepwise.logits().end()), expected);
}

TEST_F(TextPrompt, TheNewestTurnsStayAndWhatIsTalkedAbout) {
  const int context = loaded().config.context;
  const std::string half = words(context / 2), small = words(5);
  const Prompt prompt = {picture(),     text(half),  answer("one"),   text(half),
                         answer("two"), text(small), answer("three"), text("fox")};
  const ResolvedPrompt resolved = resolve(prompt);
  // The picture, the second half and the small one; not the first half.
  ASSERT_EQ(resolved.before.size(), 3u);
  EXPECT_EQ(resolved.before[0].media, std::vector<const Part*>{&prompt[0]});
  EXPECT_TRUE(resolved.before[0].text.empty());
  EXPECT_EQ(resolved.before[1].text, joined({question_prompt(ids(half)), ids("two")}));
  EXPECT_LE(rows(resolved) + 8, context);
  // An answer that may be long takes a quarter of the context.
  EXPECT_LE(rows(resolve(prompt, {.max_tokens = 100000})), context - context / 4);
  // Nothing earlier is read behind a turn that did not fit.
  const ResolvedPrompt gap =
      resolve({text("small"), answer("one"), text(words(context)), answer("two"), text("fox")});
  EXPECT_TRUE(gap.before.empty());
  EXPECT_EQ(gap.text, chat_prompt(ids("fox")));
  // A last turn that shows something needs no earlier picture.
  const ResolvedPrompt fresh = resolve(
      {picture(1), text(half), answer("one"), text(half), answer("two"), picture(2), text(small)});
  ASSERT_EQ(fresh.before.size(), 1u);
  EXPECT_TRUE(fresh.before[0].media.empty());
  EXPECT_EQ(fresh.before[0].text[0], int32_t(token_begin));
}

TEST_F(TextPrompt, RowsAreCountedAsTheBatchCountsThem) {
  for (const int frames : {1, 11, 12, 13, 95, 96, 97, 500}) {
    Mel mel;
    mel.values.assign(size_t(frames) * 80, 0.5f);
    const Part part = Part::of_audio(mel);
    EXPECT_EQ(rows({{&part}, {}, {}}), media_rows(loaded().config, part)) << frames;
  }
  const Part image = picture(),
             clip = Part::of_clip(std::vector<Picture>(16, make_picture(128, 128, 3)));
  for (const Part* part : {&image, &clip})
    EXPECT_EQ(rows({{part}, {}, {}}), media_rows(loaded().config, *part));
}

TEST_F(TextPrompt, TurnsWithoutAnswersAndOddOrders) {
  const Prompt failed = {picture(), text("how many?"), answer(""), text("again")};
  const ResolvedPrompt resolved = resolve(failed);
  ASSERT_EQ(resolved.before.size(), 1u);
  EXPECT_TRUE(resolved.before[0].text.empty());
  const ResolvedPrompt greeted =
      resolve({answer("hello"), text("fox"), answer("a"), answer("dog"), text("again")});
  ASSERT_EQ(greeted.before.size(), 1u);
  EXPECT_EQ(greeted.before[0].text,
            joined({mark(token_begin), question_prompt(ids("fox")), ids("a dog")}));
  const TextOptions options;
  EXPECT_FALSE(resolve_text_prompt({text("fox"), answer("dog")}, options, loaded()));
  EXPECT_FALSE(resolve_text_prompt({answer("dog")}, options, loaded()));
  // A caption of a picture that was shown earlier.
  const TextOptions caption{.task = TextOptions::Task::caption};
  EXPECT_TRUE(resolve_text_prompt({picture(), answer("fox"), text("and?")}, caption, loaded()));
  EXPECT_FALSE(resolve_text_prompt({text("fox"), answer("dog"), text("?")}, caption, loaded()));
}

// Known from the kinds of the parts, before anything is decoded.
TEST_F(TextPrompt, TasksAreKnownBeforeAnythingIsDecoded) {
  using Task = TextOptions::Task;
  const auto unread = [](Part::Kind kind) {
    Part part;
    part.kind = kind;
    return part;
  };
  const Part shown = unread(Part::Kind::picture), heard = unread(Part::Kind::audio);
  EXPECT_EQ(task_of({shown}, Task::automatic), Task::caption);
  EXPECT_EQ(task_of({heard}, Task::automatic), Task::transcribe);
  EXPECT_EQ(task_of({heard, shown}, Task::automatic), Task::caption);
  EXPECT_EQ(task_of({shown, text("what?")}, Task::automatic), Task::answer);
  EXPECT_EQ(task_of({text("what?"), answer("fox"), shown}, Task::automatic), Task::caption);
  EXPECT_EQ(task_of({shown}, Task::name), Task::name);
  EXPECT_TRUE(check_task({shown, answer("fox"), text("and?")}, Task::caption));
  EXPECT_FALSE(check_task({text("fox")}, Task::caption));
  EXPECT_FALSE(check_task({shown}, Task::transcribe));
  EXPECT_FALSE(check_task({text("fox"), answer("dog"), shown}, Task::answer));
}

// The language of a name need not be one that captions are written in: not even for earlier turns,
// which are written as captions.
TEST_F(TextPrompt, EarlierTurnsNeedNotKnowTheLanguage) {
  const Prompt prompt = {picture(), answer("a fox"), picture()};
  const TextOptions options{.task = TextOptions::Task::name, .language = "it", .max_tokens = 8};
  const ResolvedPrompt resolved = resolve(prompt, options);
  ASSERT_EQ(resolved.before.size(), 1u);
  EXPECT_EQ(resolved.before[0].text,
            joined({describe_prompt(token_caption, ids("en")), ids("a fox")}));
}

}  // namespace
}  // namespace tutti
