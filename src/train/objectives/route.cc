#include "train/objectives/route.h"

namespace tutti {
namespace {

using torch::Tensor;

// Of each row: the share of the routed layers that it runs.
Tensor shares_of(const Pass& pass) {
  const auto& gates = pass.out.trunk.gates_N1;
  Tensor sum;
  for (const Tensor& gate : gates) sum = sum.defined() ? sum + gate : gate;
  return sum / double(gates.size());
}

Tensor rows_of(const Pass& pass, const Tensor& share_N1, size_t group, int rows) {
  return share_N1.narrow(0, pass.batch.group_bounds[group], rows);
}

}  // namespace

Status RoutingOptions::read(RecipeTable table, const ModelSpec& model) {
  table.read("weight", weight, kWeight);
  for (const GroupSpec& group : model.groups) {
    double share = -1;
    table.read(group.name.c_str(), share, kShare);
    if (share >= 0) shares[group.name] = share;
  }
  return table.finish();
}

Status RoutingOptions::check(const ModelSpec& model) const {
  if (weight == 0 || !model.block.routed) return {};
  for (const GroupSpec& group : model.groups)
    if (!shares.contains(group.name))
      return bad_input("objective.route." + group.name +
                       " is missing: the share of the routed layers that a row of this group "
                       "should run; recipes/nano.toml states all, or set objective.route.weight "
                       "to 0");
  return {};
}

std::shared_ptr<Targets> RouteObjective::targets(const Collated& collated) const {
  if (!collated.batch->rows()) return nullptr;
  auto out = std::make_unique<RouteTargets>();
  const auto& bounds = collated.batch->group_bounds;
  for (size_t g = 0; g + 1 < bounds.size(); ++g) out->rows.push_back(bounds[g + 1] - bounds[g]);
  return out;
}

// The sum over each group's rows.
std::vector<Tensor> RouteObjective::statistics(Pass& pass, const Targets& targets) const {
  if (pass.out.trunk.gates_N1.empty()) return {};
  const Tensor share_N1 = shares_of(pass);
  std::vector<Tensor> sums;
  const auto& rows = static_cast<const RouteTargets&>(targets).rows;
  for (size_t g = 0; g < rows.size(); ++g)
    sums.push_back(rows_of(pass, share_N1, g, rows[g]).sum().detach());
  return {torch::stack(sums)};
}

void RouteObjective::losses(Pass& pass, const Targets& targets, const Whole& whole,
                            LossTerms& terms) const {
  if (pass.out.trunk.gates_N1.empty() || (!needs_whole() && !whole.single())) return;
  const Tensor share_N1 = shares_of(pass);
  Tensor distance;
  int present = 0;
  const auto& groups = pass.model.spec.groups;
  const auto& rows = static_cast<const RouteTargets&>(targets).rows;
  for (size_t g = 0; g < groups.size(); ++g) {
    int all = rows[g];
    Tensor elsewhere;
    for (size_t i = 0; i < whole.targets.size(); ++i) {
      if (i == whole.mine || !whole.targets[i]) continue;
      all += static_cast<const RouteTargets&>(*whole.targets[i]).rows[g];
      const Tensor sum = whole.statistics[i][0][int64_t(g)];
      elsewhere = elsewhere.defined() ? elsewhere + sum : sum;
    }
    if (!all) continue;
    const Tensor mine = rows_of(pass, share_N1, g, rows[g]);
    const Tensor share = elsewhere.defined() ? (mine.sum() + elsewhere) / double(all) : mine.mean();
    terms.add_whole("route." + groups[g].name, share.detach(), 0);
    const auto wanted = options_.shares.find(groups[g].name);
    if (wanted == options_.shares.end()) continue;  // reported alone
    const Tensor off = torch::abs(share - wanted->second);
    distance = distance.defined() ? distance + off : off;
    ++present;
  }
  if (present) terms.add_whole("route", distance / double(present), options_.weight);
}

}  // namespace tutti
