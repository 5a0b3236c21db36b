// Makes the blocks of each kind from raw records: decodes, shrinks, lays out, encodes.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "data/build/read/raw_records.h"
#include "data/build/sets.h"
#include "data/build/shard_writer.h"
#include "data/records.h"
#include "format/text/tokenizer.h"

namespace tutti {

// How many pictures of a set share a sheet of at most 1024 x 1024 (512 x 512 for tiles up to 64).
int pictures_per_block(const PictureSet& set);

// JSON: tile_width, tile_height, columns, pictures [{key, width, height, label, captions
// [[language, text]], questions [[question, answer]]}].
Result<Block> picture_block(const PictureSet& set, std::span<const RawPicture* const> pictures);

// The 16 kHz samples of a recording, read from its file where it has one.
Result<Sound> sound_of(const RawSpeech& speech);

// A recording on its way into a block.
struct MelStrip {
  const RawSpeech* speech = nullptr;
  Mel mel;
};

// JSON: recordings [{key, frames, text, language, speaker, label, synthetic, timing [[byte begin,
// byte end, seconds begin, seconds end]]}].
Block speech_block(std::span<const MelStrip> strips, int quality);

// JSON: recordings as above with `samples` instead of `frames`.
Block vocoder_block(const RawSpeech& speech, const Sound& sound);

// Frames and class maps of a series in its set's size.
Result<SeriesRecord> load_series(const SeriesSet& set, const RawSeries& raw);
// JSON: key, kind, width, height, columns, frames, classes [names].
Block series_block(const SeriesRecord& series, int quality);

// JSON: things [{key, label}].
Block voxel_block(std::span<const RawVoxels* const> things);

struct TextIds {
  const RawText* record = nullptr;
  std::vector<int32_t> prompt, text, rejected;
};
Result<TextIds> tokenise(const Tokenizer& tokenizer, const RawText& record);

// JSON, one entry a record in each list: language, kind; token counts prompt, text, rejected.
Block text_block(std::span<const TextIds> texts);

}  // namespace tutti
