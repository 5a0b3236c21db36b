// A sound in pieces gives the bits of the whole sound, in memory that does not grow.
#include "engine/streams/audio_encoder_stream.h"

#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

using Dtype = EngineOptions::Dtype;

std::vector<float> random_frames(int frames, int seed) {
  Rng rng(seed);
  std::vector<float> mel(size_t(frames) * kMelBins);
  for (float& value : mel) value = float(rng.normal());
  return mel;
}

void append(std::vector<float>& to, ConstMatrix x) {
  for (int r = 0; r < x.rows; ++r) to.insert(to.end(), x.row(r), x.row(r) + x.cols);
}

struct Encoded {
  std::vector<float> tokens, logits;
  void add(const EncodedAudio& chunk) {
    append(tokens, chunk.tokens);
    append(logits, chunk.logits);
  }
  bool operator==(const Encoded&) const = default;
};

ModelHandle load(const ModelSpec& config, Dtype dtype) {
  const std::string path =
      write_model("audio_encoder_stream_test_" + std::to_string(config.audio_blocks), config);
  return *load_model(path, {.threads = 2, .dtype = dtype});
}

ModelSpec two_blocks() {
  ModelSpec config = tiny_config();
  config.audio_blocks = 2;
  return config;
}

class AudioStream : public testing::TestWithParam<Dtype> {
 protected:
  Encoded whole(const std::vector<float>& mel) {
    BatchBuilder builder(model->config);
    builder.begin_sequence();
    builder.audio({kMelBins, mel});
    const Batch batch = builder.build();
    Encoded out;
    const Status status = session->run([&] {
      const CpuTensor tokens = model->model.audio_stem->forward(session->ops, batch.audio);
      const CpuTensor logits = model->model.heads.ctc_logits(session->ops, tokens);
      if (session->ops.computing()) out.add({0, tokens.matrix(), logits.matrix()});
    });
    EXPECT_TRUE(status) << status.error().message();
    return out;
  }

  AudioEncoderStream stream() { return *AudioEncoderStream::create(*model); }

  void step_all(AudioEncoderStream& stream, Encoded& out) {
    while (stream.ready()) {
      const int before = stream.tokens();
      const Status status = step(*session, stream, [&](size_t, const EncodedAudio& chunk) {
        EXPECT_EQ(chunk.first_token, before);
        out.add(chunk);
      });
      ASSERT_TRUE(status) << status.error().message();
    }
  }

  // In pieces whose sizes `next` gives.
  Encoded in_pieces(const std::vector<float>& mel, const std::function<int()>& next) {
    AudioEncoderStream all = stream();
    Encoded out;
    for (size_t frame = 0, frames = mel.size() / kMelBins; frame < frames;) {
      const size_t count = std::min(frames - frame, size_t(next()));
      EXPECT_TRUE(all.push(std::span(mel).subspan(frame * kMelBins, count * kMelBins)));
      step_all(all, out);
      frame += count;
    }
    all.finish();
    step_all(all, out);
    EXPECT_TRUE(all.done());
    return out;
  }

  ModelHandle model = load(two_blocks(), GetParam());
  std::unique_ptr<Session> session = *Session::create(model, 2);
};

TEST_P(AudioStream, GivesTheBitsOfTheWholeSound) {
  for (int frames : {0, 1, 11, 12, 13, 95, 96, 97, 192, 300, 1003}) {
    const auto mel = random_frames(frames, frames);
    const Encoded expected = whole(mel);
    Rng rng(frames);
    EXPECT_EQ(in_pieces(mel, [] { return 5000; }), expected) << frames;
    EXPECT_EQ(in_pieces(mel, [&] { return 1 + rng.below(130); }), expected) << frames;
    if (frames < 200) {
      EXPECT_EQ(in_pieces(mel, [] { return 1; }), expected) << frames;
    }
  }
}

// Beyond the first turn of the clock and of every cache; memory is that of the first seconds.
TEST_P(AudioStream, TwoMinutesAreTheSameBitsInTheSameMemory) {
  const auto mel = random_frames(12000, 7);
  const Encoded expected = whole(mel);
  session->forget_plan();
  AudioEncoderStream all = stream();
  std::unique_ptr<Session> other = std::exchange(session, *Session::create(model, 2));
  Encoded out;
  size_t bytes = 0, arena = 0;
  for (int frame = 0; frame < 12000; frame += 8) {  // 80 ms
    ASSERT_TRUE(all.push(std::span(mel).subspan(size_t(frame) * kMelBins, 8 * kMelBins)));
    step_all(all, out);
    if (frame == 1000) bytes = all.bytes(), arena = session->arena.capacity();
  }
  EXPECT_EQ(all.bytes(), bytes);
  EXPECT_EQ(session->arena.capacity(), arena);
  EXPECT_LT(arena, other->arena.capacity() / 20);
  all.finish();
  EXPECT_FALSE(all.ready());  // 125 whole chunks
  EXPECT_TRUE(out == expected);
}

// Streams at different places, that begin and end at different times, moved from object to object.
TEST_P(AudioStream, StreamsShareAPassWithoutChangingABit) {
  constexpr int kStreams = 3;
  const int frames[kStreams] = {500, 96, 811};
  std::vector<std::vector<float>> mels;
  std::vector<AudioEncoderStream> streams;
  std::vector<Encoded> outs(kStreams);
  for (int s = 0; s < kStreams; ++s) {
    mels.push_back(random_frames(frames[s], 40 + s));
    streams.push_back(stream());
  }
  std::vector<size_t> pushed(kStreams);
  for (int round = 0;; ++round) {
    std::vector<AudioEncoderStream*> ready;
    std::vector<size_t> which;
    bool done = true;
    for (size_t s = 0; s < kStreams; ++s) {
      if (pushed[s] < mels[s].size()) {
        const size_t count = std::min(size_t(20 + 30 * s) * kMelBins, mels[s].size() - pushed[s]);
        ASSERT_TRUE(streams[s].push(std::span(mels[s]).subspan(pushed[s], count)));
        pushed[s] += count;
      } else {
        AudioEncoderStream moved = std::move(streams[s]);
        moved.finish();
        streams[s] = std::move(moved);
      }
      if (streams[s].ready()) ready.push_back(&streams[s]), which.push_back(s);
      done = done && streams[s].done();
    }
    if (done) break;
    if (ready.empty()) continue;
    ASSERT_TRUE(AudioEncoderStream::step(
        *session, ready, [&](size_t i, const EncodedAudio& chunk) { outs[which[i]].add(chunk); }));
  }
  for (size_t s = 0; s < kStreams; ++s) EXPECT_EQ(outs[s], whole(mels[s])) << s;
}

INSTANTIATE_TEST_SUITE_P(Precisions, AudioStream,
                         testing::Values(Dtype::f32, Dtype::bf16, Dtype::int8));

TEST(AudioStreamErrors, SayWhatWasGot) {
  const ModelHandle model = load(tiny_config(), Dtype::f32);
  AudioEncoderStream stream = *AudioEncoderStream::create(*model);
  const std::vector<float> odd(81), infinite(80, INFINITY), frame(80);
  EXPECT_NE(stream.push(odd).error().message().find("81 values"), std::string::npos);
  EXPECT_FALSE(stream.push(infinite));
  EXPECT_FALSE(stream.ready());
  const auto session = *Session::create(model, 1);
  EXPECT_FALSE(step(*session, stream, [](size_t, const EncodedAudio&) {}));
  stream.finish();
  EXPECT_FALSE(stream.push(frame));
  EXPECT_TRUE(stream.ready());  // a summary's worth of silence, as for a whole sound of no frames
}

}  // namespace
}  // namespace tutti
