#include "data/build/sets.h"

#include "data/build/read/read_instruct.h"
#include "data/build/read/read_models.h"
#include "data/build/read/read_pictures.h"
#include "data/build/read/read_series.h"
#include "data/build/read/read_speech.h"
#include "data/build/read/read_text.h"
#include "data/build/read/read_voxels.h"

namespace tutti {

const std::vector<PictureSet>& picture_sets() {
  static const std::vector<PictureSet> sets = {
      {"emoji_noto", true, read_emoji_noto, 96, 96, 76, 0.108},
      {"emoji_fluent3d", true, read_emoji_fluent3d, 96, 96, 80, 0.056},
      {"icons_mdi", true, read_icons_mdi, 64, 64, 0, 0.018},
      {"icons_game", true, read_icons_game, 64, 64, 0, 0.012},
      {"flickr8k", false, read_flickr8k, 128, 128, 62, 0.17},
      {"cifar10", false, read_cifar10, 32, 32, 84, 0.026},
      {"tinyimagenet", false, read_labelled, 64, 64, 76, 0.025},
      {"imagenet_samples", false, read_labelled, 128, 128, 74, 0.012},
      {"flowers", true, read_labelled, 128, 128, 74, 0.014},
      {"persons_ccp", true, read_persons, 160, 160, 78, 0.035},
      {"persons_hseg", false, read_persons, 160, 160, 78, 0.02},
      {"persons_grid", true, read_persons, 160, 160, 78, 0.008},
      {"persons_cutout", false, read_cutouts, 160, 160, 80, 0.018},
      {"cutout_scenes", false, read_cutout_scenes, 160, 160, 74, 0.007},
      {"backgrounds_bsds", false, read_backgrounds, 160, 160, 74, 0.015},
      {"easyvqa", true, read_easyvqa, 64, 64, 0, 0.012},
      {"nlvr", true, read_nlvr, 256, 64, 0, 0.01},
      {"sign_digits", true, read_labelled, 64, 64, 76, 0.006},
      {"mnist", true, read_labelled, 32, 32, 80, 0.006},
  };
  return sets;
}

const std::vector<SpeechSet>& speech_sets() {
  static const std::vector<SpeechSet> sets = {
      {"fsdd", true, read_fsdd, 0.02},
      {"speech_commands", true, read_speech_commands, 0.01},
      {"grid_av", true, read_grid_av, 0.02},
      {"lj_reread", true, read_lj_reread, 0.03},
      {"wake_words", true, read_wake_words, 0.006},
      {"emodb", false, read_emodb, 0.01},
      {"coffee_intents", true, read_coffee_intents, 0.006},
      {"esc10", true, read_esc10, 0.01},
  };
  return sets;
}

const std::vector<SeriesSet>& series_sets() {
  using Kind = SeriesRecord::Kind;
  static const std::vector<SeriesSet> sets = {
      {"camvid_seq", false, read_camvid, Kind::street, 192, 144, 60, 0.028},
      {"radar_fmi", false, read_radar, Kind::radar, 128, 128, 80, 0.004},
  };
  return sets;
}

const std::vector<VoxelSet>& voxel_sets() {
  static const std::vector<VoxelSet> sets = {{"voxels", false, read_voxels, 0.004}};
  return sets;
}

const std::vector<CloudSet>& cloud_sets() {
  static const std::vector<CloudSet> sets = {{"sweethome_points", true, read_point_models, 0.056}};
  return sets;
}

const std::vector<TextSet>& text_sets() {
  static const std::vector<TextSet> sets = {
      {"tatoeba", "text_tatoeba", true, read_tatoeba, 0.036},
      {"udhr", "text_udhr", true, read_udhr, 0.007},
      {"bible", "text_bible", true, read_bible, 0.009},
      {"multi30k", "text_multi30k", false, read_multi30k, 0.009},
      {"shakespeare", "text_english", true, read_shakespeare, 0.006},
      {"state_union", "text_english", true, read_state_union, 0.003},
      {"brown", "text_english", false, read_brown, 0.009},
      {"movie_reviews", "text_english", false, read_movie_reviews, 0.003},
      {"gsm8k", "text_instruct", true, read_gsm8k, 0.007},
      {"seed_tasks", "text_instruct", true, read_seed_tasks, 0.002},
      {"alpaca_zh", "text_instruct", false, read_alpaca_zh, 0.004},
      {"t0_prompts", "text_instruct", false, read_t0_prompts, 0.003},
      {"hh_pairs", "text_instruct", true, read_hh_pairs, 0.01},
      {"ecare", "text_instruct", true, read_ecare, 0.008},
      {"xcopa", "text_instruct", true, read_xcopa, 0.002},
  };
  return sets;
}

}  // namespace tutti
