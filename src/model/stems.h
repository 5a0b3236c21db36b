// Level 1 of the hierarchy: what each modality is turned into before it meets the others.
// Pictures (images, and a clip's tubelets) share one convolutional stem and windowed attention;
// audio has a convolutional stem over mel frames and chunked attention, and may come in chunks.
// P pictures; widths: S stem, C local, D trunk.
#pragma once

#include "base/inline_vector.h"
#include "model/batch.h"
#include "model/block.h"

namespace tutti {

// What the picture stem leaves behind: tokens for the levels above, and finer maps for mattes.
template <class Tensor>
struct PictureFeatures {
  Tensor stem_PS;    // (P * 1024) x S, 32x32 raster
  Tensor local_PC;   // (P * 256) x C, 16x16 Morton
  Tensor tokens_PD;  // (P * 64) x D, 8x8 Morton
};

// Level 1 serves one group each: a norm and a feed-forward of `ffn`.
inline std::array<GroupSpec, 1> one_group(int ffn) {
  return {GroupSpec{{}, ffn}};
}

template <Ops O>
struct PictureStem {
  using Tensor = typename O::Tensor;

  template <class Source>
  PictureStem(const Scope<Source>& scope, const ModelSpec& spec)
      : local_width(spec.local_width),
        image_patch(scope.head("image_patch", spec.stem_width, kPixelValues)),
        clip_patch(scope.head("clip_patch", spec.stem_width, kTubelet * kPixelValues)),
        stem_norm(scope.gain("stem_norm", 1, spec.stem_width)),
        conv_32(scope.matrix("conv_32", spec.stem_width, 9 * spec.stem_width, {.col_parts = 9})),
        down_norm(scope.gain("down_norm", 1, spec.stem_width)),
        conv_down(scope.matrix("conv_down", local_width, 9 * spec.stem_width, {.col_parts = 9})),
        norm_16(scope.gain("norm_16", 1, local_width)),
        conv_16(scope.matrix("conv_16", local_width, 9 * local_width, {.col_parts = 9})),
        block_16(scope / "block_16", local_width, one_group(2 * local_width)),
        merge_norm(scope.gain("merge_norm", 1, local_width)),
        merge(scope.matrix("merge", spec.width, 4 * local_width, {.col_parts = 4})) {
    for (int i = 0; i < spec.image_blocks; ++i)
      blocks_8.emplace_back(scope / ("block_8_" + std::to_string(i)), spec.width,
                            one_group(2 * spec.width));
  }

  PictureFeatures<Tensor> forward(O& ops, const Batch& batch) const {
    const int pictures = batch.images + kClipTubelets * batch.clips;
    const Tensor patches = embed(ops, batch);
    const Grid grid_32 = {pictures, kStemGrid, kStemGrid},
               grid_16 = {pictures, kMiddleGrid, kMiddleGrid};
    const Tensor stem =
        ops.add(patches, ops.norm_silu_conv(patches, stem_norm, conv_32, grid_32, 3, 1));
    Tensor local = ops.norm_silu_conv(stem, down_norm, conv_down, grid_32, 3, 2);
    local = ops.add(local, ops.norm_silu_conv(local, norm_16, conv_16, grid_16, 3, 1));

    local = ops.gather_rows(local, batch.morton_16);
    const std::array<int32_t, 2> bounds_16 = {0, pictures * kMiddleRows};
    local = block_16.forward(ops, local, {batch.windows_16, bounds_16});
    const Tensor merged = ops.reshape(ops.rms_norm(local, merge_norm, bounds_16),
                                      pictures * kPictureTokens, 4 * local_width);
    Tensor tokens = ops.linear(merged, merge);
    const std::array<int32_t, 2> bounds_8 = {0, pictures * kPictureTokens};
    for (const auto& block : blocks_8)
      tokens = block.forward(ops, tokens, {batch.windows_8, bounds_8});
    return {stem, local, tokens};
  }

  int local_width;
  Tensor image_patch, clip_patch, stem_norm, conv_32, down_norm, conv_down, norm_16, conv_16;
  Block<O> block_16;
  Tensor merge_norm, merge;
  std::vector<Block<O>> blocks_8;

 private:
  Tensor embed(O& ops, const Batch& batch) const {
    InlineVector<Tensor, 2> parts;
    if (batch.images)
      parts.push_back(ops.linear(
          ops.constant(batch.image_patches, batch.images * kStemRows, kPixelValues), image_patch));
    if (batch.clips)
      parts.push_back(
          ops.linear(ops.constant(batch.clip_patches, batch.clips * kClipTubelets * kStemRows,
                                  kTubelet * kPixelValues),
                     clip_patch));
    return parts.size() == 1 ? parts[0] : ops.concat_rows(parts);
  }
};

// What chunks of streams read from the chunks before them and leave for the next: four rows for
// each layer's depthwise convolution, keys and values for its attention.
template <Ops O>
struct AudioPast {
  std::span<typename O::Cache* const> caches;  // by layer: a sequence a stream, in the plan's order
  std::span<const float> tails;                // layers x AudioPlan::tails x D
  InlineVector<typename O::Tensor, 8> next;    // by layer: the tails of the next pass
};

// 80 mel bins at 100 frames a second -> D at 25 tokens a second. All convolutions look one step
// ahead at most; attention looks to the end of its chunk of 24 tokens (0.96 s).
template <Ops O>
struct AudioStem {
  using Tensor = typename O::Tensor;

  // A depthwise convolution over the last 5 tokens (200 ms) before each block does what attention
  // needs many more steps to learn: local phonetic context (Conformer, arXiv 2005.08100).
  struct Layer {
    Tensor norm, taps_5D;
    Block<O> block;
  };

  template <class Source>
  AudioStem(const Scope<Source>& scope, const ModelSpec& spec)
      : width(spec.width),
        local_width(spec.local_width),
        half(scope.matrix("half", spec.local_width, 3 * kMelBins)),
        token(scope.matrix("token", spec.width, 3 * spec.local_width, {.col_parts = 3})) {
    for (int i = 0; i < spec.audio_blocks; ++i) {
      const auto at = scope / ("block_" + std::to_string(i));
      layers.push_back({at.gain("depthwise_norm", 1, width),
                        at.gain("depthwise", 5, width, zeros()),
                        Block<O>(at, width, one_group(2 * width))});
    }
  }

  // mel -> level-1 tokens, (25 a second) x D. A plan of streams' chunks takes their past.
  Tensor forward(O& ops, const AudioPlan& plan, AudioPast<O>* past = nullptr) const {
    const int tokens = plan.tokens();
    const Tensor mel = ops.constant(plan.mel, plan.frames(), kMelBins);
    Tensor h = ops.reshape(ops.gather_rows(mel, plan.half_index), plan.halves(), 3 * kMelBins);
    h = ops.linear_silu(h, half);
    h = ops.reshape(ops.gather_rows(h, plan.token_index), tokens, 3 * local_width);
    Tensor x = ops.linear(h, token);
    const std::array<int32_t, 2> bounds = {0, tokens};
    for (size_t i = 0; i < layers.size(); ++i) {
      const Layer& layer = layers[i];
      Tensor around = ops.rms_norm(x, layer.norm, bounds);
      if (past) around = behind_tails(ops, around, int(i), plan, *past);
      x = ops.add(x, ops.depthwise(around, layer.taps_5D, plan.depthwise_index));
      x = layer.block.forward(ops, x, {plan.attention, bounds}, past ? past->caches[i] : nullptr);
    }
    return x;
  }

  int width, local_width;
  Tensor half, token;
  std::vector<Layer> layers;

 private:
  Tensor behind_tails(O& ops, const Tensor& x_ND, int layer, const AudioPlan& plan,
                      AudioPast<O>& past) const {
    const size_t values = size_t(plan.tails) * size_t(width);
    const std::array<Tensor, 2> parts = {
        ops.constant(past.tails.subspan(size_t(layer) * values, values), plan.tails, width), x_ND};
    Tensor all = ops.concat_rows(parts);
    past.next.push_back(ops.gather_rows(all, plan.tail_index));
    return all;
  }
};

}  // namespace tutti
