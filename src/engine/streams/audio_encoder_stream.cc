#include "engine/streams/audio_encoder_stream.h"

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

// The keys that a chunk's queries see, from the start of a panel. They move to the front at every
// chunk, which costs 1 % of it; more room would move them less often.
constexpr int kKeptKeys = kAudioPast + kAudioSegment + kPanelRows;

// The streams' tails layer by layer, as AudioPast takes them.
std::vector<float> joined_tails(std::span<const std::span<const float>> streams, size_t layers) {
  std::vector<float> tails;
  for (size_t layer = 0; layer < layers; ++layer)
    for (const std::span<const float> all : streams) {
      const auto own = all.subspan(layer * all.size() / layers, all.size() / layers);
      tails.insert(tails.end(), own.begin(), own.end());
    }
  return tails;
}

}  // namespace

Result<AudioEncoderStream> AudioEncoderStream::create(const LoadedModel& loaded) {
  TUTTI_CHECK(require(loaded, Stem::sound, "hear"));
  const ModelSpec& spec = loaded.config;
  AudioEncoderStream stream;
  stream.width_ = spec.width;
  stream.quantum_ = kAudioStride * spec.modalities[size_t(spec.find(Stem::sound))].merge;
  stream.tails_.resize(size_t(spec.audio_blocks) * kAudioTail * size_t(spec.width));
  for (int layer = 0; layer < spec.audio_blocks; ++layer) {
    TUTTI_ASSIGN(KvSequence keys,
                 KvSequence::create(kKeptKeys, spec.attention_heads(), loaded.kept()));
    stream.layers_.push_back(std::move(keys));
  }
  return stream;
}

Status AudioEncoderStream::push(std::span<const float> mel) {
  if (finished_) return usage_error("the sound has been finished; begin another stream");
  if (mel.size() % kMelBins)
    return bad_input("a piece of the mel has " + std::to_string(mel.size()) +
                     " values; expected frames of 80");
  if (!std::all_of(mel.begin(), mel.end(), [](float v) { return std::isfinite(v); }))
    return bad_input("the mel holds values that are not finite; recompute it from the sound");
  frames_.insert(frames_.end(), mel.begin(), mel.end());
  return {};
}

void AudioEncoderStream::finish() {
  if (finished_) return;
  finished_ = true;
  const int64_t frames = int64_t(tokens_) * kAudioStride + waiting();
  const int64_t whole = std::max<int64_t>(1, (frames + quantum_ - 1) / quantum_) * quantum_;
  frames_.resize(frames_.size() + size_t(whole - frames) * kMelBins, kSilentMel);
}

size_t AudioEncoderStream::bytes() const {
  size_t bytes = (frames_.capacity() + tails_.capacity()) * sizeof(float);
  for (const KvSequence& keys : layers_) bytes += keys.bytes();
  return bytes;
}

std::span<const float> AudioEncoderStream::chunk() const {
  return std::span(frames_).subspan(size_t(first_frame_) * kMelBins,
                                    size_t(halo() + std::min(waiting(), kChunkFrames)) * kMelBins);
}

// Past the chunk. Frames that were used are dropped once they are half of what is kept.
void AudioEncoderStream::advance() {
  const int frames = int(chunk().size()) / kMelBins;
  const int added = (frames - halo()) / kAudioStride;
  first_frame_ += frames - kAudioHalo;
  tokens_ += added;
  const size_t gone = size_t(first_frame_) * kMelBins;
  if (gone < frames_.size() / 2) return;
  frames_.erase(frames_.begin(), frames_.begin() + ptrdiff_t(gone));
  first_frame_ = 0;
}

Status AudioEncoderStream::step(Session& session, std::span<AudioEncoderStream* const> streams,
                                const Read& read) {
  const auto& model = session.loaded().model;
  const size_t layers = model.audio_stem->layers.size(), width = size_t(model.spec.width);
  AudioPlan plan;
  plan.begin_streams(int(streams.size()));
  std::vector<std::span<const float>> tails_of;
  for (AudioEncoderStream* stream : streams) {
    if (!stream->ready()) return usage_error("a stream has no whole chunk yet; push more frames");
    plan.add(stream->chunk(), stream->tokens_);
    tails_of.push_back(stream->tails_);
  }
  const std::vector<float> tails = joined_tails(tails_of, layers);
  std::vector<KvCache> caches(layers);
  std::vector<KvCache*> by_layer;
  for (size_t layer = 0; layer < layers; ++layer) {
    std::vector<KvSequence*> keys;
    for (AudioEncoderStream* stream : streams) keys.push_back(&stream->layers_[layer]);
    caches[layer].borrow(keys);
    by_layer.push_back(&caches[layer]);
  }

  CpuOps& ops = session.ops;
  return session.run([&] {
    AudioPast<CpuOps> past = {by_layer, tails, {}};
    const CpuTensor tokens = model.audio_stem->forward(ops, plan, &past);
    CpuTensor logits;
    if (model.spec.has(HeadSpec::Kind::ctc)) logits = model.heads.ctc_logits(ops, tokens);
    if (!ops.computing()) return;
    for (size_t s = 0; s < streams.size(); ++s) {
      AudioEncoderStream& stream = *streams[s];
      const int first = stream.tokens_, row = plan.attention.key_offsets[s];
      for (size_t layer = 0; layer < layers; ++layer)
        std::copy_n(past.next[layer].row(int(s) * kAudioTail), kAudioTail * width,
                    stream.tails_.begin() + ptrdiff_t(layer * kAudioTail * width));
      stream.advance();
      const int end = row + stream.tokens_ - first;
      read(s, {first, ops.rows(tokens, row, end).matrix(),
               logits.rows() ? ops.rows(logits, row * kCtcPerToken, end * kCtcPerToken).matrix()
                             : ConstMatrix{}});
    }
  });
}

}  // namespace tutti
