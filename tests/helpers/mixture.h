// A mixture that names every set that the tests make, with shares that let everything happen.
#pragma once

#include "data/mix/mixture.h"

namespace tutti {

inline Mixture mixture_of(std::map<std::string, int> counts) {
  Mixture mixture;
  mixture.counts = std::move(counts);
  MixSources& s = mixture.sources;
  s.pictograms = {"emoji_noto", "emoji_fluent3d"};
  s.icons = {"icons_mdi", "icons_game"};
  s.photos = {"flickr8k"};
  s.cifar = {"cifar10"};
  s.labels = {"tinyimagenet", "imagenet_samples", "flowers", "sign_digits", "mnist"};
  s.upright = {"mnist", "sign_digits"};
  s.persons = {"persons_ccp", "persons_hseg", "persons_grid"};
  s.cutouts = {"persons_cutout"};
  s.backgrounds = {"backgrounds_bsds", "cutout_scenes"};
  s.questions = {"easyvqa", "nlvr"};
  s.digits = {"fsdd"};
  s.digit_sentences = {"grid_av"};
  s.commands = {"speech_commands"};
  s.recorded = {"grid_av", "lj_reread", "wake_words", "emodb", "coffee_intents"};
  s.sounds = {"esc10"};
  s.spoken = {"lj_reread"};
  s.vocoder = {"vocoder"};
  s.synthetic = s.text = s.series = s.voxels = s.clouds = {"*"};
  for (const ShareKey& key : kShareKeys) mixture.shares.*key.share = 0.5;
  mixture.scene_kinds = {{"count", 1},   {"colour", 1},    {"size", 1},
                         {"spatial", 1}, {"occlusion", 1}, {"several", 1}};
  return mixture;
}

}  // namespace tutti
