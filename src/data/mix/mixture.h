// What a training step draws: how many examples of each kind, from which sets, how often what. All
// of it is the recipe's; nothing has a value here, and what a kind needs but the recipe lacks is an
// error that names it (Mixer::create).
#pragma once

#include <limits>
#include <map>
#include <string>
#include <vector>

namespace tutti {

// Names of the sets of shards that each pool is filled from, in this order; "*" stands for all sets
// that have such records and that the list does not name.
struct MixSources {
  using Names = std::vector<std::string>;

  Names pictograms, icons, photos, cifar, labels;
  Names upright;  // of the labels' sets: never mirrored
  Names persons, cutouts, backgrounds, questions;
  Names digits, digit_sentences;  // digits are cut out of these sentences
  Names commands, recorded, synthetic, sounds, spoken, vocoder;
  Names text, series, voxels;
  Names clouds;  // of points, and of voxels
};

struct SourceKey {
  const char* name;
  MixSources::Names MixSources::*names;
};
inline constexpr SourceKey kSourceKeys[] = {
    {"pictograms", &MixSources::pictograms},
    {"icons", &MixSources::icons},
    {"photos", &MixSources::photos},
    {"cifar", &MixSources::cifar},
    {"labels", &MixSources::labels},
    {"upright", &MixSources::upright},
    {"persons", &MixSources::persons},
    {"cutouts", &MixSources::cutouts},
    {"backgrounds", &MixSources::backgrounds},
    {"questions", &MixSources::questions},
    {"digits", &MixSources::digits},
    {"digit_sentences", &MixSources::digit_sentences},
    {"commands", &MixSources::commands},
    {"recorded", &MixSources::recorded},
    {"synthetic", &MixSources::synthetic},
    {"sounds", &MixSources::sounds},
    {"spoken", &MixSources::spoken},
    {"vocoder", &MixSources::vocoder},
    {"text", &MixSources::text},
    {"series", &MixSources::series},
    {"voxels", &MixSources::voxels},
    {"clouds", &MixSources::clouds},
};

// How often, from 0 to 1. One that the recipe does not state is not a number.
struct MixShares {
  static constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

  double english_captions = kMissing;      // rather than any language of a picture
  double inverted_icons = kMissing;        // grey icons shown white on black
  double backdrops = kMissing;             // transparent pictures not on white,
  double photo_backdrops = kMissing;       // and of all of them: on a photograph
  double painted_pictograms = kMissing;    // rather than generated scenes
  double composed_mattes = kMissing;       // of cut-outs, rather than photographed persons
  double plain_scenes = kMissing;          // shapes alone, which are told apart first
  double captioned_questions = kMissing;   // scenes described before they are asked about
  double captioned_clips = kMissing;       // generated clips, too
  double captioned_series = kMissing;      // recorded clips and frames, too
  double any_caption_language = kMissing;  // of a described scene, rather than English
  double other_languages = kMissing;       // each question in another language is asked
  double fewer_count_others = kMissing;    // "count_others" questions left out: one to three, where
                                           // "count" goes to six
  double street_clips = kMissing;          // rather than radar
  double more_digits = kMissing;           // synthesised or cut out of sentences
  double generated_clouds = kMissing;      // of bodies, rather than of recorded things
  double captioned_clouds = kMissing;      // rather than named
};

struct ShareKey {
  const char* name;
  double MixShares::*share;
};
inline constexpr ShareKey kShareKeys[] = {
    {"english_captions", &MixShares::english_captions},
    {"inverted_icons", &MixShares::inverted_icons},
    {"backdrops", &MixShares::backdrops},
    {"photo_backdrops", &MixShares::photo_backdrops},
    {"painted_pictograms", &MixShares::painted_pictograms},
    {"composed_mattes", &MixShares::composed_mattes},
    {"plain_scenes", &MixShares::plain_scenes},
    {"captioned_questions", &MixShares::captioned_questions},
    {"captioned_clips", &MixShares::captioned_clips},
    {"captioned_series", &MixShares::captioned_series},
    {"any_caption_language", &MixShares::any_caption_language},
    {"other_languages", &MixShares::other_languages},
    {"fewer_count_others", &MixShares::fewer_count_others},
    {"street_clips", &MixShares::street_clips},
    {"more_digits", &MixShares::more_digits},
    {"generated_clouds", &MixShares::generated_clouds},
    {"captioned_clouds", &MixShares::captioned_clouds},
};

struct Mixture {
  std::map<std::string, int> counts;  // examples of each kind in every step
  MixSources sources;
  MixShares shares;
  std::map<std::string, int> scene_kinds;  // how often each kind of scene is asked about: parts
};

}  // namespace tutti
