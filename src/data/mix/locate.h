// What is where in a generated picture or clip, as words for its summary tokens.
//
// A question teaches one answer a picture and says nothing of where to look; a scene knows what
// each summary token covers. Each covered thing gives its token words to say: name, colour and, in
// a clip, what it does. In a picture, where things of a kind have their middle, the token also says
// how many they are, so that a thing that two tokens cover is counted once, and in which ninth of
// the picture.
#pragma once

#include "data/example.h"
#include "data/scene/clip.h"
#include "data/scene/scene.h"
#include "format/text/piece_table.h"

namespace tutti {

std::vector<Located> locate(const Scene& scene, const PieceTable& pieces);
std::vector<Located> locate(const ClipSample& clip, const PieceTable& pieces);

// In an English question about the scene, the last piece of each name says where what it names is
// and how many there are: who reads a name has to find its things before anything can be answered.
// Rows count the question's own pieces.
std::vector<Located> locate(const Scene& scene, const std::string& question,
                            const PieceTable& pieces);

// The pixels of a summary token that stands for `merge` of a segment's 8x8 places: 4 in a picture,
// 2 in a clip.
Box summary_box(int summary, int merge);

}  // namespace tutti
