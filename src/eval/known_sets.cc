#include "eval/known_sets.h"

#include <map>

namespace tutti {

EvalPictures::Kind kind_of_set(const std::string& name) {
  using Kind = EvalPictures::Kind;
  static const std::map<std::string, Kind> kinds = {
      {"emoji_noto", Kind::named},      {"emoji_fluent3d", Kind::named},
      {"icons_mdi", Kind::named},       {"icons_game", Kind::named},
      {"flickr8k", Kind::captioned},    {"cifar10", Kind::labelled},
      {"tinyimagenet", Kind::labelled}, {"imagenet_samples", Kind::labelled},
      {"flowers", Kind::labelled},      {"sign_digits", Kind::labelled},
      {"mnist", Kind::labelled},        {"persons_ccp", Kind::masked},
      {"persons_hseg", Kind::masked},   {"persons_grid", Kind::masked},
      {"easyvqa", Kind::asked},         {"nlvr", Kind::asked}};
  const auto at = kinds.find(name);
  return at == kinds.end() ? Kind::other : at->second;
}

}  // namespace tutti
