// Readers of the picture sets; docs/data.md says what each set is. Files are named, not opened.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "data/build/read/raw_records.h"

namespace tutti {

using PictureList = Result<std::vector<RawPicture>>;

PictureList read_emoji_noto(const std::filesystem::path& folder);
PictureList read_emoji_fluent3d(const std::filesystem::path& folder);
PictureList read_icons_mdi(const std::filesystem::path& folder);
PictureList read_icons_game(const std::filesystem::path& folder);
PictureList read_flickr8k(const std::filesystem::path& folder);
PictureList read_cifar10(const std::filesystem::path& folder);
// Sets with labels.tsv, columns file and label: 10 % held out by the hash of the file name.
PictureList read_labelled(const std::filesystem::path& folder);
PictureList read_easyvqa(const std::filesystem::path& folder);
PictureList read_nlvr(const std::filesystem::path& folder);
// Sets with masks.tsv: photographs of persons.
PictureList read_persons(const std::filesystem::path& folder);
PictureList read_cutouts(const std::filesystem::path& folder);
// The scenes that belong to the cut-outs.
PictureList read_cutout_scenes(const std::filesystem::path& folder);
PictureList read_backgrounds(const std::filesystem::path& folder);

}  // namespace tutti
