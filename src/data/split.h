// Which records are for training and which are held out for `tutti eval`. The rule of every set is
// fixed here and never random at run time: names that are listed, or a hash of a key that stays
// the same when files are added, so a record never changes sides.
//
//   Split split = split_emoji("fluent3d", "1f3cb_1f3fd_200d_2640");
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tutti {

enum class Split { train, eval };

inline const char* split_name(Split split) {
  return split == Split::train ? "train" : "eval";
}

// FNV-1a over the bytes, mixed by the finaliser of SplitMix64 because FNV's low bits are weak.
uint64_t stable_hash(std::string_view bytes);

// Holds out `percent` of the keys of a set.
Split split_by_share(std::string_view set, std::string_view key, int percent);

// fsdd: speaker "nicolas" of the four; emodb: speaker "08" (13 of 113 sentences).
Split split_by_speaker(std::string_view set, std::string_view speaker);

// camvid_seq: the drive 0001TP; radar_fmi: the rain of 20170509 (one of two days).
Split split_by_sequence(std::string_view set, std::string_view sequence);

// voxels: 10 % by the hash of the cells, so that the 5 % that are there twice are on one side.
Split split_voxels(std::string_view cells);

// cifar10: "img/airplane_0017.jpg": numbers that end in 7, so 500 of the 5,000 of each class.
Split split_cifar(std::string_view file);

// A pictogram's concept: its code points without variation selectors, skin tones and gender signs,
// so that "person running: dark skin tone" is the concept "person running".
std::string emoji_concept(std::string_view code_points);

// Style is "noto" or "fluent3d". 3 % of the concepts are held out in both styles; for a further
// 10 % only the fluent3d drawing is: eval then names drawings of known things in another style.
Split split_emoji(std::string_view style, std::string_view code_points);

}  // namespace tutti
