// Which examples a training step holds: a fixed number of each kind, drawn from shards and from the
// scene generator.
//
//   TUTTI_ASSIGN(Mixer mixer, Mixer::create(shards, {{"pictograms", 24}, {"questions", 16}}));
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
#include "data/shard_set.h"

namespace tutti {

class Mixer {
 public:
  // Keeps a reference to `shards`. Unknown kinds and kinds that the shards have no data for are
  // errors that name them.
  static Result<Mixer> create(const ShardSet& shards, const std::map<std::string, int>& mix);
  Mixer(Mixer&&) noexcept;
  Mixer& operator=(Mixer&&) noexcept;
  ~Mixer();

  std::vector<Example> draw(Rng& rng) const;

  // `count` examples of each kind that can be drawn from these shards.
  static std::map<std::string, int> every_kind(const ShardSet& shards, int count);

 private:
  struct State;
  explicit Mixer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tutti
