// What the readers find in the raw sets, before anything is decoded.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"
#include "data/example.h"
#include "data/split.h"

namespace tutti {

using LanguageText = std::pair<std::string, std::string>;  // language, text

struct RawPicture {
  std::string key;
  Split split = Split::train;
  std::string file;
  std::string mask;  // file; empty: none
  std::string label;
  bool spare = false;  // left out before others when the budget is short
  // Language "keywords" marks a comma-separated list of English words that are not a caption.
  std::vector<LanguageText> captions;
  std::vector<std::pair<std::string, std::string>> questions;  // question, answer
};

struct RawSpeech {
  std::string key;
  Split split = Split::train;
  std::string file;  // or, when synthesised:
  Sound sound;
  std::string language;
  std::string transcript;
  std::string speaker;
  std::string label;
  std::vector<SpokenPart> timing;
  bool synthetic = false;
};

struct RawSeries {
  std::string key;
  Split split = Split::train;
  std::vector<std::string> files;    // frames in order
  std::vector<std::string> classes;  // class maps of the frames; empty: none
  std::vector<std::string> class_names;
};

struct RawVoxels {
  std::string key;
  Split split = Split::train;
  std::string label;
  std::string cells;  // as in VoxelRecord
};

struct RawText {
  std::string key;  // parallel texts share it, and with it their split
  Split split = Split::train;
  std::string language;
  std::string kind;  // as in TextRecord
  std::string prompt;
  std::string text;
  std::string rejected;
};

using TextList = Result<std::vector<RawText>>;

}  // namespace tutti
