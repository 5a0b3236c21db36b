// What `tutti eval` measures on: held-out records of shards or of the raw sets, or everything in a
// folder of somebody's own.
//
// A folder of one's own is one set, or a folder of sets (NAME/ or NAME.tar.zst), each with some of
//   captions.tsv     file, and caption (photographs; several rows a file; optional lang) or name_en
//                    or name (pictograms)
//   labels.tsv       file or wav, label
//   transcripts.tsv  wav, text; optional lang
//   masks.tsv        file, mask
//   qa.tsv           file, question, answer
//   statements.tsv   file, sentence, label (true or false)
// with a head line, tabs between fields, and file names relative to the set.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/records.h"

namespace tutti {

struct EvalPictures {
  enum class Kind { named, captioned, labelled, masked, asked, other };
  Kind kind = Kind::other;
  std::vector<PictureRecord> records;
  std::vector<QuestionRecord> questions;  // about records
  std::set<std::string> labels;           // of the whole set, whatever the limit
};

struct EvalData {
  std::map<std::string, EvalPictures> pictures;  // by set
  std::map<std::string, std::vector<SpeechRecord>> speech;
  std::map<std::string, std::vector<std::string>> texts;  // by language
  // Not cut to the limit: there are few, and any number of clips can be made of them. What single
  // pictures they give is in `pictures` too (add_recorded_pictures of recorded_items.h).
  std::map<std::string, std::vector<SeriesRecord>> series;
  std::map<std::string, std::vector<VoxelRecord>> voxels;
  // Clouds of points, and of voxels, of both splits: what is taught is what may be asked for.
  std::vector<CloudRecord> clouds;
  // Pictograms that models were trained on, of the labels asked for; only where the data are ours.
  std::vector<PictureRecord> training;
  std::string what;  // "held-out records of shards", for reports
};

struct EvalDataOptions {
  bool all = false;  // raw sets: also records of the training split
  int limit = 300;   // records a set; 0: all
  std::set<std::string> training_labels;
};

// Shards where there is an index.json; the raw sets where ten or more of their names are there
// (then their splits hold); else a folder of one's own, of which every record counts. bad_input
// names what is missing or malformed.
Result<EvalData> open_eval_data(const std::string& folder, const EvalDataOptions& options);

}  // namespace tutti
