// The trained judge (model/judge.h) at work on the CPU: names pictures, spells speech.
//
//   TUTTI_ASSIGN(auto judge, Referee::load("models/judge.safetensors", 0));
//   TUTTI_ASSIGN(Seen seen, judge->look(picture));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/media_types.h"
#include "base/result.h"

namespace tutti {

struct Seen {
  int label = 0;  // of labels()
  std::vector<float> features;
};

// Not thread-safe.
class Referee {
 public:
  virtual ~Referee() = default;
  static Result<std::unique_ptr<Referee>> load(const std::string& path, int threads);

  virtual const std::vector<std::string>& labels() const = 0;
  // A picture of any size and channels, seen at 64 pixels a side like a painting.
  virtual Result<Seen> look(const Picture& picture) = 0;
  virtual Result<std::string> hear(const Mel& mel) = 0;
};

}  // namespace tutti
