// The whole network. Read this file first, then batch.h, trunk.h, block.h.
//
//   Model<CpuOps> model(Scope(weights, ""), config);
//   auto out = model.forward(ops, batch);
//   auto logits = model.heads.text_logits(ops, ops.rows(out.trunk.x_ND, begin, end), model.pieces);
//
// A batch flows one way: stems (level 1) -> resamplers (level 2) -> trunk (level 3) -> heads.
#pragma once

#include <optional>

#include "model/heads.h"
#include "model/resampler.h"
#include "model/stems.h"
#include "model/trunk.h"
#include "model/vocoder.h"

namespace tutti {

template <class Tensor>
struct ModelOutput {
  TrunkOutput<Tensor> trunk;
  std::optional<PictureFeatures<Tensor>> pictures;  // level 1, for the matte head
  std::optional<Tensor> audio;                      // level 1, for the CTC head
  std::optional<Tensor> speech_text;                // for durations
};

template <Ops O>
struct Model {
  using Tensor = typename O::Tensor;

  template <class Source>
  Model(const Scope<Source>& scope, const ModelConfig& config)
      : config(config),
        pieces(scope.tied_table("pieces", config.vocabulary, config.width)),
        picture_stem(scope / "picture", config),
        audio_stem(scope / "audio", config),
        image_summary(scope / "image_summary", config, kImageMerge, 64 / kImageMerge),
        clip_summary(scope / "clip_summary", config, kClipMerge, 256 / kClipMerge),
        audio_summary(scope / "audio_summary", config, kAudioMerge, kAudioSegment / kAudioMerge),
        paint_in(scope.matrix("paint_in", config.bottleneck, kPaintValues)),
        paint_up(scope.matrix("paint_up", config.width, config.bottleneck)),
        speak_in(scope.matrix("speak_in", config.bottleneck, kSpeakValues)),
        speak_up(scope.matrix("speak_up", config.width, config.bottleneck)),
        speech_text(scope / "speech_text", config),
        trunk(scope / "trunk", config),
        heads(scope / "heads", config),
        vocoder(scope / "vocoder", config) {}

  ModelOutput<Tensor> forward(O& ops, const Batch& batch,
                              std::span<typename O::Cache* const> caches = {}) const {
    ModelOutput<Tensor> out;
    TensorList rows;  // in the order of Kind
    if (!batch.text_ids.empty()) rows.push_back(ops.embedding(pieces, batch.text_ids));
    if (batch.images || batch.clips) {
      out.pictures = picture_stem.forward(ops, batch);
      summarise_pictures(ops, out.pictures->tokens_PD, batch, rows);
    }
    if (!batch.audio.mel.empty()) {
      out.audio = audio_stem.forward(ops, batch.audio);
      rows.push_back(audio_summary.forward(ops, *out.audio, batch.summary[2]));
    }
    if (!batch.speech_bytes.empty()) out.speech_text = speech_text.forward(ops, batch);
    noisy_rows(ops, batch, out, rows);
    if (!rows.empty())
      out.trunk =
          trunk.forward(ops, rows.size() == 1 ? rows[0] : ops.concat_rows(rows), batch, caches);
    return out;
  }

  ModelConfig config;
  Tensor pieces;  // vocabulary x width, input and output embedding
  PictureStem<O> picture_stem;
  AudioStem<O> audio_stem;
  Resampler<O> image_summary, clip_summary, audio_summary;
  Tensor paint_in, paint_up, speak_in, speak_up;
  SpeechText<O> speech_text;
  Trunk<O> trunk;
  Heads<O> heads;
  Vocoder<O> vocoder;

 private:
  using TensorList = InlineVector<Tensor, kKinds>;

  void summarise_pictures(O& ops, const Tensor& tokens_PD, const Batch& batch,
                          TensorList& rows) const {
    const int images = batch.images * 64, all = ops.row_count(tokens_PD);
    if (images)
      rows.push_back(image_summary.forward(ops, ops.rows(tokens_PD, 0, images), batch.summary[0]));
    if (images < all) {
      const Tensor clips = ops.gather_rows(ops.rows(tokens_PD, images, all), batch.clip_order);
      rows.push_back(clip_summary.forward(ops, clips, batch.summary[1]));
    }
  }

  // Noisy patches pass a bottleneck (JiT, arXiv 2511.13720): what can be predicted about them lies
  // in few dimensions.
  void noisy_rows(O& ops, const Batch& batch, const ModelOutput<Tensor>& out,
                  TensorList& rows) const {
    const auto& begin = batch.kind_begin;
    if (const int n = begin[5] - begin[4]) {
      const Tensor noisy = ops.constant(batch.paint_noisy, n, kPaintValues);
      rows.push_back(ops.linear(ops.linear(noisy, paint_in), paint_up));
    }
    if (const int n = begin[6] - begin[5]) {
      const Tensor noisy = ops.constant(batch.speak_noisy, n, kSpeakValues);
      const Tensor said =
          ops.linear(ops.gather_rows(*out.speech_text, batch.speak_alignment), speech_text.feature);
      rows.push_back(ops.add(ops.linear(ops.linear(noisy, speak_in), speak_up), said));
    }
  }
};

}  // namespace tutti
