// From the members of a block to records. Shards may come from a stranger: every number is checked
// against what is there before it is used, and every record against what its set promises
// (record_checks.h).
#include "data/decode_block.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/quote.h"
#include "data/record_checks.h"
#include "data/shard_format.h"
#include "format/picture_file.h"

namespace tutti {

using nlohmann::json;

namespace {

constexpr size_t kMostJson = size_t(16) << 20;  // the largest of ours has 1 MB
constexpr int kMostInt = std::numeric_limits<int>::max();
constexpr size_t kMostTokens = size_t(256) << 20;
constexpr int kMostCloudPoints = 1 << 16;
constexpr size_t kMostSamples = size_t(64) << 20;

Result<json> read_json(const ShardBlock& block) {
  const TarEntry* member = block.find(".json.z");
  if (!member) return bad_input("it has no member .json.z");
  TUTTI_ASSIGN(const std::vector<std::byte> bytes, unpack(member->data, kMostJson));
  const char* text = reinterpret_cast<const char*>(bytes.data());
  json value = json::parse(text, text + bytes.size(), nullptr, false);
  if (!value.is_object()) return bad_input("its .json.z is not a JSON object");
  return value;
}

Error not_whole(const std::string& what, const json& value, int low, int high) {
  // A list is not written: its depth is the stranger's, and writing it takes the stack.
  const std::string shown = value.is_structured() ? value.type_name() : value.dump().substr(0, 40);
  return bad_input(what + " is " + shown + "; expected an integer from " + std::to_string(low) +
                   " to " + std::to_string(high));
}

// The library would wrap 2^32 + 1 to 1, and converts 1e300 as it pleases.
Result<int> whole(const json& object, const char* key, int low, int high) {
  const json& value = object.at(key);
  if (!value.is_number_integer() || value < low || value > high)
    return not_whole(key, value, low, high);
  return value.get<int>();
}

// The sheet NAME.png or NAME.jpg; an empty picture when there is none.
Result<Picture> read_sheet(const ShardBlock& block, const std::string& name) {
  for (const char* suffix : {".png", ".jpg"}) {
    const TarEntry* member = block.find(name + suffix);
    if (!member) continue;
    auto picture = decode_picture(member->data, {kMostSheetSide, size_t(16) << 20});
    if (!picture) return picture.error().with_context("member " + member->name);
    return picture;
  }
  return Picture{};
}

Picture cut(const Picture& sheet, int left, int top, int width, int height) {
  Picture out = make_picture(width, height, sheet.channels);
  for (int y = 0; y < height; ++y) {
    std::copy_n(sheet.at(left, top + y), size_t(width) * sheet.channels, out.at(0, y));
  }
  return out;
}

Caption caption(const PieceTable& pieces, std::string language, std::string text) {
  std::vector<int32_t> ids = pieces.encode(text);
  return {std::move(language), std::move(text), std::move(ids)};
}

struct Sheets {
  Picture picture, alpha, mask;
  int tile_width = 0, tile_height = 0, columns = 0;
};

Result<Sheets> read_sheets(const ShardBlock& block, const json& head) {
  Sheets sheets;
  TUTTI_ASSIGN(sheets.picture, read_sheet(block, ".picture"));
  TUTTI_ASSIGN(sheets.alpha, read_sheet(block, ".alpha"));
  TUTTI_ASSIGN(sheets.mask, read_sheet(block, ".mask"));
  sheets.alpha = with_channels(std::move(sheets.alpha), 1);
  sheets.mask = with_channels(std::move(sheets.mask), 1);
  TUTTI_ASSIGN(sheets.tile_width, whole(head, "tile_width", 1, kMostSheetSide));
  TUTTI_ASSIGN(sheets.tile_height, whole(head, "tile_height", 1, kMostSheetSide));
  TUTTI_ASSIGN(sheets.columns, whole(head, "columns", 1, kMostSheetSide));
  const Picture& main = sheets.picture;
  const auto differs = [&](const Picture& other) {
    return other.width != 0 && (other.width != main.width || other.height != main.height);
  };
  if (main.width == 0 || sheets.columns > main.width / sheets.tile_width || differs(sheets.alpha) ||
      differs(sheets.mask)) {
    return bad_input("its sheets do not have the shape that its JSON names");
  }
  return sheets;
}

Result<PictureRecord> read_tile(const Sheets& sheets, const json& entry, int number) {
  TUTTI_ASSIGN(const int width, whole(entry, "width", 1, sheets.tile_width));
  TUTTI_ASSIGN(const int height, whole(entry, "height", 1, sheets.tile_height));
  const int row = number / sheets.columns;
  if (row >= sheets.picture.height / sheets.tile_height)
    return bad_input("picture " + std::to_string(number) + " lies outside its sheet");
  const int left = number % sheets.columns * sheets.tile_width, top = row * sheets.tile_height;
  PictureRecord record;
  record.key = entry.at("key").get<std::string>();
  record.label = entry.value("label", "");
  record.picture = cut(sheets.picture, left, top, width, height);
  if (sheets.mask.width) record.mask = cut(sheets.mask, left, top, width, height);
  if (!sheets.alpha.width) return record;
  const Picture alpha = cut(sheets.alpha, left, top, width, height);
  record.picture = with_channels(std::move(record.picture), 4);
  for (size_t i = 0; i < alpha.pixels.size(); ++i)
    record.picture.pixels[i * 4 + 3] = alpha.pixels[i];
  return record;
}

Result<BlockRecords> pictures_of(const ShardBlock& block, const PieceTable& pieces) {
  TUTTI_ASSIGN(const json head, read_json(block));
  TUTTI_ASSIGN(const Sheets sheets, read_sheets(block, head));
  BlockRecords out;
  for (const json& entry : head.at("pictures")) {
    const size_t number = out.pictures.size();
    TUTTI_ASSIGN(PictureRecord record, read_tile(sheets, entry, int(number)));
    for (const json& pair : entry.value("captions", json::array())) {
      record.captions.push_back(caption(pieces, pair.at(0), pair.at(1)));
    }
    TUTTI_CHECK(check_picture_record(block.source, record));
    for (const json& pair : entry.value("questions", json::array())) {
      out.questions.push_back(
          {number, caption(pieces, "en", pair.at(0)), caption(pieces, "en", pair.at(1))});
      TUTTI_CHECK(check_question_record(out.questions.back()));
    }
    out.pictures.push_back(std::move(record));
  }
  return out;
}

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

Result<BlockRecords> texts_of(const ShardBlock& block, const PieceTable& pieces) {
  TUTTI_ASSIGN(const json head, read_json(block));
  const TarEntry* narrow = block.find(".tokens.z");  // of version 1
  const TarEntry* member = narrow ? narrow : block.find(".ids.z");
  if (!member) return bad_input("it has no member .ids.z");
  TUTTI_ASSIGN(const std::vector<std::byte> bytes, unpack(member->data, kMostTokens));
  const size_t width = narrow ? 2 : 4;
  const size_t count = bytes.size() / width;
  size_t next = 0;
  const auto take = [&](const json& length, std::vector<int32_t>& ids) -> Status {
    if (!length.is_number_integer() || length < 0 || length > kMostInt)
      return not_whole("a text's length", length, 0, kMostInt);
    const auto wanted = length.get<size_t>();
    if (wanted > count - next) return bad_input("it has fewer tokens than its JSON names");
    for (size_t end = next + wanted; next < end; ++next) {
      uint32_t id = 0;
      for (size_t i = 0; i < width; ++i) id |= uint32_t(bytes[i * count + next]) << (8 * i);
      if (id >= uint32_t(pieces.size()))
        return bad_input("token " + std::to_string(id) + " does not exist");
      ids.push_back(int32_t(id));
    }
    return {};
  };
  BlockRecords out;
  for (size_t i = 0; i < head.at("language").size(); ++i) {
    TextRecord record;
    record.language = head.at("language").at(i).get<std::string>();
    record.kind = head.at("kind").at(i).get<std::string>();
    TUTTI_CHECK(take(head.at("prompt").at(i), record.prompt));
    TUTTI_CHECK(take(head.at("text").at(i), record.text));
    TUTTI_CHECK(take(head.at("rejected").at(i), record.rejected));
    TUTTI_CHECK(check_text_record(record));
    out.texts.push_back(std::move(record));
  }
  return out;
}

// Tile `number` of a sheet whose tiles are all of one size.
Result<Picture> tile(const Picture& sheet, int columns, int number, int width, int height) {
  const int left = number % columns * width, top = number / columns * height;
  if (width > sheet.width - left || height > sheet.height - top)
    return bad_input("frame " + std::to_string(number) + " lies outside its sheet");
  return cut(sheet, left, top, width, height);
}

Result<BlockRecords> series_of(const ShardBlock& block, const PieceTable&) {
  TUTTI_ASSIGN(const json head, read_json(block));
  SeriesRecord record;
  record.key = head.at("key").get<std::string>();
  const auto kind = head.at("kind").get<std::string>();
  if (kind != "street" && kind != "radar")
    return bad_input("a series of the kind " + quote(kind) + " is not known");
  record.kind = kind == "street" ? SeriesRecord::Kind::street : SeriesRecord::Kind::radar;
  record.class_names = head.value("classes", std::vector<std::string>());
  TUTTI_CHECK(check_series_record(record));
  constexpr int kLeastSide = 16;
  TUTTI_ASSIGN(const int width, whole(head, "width", kLeastSide, kMostSheetSide));
  TUTTI_ASSIGN(const int height, whole(head, "height", kLeastSide, kMostSheetSide));
  TUTTI_ASSIGN(const int columns, whole(head, "columns", 1, kMostSheetSide));
  TUTTI_ASSIGN(const int frames, whole(head, "frames", 1, kMostInt));
  const bool street = record.kind == SeriesRecord::Kind::street;
  TUTTI_ASSIGN(Picture sheet, read_sheet(block, ".picture"));
  TUTTI_ASSIGN(Picture classes, read_sheet(block, ".classes"));
  sheet = with_channels(std::move(sheet), street ? 3 : 1);
  classes = with_channels(std::move(classes), 1);
  for (uint8_t value : classes.pixels)
    if (value >= record.class_names.size())
      return bad_input("class " + std::to_string(value) + " has no name");
  for (int i = 0; i < frames; ++i) {
    TUTTI_ASSIGN(Picture frame, tile(sheet, columns, i, width, height));
    record.frames.push_back(std::move(frame));
    if (!street) continue;
    TUTTI_ASSIGN(Picture one, tile(classes, columns, i, width / 2, height / 2));
    record.classes.push_back(std::move(one));
  }
  BlockRecords out;
  out.series.push_back(std::move(record));
  return out;
}

Result<BlockRecords> voxels_of(const ShardBlock& block, const PieceTable&) {
  TUTTI_ASSIGN(const json head, read_json(block));
  const TarEntry* member = block.find(".cells.z");
  if (!member) return bad_input("it has no member .cells.z");
  TUTTI_ASSIGN(const std::vector<std::byte> bytes, unpack(member->data, kMostTokens));
  BlockRecords out;
  for (const json& entry : head.at("things")) {
    const size_t begin = out.voxels.size() * VoxelRecord::kBytes;
    if (bytes.size() < begin + VoxelRecord::kBytes)
      return bad_input("it has fewer cells than its JSON names");
    const auto* cells = reinterpret_cast<const uint8_t*>(bytes.data()) + begin;
    out.voxels.push_back({"",
                          entry.at("key").get<std::string>(),
                          entry.at("label").get<std::string>(),
                          {cells, cells + VoxelRecord::kBytes}});
    TUTTI_CHECK(check_voxel_record(out.voxels.back()));
  }
  return out;
}

Result<BlockRecords> clouds_of(const ShardBlock& block, const PieceTable&) {
  TUTTI_ASSIGN(const json head, read_json(block));
  const TarEntry* member = block.find(".xyz.z");
  if (!member) return bad_input("it has no member .xyz.z");
  TUTTI_ASSIGN(const std::vector<std::byte> bytes, unpack(member->data, kMostTokens));
  const size_t values = bytes.size() / 2;
  size_t next = 0;
  BlockRecords out;
  for (const json& entry : head.at("things")) {
    CloudRecord record;
    record.key = entry.at("key").get<std::string>();
    record.name = entry.at("name").get<std::string>();
    record.label = entry.at("label").get<std::string>();
    TUTTI_ASSIGN(const int points, whole(entry, "points", 1, kMostCloudPoints));
    if (3 * size_t(points) > values - next)
      return bad_input("it has fewer points than its JSON names");
    record.xyz.resize(3 * size_t(points));
    for (size_t axis = 0; axis < 3; ++axis) {
      int16_t sum = 0;
      for (size_t i = axis; i < record.xyz.size(); i += 3, ++next) {
        const int code = int(bytes[next]) | int(bytes[values + next]) << 8;
        sum = int16_t(uint16_t(sum) + uint16_t(unzigzag(uint16_t(code))));
        record.xyz[i] = float(sum) / kCloudSteps;
      }
    }
    TUTTI_CHECK(check_cloud_record(record));
    out.clouds.push_back(std::move(record));
  }
  return out;
}

// The JSON library throws where a field is missing or has another type. Blocks are decoded on
// threads of their own, which an exception may not leave.
template <class Decode>
Result<BlockRecords> guarded(const ShardBlock& block, const PieceTable& pieces, Decode decode) {
  try {
    Result<BlockRecords> records = decode(block, pieces);
    if (!records) return records.error().with_context(block.where);
    return records;
  } catch (const json::exception& problem) {
    return bad_input(block.where + ": its JSON is not as expected: " + problem.what());
  } catch (const std::bad_alloc&) {
    return failed(block.where + ": memory ran out while it was decoded");
  }
}

}  // namespace

const TarEntry* ShardBlock::find(std::string_view suffix) const {
  for (const TarEntry& member : members) {
    const std::string_view name = member.name;
    if (name.substr(std::min(name.find('.'), name.size())) == suffix) return &member;
  }
  return nullptr;
}

Result<BlockRecords> decode_picture_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, pictures_of);
}
Result<BlockRecords> decode_speech_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, speech_of);
}
Result<BlockRecords> decode_vocoder_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, vocoder_of);
}
Result<BlockRecords> decode_text_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, texts_of);
}
Result<BlockRecords> decode_series_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, series_of);
}
Result<BlockRecords> decode_voxel_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, voxels_of);
}
Result<BlockRecords> decode_cloud_block(const ShardBlock& block, const PieceTable& pieces) {
  return guarded(block, pieces, clouds_of);
}

BlockDecoder block_decoder(const std::string& kind) {
  if (kind == "pictures") return decode_picture_block;
  if (kind == "speech") return decode_speech_block;
  if (kind == "vocoder") return decode_vocoder_block;
  if (kind == "text") return decode_text_block;
  if (kind == "series") return decode_series_block;
  if (kind == "voxels") return decode_voxel_block;
  if (kind == "clouds") return decode_cloud_block;
  return nullptr;
}

}  // namespace tutti
