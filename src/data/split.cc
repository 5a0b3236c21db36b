#include "data/split.h"

#include <array>

namespace tutti {

uint64_t stable_hash(std::string_view bytes) {
  uint64_t h = 0xcbf29ce484222325u;
  for (unsigned char c : bytes) h = (h ^ c) * 0x100000001b3u;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
  return h ^ (h >> 31);
}

Split split_by_share(std::string_view set, std::string_view key, int percent) {
  std::string both(set);
  both += '/';
  both += key;
  return stable_hash(both) % 100 < uint64_t(percent) ? Split::eval : Split::train;
}

Split split_by_speaker(std::string_view set, std::string_view speaker) {
  if (set == "fsdd") return speaker == "nicolas" ? Split::eval : Split::train;
  if (set == "emodb") return speaker == "08" ? Split::eval : Split::train;
  return split_by_share(set, speaker, 18);
}

Split split_by_sequence(std::string_view set, std::string_view sequence) {
  if (set == "camvid_seq") return sequence == "0001TP" ? Split::eval : Split::train;
  if (set == "radar_fmi") return sequence == "20170509" ? Split::eval : Split::train;
  return split_by_share(set, sequence, 15);
}

Split split_voxels(std::string_view cells) {
  return split_by_share("voxels", cells, 10);
}

Split split_cifar(std::string_view file) {
  const size_t dot = file.rfind('.');
  return dot != std::string_view::npos && dot > 0 && file[dot - 1] == '7' ? Split::eval
                                                                          : Split::train;
}

std::string emoji_concept(std::string_view code_points) {
  static constexpr std::array<std::string_view, 8> kIgnored = {"fe0f",  "1f3fb", "1f3fc", "1f3fd",
                                                               "1f3fe", "1f3ff", "2640",  "2642"};
  std::string kept;
  size_t begin = 0;
  while (begin <= code_points.size()) {
    const size_t end = std::min(code_points.find_first_of("_-", begin), code_points.size());
    const std::string_view part = code_points.substr(begin, end - begin);
    bool ignored = part.empty();
    for (std::string_view name : kIgnored) ignored = ignored || part == name;
    if (!ignored) kept += (kept.empty() ? "" : "-") + std::string(part);
    begin = end + 1;
  }
  // "runner ZWJ female" leaves a joiner with nothing to join.
  constexpr std::string_view kJoiner = "-200d";
  while (kept.ends_with(kJoiner)) kept.resize(kept.size() - kJoiner.size());
  return kept.empty() ? std::string(code_points) : kept;
}

Split split_emoji(std::string_view style, std::string_view code_points) {
  const uint64_t share = stable_hash("emoji/" + emoji_concept(code_points)) % 100;
  if (share < 3) return Split::eval;
  return style == "fluent3d" && share < 13 ? Split::eval : Split::train;
}

}  // namespace tutti
