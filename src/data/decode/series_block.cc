#include "data/decode/series_block.h"

#include "base/quote.h"
#include "data/decode/block_parts.h"
#include "data/record_checks.h"
#include "data/shard_format.h"

namespace tutti::blocks {

using nlohmann::json;

namespace {

// Tile `number` of a sheet whose tiles are all of one size.
Result<Picture> tile(const Picture& sheet, int columns, int number, int width, int height) {
  const int left = number % columns * width, top = number / columns * height;
  if (width > sheet.width - left || height > sheet.height - top)
    return bad_input("frame " + std::to_string(number) + " lies outside its sheet");
  return cut(sheet, left, top, width, height);
}

}  // namespace

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

}  // namespace tutti::blocks
