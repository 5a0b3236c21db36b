// A sound in pieces is heard as the whole is, and nothing that comes in makes a stream hold more
// than it may.
#include "engine/streams/transcript_stream.h"

#include <cmath>
#include <limits>
#include <random>

#include "base/utf8.h"
#include "engine/requests/transcribe_request.h"
#include "engine/streams/stream_request.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

using Request = StreamRequest<TranscriptStream>;

class TranscriptStreamTest : public testing::Test {
 protected:
  TranscriptStream stream() const { return *TranscriptStream::create(model); }

  std::string whole(const std::vector<float>& samples) const {
    TranscribeRequest request(model, std::make_shared<const Mel>(log_mel(samples)));
    const Status status = run(request, *session);
    EXPECT_TRUE(status) << status.error().message();
    return request.result().text;
  }

  void step_all(TranscriptStream& stream) const {
    while (stream.ready()) ASSERT_TRUE(step(*session, stream));
  }

  const ModelHandle model = [] {
    ModelSpec config = tiny_config();
    config.audio_blocks = 2;
    return *load_model(write_model("transcript_stream_test", config), {.threads = 2});
  }();
  const std::unique_ptr<Session> session = *Session::create(model, 2);
};

// Noise as loud as speech, and silence, of lengths around the limits of spans and chunks.
std::vector<float> random_sound(std::mt19937& random) {
  const int lengths[] = {3, 9, 20, 29, 60, 81, 96, 99, 101, 130, 192, 300};
  std::normal_distribution<float> noise(0, 0.1f);
  std::vector<float> samples(random() % 160);
  for (int runs = 1 + int(random() % 7); runs > 0; --runs) {
    const bool sound = random() % 2;
    for (int i = 160 * lengths[random() % std::size(lengths)]; i > 0; --i)
      samples.push_back(sound ? noise(random) : 0);
  }
  return samples;
}

TEST_F(TranscriptStreamTest, PiecesAreHeardAsTheWhole) {
  std::mt19937 random(11);
  size_t said = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const std::vector<float> samples = random_sound(random);
    const std::string want = whole(samples);
    said += want.size();
    const size_t largest = trial % 3 == 0 ? 400 : trial % 3 == 1 ? 20000 : samples.size() + 1;
    TranscriptStream pieces = stream();
    std::string text;
    for (size_t at = 0, take = 0; at < samples.size(); at += take) {
      take = std::min(samples.size() - at, size_t(random()) % largest);
      ASSERT_TRUE(pieces.push(std::span(samples).subspan(at, take)));
      if (random() % 4) step_all(pieces);
      text += pieces.take_text();
      ASSERT_FALSE(invalid_utf8_at(text));
      ASSERT_TRUE(want.starts_with(text));  // what has come stays
    }
    EXPECT_FALSE(pieces.done());
    pieces.finish();
    pieces.finish();
    step_all(pieces);
    EXPECT_TRUE(pieces.done());
    EXPECT_EQ(text + pieces.take_text(), want);
    EXPECT_EQ(pieces.take_text(), "");
  }
  EXPECT_GT(said, 1000u);
}

// Two streams in passes that they share, moved between sessions as they go.
TEST_F(TranscriptStreamTest, StreamsDoNotTouch) {
  std::mt19937 random(12);
  const auto other = *Session::create(model, 1);
  for (int trial = 0; trial < 10; ++trial) {
    const std::vector<float> samples[2] = {random_sound(random), random_sound(random)};
    std::shared_ptr<TranscriptStream> streams[2];
    std::string text[2];
    size_t at[2] = {0, 0};
    for (auto& own : streams) own = std::make_shared<TranscriptStream>(stream());
    for (int turn = 0; !streams[0]->done() || !streams[1]->done(); ++turn) {
      for (size_t i : {0, 1}) {
        const size_t take = std::min(samples[i].size() - at[i], size_t(random()) % 40000);
        if (take > 0) {
          ASSERT_TRUE(streams[i]->push(std::span(samples[i]).subspan(at[i], take)));
        }
        if ((at[i] += take) == samples[i].size()) streams[i]->finish();
      }
      Request first(streams[0]), second(streams[1]);
      EXPECT_EQ(first.sharing().key, second.sharing().key);
      ModelRequest* const both[] = {&first, &second};
      for (Result<bool> more[2] = {true, true}; *more[0] || *more[1];) {
        first.step_together(turn % 2 ? *session : *other, both, more);
        ASSERT_TRUE(more[0] && more[1]);
      }
      for (size_t i : {0, 1}) text[i] += streams[i]->take_text();
    }
    for (size_t i : {0, 1}) EXPECT_EQ(text[i], whole(samples[i]));
  }
}

TEST_F(TranscriptStreamTest, WhatIsNoSoundIsRefusedAndChangesNothing) {
  std::mt19937 random(13);
  const std::vector<float> samples = random_sound(random);
  TranscriptStream pieces = stream();
  const auto code_of = [&](const std::vector<float>& wrong) {
    const Status status = pieces.push(wrong);
    return status ? ErrorCode::failed : status.error().code();
  };
  std::vector<float> loud(400, 1e30f);
  for (size_t at = 0; at < samples.size(); at += 1000) {
    EXPECT_EQ(code_of({0, std::numeric_limits<float>::quiet_NaN()}), ErrorCode::bad_input);
    EXPECT_EQ(code_of({std::numeric_limits<float>::infinity()}), ErrorCode::bad_input);
    EXPECT_EQ(code_of(loud), ErrorCode::bad_input);
    ASSERT_TRUE(pieces.push({}));
    ASSERT_TRUE(
        pieces.push(std::span(samples).subspan(at, std::min<size_t>(1000, samples.size() - at))));
  }
  pieces.finish();
  EXPECT_EQ(code_of({0}), ErrorCode::usage);
  EXPECT_EQ(code_of({}), ErrorCode::usage);
  step_all(pieces);
  EXPECT_EQ(pieces.take_text(), whole(samples));
}

TEST_F(TranscriptStreamTest, TextThatIsPutBackComesFirst) {
  std::mt19937 random(15);
  const std::vector<float> samples = random_sound(random);
  TranscriptStream pieces = stream();
  const size_t half = samples.size() / 2;
  ASSERT_TRUE(pieces.push(std::span(samples).first(half)));
  step_all(pieces);
  pieces.put_back(pieces.take_text());
  ASSERT_TRUE(pieces.push(std::span(samples).subspan(half)));
  pieces.finish();
  step_all(pieces);
  EXPECT_EQ(pieces.take_text(), whole(samples));
}

TEST_F(TranscriptStreamTest, NothingAtAllIsHeardAsNothing) {
  TranscriptStream pieces = stream();
  pieces.finish();
  EXPECT_FALSE(pieces.ready());
  EXPECT_TRUE(pieces.done());
  EXPECT_EQ(pieces.take_text(), "");
}

std::vector<float> noise_of(double seconds) {
  std::mt19937 random(14);
  std::normal_distribution<float> noise(0, 0.1f);
  std::vector<float> samples(size_t(seconds * 16000));
  for (float& sample : samples) sample = noise(random);
  return samples;
}

TEST_F(TranscriptStreamTest, WhatWaitsIsBounded) {
  const std::vector<float> second = noise_of(1);
  TranscriptStream pieces = stream();
  int pushed = 0;
  Status status;
  while (pushed < 100 && (status = pieces.push(second))) ++pushed;
  EXPECT_EQ(pushed, TranscriptStream::kMostWaiting);
  EXPECT_EQ(status.error().code(), ErrorCode::busy);
  EXPECT_FALSE(pieces.push(std::vector<float>(size_t(1) << 24)));
  EXPECT_LT(pieces.bytes(), size_t(8) << 20);
  step_all(pieces);
  EXPECT_TRUE(pieces.push(second));
  // Silence is not kept, however long.
  const size_t before = pieces.bytes();
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(pieces.push(std::vector<float>(16000)));
    step_all(pieces);
  }
  EXPECT_LE(pieces.bytes(), before);
}

TEST_F(TranscriptStreamTest, TextThatNobodyTakesStopsIt) {
  const std::vector<float> second = noise_of(1);
  TranscriptStream pieces = stream();
  ErrorCode code = ErrorCode::failed;
  for (int pushed = 0; pushed < 5000 && code == ErrorCode::failed; ++pushed) {
    step_all(pieces);
    if (const Status status = pieces.push(second); !status) code = status.error().code();
  }
  ASSERT_EQ(code, ErrorCode::busy);
  EXPECT_LT(pieces.bytes(), size_t(8) << 20);
  EXPECT_GT(pieces.take_text().size(), TranscriptStream::kMostText);
  EXPECT_TRUE(pieces.push(second));
}

// The memory of a stream after ten minutes is that after one.
TEST_F(TranscriptStreamTest, MemoryDoesNotGrow) {
  const std::vector<float> second = noise_of(1);
  TranscriptStream pieces = stream();
  size_t early = 0, late = 0;
  for (int i = 0; i < 600; ++i) {
    ASSERT_TRUE(pieces.push(second));
    step_all(pieces);
    (void)pieces.take_text();
    size_t& most = i < 60 ? early : late;
    most = std::max(most, pieces.bytes());
  }
  EXPECT_LE(late, early);
}

TEST_F(TranscriptStreamTest, NeedsAModelThatTranscribes) {
  ModelSpec config = tiny_config();
  std::erase_if(config.heads,
                [](const HeadSpec& head) { return head.kind == HeadSpec::Kind::ctc; });
  const ModelHandle deaf = *load_model(write_model("transcript_stream_deaf", config), {});
  const auto refused = TranscriptStream::create(deaf);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("transcribe"), std::string::npos);
}

}  // namespace
}  // namespace tutti
