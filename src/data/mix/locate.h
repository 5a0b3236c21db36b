// What is where in a generated picture or clip, as words for its summary tokens.
//
// A question teaches one answer a picture and says nothing of where to look; a scene knows what
// each summary token covers. Each covered thing gives its token up to three words to say: name,
// colour and, in a clip, what it does.
#pragma once

#include "data/example.h"
#include "data/piece_table.h"
#include "data/scene/clip.h"

namespace tutti {

std::vector<Located> locate(const Scene& scene, const PieceTable& pieces);
std::vector<Located> locate(const ClipSample& clip, const PieceTable& pieces);

// The pixels of a summary token that stands for `merge` of a segment's 8x8 places: 4 in a picture,
// 2 in a clip.
Box summary_box(int summary, int merge);

}  // namespace tutti
