// What every drawn example keeps to, whatever the shards held: the model reads without checking.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "data/example.h"
#include "model/spec.h"

namespace tutti {

// Says what the first defect is; empty: none. For tests and fuzz targets.
inline std::string defect_of(const std::vector<Example>& examples, int vocabulary) {
  const auto is = [](const Picture& p, int side, int channels) {
    return p.width == side && p.height == side && p.channels == channels &&
           p.pixels.size() == size_t(side) * side * channels;
  };
  for (const Example& example : examples) {
    if (example.task == Task::vocode) {
      if (example.sound.samples.empty()) return "a sound without samples";
      continue;
    }
    if (example.segments.empty()) return "an example without segments";
    if (example.task == Task::matte && !is(example.alpha, kImageSize, 1)) return "a matte's alpha";
    for (const Segment& s : example.segments) {
      for (int32_t token : s.tokens)
        if (token < 0 || token >= vocabulary) return "token " + std::to_string(token);
      for (const Located& word : s.located)
        if (word.token < 0 || word.token >= vocabulary || word.row < 0) return "a located word";
      if (s.stem == Stem::picture && !is(s.image, kImageSize, 3)) return "an image's shape";
      if (s.stem == Stem::noisy && !is(s.image, kPaintSize, 3)) return "a painting's shape";
      if (s.stem == Stem::clip) {
        if (int(s.clip.frames.size()) != kClipFrames) return "a clip's length";
        for (const Picture& frame : s.clip.frames)
          if (!is(frame, kImageSize, 3)) return "a frame's shape";
      }
      if (s.stem == Stem::patches) {
        if (s.rows.places.empty() || s.rows.values.size() % s.rows.places.size() != 0)
          return "rows without places";
        for (float value : s.rows.values)
          if (!std::isfinite(value)) return "a row's value";
      }
      const bool sounds = s.stem == Stem::sound || s.stem == Stem::spoken;
      if (sounds &&
          (s.mel.bins != kMelBins || s.mel.frames() < 1 || s.mel.values.size() % kMelBins != 0))
        return "a spectrogram's shape";
      for (float value : s.mel.values)
        if (!std::isfinite(value)) return "a spectrogram's value";
    }
  }
  return "";
}

}  // namespace tutti
