// The table of raw sets: how each is read and stored. To add one: a reader and a row in sets.cc.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/build/data_root.h"
#include "data/build/read/raw_records.h"
#include "data/records.h"

namespace tutti {

using PictureReader = Result<std::vector<RawPicture>> (*)(const std::filesystem::path& folder);
using SpeechReader = Result<std::vector<RawSpeech>> (*)(const std::filesystem::path& folder);
using TextReader = Result<std::vector<RawText>> (*)(const DataRoot& root);

// Shares are parts of the budget that a source's training shards may take; what is over is left
// out, chosen by the hash of the keys.
struct PictureSet {
  std::string name;
  bool open;  // false: research only, or no licence stated
  PictureReader read;
  int width;  // of a tile; pictures are shrunk to fit inside
  int height;
  int quality;  // of JPEG; 0: without loss
  double share;
};

struct SpeechSet {
  std::string name;
  bool open;
  SpeechReader read;
  double share;
};

struct SeriesSet {
  std::string name;
  bool open;
  Result<std::vector<RawSeries>> (*read)(const std::filesystem::path& folder);
  SeriesRecord::Kind kind;
  int width;  // of a frame
  int height;
  int quality;
  double share;
};

struct VoxelSet {
  std::string name;
  bool open;
  Result<std::vector<RawVoxels>> (*read)(const std::filesystem::path& folder);
  double share;
};

struct CloudSet {
  std::string name;
  bool open;
  Result<std::vector<CloudRecord>> (*read)(const std::filesystem::path& folder);
  double share;
};

struct TextSet {
  std::string name;  // of the source in the shards: "tatoeba", "brown"
  std::string set;   // of the raw set
  bool open;
  TextReader read;
  double share;
};

const std::vector<PictureSet>& picture_sets();
const std::vector<SpeechSet>& speech_sets();
const std::vector<SeriesSet>& series_sets();
const std::vector<VoxelSet>& voxel_sets();
const std::vector<CloudSet>& cloud_sets();
const std::vector<TextSet>& text_sets();

}  // namespace tutti
