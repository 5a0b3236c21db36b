// Requests with adapters: those with different ones, and one without, share passes and caches, and
// what comes out of each is, bit by bit, what it gives alone.
#include <gtest/gtest.h>

#include "engine/engine.h"
#include "engine/requests/embed_request.h"
#include "engine/requests/explain_request.h"
#include "engine/requests/matte_request.h"
#include "engine/requests/paint_request.h"
#include "engine/requests/score_request.h"
#include "engine/requests/speak_request.h"
#include "engine/requests/text_request.h"
#include "engine/requests/transcribe_request.h"
#include "tests/helpers/random_adapters.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

using Dtype = EngineOptions::Dtype;

const std::string& adapted_file() {
  static const std::string path = [] {
    ModelSpec config = tiny_config();
    config.layers = 6;  // three of them routed
    std::string file = write_model("adapted_requests_test", config);
    EXPECT_TRUE(add_adapters(file, {"one", "two"}));
    EXPECT_TRUE(add_adapters(file, {"zero"}, 0));
    return file;
  }();
  return path;
}

Picture random_picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(128, 128, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

std::vector<float> copy(const TextSequence& sequence) {
  return {sequence.logits().begin(), sequence.logits().end()};
}

class AdaptedRequests : public testing::TestWithParam<Dtype> {
 protected:
  AdaptedRequests() {
    model = *load_model(adapted_file(), {.threads = 2, .dtype = GetParam()});
    session = *Session::create(model, 2);
  }
  // -1: none.
  ModelHandle with(int adapter) const { return {model.model, adapter}; }

  template <class Request, class... Arguments>
  auto result(int adapter, Arguments&&... arguments) {
    Request request(with(adapter), std::forward<Arguments>(arguments)...);
    const Status status = run(request, *session);
    EXPECT_TRUE(status) << status.error().message();
    return request.result();
  }

  ModelHandle model;
  std::unique_ptr<Session> session;
};

// The logits of five sequences, of which two have the same adapter; they join one by one, and
// change places in the pass.
TEST_P(AdaptedRequests, DecodingSideBySideChangesNoBit) {
  const int adapters[] = {0, -1, 1, 0, -1};
  const Tokens next = {20, 30, 40, 50, 60, 70, 80};
  std::vector<std::vector<std::vector<float>>> expected;
  for (int i = 0; i < 5; ++i) {
    TextSequence alone(0, adapters[i]);
    ASSERT_TRUE(alone.prefill(*session, {{}, Tokens(3 + size_t(i) % 2, 25), {}}));
    expected.push_back({copy(alone)});
    for (const int32_t id : next) {
      ASSERT_TRUE(alone.append(*session, Tokens{id}));
      expected.back().push_back(copy(alone));
    }
  }
  EXPECT_NE(expected[0], expected[2]);
  EXPECT_NE(expected[0], expected[4]);
  session->enter(model, *SequenceCaches::create(model->config, model->cached(), 5));
  std::vector<TextSequence> sequences;
  std::vector<size_t> done(5);
  for (size_t round = 0; round < 9; ++round) {
    if (const size_t i = sequences.size(); i < 5) {
      sequences.emplace_back(int(i), adapters[i]);
      ASSERT_TRUE(sequences[i].prefill(*session, {{}, Tokens(3 + i % 2, 25), {}}));
      EXPECT_EQ(copy(sequences[i]), expected[i][0]);
    }
    std::vector<TextSequence*> pointers;
    Tokens ids;
    for (size_t n = 0; n < sequences.size(); ++n) {
      const size_t i = (n + round) % sequences.size();
      if (done[i] == next.size()) continue;
      pointers.push_back(&sequences[i]);
      ids.push_back(next[done[i]++]);
    }
    if (pointers.empty()) break;
    ASSERT_TRUE(session->decoding().append(*session, pointers, ids));
    for (size_t i = 0; i < sequences.size(); ++i)
      EXPECT_EQ(copy(sequences[i]), expected[i][done[i]]) << i << " in round " << round;
  }
}

TEST_P(AdaptedRequests, TextsAreTheSame) {
  const Prompt prompt = {Part::of_picture(random_picture(1)), Part::of_text("the quick fox")};
  const TextOptions options{.max_tokens = 12};
  std::vector<std::string> alone;
  for (const int adapter : {-1, 0, 1})
    alone.push_back(result<TextRequest>(adapter, prompt, options).text);
  EXPECT_NE(alone[0], alone[1]);
  EXPECT_NE(alone[1], alone[2]);
  session->enter(model, *SequenceCaches::create(model->config, model->cached(), 6));
  std::vector<std::unique_ptr<TextRequest>> requests;
  std::vector<ModelRequest*> going;
  for (int i = 0; i < 3; ++i) {
    requests.push_back(std::make_unique<TextRequest>(with(i - 1), prompt, options));
    requests.back()->slots = {2 * i, 2 * i + 1};
    if (*requests.back()->step(*session)) going.push_back(requests.back().get());
  }
  while (!going.empty()) {
    std::vector<Result<bool>> results(going.size(), Result<bool>(false));
    for (const ModelRequest* request : going)
      EXPECT_EQ(request->sharing().key, going[0]->sharing().key);
    going[0]->step_together(*session, going, results);
    std::vector<ModelRequest*> more;
    for (size_t i = 0; i < going.size(); ++i)
      if (*results[i]) more.push_back(going[i]);
    going = std::move(more);
  }
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(requests[i]->result().text, alone[i]) << i;
}

TEST_P(AdaptedRequests, ZerosChangeNoText) {
  const Prompt prompt = {Part::of_text("the quick fox")};
  const TextOptions options{.max_tokens = 20};
  EXPECT_EQ(result<TextRequest>(2, prompt, options).text,
            result<TextRequest>(-1, prompt, options).text);
}

TEST_P(AdaptedRequests, EmbeddingsAreTheSameBits) {
  const Prompt list = {Part::of_text("the fox"), Part::of_picture(random_picture(3)),
                       Part::of_text("a lazy dog")};
  std::vector<std::vector<std::vector<float>>> alone;
  for (const int adapter : {-1, 0, 1}) {
    alone.emplace_back();
    for (const Part& part : list)
      alone.back().push_back(result<EmbedRequest>(adapter, SharedPrompt{part}).front());
  }
  EXPECT_NE(alone[0], alone[1]);
  EXPECT_NE(alone[1], alone[2]);
  EmbedRequest none(with(-1), list), one(with(0), list), two(with(1), list);
  ModelRequest* const all[] = {&none, &one, &two};
  std::vector<Result<bool>> more(3, Result<bool>(true));
  none.step_together(*session, all, more);
  for (const auto& each : more) EXPECT_FALSE(*each) << "one pass is enough";
  EXPECT_EQ(none.result(), alone[0]);
  EXPECT_EQ(one.result(), alone[1]);
  EXPECT_EQ(two.result(), alone[2]);
}

// With guidance, so that the unconditioned branch has the adapter too, and at other noise levels.
TEST_P(AdaptedRequests, PicturesAreTheSameBits) {
  const Prompt prompt = {Part::of_text("a red fox")};
  const auto options = [](int i) {
    return PaintOptions{.steps = 3 + i, .guidance_scale = 3, .seed = 5};
  };
  std::vector<Picture> alone;
  for (int i = 0; i < 3; ++i) alone.push_back(result<PaintRequest>(i - 1, prompt, options(i)));
  EXPECT_NE(alone[1].pixels, result<PaintRequest>(-1, prompt, options(1)).pixels);
  session->enter(model, *SequenceCaches::create(model->config, model->cached(), 6));
  std::vector<std::unique_ptr<PaintRequest>> requests;
  std::vector<ModelRequest*> going;
  for (int i = 0; i < 3; ++i) {
    requests.push_back(std::make_unique<PaintRequest>(with(i - 1), prompt, options(i)));
    requests.back()->slots = {5 - i, i};
    going.push_back(requests.back().get());
    ASSERT_TRUE(*requests.back()->step(*session));
  }
  while (!going.empty()) {
    std::vector<Result<bool>> results(going.size(), Result<bool>(false));
    going[0]->step_together(*session, going, results);
    std::vector<ModelRequest*> more;
    for (size_t i = 0; i < going.size(); ++i)
      if (*results[i]) more.push_back(going[i]);
    going = std::move(more);
  }
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(requests[i]->result().pixels, alone[i].pixels) << i;
}

// What runs the trunk honours the adapter; what never does is the same with any.
TEST_P(AdaptedRequests, EveryAnswerOfTheTrunkHasIt) {
  const Prompt prompt = {Part::of_text("the quick fox")};
  const std::vector<std::string> answers = {"a dog", "a fox that jumps"};
  const auto scores = [&](int adapter) {
    return result<ScoreRequest>(adapter, prompt, answers, TextOptions());
  };
  EXPECT_EQ(scores(0), scores(0));
  EXPECT_NE(scores(0), scores(-1));
  EXPECT_NE(scores(0), scores(1));
  const auto share = [&](int adapter) {
    return result<ExplainRequest>(adapter, Prompt{Part::of_picture(random_picture(2)), prompt[0]},
                                  TextOptions())
        .layers;
  };
  EXPECT_NE(share(0), share(-1));
  const auto speech = [&](int adapter) {
    return result<SpeakRequest>(adapter, "the fox", SpeakOptions{.steps = 2}).mel.values;
  };
  EXPECT_EQ(speech(0), speech(0));
  EXPECT_NE(speech(0), speech(-1));
  const auto matte = [&](int adapter) {
    return result<MatteRequest>(adapter, SharedPrompt{Part::of_picture(random_picture(4))}).pixels;
  };
  EXPECT_EQ(matte(0), matte(-1));
  const auto mel = std::make_shared<Mel>();
  Rng rng(6);
  for (int i = 0; i < 60 * 80; ++i) mel->values.push_back(float(rng.normal()));
  const auto heard = [&](int adapter) { return result<TranscribeRequest>(adapter, mel).text; };
  EXPECT_EQ(heard(0), heard(-1));
}

// An adapter is an addition to the weights: a model that has it in them answers the same, up to
// rounding. Guided pictures and speech do so only if both branches have it.
TEST(Adapters, AModelWithTheAdapterInItsWeightsAnswersTheSame) {
  const std::string path = write_model("adapted_requests_apart", tiny_config());
  const auto pairs = random_pairs(*ModelPackage::open(path, Hold::copied), "one", 4, 0.1);
  const std::string merged = write_model(
      "adapted_requests_merged", tiny_config(), "",
      [&](const std::string& name, std::vector<float>& values) {
        for (const AdapterPair& pair : pairs) {
          if (pair.entry.target != name) continue;
          const size_t rank = size_t(pair.up_shape[1]), cols = size_t(pair.down_shape[1]);
          for (size_t i = 0; i < values.size(); ++i)
            for (size_t k = 0; k < rank; ++k)
              values[i] += float(pair.entry.scale) * pair.up[i / cols * rank + k] *
                           pair.down[k * cols + i % cols];
        }
      });
  ASSERT_TRUE(add_pairs(path, pairs));
  const Engine plain = *Engine::load(path, {1});
  const Engine adapted = *Engine::load(path, {.threads = 1, .adapter = "one"});
  const Engine whole = *Engine::load(merged, {1});

  const Prompt prompt = {Part::of_picture(random_picture(1)), Part::of_text("the quick fox")};
  const std::string text = adapted.describe(prompt, {.max_tokens = 12})->text;
  EXPECT_EQ(text, whole.describe(prompt, {.max_tokens = 12})->text);
  EXPECT_NE(text, plain.describe(prompt, {.max_tokens = 12})->text);
  EXPECT_NEAR((*adapted.score(prompt, {"a dog"}, {}))[0], (*whole.score(prompt, {"a dog"}, {}))[0],
              1e-3);

  const auto apart = [](const auto& one, const auto& other) {
    double most = 0;
    EXPECT_EQ(one.size(), other.size());
    for (size_t i = 0; i < std::min(one.size(), other.size()); ++i)
      most = std::max(most, std::abs(double(one[i]) - double(other[i])));
    return most;
  };
  const auto vector = [&](const Engine& engine) { return *engine.embed(prompt[0]); };
  EXPECT_LT(apart(vector(adapted), vector(whole)), 1e-4);
  EXPECT_GT(apart(vector(plain), vector(whole)), 1e-2);
  const auto pixels = [&](const Engine& engine) {
    return engine.paint({prompt[1]}, {.steps = 3, .guidance_scale = 3, .seed = 5})->pixels;
  };
  EXPECT_LE(apart(pixels(adapted), pixels(whole)), 2);
  EXPECT_GT(apart(pixels(plain), pixels(whole)), 20);
  const auto mel = [&](const Engine& engine) {
    return engine.speak("the fox", {.steps = 3, .guidance_scale = 3})->mel.values;
  };
  EXPECT_LT(apart(mel(adapted), mel(whole)), 1e-2);
  EXPECT_GT(apart(mel(plain), mel(whole)), 0.1);
}

INSTANTIATE_TEST_SUITE_P(Precisions, AdaptedRequests,
                         testing::Values(Dtype::f32, Dtype::bf16, Dtype::int8));

}  // namespace
}  // namespace tutti
