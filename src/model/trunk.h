// Level 3: the global trunk, where all modalities meet.
//
// Goals: attention shared by all modalities, feed-forward and norms per modality group (Mixture-of-
// Transformers, arXiv 2411.04996); timestep modulation only where noise is removed; long skips from
// layer i to L-1-i (U-ViT, arXiv 2209.12152), which flow matching needs most; a routing gate that
// lets a token pass a layer by (Mixture-of-Depths, arXiv 2404.02258, but per token and causal);
// fewer layers for painted rows where little noise is left. Rejected: learned top-k experts (they
// starve at this size); one set of weights for seeing and painting (Janus, arXiv 2410.13848).
#pragma once

#include <algorithm>

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
    std::vector<Tensor> modulation;  // by modality, of noisy ones: 4D x rank, starts at zero
    Tensor skip_1D;                  // second half only
    Tensor route_1D, route_bias_G1;  // inner layers only
  };

  template <class Source>
  Trunk(const Scope<Source>& scope, const ModelSpec& spec)
      : spec(spec), final_norm_GD(scope.gain("final_norm", groups(), spec.width)) {
    if (spec.block.norm == BlockSpec::Norm::layer)
      final_shift_GD = scope.gain("final_shift", groups(), spec.width, zeros());
    for (const ModalitySpec& m : spec.modalities)
      time.push_back(m.noisy() ? scope.head(m.name + "_time", spec.modulation_rank, kTimeFeatures)
                               : Tensor());
    const std::vector<GroupSpec> own(spec.groups.begin(), spec.groups.begin() + groups());
    for (int i = 0; i < spec.layers; ++i) {
      const auto at = scope / ("layer_" + std::to_string(i));
      Layer layer{Block<O>(at, spec.width, own, spec.block)};
      for (const ModalitySpec& m : spec.modalities)
        layer.modulation.push_back(m.noisy() ? at.zero_head(m.name + "_modulation", 4 * spec.width,
                                                            spec.modulation_rank, {.row_parts = 4})
                                             : Tensor());
      if (spec.block.skips && i >= spec.layers / 2)
        layer.skip_1D = at.gain("skip", 1, spec.width, zeros());
      if (routed(i)) {
        layer.route_1D = at.zero_head("route", 1, spec.width);
        layer.route_bias_G1 = at.gain("route_bias", int(spec.groups.size()), 1);
      }
      layers.push_back(std::move(layer));
    }
  }

  // x: rows sorted by kind, as batch lays them out. caches: one per layer, or empty.
  TrunkOutput<Tensor> forward(O& ops, Tensor x_ND, const Batch& batch,
                              std::span<typename O::Cache* const> caches = {},
                              const RowAdapters<Tensor>* adapters = nullptr) const {
    const std::array<int32_t, 2> one_group = {0, batch.rows()};
    const std::span<const int32_t> bounds =
        spec.merged ? std::span<const int32_t>(one_group) : batch.group_bounds;
    const bool noisy = !batch.noise_levels.empty();
    const TensorList features = time_features(ops, batch);

    TrunkOutput<Tensor> out;
    InlineVector<Tensor, 32> skips;
    for (int i = 0; i < spec.layers; ++i) {
      const Layer& layer = layers[i];
      if (i == spec.layers / 2) out.middle_ND = x_ND;
      if (i == spec.layers / 4) out.early_ND = x_ND;
      if (spec.block.skips && i < spec.layers / 2)
        skips.push_back(x_ND);
      else if (spec.block.skips)
        x_ND = ops.add_scaled(x_ND, skips[spec.layers - 1 - i], layer.skip_1D);

      const Passing passing = passing_by(i, batch);
      if (passing == Passing::all && ops.skips()) continue;
      BlockContext<Tensor> context{batch.trunk, bounds};
      context.adapters = adapters;
      Tensor modulation, gate;
      if (noisy) {
        modulation = modulate(ops, layer, features, batch);
        context.modulation_M4D = &modulation;
        context.noise_index = batch.noise_index;
        context.first_noisy = batch.first_noisy;
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
    out.x_ND = final_shift_GD
                   ? ops.layer_norm(x_ND, final_norm_GD, *final_shift_GD, bounds, spec.block.eps)
                   : ops.rms_norm(x_ND, final_norm_GD, bounds, spec.block.eps);
    return out;
  }

  // The first layer and the last two always run: what enters and what leaves is everybody's.
  bool routed(int layer) const { return spec.block.routed && layer > 0 && layer < spec.layers - 2; }
  int groups() const { return spec.merged ? 1 : int(spec.groups.size()); }
  // Whether rows of the modality at noise level t pass this layer by, whatever they hold.
  bool passes(int modality, int layer, float t) const {
    const std::vector<float>& until = spec.modalities[size_t(modality)].until;
    return routed(layer) && !until.empty() && t >= until[size_t(layer)];
  }
  // How many layers rows of the modality may run at noise level t. Fewer as t grows, so the number
  // says which.
  int layers_at(int modality, float t) const {
    int count = 0;
    for (int i = 0; i < spec.layers; ++i) count += !passes(modality, i, t);
    return count;
  }

  ModelSpec spec;
  Tensor final_norm_GD;
  std::optional<Tensor> final_shift_GD;  // of a layer norm
  std::vector<Tensor> time;              // by modality, of noisy ones: rank x 64
  std::vector<Layer> layers;

 private:
  using TensorList = InlineVector<Tensor, 8>;

  // The rows whose noise level is past what this layer takes (ModalitySpec::until). Where these are
  // all rows, there is nothing to do: noisy rows leave no keys and values behind for later passes.
  enum class Passing { none, some, all };
  Passing passing_by(int layer, const Batch& batch) const {
    int rows = 0;
    for (const Span& span : batch.spans)
      if (span.noise >= 0 && passes(span.modality, layer, batch.noise_levels[size_t(span.noise)]))
        rows += span.rows;
    return rows == 0 ? Passing::none : rows == batch.rows() ? Passing::all : Passing::some;
  }

  // N x 1, to be added to the gates' logits: closes those of the rows that pass by, for certain.
  Tensor closing(O& ops, int layer, const Batch& batch) const {
    constexpr float kClosed = -1000;
    std::vector<float> rows(size_t(batch.rows()));
    for (const Span& span : batch.spans)
      if (span.noise >= 0 && passes(span.modality, layer, batch.noise_levels[size_t(span.noise)]))
        std::fill_n(rows.begin() + span.first_row, span.rows, kClosed);
    return ops.constant(rows, batch.rows(), 1);
  }

  // The noise levels' features through one SiLU layer, by noisy modality; no tensor where there is
  // no such row.
  TensorList time_features(O& ops, const Batch& batch) const {
    TensorList features;
    for (size_t m = size_t(spec.first_noisy()); m < time.size(); ++m) {
      const int begin = batch.level_begin[m], levels = batch.level_begin[m + 1] - begin;
      const auto values =
          std::span(batch.noise_features).subspan(begin * kTimeFeatures, levels * kTimeFeatures);
      features.push_back(levels
                             ? ops.linear_silu(ops.constant(values, levels, kTimeFeatures), time[m])
                             : Tensor());
    }
    return features;
  }

  Tensor modulate(O& ops, const Layer& layer, const TensorList& features,
                  const Batch& batch) const {
    TensorList parts;
    const size_t first = size_t(spec.first_noisy());
    for (size_t i = 0; i < features.size(); ++i)
      if (batch.level_begin[first + i] < batch.level_begin[first + i + 1])
        parts.push_back(ops.linear(features[i], layer.modulation[first + i]));
    return parts.size() == 1 ? parts[0] : ops.concat_rows(parts);
  }
};

}  // namespace tutti
