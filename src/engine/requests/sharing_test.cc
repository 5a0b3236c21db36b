// Requests whose steps share passes: what comes out of each is, bit by bit, what it gives alone.
#include <gtest/gtest.h>

#include "engine/requests/embed_request.h"
#include "engine/requests/paint_request.h"
#include "engine/requests/transcribe_request.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

using Dtype = EngineOptions::Dtype;

Picture random_picture(int seed) {
  Rng rng(seed);
  Picture picture = make_picture(128, 128, 3);
  for (uint8_t& pixel : picture.pixels) pixel = uint8_t(rng.below(256));
  return picture;
}

Mel random_mel(int frames, int seed) {
  Rng rng(seed);
  Mel mel;
  for (int i = 0; i < frames * 80; ++i) mel.values.push_back(float(rng.normal()));
  return mel;
}

// Steps whoever is not done, all of them together each time; how many passes that took.
int run_together(Session& session, std::vector<ModelRequest*> going) {
  int passes = 0;
  while (!going.empty()) {
    std::vector<Result<bool>> results(going.size(), Result<bool>(false));
    for (const ModelRequest* request : going)
      EXPECT_EQ(request->sharing().key, going[0]->sharing().key);
    going[0]->step_together(session, going, results);
    ++passes;
    std::vector<ModelRequest*> more;
    for (size_t i = 0; i < going.size(); ++i) {
      EXPECT_TRUE(results[i]) << results[i].error().message();
      if (results[i] && *results[i]) more.push_back(going[i]);
    }
    going = std::move(more);
  }
  return passes;
}

class SharedPasses : public testing::TestWithParam<Dtype> {
 protected:
  SharedPasses() {
    ModelSpec config = tiny_config();
    config.layers = 6;  // three of them routed
    std::vector<float>& until = config.modality("paint").until;
    until.assign(6, 1.0f);
    until[2] = 0.4f;  // so that some painted rows pass layers by that others run
    static const std::string path = write_model("sharing_test", config);
    model = *load_model(path, {.threads = 2, .dtype = GetParam()});
    session = *Session::create(model, 2);
  }
  ModelHandle model;
  std::unique_ptr<Session> session;
};

// Lists of different lengths, of all that can be embedded.
TEST_P(SharedPasses, EmbeddingsAreTheSameBits) {
  std::vector<Prompt> lists(3);
  for (int i = 0; i < 24; ++i) {
    const int kind = i % 4;
    Part part = kind == 0   ? Part::of_picture(random_picture(i))
                : kind == 1 ? Part::of_audio(random_mel(30 + 7 * i, i))
                            : Part::of_text("the quick fox number " + std::to_string(i * i * i));
    lists[i % 5 % 3].push_back(std::move(part));
  }
  lists[1].push_back(Part::of_clip(std::vector<Picture>(16, random_picture(5))));
  std::vector<std::vector<std::vector<float>>> alone;
  size_t parts = 0;
  for (const Prompt& list : lists) {
    alone.emplace_back();
    for (const Part& part : list) {
      EmbedRequest one(model, SharedPrompt{part});
      ASSERT_TRUE(run(one, *session));
      alone.back().push_back(one.result().front());
      ++parts;
    }
  }
  std::vector<std::unique_ptr<EmbedRequest>> requests;
  std::vector<ModelRequest*> going;
  for (const Prompt& list : lists) {
    requests.push_back(std::make_unique<EmbedRequest>(model, list));
    going.push_back(requests.back().get());
  }
  EXPECT_LT(run_together(*session, going), int(parts) / 3);
  for (size_t i = 0; i < lists.size(); ++i) EXPECT_EQ(requests[i]->result(), alone[i]) << i;
}

// What is wrong with one is told behind what went before it, and costs the others nothing.
TEST_P(SharedPasses, AnEmbeddingThatFailsFailsAlone) {
  const Prompt good = {Part::of_text("the fox")},
               bad = {Part::of_text("a dog"), Part::of_answer("no"), Part::of_text("late")};
  size_t told = 0;
  EmbedRequest well(model, good);
  EmbedRequest ill(model, bad,
                   [&](size_t index, const std::vector<float>&, int) { EXPECT_EQ(index, told++); });
  std::vector<Result<bool>> results(2, Result<bool>(true));
  ModelRequest* const both[] = {&ill, &well};
  ill.step_together(*session, both, results);
  ASSERT_FALSE(results[0]);
  EXPECT_EQ(results[0].error().code(), ErrorCode::usage);
  EXPECT_EQ(told, 1u);
  ASSERT_TRUE(results[1]);
  EXPECT_EQ(well.result().size(), 1u);
}

TEST_P(SharedPasses, TranscriptsAreTheSame) {
  std::vector<std::shared_ptr<const Mel>> mels;
  for (int i = 0; i < 5; ++i) {
    auto mel = std::make_shared<Mel>(random_mel(60 + 37 * i, 20 + i));
    if (i == 3) {  // two spans
      mel->values.insert(mel->values.end(), size_t(300) * 80, -2.17f);
      const Mel more = random_mel(90, 3);
      mel->values.insert(mel->values.end(), more.values.begin(), more.values.end());
    }
    mels.push_back(std::move(mel));
  }
  std::vector<Transcript> alone;
  for (const auto& mel : mels) {
    TranscribeRequest one(model, mel);
    ASSERT_TRUE(run(one, *session));
    alone.push_back(one.result());
    EXPECT_FALSE(alone.back().words.empty());
  }
  std::vector<std::unique_ptr<TranscribeRequest>> requests;
  std::vector<ModelRequest*> going;
  for (const auto& mel : mels) {
    requests.push_back(std::make_unique<TranscribeRequest>(model, mel));
    going.push_back(requests.back().get());
  }
  EXPECT_EQ(run_together(*session, going), 1);
  for (size_t i = 0; i < mels.size(); ++i) {
    const Transcript& heard = requests[i]->result();
    EXPECT_EQ(heard.text, alone[i].text);
    ASSERT_EQ(heard.words.size(), alone[i].words.size());
    for (size_t w = 0; w < heard.words.size(); ++w) {
      EXPECT_EQ(heard.words[w].log_probability, alone[i].words[w].log_probability);
      EXPECT_EQ(heard.words[w].begin, alone[i].words[w].begin);
    }
  }
}

// At different noise levels, with guidance and without, some in their last step alone.
TEST_P(SharedPasses, PicturesAreTheSameBits) {
  const auto options = [](int i) {
    return PaintOptions{.steps = 3 + i, .guidance_scale = i % 2 ? 1.0f : 3.0f, .seed = uint64_t(i)};
  };
  const auto prompt = [](int i) {
    return Prompt{Part::of_text("fox number " + std::to_string(i))};
  };
  std::vector<Picture> alone;
  for (int i = 0; i < 4; ++i) {
    PaintRequest one(model, prompt(i), options(i));
    ASSERT_TRUE(run(one, *session));
    alone.push_back(one.result());
  }
  const auto caches = *SequenceCaches::create(model->config, model->cached(), 8);
  session->enter(model, caches);
  std::vector<std::unique_ptr<PaintRequest>> requests;
  std::vector<ModelRequest*> going;
  for (int i = 0; i < 4; ++i) {
    requests.push_back(std::make_unique<PaintRequest>(model, prompt(i), options(i)));
    requests.back()->slots = {7 - i, i};
    going.push_back(requests.back().get());
    EXPECT_EQ(requests.back()->sharing().key, nullptr) << "prompts are read alone";
    ASSERT_TRUE(*requests.back()->step(*session));
  }
  ASSERT_TRUE(*going[2]->step(*session));  // one of its steps alone
  EXPECT_EQ(run_together(*session, going), 6);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(requests[i]->result().pixels, alone[i].pixels) << i;
}

INSTANTIATE_TEST_SUITE_P(Precisions, SharedPasses,
                         testing::Values(Dtype::f32, Dtype::bf16, Dtype::int8));

}  // namespace
}  // namespace tutti
