// What the training shards have, sorted by what it is used for.
#pragma once

#include <array>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "data/mix/mixture.h"
#include "data/points/cloud_task.h"
#include "data/scene/library.h"
#include "data/scene/scene.h"
#include "data/shard_set.h"

namespace tutti {

using SpeechPool = std::vector<const SpeechRecord*>;
using PicturePool = std::vector<const PictureRecord*>;

// Points into the shards, which must outlive it.
struct Pools {
  // Takes the mixture's sets, shares and kinds of scenes.
  Pools(const ShardSet& shards, const Mixture& mixture);

  const ShardSet& shards;
  const MixShares shares;
  std::array<int, kSceneKindCount> scene_kinds = {};  // parts, in the order of SceneKind
  const std::vector<std::string> upright;             // sets whose pictures are never mirrored
  SceneLibrary library, shapes;  // shapes: built-in ones on plain grounds, nothing from the shards
  PicturePool pictograms, icons, photos, cifar, labels, persons;
  PicturePool plain_pictograms;  // whose English name is one plain word
  // more_digits: synthesised ones and those cut out of sentences, since few people recorded them.
  SpeechPool digits, more_digits, commands, recorded, synthetic, sounds, spoken, vocoder;
  // Spoken names of pictograms: a record and the pictograms that it names.
  std::vector<std::pair<const SpeechRecord*, PicturePool>> spoken_names;
  std::vector<std::pair<std::string, const QuestionRecord*>> questions;
  std::vector<const TextRecord*> texts;
  std::vector<const SeriesRecord*> streets, radar;
  std::vector<const VoxelRecord*> voxels;
  // Recorded things of kinds that there are enough of; generated bodies.
  CloudTask clouds, shape_clouds = CloudTask::shapes();

 private:
  void gather_pictures(const MixSources& sources);
  void gather_sprites(const MixSources& sources);
  void gather_speech(const MixSources& sources);
  void cut_digits(const SpeechRecord& sentence);
  void gather_synthetic(const MixSources& sources);
  void gather_series(const MixSources& sources);

  std::deque<SpeechRecord> cut_;
};

}  // namespace tutti
