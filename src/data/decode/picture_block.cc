#include "data/decode/picture_block.h"

#include "data/decode/block_parts.h"
#include "data/record_checks.h"
#include "data/shard_format.h"

namespace tutti::blocks {

using nlohmann::json;

namespace {

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

}  // namespace

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

}  // namespace tutti::blocks
