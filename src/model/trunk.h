// Level 3: the global trunk, where all modalities meet.
//
// Goals: attention shared by all modalities, feed-forward and norms per modality group (Mixture-of-
// Transformers, arXiv 2411.04996); timestep modulation only where noise is removed; long skips from
// layer i to L-1-i (U-ViT, arXiv 2209.12152), which flow matching needs most; a routing gate that
// lets a token pass a layer by (Mixture-of-Depths, arXiv 2404.02258, but per token and causal);
// fewer layers for painted rows where little noise is left. Rejected: learned top-k experts (they
// starve at this size); one set of weights for seeing and painting (Janus, arXiv 2410.13848).
#pragma once

#include "base/inline_vector.h"
#include "model/batch.h"
#include "model/block.h"

namespace tutti {

template <class Tensor>
struct TrunkOutput {
  Tensor x_ND;  // final rows, normalised
  // Rows after a quarter and after half of the layers, for losses that help the rest.
  Tensor early_ND, middle_ND;
  // Of the routed layers: decisions, for the compute loss and reports, and which layers those are.
  InlineVector<Tensor, 32> gates_N1;
  InlineVector<int, 32> routed_layers;
};

template <Ops O>
struct Trunk {
  using Tensor = typename O::Tensor;

  struct Layer {
    Block<O> block;
    Tensor paint_modulation, speak_modulation;  // 4D x rank, zero: starts unmodulated
    Tensor skip_1D;                             // second half only
    Tensor route_1D, route_bias_G1;             // inner layers only
  };

  template <class Source>
  Trunk(const Scope<Source>& scope, const ModelConfig& config)
      : config(config),
        paint_time(scope.matrix("paint_time", config.modulation_rank, kTimeFeatures)),
        speak_time(scope.matrix("speak_time", config.modulation_rank, kTimeFeatures)),
        final_norm_GD(scope.gain("final_norm", groups(), config.width)) {
    const std::vector<int> hidden(config.ffn.begin(), config.ffn.begin() + groups());
    for (int i = 0; i < config.layers; ++i) {
      const auto at = scope / ("layer_" + std::to_string(i));
      Layer layer{Block<O>(at, config.width, hidden)};
      layer.paint_modulation =
          at.zero_matrix("paint_modulation", 4 * config.width, config.modulation_rank);
      layer.speak_modulation =
          at.zero_matrix("speak_modulation", 4 * config.width, config.modulation_rank);
      if (i >= config.layers / 2) layer.skip_1D = at.get("skip", 1, config.width, zeros());
      if (routed(i)) {
        layer.route_1D = at.zero_matrix("route", 1, config.width);
        layer.route_bias_G1 = at.get("route_bias", kGroups, 1, ones());
      }
      layers.push_back(std::move(layer));
    }
  }

  // x: rows sorted by kind, as batch lays them out. caches: one per layer, or empty.
  TrunkOutput<Tensor> forward(O& ops, Tensor x_ND, const Batch& batch,
                              std::span<typename O::Cache* const> caches = {}) const {
    const std::array<int32_t, 2> one_group = {0, batch.rows()};
    const std::span<const int32_t> bounds =
        config.groups ? std::span<const int32_t>(batch.group_bounds) : one_group;
    const bool noisy = !batch.noise_levels.empty();
    const auto [paint_c, speak_c] = time_features(ops, batch);

    TrunkOutput<Tensor> out;
    InlineVector<Tensor, 32> skips;
    for (int i = 0; i < config.layers; ++i) {
      const Layer& layer = layers[i];
      if (i == config.layers / 2) out.middle_ND = x_ND;
      if (i < config.layers / 2)
        skips.push_back(x_ND);
      else
        x_ND = ops.add_scaled(x_ND, skips[config.layers - 1 - i], layer.skip_1D);

      const Passing passing = passing_by(i, batch);
      if (passing == Passing::all && ops.skips()) continue;
      BlockContext<Tensor> context{batch.trunk, bounds};
      Tensor modulation, gate;
      if (noisy) {
        modulation = modulate(ops, layer, paint_c, speak_c, batch);
        context.modulation_M4D = &modulation;
        context.noise_index = batch.noise_index;
        context.first_noisy = batch.kind_begin[int(Kind::paint)];
      }
      if (routed(i)) {
        Tensor logits = ops.route(x_ND, layer.route_1D, layer.route_bias_G1, batch.group_bounds);
        if (passing != Passing::none) logits = ops.add(logits, closing(ops, i, batch));
        gate = ops.gate(logits);
        context.gate_N1 = &gate;
        out.gates_N1.push_back(gate);
        out.routed_layers.push_back(i);
      }
      x_ND = layer.block.forward(ops, x_ND, context, caches.empty() ? nullptr : caches[i]);
    }
    out.early_ND = skips[config.layers / 4];
    out.x_ND = ops.rms_norm(x_ND, final_norm_GD, bounds);
    return out;
  }

  // The first layer and the last two always run: what enters and what leaves is everybody's.
  bool routed(int layer) const { return layer > 0 && layer < config.layers - 2; }
  int groups() const { return config.groups ? kGroups : 1; }
  // Whether painted rows at noise level t pass this layer by, whatever they hold.
  bool passes(int layer, float t) const {
    return routed(layer) && !config.paint_until.empty() && t >= config.paint_until[layer];
  }
  // How many layers painted rows at noise level t may run. Fewer as t grows, so the number says
  // which.
  int layers_at(float t) const {
    int count = 0;
    for (int i = 0; i < config.layers; ++i) count += !passes(i, t);
    return count;
  }

  ModelConfig config;
  Tensor paint_time, speak_time, final_norm_GD;
  std::vector<Layer> layers;

 private:
  // The painted rows whose noise level is past what this layer takes (ModelConfig::paint_until).
  // Where these are all rows, there is nothing to do: noisy rows leave no keys and values behind
  // for later passes.
  enum class Passing { none, some, all };
  Passing passing_by(int layer, const Batch& batch) const {
    int levels = 0;
    for (int l = 0; l < batch.paint_levels; ++l) levels += passes(layer, batch.noise_levels[l]);
    const auto& bounds = batch.group_bounds;
    const int painted = bounds[int(Group::paint) + 1] - bounds[int(Group::paint)];
    if (levels == 0) return Passing::none;
    return levels == batch.paint_levels && painted == batch.rows() ? Passing::all : Passing::some;
  }

  // N x 1, to be added to the gates' logits: closes those of the rows that pass by, for certain.
  Tensor closing(O& ops, int layer, const Batch& batch) const {
    constexpr float kClosed = -1000;
    std::vector<float> rows(size_t(batch.rows()));
    const int first = batch.group_bounds[int(Group::paint)];
    for (int row = first; row < batch.group_bounds[int(Group::paint) + 1]; ++row)
      if (passes(layer, batch.noise_levels[batch.noise_index[row - first]])) rows[row] = kClosed;
    return ops.constant(rows, batch.rows(), 1);
  }

  // The noise levels' features through one SiLU layer.
  std::pair<Tensor, Tensor> time_features(O& ops, const Batch& batch) const {
    const int levels = int(batch.noise_levels.size());
    const auto embed = [&](int begin, int end, const Tensor& weight) {
      if (begin == end) return Tensor();
      const auto values = std::span(batch.noise_features)
                              .subspan(begin * kTimeFeatures, (end - begin) * kTimeFeatures);
      return ops.linear_silu(ops.constant(values, end - begin, kTimeFeatures), weight);
    };
    return {embed(0, batch.paint_levels, paint_time),
            embed(batch.paint_levels, levels, speak_time)};
  }

  Tensor modulate(O& ops, const Layer& layer, const Tensor& paint_c, const Tensor& speak_c,
                  const Batch& batch) const {
    InlineVector<Tensor, 2> parts;
    if (batch.paint_levels) parts.push_back(ops.linear(paint_c, layer.paint_modulation));
    if (int(batch.noise_levels.size()) > batch.paint_levels)
      parts.push_back(ops.linear(speak_c, layer.speak_modulation));
    return parts.size() == 1 ? parts[0] : ops.concat_rows(parts);
  }
};

}  // namespace tutti
