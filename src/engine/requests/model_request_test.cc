// Requests that take turns: what comes out of each is, bit by bit, what it gives alone, whatever
// shares its passes, sessions and caches.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/requests/paint_request.h"
#include "engine/requests/speak_request.h"
#include "engine/requests/text_request.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

using Dtype = EngineOptions::Dtype;

ModelHandle load(Dtype dtype) {
  ModelSpec config = tiny_config();
  config.layers = 6;  // three of them routed
  static const std::string path = write_model("request_test", config);
  return *load_model(path, {.threads = 2, .dtype = dtype});
}

Picture noise_picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(128, 128, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

// One sequence and the logits that it is to give: those of a session of its own, one by one.
struct Line {
  Tokens prompt, next;
  Part image = Part::of_picture(noise_picture(1));
  bool sees;
  std::vector<std::vector<float>> expected;

  Line(const ModelHandle& loaded, int seed) : sees(seed % 2) {
    Rng rng(seed);
    for (int i = 3 + int(rng.below(20)); i > 0; --i) prompt.push_back(10 + int(rng.below(200)));
    for (int i = 0; i < 12; ++i) next.push_back(10 + int(rng.below(200)));
    const auto session = *Session::create(loaded, 1);
    TextSequence alone;
    EXPECT_TRUE(alone.prefill(*session, resolved()));
    expected.push_back(copy(alone));
    for (const int32_t id : next) {
      EXPECT_TRUE(alone.append(*session, Tokens{id}));
      expected.push_back(copy(alone));
    }
  }
  ResolvedPrompt resolved() const {
    return {sees ? std::vector<const Part*>{&image} : std::vector<const Part*>(), prompt, {}};
  }
  static std::vector<float> copy(const TextSequence& sequence) {
    return {sequence.logits().begin(), sequence.logits().end()};
  }
};

class Together : public testing::TestWithParam<Dtype> {};

// Seven sequences that join one after another and leave in another order, on two sessions with
// different numbers of threads, in slots that are out of order.
TEST_P(Together, DecodingSideBySideChangesNoBit) {
  const auto loaded = load(GetParam());
  std::vector<Line> lines;
  for (int i = 0; i < 7; ++i) lines.emplace_back(loaded, 40 + i);
  const auto caches = *SequenceCaches::create(loaded->config, loaded->cached(), 8);
  const auto one = Session::create(loaded, 1, caches), two = Session::create(loaded, 2, caches);
  std::vector<TextSequence> sequences;
  std::vector<size_t> done(lines.size());
  DecodeBatch batch;
  for (int round = 0; round < 20; ++round) {
    Session& session = round % 3 ? *one : *two;
    if (sequences.size() < lines.size()) {
      const size_t i = sequences.size();
      sequences.emplace_back(int(i * 3 + 5) % 8);
      ASSERT_TRUE(sequences[i].prefill(session, lines[i].resolved()));
      EXPECT_EQ(Line::copy(sequences[i]), lines[i].expected[0]);
    }
    std::vector<TextSequence*> pointers;
    std::vector<size_t> which;
    Tokens ids;
    for (size_t i = sequences.size(); i-- > 0;) {
      if (done[i] == lines[i].next.size() - i % 4) continue;
      pointers.push_back(&sequences[i]);
      which.push_back(i);
      ids.push_back(lines[i].next[done[i]++]);
    }
    if (pointers.empty()) break;
    ASSERT_TRUE(batch.append(session, pointers, ids));
    for (const size_t i : which)
      EXPECT_EQ(Line::copy(sequences[i]), lines[i].expected[done[i]])
          << i << " of " << which.size();
  }
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(done[i], lines[i].next.size() - i % 4);
}

// A text, a picture and speech step by step in turns, on two sessions with one set of caches.
TEST_P(Together, StepsInTurnsChangeNoBit) {
  const auto loaded = load(GetParam());
  const Prompt seen = {Part::of_picture(noise_picture(2))}, asked = {Part::of_text("a red fox")};
  const TextOptions text_options{.max_tokens = 25, .temperature = 1.5f, .seed = 3};
  PaintOptions paint_options{.steps = 6, .seed = 4};
  const SpeakOptions speak_options{.steps = 3, .seed = 5};

  const auto alone = *Session::create(loaded, 2);
  TextRequest text_alone(loaded, seen, text_options);
  PaintRequest paint_alone(loaded, asked, paint_options);
  SpeakRequest speak_alone(loaded, "the quick brown fox. it jumps", speak_options);
  for (ModelRequest* request :
       std::initializer_list<ModelRequest*>{&text_alone, &paint_alone, &speak_alone})
    ASSERT_TRUE(run(*request, *alone));

  int previews = 0;
  paint_options.on_preview = [&](int step, int steps, const Picture& preview) {
    EXPECT_EQ(step, ++previews);
    EXPECT_EQ(steps, 6);
    EXPECT_EQ(preview.width, kPaintSize);
    return true;
  };
  TextRequest text(loaded, seen, text_options);
  PaintRequest paint(loaded, asked, paint_options);
  SpeakRequest speak(loaded, "the quick brown fox. it jumps", speak_options);
  text.slots = {6, -1};
  paint.slots = {3, 1};
  speak.slots = {0, 5};
  const auto caches = *SequenceCaches::create(loaded->config, loaded->cached(), 7);
  const std::unique_ptr<Session> sessions[] = {Session::create(loaded, 1, caches),
                                               Session::create(loaded, 2, caches)};
  std::vector<ModelRequest*> going = {&text, &paint, &speak};
  for (int turn = 0; !going.empty(); ++turn) {
    const auto request = going.begin() + turn % ptrdiff_t(going.size());
    const auto more = (*request)->step(*sessions[turn / 2 % 2]);
    ASSERT_TRUE(more) << more.error().message();
    if (!*more) going.erase(request);
  }
  EXPECT_EQ(text.result().text, text_alone.result().text);
  EXPECT_EQ(text.result().tokens, text_alone.result().tokens);
  EXPECT_EQ(paint.result().pixels, paint_alone.result().pixels);
  EXPECT_EQ(speak.result().sound.samples, speak_alone.result().sound.samples);
  EXPECT_EQ(previews, 5);
}

INSTANTIATE_TEST_SUITE_P(Precisions, Together,
                         testing::Values(Dtype::f32, Dtype::bf16, Dtype::int8));

}  // namespace
}  // namespace tutti
