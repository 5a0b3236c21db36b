// Everything the raw sets hold, listed but not decoded, and the tokenizer mixture made from it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "data/build/build_shards.h"
#include "data/build/sets.h"

namespace tutti {

template <class Set, class Raw>
struct RawSource {
  const Set* set = nullptr;
  std::vector<Raw>
      records;  // in the order of the hash of their keys: any beginning is a fair sample
};

struct RawData {
  std::vector<RawSource<PictureSet, RawPicture>> pictures;
  std::vector<RawSource<SpeechSet, RawSpeech>> speech;
  std::vector<RawSource<SeriesSet, RawSeries>> series;
  std::vector<RawSource<VoxelSet, RawVoxels>> voxels;
  std::vector<RawSource<CloudSet, CloudRecord>> clouds;
  std::vector<RawSource<TextSet, RawText>> texts;
  std::vector<std::string> missing;
};

Result<RawData> read_raw_data(const DataRoot& root, Licences licences);

// Training texts of all sources, every language cut to its share, so that the small ones are heard.
std::vector<std::string> tokenizer_sentences(const RawData& data);

}  // namespace tutti
