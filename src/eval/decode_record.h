// Files named by raw records into records. Internal to the folder.
#pragma once

#include "base/result.h"
#include "data/build/read/raw_records.h"
#include "data/records.h"

namespace tutti {

// Sides are shrunk to 256 pixels: no head of the model sees more than 128.
Result<PictureRecord> decode_record(const RawPicture& raw, const std::string& source);
Result<SpeechRecord> decode_record(const RawSpeech& raw, const std::string& source);

}  // namespace tutti
