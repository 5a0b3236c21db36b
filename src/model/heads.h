// What comes out: small heads on the trunk and on level 1. Each takes normalised rows.
#pragma once

#include <optional>

#include "model/batch.h"
#include "model/stems.h"

namespace tutti {

// Spoken text: UTF-8 bytes in context, and how long each lasts. Speech tokens read the features of
// the byte that is being said, so a small generator need not learn to align.
template <Ops O>
struct SpeechText {
  using Tensor = typename O::Tensor;

  template <class Source>
  SpeechText(const Scope<Source>& scope, const ModelSpec& spec)
      : width(spec.speech_text_width),
        bytes(scope.table("bytes", 256, width, 0.5f)),
        conv_1(scope.matrix("conv_1", width, 5 * width, {.col_parts = 5})),
        conv_2(scope.matrix("conv_2", width, 5 * width, {.col_parts = 5})),
        feature(scope.matrix("feature", spec.width, width)),
        duration(scope.zero_head("duration", 1, width)),
        duration_bias(scope.gain("duration_bias", 1, 1)) {}

  // B bytes -> B x width.
  Tensor forward(O& ops, const Batch& batch) const {
    Tensor x = ops.embedding(bytes, batch.speech_bytes);
    for (const Tensor* conv : {&conv_1, &conv_2}) {
      const Tensor around = ops.gather_rows(x, batch.speech_byte_index);
      const int rows = int(batch.speech_bytes.size());
      x = ops.add(x, ops.linear_silu(ops.reshape(around, rows, 5 * width), *conv));
    }
    return x;
  }

  // ln(1 + speech tokens of 40 ms) of each byte, B x 1.
  Tensor durations(O& ops, const Tensor& text_BW) const {
    const std::vector<int32_t> zero(ops.row_count(text_BW), 0);
    return ops.add(ops.linear(text_BW, duration), ops.embedding(duration_bias, zero));
  }

  int width;
  Tensor bytes, conv_1, conv_2, feature, duration, duration_bias;
};

// A person's alpha matte from three picture levels, coarse to fine. Going up a level in Morton
// order is a linear map to four children and a reshape.
template <Ops O>
struct MatteHead {
  using Tensor = typename O::Tensor;

  template <class Source>
  MatteHead(const Scope<Source>& scope, const ModelSpec& spec)
      : local(spec.local_width / 2),
        stem(spec.stem_width),
        up_16(scope.matrix("up_16", 4 * local, spec.width, {.row_parts = 4})),
        side_16(scope.matrix("side_16", local, spec.local_width)),
        norm_16(scope.gain("norm_16", 1, local)),
        up_32(scope.matrix("up_32", 4 * stem, local, {.row_parts = 4})),
        norm_32(scope.gain("norm_32", 1, 2 * stem, ones(), {.col_parts = 2})),
        conv_32(scope.matrix("conv_32", 2 * stem, 9 * 2 * stem, {.row_parts = 2, .col_parts = 18})),
        pixels(scope.head("pixels", kImagePatch * kImagePatch, 2 * stem, {.col_parts = 2})) {}

  // -> (P * 1024) x 16 logits: alpha of each 4x4 pixel patch, 32x32 raster.
  Tensor forward(O& ops, const PictureFeatures<Tensor>& features, int pictures) const {
    Tensor x = ops.reshape(ops.linear(features.tokens_PD, up_16), pictures * kMiddleRows, local);
    x = ops.add(x, ops.linear(features.local_PC, side_16));
    const std::array<int32_t, 2> bounds_16 = {0, pictures * kMiddleRows};
    x = ops.silu(ops.rms_norm(x, norm_16, bounds_16));
    x = ops.reshape(ops.linear(x, up_32), pictures * kStemRows, stem);
    x = ops.concat_cols(ops.gather_rows(x, raster_32(pictures)), features.stem_PS);
    x = ops.silu(ops.norm_silu_conv(x, norm_32, conv_32, {pictures, kStemGrid, kStemGrid}, 3, 1));
    return ops.linear(x, pixels);
  }

  int local, stem;
  Tensor up_16, side_16, norm_16, up_32, norm_32, conv_32, pixels;

 private:
  // Morton row of each raster row, 32x32.
  static std::vector<int32_t> raster_32(int pictures) {
    const auto order = morton_order(kStemGrid);
    std::vector<int32_t> index(size_t(pictures) * kStemRows);
    for (int p = 0; p < pictures; ++p)
      for (int i = 0; i < kStemRows; ++i) index[p * kStemRows + order[i]] = p * kStemRows + i;
    return index;
  }
};

// Small projections of the trunk's rows; all of them linear.
template <Ops O>
struct Heads {
  using Tensor = typename O::Tensor;

  template <class Source>
  Heads(const Scope<Source>& scope, const ModelSpec& spec)
      : logit_cap(spec.logit_cap), values(spec.modalities.size()) {
    for (const HeadSpec& head : spec.heads) add(scope, spec, head);
  }

  // Next-piece logits from Model::output(), capped.
  Tensor text_logits(O& ops, const Tensor& x_ND, const Tensor& table_VD) const {
    return capped(ops, ops.linear(x_ND, table_VD));
  }

  // The logits as they are where the model has no cap (Gemma 2 has one).
  Tensor capped(O& ops, const Tensor& logits_NV) const {
    return logit_cap > 0 ? ops.softcap(logits_NV, logit_cap) : logits_NV;
  }

  // Segments given as rows index[bounds[s]..bounds[s+1]) -> S x embedding, unit length.
  Tensor embeddings(O& ops, const Tensor& x_ND, RowIndex index, RowIndex bounds) const {
    return ops.normalize_rows(ops.linear(ops.segment_mean(x_ND, index, bounds), embed));
  }

  // Level-1 audio -> (tokens * 2) x 257 logits, 50 labels a second.
  Tensor ctc_logits(O& ops, const Tensor& audio_ND) const {
    const int rows = ops.row_count(audio_ND);
    const std::array<int32_t, 2> bounds = {0, rows};
    return ops.reshape(ops.norm_linear(audio_ND, {ctc_norm, bounds}, ctc), rows * kCtcPerToken,
                       kCtcSymbols);
  }

  float logit_cap;             // 0: none
  std::vector<Tensor> values;  // by modality, of those with a head of clean values: values x D
  Tensor embed;
  Tensor embed_scale;  // SigLIP: ln temperature - ln 10 and bias + 10 (arXiv 2303.15343)
  Tensor ctc_norm, ctc;
  std::optional<MatteHead<O>> matte;

 private:
  template <class Source>
  void add(const Scope<Source>& scope, const ModelSpec& spec, const HeadSpec& head) {
    switch (head.kind) {
      case HeadSpec::Kind::values: {
        const int from = spec.find(head.from);
        values[size_t(from)] =
            scope.zero_head(head.name, spec.modalities[size_t(from)].values, spec.width);
        break;
      }
      case HeadSpec::Kind::embedding:
        embed = scope.head(head.name, spec.embedding, spec.width);
        embed_scale = scope.gain(head.name + "_scale", 1, 2, zeros());
        break;
      case HeadSpec::Kind::ctc:
        ctc_norm = scope.gain(head.name + "_norm", 1, spec.width);
        ctc = scope.head(head.name, kCtcPerToken * kCtcSymbols, spec.width);
        break;
      case HeadSpec::Kind::matte:
        matte.emplace(scope / head.name, spec);
        break;
      case HeadSpec::Kind::pieces:     // in the piece table
      case HeadSpec::Kind::durations:  // in SpeechText
      case HeadSpec::Kind::vocoder:
        break;
    }
  }
};

}  // namespace tutti
