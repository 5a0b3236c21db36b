#include "engine/requests/explain_request.h"

#include "engine/text_prompt.h"

namespace tutti {
namespace {

// Share of each group's rows that ran each layer.
void read_routes(const TrunkOutput<CpuTensor>& trunk, const Batch& batch, AttentionShare& share) {
  const size_t groups = share.groups.size();
  for (auto& layer : share.routed)
    for (size_t g = 0; g < groups; ++g)
      layer.push_back(batch.group_bounds[g] < batch.group_bounds[g + 1] ? 1 : 0);
  for (size_t i = 0; i < trunk.routed_layers.size(); ++i)
    for (size_t g = 0; g < groups; ++g) {
      const int begin = batch.group_bounds[g], end = batch.group_bounds[g + 1];
      if (begin == end) continue;
      float ran = 0;
      for (int row = begin; row < end; ++row) ran += trunk.gates_N1[i].row(row)[0];
      share.routed[trunk.routed_layers[i]][g] = ran / float(end - begin);
    }
}

// Shares of each asking group, which are 1 together. The probes' are probabilities as the kernel
// has them, whose sum is off by some 1e-4.
void read_probes(const std::vector<AttentionProbe>& probes, AttentionShare& share) {
  for (size_t layer = 0; layer < probes.size(); ++layer)
    for (size_t q = 0; q < share.groups.size(); ++q) {
      std::vector<float>& row = share.layers[layer].emplace_back();
      double all = 0;
      for (size_t k = 0; k < share.groups.size(); ++k) all += probes[layer].share[q][k];
      for (size_t k = 0; k < share.groups.size(); ++k)
        row.push_back(all > 0 ? float(probes[layer].share[q][k] / all) : 0);
    }
}

}  // namespace

Status ExplainRequest::check() const {
  TUTTI_CHECK(check_text_length(*prompt_, *model()));
  return check_kinds(*prompt_, *model());
}

Result<bool> ExplainRequest::step(Session& session) {
  const LoadedModel& loaded = session.loaded();
  TUTTI_ASSIGN(const ResolvedPrompt resolved, resolve_text_prompt(*prompt_, options_, loaded));
  BatchBuilder builder(loaded.config);
  builder.begin_sequence({.adapter = model().adapter});
  add_prompt(builder, resolved);
  const Batch batch = builder.build();
  TUTTI_CHECK(check_context(loaded.config, batch.rows(), "the prompt"));

  TUTTI_ASSIGN(const auto caches, SequenceCaches::create(loaded.config, loaded.cached(), 1));
  for (const GroupSpec& group : loaded.config.groups) result_.groups.push_back(group.name);
  result_.layers.resize(loaded.config.layers);
  result_.routed.resize(loaded.config.layers);
  std::vector<AttentionProbe> probes(loaded.config.layers);
  caches->set_probes(&probes);
  TUTTI_CHECK(session.run([&] {
    const auto out = loaded.forward(session.ops, batch, caches->layers());
    if (session.ops.computing()) read_routes(out.trunk, batch, result_);
  }));
  read_probes(probes, result_);
  return false;
}

}  // namespace tutti
