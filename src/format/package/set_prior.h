// What speech is likely to say, put into a model file.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tutti {

struct NewPrior {
  struct Table {
    std::string name;
    std::string bytes;  // as make_ngram_table() gives them
  };
  double weight = 0, bonus = 0;  // engine/speech/prefix_beam.h
  std::vector<Table> tables;     // none: the model has no prior
};

// A copy of a model file with this prior in place of the one it has; all else as it is, but for the
// signature, which was of another file.
Status set_prior(const std::string& input, const std::string& output, const NewPrior& prior);

}  // namespace tutti
