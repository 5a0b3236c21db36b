// While it generates, a session takes nothing from the heap: every step of decoding and of flow
// sampling after the first works in the memory of the one before.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "engine/samplers/guided_flow.h"
#include "engine/samplers/sampler.h"
#include "engine/text_sequence.h"
#include "format/text/tokenizer_trainer.h"
#include "tests/helpers/random_adapters.h"
#include "tests/helpers/test_model.h"

namespace {
std::atomic<int64_t> allocations = 0;
}  // namespace

// Counts every allocation of this test program.
[[gnu::noinline]] void* operator new(size_t bytes) {
  ++allocations;
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, size_t) noexcept {
  std::free(p);
}

namespace tutti {
namespace {

Tokenizer any_tokenizer() {
  std::vector<std::string> sentences;
  for (int i = 0; i < 40; ++i)
    sentences.push_back("the quick brown fox number " + std::to_string(i) +
                        " jumps over a lazy dog and says h\u00e9llo w\u00f6rld again");
  const std::string bytes = *train_tokenizer(sentences, 310);
  return *Tokenizer::open(kSentencePiece, std::as_bytes(std::span(bytes)));
}

// Random weights in one precision.
struct Loaded {
  explicit Loaded(Precision precision) {
    const auto read = [](const std::string& name, int rows, int cols) {
      return Result<std::vector<float>>(weight_values(name, rows, cols));
    };
    WeightSource source(read, [&](const std::string& name, int rows, int cols) -> Result<Weight> {
      const auto values = weight_values(name, rows, cols);
      Weight weight;
      TUTTI_ASSIGN(weight.packed,
                   PackedWeights::pack({values.data(), rows, cols, size_t(cols)}, precision));
      return weight;
    });
    const ModelSpec config = tiny_config();
    Model<CpuOps> built(Scope(source, ""), config);
    ThreadPool threads(1);
    EXPECT_TRUE(source.pack(threads));
    model.model = std::shared_ptr<const LoadedModel>(
        new LoadedModel{config, any_tokenizer(), source.take(), std::move(built)});
    session = *Session::create(model, 2);
  }

  ModelHandle model;
  std::unique_ptr<Session> session;
};

class SteadyState : public testing::TestWithParam<Precision> {};

// One sequence, or several whose tokens share passes; with adapters, all but the first have one.
void expect_steady_decoding(Session& session, int count, bool adapters = false) {
  std::vector<TextSequence> sequences;
  std::vector<Sampler> samplers(count, Sampler({.temperature = 1, .top_k = 40}));
  for (int i = 0; i < count; ++i) {
    sequences.emplace_back(i, adapters ? i - 1 : -1);
    ASSERT_TRUE(sequences[i].prefill(session, {{}, Tokens(3 + i, 20 + i)}));
  }
  std::vector<TextSequence*> pointers;
  for (TextSequence& sequence : sequences) pointers.push_back(&sequence);
  Tokens ids(count);
  DecodeBatch batch;
  const auto step = [&] {
    for (int i = 0; i < count; ++i) ids[i] = samplers[i].pick(sequences[i].logits());
    const Status status = batch.append(session, pointers, ids);
    ASSERT_TRUE(status) << status.error().message();
  };
  step();
  step();  // the first of a sampler's logits' room grows in the first
  const int64_t before = allocations;
  const size_t arena = session.arena.capacity();
  for (int i = 0; i < 50; ++i) step();
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(session.arena.capacity(), arena);
  EXPECT_EQ(sequences[0].length(), 55);
}

TEST_P(SteadyState, DecodingAllocatesNothingAfterTheFirstToken) {
  Loaded f(GetParam());
  expect_steady_decoding(*f.session, 1);
  expect_steady_decoding(*f.session, 2);
}

TEST_P(SteadyState, DecodingWithAdaptersAllocatesNothingEither) {
  using Dtype = EngineOptions::Dtype;
  const std::string path = write_model("steady_state_test", tiny_config());
  ASSERT_TRUE(add_adapters(path, {"one", "two"}));
  const Dtype dtype = GetParam() == Precision::f32    ? Dtype::f32
                      : GetParam() == Precision::bf16 ? Dtype::bf16
                                                      : Dtype::int8;
  const ModelHandle model = *load_model(path, {.threads = 1, .dtype = dtype});
  const auto session =
      Session::create(model, 2, *SequenceCaches::create(model->config, model->cached(), 3));
  expect_steady_decoding(*session, 3, true);
}

// Allocations of a whole run, which must not depend on the number of steps.
int64_t flow_allocations(Session& session, Stem stem, int steps) {
  const std::vector<int32_t> alignment(10, 0);
  const bool paint = stem == Stem::noisy;
  const int modality = session.loaded().config.find(stem);
  GuidedFlow flow({0, 1}, modality, session.loaded().model.heads.values[size_t(modality)],
                  [&](BatchBuilder& builder, std::span<const float> z, float t) {
                    if (paint)
                      builder.paint(z, t);
                    else
                      builder.speak(z, t, "a", alignment);
                  });
  EXPECT_TRUE(flow.prefill(session, {{}, {20, 30}}, {{}, {20}}, paint ? kPaintTokens : 10,
                           {.steps = steps, .guidance_scale = 2}));
  const int64_t before = allocations;
  for (int step = 1; step <= steps; ++step) EXPECT_EQ(*flow.step(session), step < steps);
  return allocations - before;
}

TEST_P(SteadyState, FlowStepsAllocateNothingAfterTheFirst) {
  Loaded f(GetParam());
  for (const Stem stem : {Stem::noisy, Stem::spoken}) {
    flow_allocations(*f.session, stem, 2);
    const int64_t two = flow_allocations(*f.session, stem, 2);
    EXPECT_EQ(flow_allocations(*f.session, stem, 12), two) << int(stem);
  }
}

// A window that moves to the front of its memory now and then.
TEST_P(SteadyState, ASequenceWithoutAnEndAllocatesNothing) {
  constexpr int kWindow = 20;
  Loaded f(GetParam());
  const LoadedModel& loaded = *f.model;
  const auto caches = *SequenceCaches::create(loaded.config, loaded.cached(), 1, kWindow);
  BatchBuilder builder(loaded.config);
  builder.begin_sequence();
  builder.text(Tokens{5});
  Batch batch = builder.build();
  const uint64_t shape = Session::new_shape();
  const auto pass = [&](int past) {
    batch.set_text_step(0, 5, {.past = past, .time = float(past), .window = kWindow});
    (void)loaded.model.forward(f.session->ops, batch, caches->layers());
  };
  int64_t before = 0;
  for (int past = 0; past < 600; ++past) {
    if (past == 2) before = allocations;
    ASSERT_TRUE(f.session->run_shape(
        shape, [&] { pass(kWindow); }, [&] { pass(past); }))
        << past;
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GT(caches->layers()[0]->sequence(0).oldest(), 300);
}

INSTANTIATE_TEST_SUITE_P(Precisions, SteadyState,
                         testing::Values(Precision::f32, Precision::bf16, Precision::int8));

}  // namespace
}  // namespace tutti
