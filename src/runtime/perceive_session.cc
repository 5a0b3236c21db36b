// The Engine's answers that are neither text, picture nor sound: transcripts straight from level 1,
// embeddings, mattes, and what attention looks at.
#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/rounding.h"
#include "media/dsp/sound_spans.h"
#include "engine/speech/ctc_text.h"
#include "runtime/perceive.h"
#include "engine/text_prompt.h"

namespace tutti {
namespace {

constexpr float kFrameSeconds = 0.01f;  // of a mel
constexpr int kPause = 20;              // frames: within a word there is none as long

// Alpha of a 128x128 picture from logits of 32x32 patches of 4x4 pixels.
Picture matte_picture(ConstMatrix alpha) {
  Picture picture = make_picture(kImageSize, kImageSize, 1);
  constexpr int grid = kImageSize / kImagePatch;
  for (int patch = 0; patch < grid * grid; ++patch)
    for (int i = 0; i < kImagePatch * kImagePatch; ++i) {
      const int x = patch % grid * kImagePatch + i % kImagePatch;
      const int y = patch / grid * kImagePatch + i / kImagePatch;
      *picture.at(x, y) = to_byte(255 * alpha.row(patch)[i]);
    }
  return picture;
}

// Share of each group's rows that ran each layer.
void read_routes(const TrunkOutput<CpuTensor>& trunk, const Batch& batch, AttentionShare& share) {
  for (auto& layer : share.routed)
    for (int g = 0; g < kGroups; ++g)
      layer[g] = batch.group_bounds[g] < batch.group_bounds[g + 1] ? 1 : 0;
  for (size_t i = 0; i < trunk.routed_layers.size(); ++i)
    for (int g = 0; g < kGroups; ++g) {
      const int begin = batch.group_bounds[g], end = batch.group_bounds[g + 1];
      if (begin == end) continue;
      float ran = 0;
      for (int row = begin; row < end; ++row) ran += trunk.gates_N1[i].row(row)[0];
      share.routed[trunk.routed_layers[i]][g] = ran / float(end - begin);
    }
}

void read_probes(const std::vector<AttentionProbe>& probes, AttentionShare& share) {
  for (size_t layer = 0; layer < probes.size(); ++layer)
    for (int q = 0; q < kGroups; ++q)
      for (int k = 0; k < kGroups; ++k)
        share.layers[layer][q][k] =
            float(probes[layer].share[q][k] / std::max(1.0, probes[layer].queries[q]));
}

// Calls read(logits) with the CTC head's labels x 257.
template <class Read>
Status hear(Session& session, const Mel& mel, const Read& read) {
  TUTTI_CHECK(check_part(Part::of_audio(mel)));
  BatchBuilder builder(session.loaded.config);
  builder.begin_sequence();
  builder.audio(mel);
  const Batch batch = builder.build();
  const auto& model = session.loaded.model;
  CpuOps& ops = session.ops;
  return session.run([&] {
    const CpuTensor logits =
        model.heads.ctc_logits(ops, model.audio_stem.forward(ops, batch.audio));
    if (ops.computing()) read(logits.matrix());
  });
}

}  // namespace

namespace {

// Times of words that were heard in a silence, moved to where the next sound begins.
void move_to_sound(std::vector<HeardWord>& words, const std::vector<SoundSpan>& sounds) {
  for (HeardWord& word : words) {
    const auto next = std::find_if(sounds.begin(), sounds.end(), [&](const SoundSpan& sound) {
      return float(sound.end) * kFrameSeconds > word.begin;
    });
    if (next == sounds.end()) continue;
    word.begin = std::max(word.begin, float(next->begin) * kFrameSeconds);
    word.end = std::max(word.end, word.begin + kCtcLabelSeconds);
  }
}

// What follows in time.
void append(Transcript& transcript, Transcript part, float offset, float end) {
  for (HeardWord& word : part.words) {
    // The last labels hear the silence that the sound was padded with.
    word.begin = std::min(word.begin + offset, end);
    word.end = std::min(word.end + offset, end);
  }
  if (!transcript.text.empty() && !part.text.empty()) transcript.text += ' ';
  transcript.text += part.text;
  std::move(part.words.begin(), part.words.end(), std::back_inserter(transcript.words));
}

}  // namespace

Result<Transcript> transcribe(Session& session, const Mel& mel) {
  TUTTI_CHECK(check_part(Part::of_audio(mel)));
  Transcript transcript;
  for (const SoundSpan& span : sound_spans(mel)) {
    Transcript part;
    const auto read = [&](ConstMatrix logits) { part = ctc_transcript(logits); };
    TUTTI_CHECK(hear(session, part_of(mel, span), read));
    append(transcript, std::move(part), float(span.begin) * kFrameSeconds,
           float(span.end) * kFrameSeconds);
  }
  move_to_sound(transcript.words, sounding_frames(mel, kPause));
  return transcript;
}

Result<std::string> Engine::transcribe(const Mel& mel) const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  TUTTI_ASSIGN(Transcript heard, tutti::transcribe(*state_->session, mel));
  return std::move(heard.text);
}

Result<std::vector<double>> Engine::spelling_scores(const Mel& mel,
                                                    const std::vector<std::string>& texts) const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  std::vector<double> scores;
  TUTTI_CHECK(hear(*state_->session, mel, [&](ConstMatrix logits) {
    for (const std::string& text : texts) scores.push_back(ctc_log_likelihood(logits, text));
  }));
  return scores;
}

Result<std::vector<float>> embed(Session& session, const Part& part, int* tokens) {
  TUTTI_CHECK(check_part(part));
  if (part.kind == Part::Kind::answer)
    return usage_error("an answer has no embedding; give it as text");
  const LoadedModel& loaded = session.loaded;
  BatchBuilder builder(loaded.config);
  builder.begin_sequence();
  if (part.kind == Part::Kind::text) {
    TUTTI_ASSIGN(const Tokens ids, encode_within_context(loaded, part.text, "the text"));
    builder.text(joined({mark(token_begin), ids}));
  } else {
    TUTTI_CHECK(check_context(loaded.config, media_rows(loaded.config, part), "what to embed"));
    add_media(builder, part);
  }
  const Batch batch = builder.build();
  TUTTI_CHECK(check_context(loaded.config, batch.rows(), "what to embed"));
  if (tokens) *tokens = part.kind == Part::Kind::text ? batch.rows() - 1 : 0;

  std::vector<int32_t> index(batch.rows());
  for (int row = 0; row < batch.rows(); ++row) index[row] = row;
  const std::vector<int32_t> bounds = {0, batch.rows()};
  const auto& model = loaded.model;
  CpuOps& ops = session.ops;
  std::vector<float> embedding;
  TUTTI_CHECK(session.run([&] {
    const auto out = model.forward(ops, batch);
    const CpuTensor unit = model.heads.embeddings(ops, out.trunk.x_ND, index, bounds);
    if (ops.computing()) embedding.assign(unit.row(0), unit.row(0) + unit.cols());
  }));
  return embedding;
}

Result<std::vector<float>> Engine::embed(const Part& part) const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  return tutti::embed(*state_->session, part);
}

Result<Picture> Engine::matte(const Picture& picture) const {
  TUTTI_CHECK(check_part(Part::of_picture(picture)));
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  BatchBuilder builder(config());
  builder.begin_sequence();
  builder.image(picture);
  const Batch batch = builder.build();
  const auto& model = state_->loaded->model;
  CpuOps& ops = state_->session->ops;
  Picture matte;
  TUTTI_CHECK(state_->session->run([&] {
    const CpuTensor alpha =
        ops.sigmoid(model.heads.matte.forward(ops, model.picture_stem.forward(ops, batch), 1));
    if (ops.computing()) matte = matte_picture(alpha.matrix());
  }));
  return matte;
}

Result<AttentionShare> Engine::explain(const Prompt& prompt, const TextOptions& options) const {
  TUTTI_ASSIGN(const auto turn, state_->take_turn());
  TUTTI_ASSIGN(const ResolvedPrompt resolved,
               resolve_text_prompt(prompt, options, *state_->loaded));
  BatchBuilder builder(config());
  builder.begin_sequence();
  add_prompt(builder, resolved);
  const Batch batch = builder.build();
  TUTTI_CHECK(check_context(config(), batch.rows(), "the prompt"));

  Session& session = *state_->session;
  AttentionShare share;
  share.layers.resize(config().layers);
  share.routed.resize(config().layers);
  std::vector<AttentionProbe> probes(config().layers);
  session.truncate(0, 0);
  session.caches->set_probes(&probes);
  const Status status = session.run([&] {
    const auto out = session.loaded.model.forward(session.ops, batch, session.caches->layers());
    if (session.ops.computing()) read_routes(out.trunk, batch, share);
  });
  session.caches->set_probes(nullptr);
  TUTTI_CHECK(status);
  read_probes(probes, share);
  return share;
}

}  // namespace tutti
