// How loud each channel of a sound is, and which of them make its mono. Internal.
//
// A plain mix loses what the channels have in opposite phase (a microphone wired the wrong way
// round gives silence) and halves what is on one side alone. So a channel at least 30 dB below the
// loudest does not count, and where the rest cancel each other the loudest is taken alone.
#pragma once

#include <optional>
#include <vector>

#include "media/av.h"

namespace tutti {

class ChannelLevels {
 public:
  // Frames of one stream in order. Where the number of channels changes on the way, or the format
  // is unknown, nothing is said.
  void add(const AVFrame& frame);

  // The weight of each channel; nothing where the plain mix, 1 / channels each, is right.
  std::optional<std::vector<double>> weights() const;

 private:
  template <class Sample>
  void add_samples(const AVFrame& frame, double scale, double zero);

  std::vector<double> energies_;  // sums of squares
  double mixed_ = 0;              // of the plain mix
  bool known_ = true;
};

}  // namespace tutti
