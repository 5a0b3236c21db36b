// Turns the examples of a step into packed batches: draws their noise, deals them to micro-batches,
// lays out their rows. What each objective compares those rows with is the objective's
// (objective.h).
#pragma once

#include <map>
#include <memory>
#include <typeindex>

#include "base/rng.h"
#include "data/example.h"
#include "model/batch.h"

namespace tutti {

struct NoiseOptions {
  float drop_text = 0.1f;  // for guidance: the text in front of a picture or speech is emptied
  float mean = -0.8f, spread = 0.8f;  // t = sigmoid(N(mean, spread))
  bool from_noise = false;            // t = 0 instead: noise alone, where generating begins
};

// Values z = t x + (1 - t) e (x-prediction, JiT arXiv 2511.13720) of a painting or a piece of
// speech.
struct NoisySegment {
  std::vector<float> clean, noisy;
  float t = 0;
};

// An example and what chance adds to it.
struct DrawnExample {
  Example example;
  bool drop = false;                // the text before what is generated
  std::vector<NoisySegment> noisy;  // of each painting and piece of speech, in order
};

// The draws come from `rng` alone, in the order of the examples, whatever they are dealt to.
std::vector<DrawnExample> draw_noise(std::vector<Example> examples, const NoiseOptions& options,
                                     Rng& rng);

// One of `count` micro-batches each, dealt in turn so that all get some of every kind. Examples of
// one pair stay together.
std::vector<std::vector<const DrawnExample*>> deal(const std::vector<DrawnExample>& examples,
                                                   int count);

// Where a segment went.
struct PlacedSegment {
  const DrawnExample* drawn;
  const Segment* segment;
  int span = -1;         // in Batch::spans
  int text_before = -1;  // span of the text segment right before it
  const NoisySegment* noisy = nullptr;
};

// The rows of a micro-batch. Points into the drawn examples, which must outlive it.
struct Collated {
  const ModelSpec& config;
  std::vector<const DrawnExample*> examples;
  std::shared_ptr<Batch> batch;         // shared with what autograd saves of it
  std::vector<PlacedSegment> segments;  // in order
  const Span& span(const PlacedSegment& placed) const { return batch->spans[size_t(placed.span)]; }

  // What `make` returned when a T was first asked for.
  template <class T, class Make>
  std::shared_ptr<T> once(Make make) const {
    const auto [at, fresh] = made.try_emplace(typeid(T));
    if (fresh) at->second = std::shared_ptr<T>(make());
    return std::static_pointer_cast<T>(at->second);
  }
  mutable std::map<std::type_index, std::shared_ptr<void>> made;  // of once() alone
};

Collated collate(const ModelSpec& config, std::vector<const DrawnExample*> examples);

// The tokens of a text segment as they stand in the batch: a dropped text keeps its marks.
std::vector<int32_t> text_tokens(const Segment& segment, bool drop);

// Which byte each 40 ms token of a spoken text says. `text` is " transcript " (see spoken_text).
std::vector<int32_t> align_speech(const Segment& segment, int tokens);
// Spoken texts begin and end with a space: the silence around speech.
std::string spoken_text(const std::string& transcript);

}  // namespace tutti
