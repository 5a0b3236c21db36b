// Which examples a training step holds: a fixed number of each kind, drawn from shards and from the
// scene generator.
//
//   TUTTI_ASSIGN(Mixer mixer, Mixer::create(shards, recipe.mix));
//   std::vector<Example> examples = mixer.draw(rng);
//
// A new kind: one draw function and one row of kExampleKinds in mixer.cc.
// Thread-safety: draw() only reads; any number of threads, each with its own Rng.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "data/example.h"
#include "data/mix/mixture.h"
#include "data/shard_set.h"

namespace tutti {

class Mixer {
 public:
  // Keeps a reference to `shards`. Unknown kinds, kinds that the shards have no data for and shares
  // that a kind needs but the recipe does not state are errors that name them.
  static Result<Mixer> create(const ShardSet& shards, const Mixture& mixture);
  Mixer(Mixer&&) noexcept;
  Mixer& operator=(Mixer&&) noexcept;
  ~Mixer();

  std::vector<Example> draw(Rng& rng) const;

  // `count` examples of each kind that can be drawn from these shards.
  static std::map<std::string, int> every_kind(const ShardSet& shards, const Mixture& mixture,
                                               int count);

 private:
  struct State;
  explicit Mixer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tutti
