#include "data/build/blocks/series_block.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/build/blocks/pack.h"
#include "format/mapped_file.h"
#include "format/picture_file.h"
#include "media/picture/raster.h"

namespace tutti {
namespace {

constexpr int kSheetWidth = 1024;

Result<Picture> decode(const std::string& file, int channels) {
  TUTTI_ASSIGN(const MappedFile bytes, MappedFile::open(file));
  auto picture = decode_picture(bytes.bytes());
  if (!picture) return picture.error().with_context(file);
  if (picture->channels != channels) {
    return bad_input(file + " has " + std::to_string(picture->channels) + " channels instead of " +
                     std::to_string(channels));
  }
  return picture;
}

// Indices are not numbers: the pixel at the middle of each, no mean.
Picture shrink_classes(const Picture& classes, int width, int height) {
  Picture out = make_picture(width, height, 1);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      *out.at(x, y) = *classes.at((2 * x + 1) * classes.width / (2 * width),
                                  (2 * y + 1) * classes.height / (2 * height));
  return out;
}

// Tiles in rows; the last row is filled with the last tile, which costs JPEG less than black.
Picture sheet_of(const std::vector<Picture>& tiles, int columns) {
  const Picture& first = tiles.front();
  const int rows = (int(tiles.size()) + columns - 1) / columns;
  Picture sheet = make_picture(columns * first.width, rows * first.height, first.channels);
  for (int i = 0; i < rows * columns; ++i) {
    const Picture& tile = tiles[std::min(size_t(i), tiles.size() - 1)];
    for (int y = 0; y < tile.height; ++y)
      std::copy_n(tile.at(0, y), size_t(tile.width) * tile.channels,
                  sheet.at(i % columns * tile.width, i / columns * tile.height + y));
  }
  return sheet;
}

}  // namespace

Result<SeriesRecord> load_series(const SeriesSet& set, const RawSeries& raw) {
  SeriesRecord series;
  series.source = set.name;
  series.key = raw.key;
  series.kind = set.kind;
  series.class_names = raw.class_names;
  for (const std::string& file : raw.files) {
    TUTTI_ASSIGN(const Picture frame, decode(file, set.kind == SeriesRecord::Kind::street ? 3 : 1));
    series.frames.push_back(resize_picture(frame, set.width, set.height));
  }
  for (const std::string& file : raw.classes) {
    TUTTI_ASSIGN(const Picture classes, decode(file, 1));
    const auto highest = *std::max_element(classes.pixels.begin(), classes.pixels.end());
    if (highest >= raw.class_names.size()) {
      return bad_input(file + " has the class " + std::to_string(highest) + "; there are " +
                       std::to_string(raw.class_names.size()));
    }
    series.classes.push_back(shrink_classes(classes, set.width / 2, set.height / 2));
  }
  return series;
}

Block series_block(const SeriesRecord& series, int quality) {
  const Picture& first = series.frames.front();
  const int columns = kSheetWidth / first.width;
  const bool street = series.kind == SeriesRecord::Kind::street;
  const nlohmann::json head = {{"key", series.key},
                               {"kind", street ? "street" : "radar"},
                               {"width", first.width},
                               {"height", first.height},
                               {"columns", columns},
                               {"frames", series.frames.size()},
                               {"classes", series.class_names}};
  Block block;
  block.emplace_back(".picture.jpg", encode_jpeg(sheet_of(series.frames, columns), quality));
  if (!series.classes.empty())
    block.emplace_back(".classes.png", encode_flat_png(sheet_of(series.classes, columns)));
  block.emplace_back(".json.z", pack(head.dump()));
  return block;
}

}  // namespace tutti
