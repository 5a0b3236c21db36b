// What training examples are put together from.
#pragma once

#include <string>
#include <vector>

#include "base/rng.h"
#include "data/example.h"
#include "data/mix/pools.h"
#include "format/text/prompts.h"

namespace tutti::draw {

// A text segment; `target`: the model learns to say it.
Segment text_segment(Tokens tokens, bool target = false);
Segment image_segment(Picture picture);  // 128x128 RGB
Segment clip_segment(Clip clip);         // 16 frames of the same
Segment rows_segment(Rows rows);
Segment paint_segment(const Picture& picture);  // any size
Segment heard_segment(const SpeechRecord& record, Rng& rng);
Segment spoken_segment(const SpeechRecord& record);  // as it is to be said
// The other half of a contrastive pair: the text alone, as it stands in front of a painting.
Example text_alone(const Tokens& ids, int pair);
// At most 60 tokens, the length of a caption.
Tokens clipped(const Tokens& ids);

template <class T>
const T& pick(const std::vector<T>& list, Rng& rng) {
  return list[rng.below(int(list.size()))];
}

const Caption* pick_caption(const Pools& pools, const PictureRecord& record, Rng& rng);
Segment seen(const Pools& pools, const PictureRecord& record, Rng& rng, bool flip);
Picture on_backdrop(const Pools& pools, const Picture& picture, int side, Rng& rng);
inline Tokens ids(const Pools& pools, const std::string& text) {
  return pools.shards.pieces().encode(text);
}
Example described(const Pools& pools, Segment segment, Task task, SpecialToken how,
                  const std::string& language, const Tokens& answer);
// `located`: of the question's own pieces.
void ask(const Pools& pools, Example& example, const std::string& question,
         const std::string& answer, std::vector<Located> located = {});

}  // namespace tutti::draw
