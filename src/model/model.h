// The whole network. Read spec.h first, then this, batch.h, trunk.h, block.h.
//
//   Model<CpuOps> model(Scope(weights, ""), spec);
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

// What makes rows of the trunk of one modality, apart from the stems that several share.
template <Ops O>
struct ModalityInput {
  using Tensor = typename O::Tensor;

  template <class Source>
  ModalityInput(const Scope<Source>& scope, const ModelSpec& spec, const ModalitySpec& m) {
    switch (m.stem) {
      case Stem::picture:
      case Stem::clip:
      case Stem::sound:
        summary.emplace(scope / (m.name + "_summary"), spec, m.merge,
                        segment_tokens(m.stem) / m.merge);
        break;
      case Stem::patches:
        in = scope.head(m.name + "_in", spec.width, m.values);
        break;
      case Stem::noisy:
      case Stem::spoken:
        in = scope.head(m.name + "_in", spec.bottleneck, m.values);
        up = scope.matrix(m.name + "_up", spec.width, spec.bottleneck);
        break;
      case Stem::pieces:
        break;
    }
  }

  std::optional<Resampler<O>> summary;
  // Numbers to rows. Noisy ones pass a bottleneck (JiT, arXiv 2511.13720): what can be predicted
  // about them lies in few dimensions.
  Tensor in, up;
};

template <Ops O>
struct Model {
  using Tensor = typename O::Tensor;

  template <class Source>
  Model(const Scope<Source>& scope, const ModelSpec& spec)
      : spec(spec),
        pieces(scope.tied_table("pieces", spec.vocabulary, spec.width)),
        trunk(scope / "trunk", spec),
        heads(scope / "heads", spec) {
    if (!spec.block.tied) untied = scope.head("output", spec.vocabulary, spec.width);
    const auto has = [&](Stem stem) { return spec.find(stem) >= 0; };
    if (has(Stem::picture) || has(Stem::clip)) picture_stem.emplace(scope / "picture", spec);
    if (has(Stem::sound)) audio_stem.emplace(scope / "audio", spec);
    if (has(Stem::spoken)) speech_text.emplace(scope / "speech_text", spec);
    if (spec.has(HeadSpec::Kind::vocoder)) vocoder.emplace(scope / "vocoder", spec);
    for (const ModalitySpec& m : spec.modalities) inputs.emplace_back(scope, spec, m);
  }

  ModelOutput<Tensor> forward(O& ops, const Batch& batch,
                              std::span<typename O::Cache* const> caches = {},
                              std::span<const Adapter<Tensor>* const> adapters = {}) const {
    ModelOutput<Tensor> out;
    if (batch.images || batch.clips) out.pictures = picture_stem->forward(ops, batch);
    if (!batch.audio.mel.empty()) out.audio = audio_stem->forward(ops, batch.audio);
    if (!batch.speech_bytes.empty()) out.speech_text = speech_text->forward(ops, batch);
    InlineVector<Tensor, 8> rows;
    for (size_t m = 0; m < inputs.size(); ++m)
      if (batch.rows() && batch.rows_of(int(m)))
        rows.push_back(input_rows(ops, int(m), batch, out));
    if (!rows.empty())
      forward_trunk(ops, rows.size() == 1 ? rows[0] : ops.concat_rows(rows), batch, caches,
                    adapters, out);
    return out;
  }

  // vocabulary x width: what text comes out by.
  const Tensor& output() const { return spec.block.tied ? pieces : untied; }

  ModelSpec spec;
  Tensor pieces;  // vocabulary x width, of what goes in
  Tensor untied;  // and of what comes out, where that is another
  Trunk<O> trunk;
  Heads<O> heads;
  std::optional<PictureStem<O>> picture_stem;
  std::optional<AudioStem<O>> audio_stem;
  std::optional<SpeechText<O>> speech_text;
  std::optional<Vocoder<O>> vocoder;
  std::vector<ModalityInput<O>> inputs;  // by modality

 private:
  void forward_trunk(O& ops, const Tensor& x_ND, const Batch& batch,
                     std::span<typename O::Cache* const> caches,
                     std::span<const Adapter<Tensor>* const> adapters,
                     ModelOutput<Tensor>& out) const {
    const RowAdapters<Tensor> by = {adapters, batch.row_adapters};
    out.trunk = trunk.forward(ops, x_ND, batch, caches, adapters.empty() ? nullptr : &by);
  }

  // The trunk's rows of one modality. Pictures are images, then the clips' tubelets.
  Tensor input_rows(O& ops, int modality, const Batch& batch,
                    const ModelOutput<Tensor>& out) const {
    const ModalityInput<O>& input = inputs[size_t(modality)];
    const SummaryPlan& summary = batch.summary[size_t(modality)];
    const int images = batch.images * kPictureTokens;
    switch (spec.modalities[size_t(modality)].stem) {
      case Stem::pieces:
        return ops.embedding(pieces, batch.text_ids);
      case Stem::picture:
        return input.summary->forward(ops, ops.rows(out.pictures->tokens_PD, 0, images), summary);
      case Stem::clip: {
        const Tensor& tokens = out.pictures->tokens_PD;
        const Tensor clips = ops.rows(tokens, images, ops.row_count(tokens));
        return input.summary->forward(ops, ops.gather_rows(clips, batch.clip_order), summary);
      }
      case Stem::sound:
        return input.summary->forward(ops, *out.audio, summary);
      case Stem::patches:
        return ops.linear(values(ops, modality, batch), input.in);
      case Stem::noisy:
        return ops.linear(ops.linear(values(ops, modality, batch), input.in), input.up);
      case Stem::spoken:
        break;
    }
    const Tensor noisy = ops.linear(ops.linear(values(ops, modality, batch), input.in), input.up);
    const Tensor said =
        ops.linear(ops.gather_rows(*out.speech_text, batch.speak_alignment), speech_text->feature);
    return ops.add(noisy, said);
  }

  Tensor values(O& ops, int modality, const Batch& batch) const {
    return ops.constant(batch.values[size_t(modality)], batch.rows_of(modality),
                        spec.modalities[size_t(modality)].values);
  }
};

}  // namespace tutti
