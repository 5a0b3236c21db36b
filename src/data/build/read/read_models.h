// Reader of the set of clouds of points: furniture and other models.
//
//   TUTTI_ASSIGN(const std::vector<CloudRecord> models, read_point_models(folder));
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/records.h"
#include "data/split.h"

namespace tutti {

// The kind of thing that a name is of: its last word, or the word that many kinds share ("female":
// "person"). Small letters.
std::string kind_of_thing(std::string_view name);

// sweethome_points: drawings that differ in a number at the end ("bed1", "bed2") are one identity,
// and 20 % of the identities are held out.
Split split_point_model(std::string_view file);

// sweethome_points: labels.tsv and points/*.tpc, as its SOURCE.txt describes them.
Result<std::vector<float>> parse_tpc(std::string_view file);
Result<std::vector<CloudRecord>> read_point_models(const std::filesystem::path& folder);
}  // namespace tutti
