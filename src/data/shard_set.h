// Reads the shards that build_shards wrote: tar files of picture sheets, spectrogram strips and
// token streams, into RAM, with neither media library nor tokenizer library.
//
//   TUTTI_ASSIGN(ShardSet set, ShardSet::open("shards", Split::train));
//   for (const std::string& source : set.picture_sources())
//     use(set.pictures(source)[0].picture);
//
// Thread-safety: immutable once open; share it between threads by const reference.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/decode_block.h"
#include "data/records.h"
#include "data/split.h"
#include "format/text/piece_table.h"

namespace tutti {

struct ShardOptions {
  std::vector<std::string> sources;  // only these; empty: all
  int threads = 0;                   // 0: one a core
};

class ShardSet {
 public:
  // Decodes every record of the split (the reference shards take about 1.5 GB). Errors name the
  // shard and member: a missing index, a size or CRC that differs, a picture that does not decode.
  static Result<ShardSet> open(const std::string& dir, Split split,
                               const ShardOptions& options = {});

  // Names in alphabetical order; an unknown name has no records.
  std::vector<std::string> picture_sources() const;
  std::vector<std::string> speech_sources() const;
  std::vector<std::string> text_sources() const;
  std::vector<std::string> series_sources() const;
  std::vector<std::string> voxel_sources() const;
  std::vector<std::string> cloud_sources() const;

  const std::vector<PictureRecord>& pictures(const std::string& source) const;
  const std::vector<SpeechRecord>& speech(const std::string& source) const;
  const std::vector<TextRecord>& texts(const std::string& source) const;
  const std::vector<SeriesRecord>& series(const std::string& source) const;
  const std::vector<VoxelRecord>& voxels(const std::string& source) const;
  const std::vector<CloudRecord>& clouds(const std::string& source) const;
  // Questions about pictures(source): easyvqa, nlvr.
  const std::vector<QuestionRecord>& questions(const std::string& source) const;

  // The tokenizer the ids belong to: encodes generated captions, turns ids into text.
  const PieceTable& pieces() const { return pieces_; }
  // The tokenizer as SentencePiece wrote it, to be put into a model file.
  const std::string& tokenizer_model() const { return tokenizer_model_; }
  Split split() const { return split_; }
  // "open" or "all", for the model card.
  const std::string& licences() const { return licences_; }

 private:
  friend class ShardReader;

  Split split_ = Split::train;
  PieceTable pieces_;
  std::string tokenizer_model_;
  std::string licences_;
  std::map<std::string, std::vector<PictureRecord>> pictures_;
  std::map<std::string, std::vector<SpeechRecord>> speech_;
  std::map<std::string, std::vector<TextRecord>> texts_;
  std::map<std::string, std::vector<QuestionRecord>> questions_;
  std::map<std::string, std::vector<SeriesRecord>> series_;
  std::map<std::string, std::vector<VoxelRecord>> voxels_;
  std::map<std::string, std::vector<CloudRecord>> clouds_;
};

// The same set from blocks in memory, for tests: each kind with its block, in the order of the
// files.
Result<ShardSet> decode_blocks(const std::vector<std::pair<std::string, ShardBlock>>& blocks,
                               const std::string& tokenizer_model);

}  // namespace tutti
