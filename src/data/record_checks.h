// What the records of each set promise. Looked at once, where a block is decoded, because shards
// may come from a stranger; whatever draws examples relies on it and looks at nothing again.
#pragma once

#include <string>

#include "base/result.h"
#include "data/records.h"

namespace tutti {

inline constexpr int kMostPictureSide = 4096;      // of ours 256; each draw reads all of it
inline constexpr size_t kMostRecordText = 8192;    // bytes of a caption, transcript or label
inline constexpr size_t kMostQuestionText = 1024;  // bytes; all of it is in the example
inline constexpr size_t kMostRecordName = 1024;    // bytes of a key, speaker or language
inline constexpr size_t kMostTextTokens = 4096;    // of one part of a text record
inline constexpr size_t kMostClassNames = 256;     // a class map has a byte a pixel

// Turns grey into RGB where the set promises RGB: a sheet of grey photographs alone is stored grey.
// Refuses what would be a guess: other channels, no mask, sides too small to cut from.
Status check_picture_record(const std::string& set, PictureRecord& record);
// Words in their transcript and, with a second to spare, in the recording of `seconds`.
Status check_speech_record(const SpeechRecord& record, double seconds);
Status check_text_record(const TextRecord& record);
Status check_question_record(const QuestionRecord& record);
Status check_voxel_record(const VoxelRecord& record);
Status check_cloud_record(const CloudRecord& record);
Status check_series_record(const SeriesRecord& record);

// The leading channels, the last repeated where there are fewer. A decoded JPEG has three even when
// a grey picture went in.
Picture with_channels(Picture picture, int channels);

}  // namespace tutti
