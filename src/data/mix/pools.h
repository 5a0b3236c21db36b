// What the training shards have, sorted by what it is used for.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "data/scene/scene.h"
#include "data/shard_set.h"

namespace tutti {

using SpeechPool = std::vector<const SpeechRecord*>;
using PicturePool = std::vector<const PictureRecord*>;

// Points into the shards, which must outlive it.
struct Pools {
  explicit Pools(const ShardSet& shards);

  const ShardSet& shards;
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

 private:
  void gather_pictures();
  void gather_sprites();
  void gather_speech();
  void cut_digits(const SpeechRecord& sentence);
  void gather_synthetic();
  void gather_series();

  std::deque<SpeechRecord> cut_;
};

}  // namespace tutti
