#include "data/decode/speech_block.h"

#include <algorithm>

#include "base/quote.h"
#include "data/decode/block_parts.h"
#include "data/record_checks.h"
#include "data/shard_format.h"

namespace tutti::blocks {

using nlohmann::json;

namespace {

constexpr size_t kMostSamples = size_t(64) << 20;

Result<SpeechRecord> describe(const json& entry, const PieceTable& pieces) {
  SpeechRecord record;
  record.key = entry.at("key").get<std::string>();
  record.transcript = caption(pieces, entry.value("language", ""), entry.value("text", ""));
  record.speaker = entry.value("speaker", "");
  record.label = entry.value("label", "");
  record.synthetic = entry.value("synthetic", false);
  for (const json& part : entry.value("timing", json::array())) {
    // In milliseconds; check_speech_record() compares with the recording's length.
    const double begin = part.at(2).get<double>() / 1000, end = part.at(3).get<double>() / 1000;
    if (!part.at(0).is_number_integer() || part.at(0) < 0 || part.at(0) > kMostInt ||
        !part.at(1).is_number_integer() || part.at(1) < 0 || part.at(1) > kMostInt ||
        !(begin >= 0 && end >= begin && end < kMostInt))
      return bad_input("recording " + quote(record.key) + " has word times that are none");
    record.timing.push_back(
        {part.at(0).get<int>(), part.at(1).get<int>(), float(begin), float(end)});
  }
  return record;
}

}  // namespace

Result<BlockRecords> speech_of(const ShardBlock& block, const PieceTable& pieces) {
  if (block.source == kVocoderSource)
    return bad_input("the set of sounds without spectrograms holds spectrograms");
  TUTTI_ASSIGN(const json head, read_json(block));
  TUTTI_ASSIGN(Picture sheet, read_sheet(block, ".mel"));
  sheet = with_channels(std::move(sheet), 1);
  BlockRecords out;
  int left = 0;
  for (const json& entry : head.at("recordings")) {
    TUTTI_ASSIGN(SpeechRecord record, describe(entry, pieces));
    TUTTI_ASSIGN(const int frames, whole(entry, "frames", 1, kMostSheetSide));
    TUTTI_CHECK(check_speech_record(record, frames / kFramesPerSecond));
    if (sheet.height != record.mel.bins || frames > sheet.width - left) {
      return bad_input("recording " + quote(record.key) + " lies outside its strip");
    }
    record.mel.values.resize(size_t(frames) * record.mel.bins);
    for (int y = 0; y < record.mel.bins; ++y) {
      const uint8_t* row = sheet.at(left, y);
      for (int x = 0; x < frames; ++x) {
        record.mel.values[size_t(x) * record.mel.bins + y] = byte_to_mel(row[x]);
      }
    }
    left = std::min(sheet.width, left + (frames + kMelAlign - 1) / kMelAlign * kMelAlign);
    out.speech.push_back(std::move(record));
  }
  return out;
}

Result<BlockRecords> vocoder_of(const ShardBlock& block, const PieceTable& pieces) {
  // Records of every other set of speech have a spectrogram.
  if (block.source != kVocoderSource)
    return bad_input("the set " + block.source + " may not hold sounds without spectrograms");
  TUTTI_ASSIGN(const json head, read_json(block));
  const TarEntry* member = block.find(".ulaw.z");
  if (!member) return bad_input("it has no member .ulaw.z");
  TUTTI_ASSIGN(const std::vector<std::byte> bytes, unpack(member->data, kMostSamples));
  BlockRecords out;
  size_t begin = 0;
  for (const json& entry : head.at("recordings")) {
    TUTTI_ASSIGN(SpeechRecord record, describe(entry, pieces));
    TUTTI_ASSIGN(const int samples, whole(entry, "samples", 0, int(kMostSamples)));
    if (size_t(samples) > bytes.size() - begin)
      return bad_input("recording " + quote(record.key) + " has fewer samples than its JSON names");
    TUTTI_CHECK(check_speech_record(record, double(samples) / record.sound.sample_rate));
    record.sound.samples.reserve(size_t(samples));
    for (size_t i = begin; i < begin + size_t(samples); ++i) {
      record.sound.samples.push_back(ulaw_to_sample(uint8_t(bytes[i])));
    }
    begin += size_t(samples);
    out.speech.push_back(std::move(record));
  }
  return out;
}

}  // namespace tutti::blocks
