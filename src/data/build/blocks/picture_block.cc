#include "data/build/blocks/picture_block.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "data/build/blocks/pack.h"
#include "format/mapped_file.h"
#include "format/picture_file.h"
#include "media/picture/raster.h"

namespace tutti {

using nlohmann::json;

namespace {

constexpr int kAlphaQuality = 80;

int columns_of(const PictureSet& set) {
  return (set.width <= 64 ? 512 : 1024) / set.width;
}

Picture fit_inside(const Picture& picture, int width, int height) {
  if (picture.width <= width && picture.height <= height) return picture;
  // Integer ratios, so that equal pictures give equal sizes on every machine.
  const bool wide = int64_t(picture.width) * height >= int64_t(picture.height) * width;
  const int64_t above = wide ? width : height, below = wide ? picture.width : picture.height;
  const int w = std::max<int>(1, int((picture.width * above + below / 2) / below));
  const int h = std::max<int>(1, int((picture.height * above + below / 2) / below));
  if (picture.channels != 4) return resize_picture(picture, w, h);
  const Box all{0, 0, picture.width, picture.height};
  Picture small = resize_picture(premultiply(picture, all, false), w, h);
  for (size_t i = 0; i < small.pixels.size(); i += 4) {
    const int alpha = small.pixels[i + 3];
    for (size_t c = i; alpha > 0 && c < i + 3; ++c) {
      small.pixels[c] = uint8_t(std::min(255, (small.pixels[c] * 255 + alpha / 2) / alpha));
    }
  }
  return small;
}

bool is_opaque(const Picture& picture) {
  if (picture.channels != 4) return false;
  for (size_t i = 3; i < picture.pixels.size(); i += 4) {
    if (picture.pixels[i] != 255) return false;
  }
  return true;
}

void drop_alpha(Picture& picture) {
  const size_t count = picture.pixels.size() / 4;
  for (size_t i = 0; i < count; ++i) std::copy_n(&picture.pixels[i * 4], 3, &picture.pixels[i * 3]);
  picture.pixels.resize(count * 3);
  picture.channels = 3;
}

Result<Picture> load(const std::string& file, int width, int height) {
  TUTTI_ASSIGN(const MappedFile bytes, MappedFile::open(file));
  auto picture = decode_picture(bytes.bytes());
  if (!picture) return picture.error().with_context(file);
  if (is_opaque(*picture)) drop_alpha(*picture);
  return fit_inside(*picture, width, height);
}

bool is_grey(const Picture& picture) {
  if (picture.channels == 1) return true;
  if (picture.channels == 4) return false;
  for (size_t i = 0; i < picture.pixels.size(); i += 3) {
    if (picture.pixels[i] != picture.pixels[i + 1] || picture.pixels[i] != picture.pixels[i + 2]) {
      return false;
    }
  }
  return true;
}

// Transparent pixels get the mean of their opaque neighbours, ring by ring, so that JPEG has no
// edge to spend bits on and leaves no fringe.
void bleed_colours(Picture& rgba) {
  const int w = rgba.width, h = rgba.height;
  std::vector<uint8_t> known(size_t(w) * h);
  for (size_t i = 0; i < known.size(); ++i) known[i] = rgba.pixels[i * 4 + 3] > 0;
  for (int ring = 0; ring < std::max(w, h); ++ring) {
    std::vector<uint8_t> grown = known;
    bool changed = false;
    for (int y = 0; y < h; ++y) {
      for (int x = 0; x < w; ++x) {
        if (known[size_t(y) * w + x]) continue;
        int sum[3] = {}, count = 0;
        for (int k = 0; k < 9; ++k) {
          const int nx = x + k % 3 - 1, ny = y + k / 3 - 1;
          if (nx < 0 || ny < 0 || nx >= w || ny >= h || !known[size_t(ny) * w + nx]) continue;
          for (int c = 0; c < 3; ++c) sum[c] += rgba.at(nx, ny)[c];
          ++count;
        }
        if (count == 0) continue;
        for (int c = 0; c < 3; ++c) rgba.at(x, y)[c] = uint8_t(sum[c] / count);
        grown[size_t(y) * w + x] = changed = true;
      }
    }
    if (!changed) return;
    known.swap(grown);
  }
}

// Copies some channels of a picture into its tile and repeats its last row and column to the
// tile's edge.
void place(Picture& sheet, const Picture& picture, int from_channel, int left, int top,
           int tile_width, int tile_height) {
  for (int y = 0; y < tile_height; ++y) {
    for (int x = 0; x < tile_width; ++x) {
      const uint8_t* from =
          picture.at(std::min(x, picture.width - 1), std::min(y, picture.height - 1));
      uint8_t* to = sheet.at(left + x, top + y);
      for (int c = 0; c < sheet.channels; ++c) {
        to[c] = from[std::min(from_channel + c, picture.channels - 1)];
      }
    }
  }
}

Picture make_sheet(const PictureSet& set, const std::vector<Picture>& tiles, int channels,
                   int from_channel) {
  const int columns = columns_of(set);
  const int rows = (int(tiles.size()) + columns - 1) / columns;
  Picture sheet = make_picture(columns * set.width, rows * set.height, channels);
  for (size_t i = 0; i < tiles.size(); ++i) {
    place(sheet, tiles[i], from_channel, int(i) % columns * set.width,
          int(i) / columns * set.height, set.width, set.height);
  }
  return sheet;
}

json describe(const RawPicture& raw, const Picture& picture) {
  json entry = {{"key", raw.key}, {"width", picture.width}, {"height", picture.height}};
  if (!raw.label.empty()) entry["label"] = raw.label;
  if (!raw.captions.empty()) entry["captions"] = raw.captions;
  if (!raw.questions.empty()) entry["questions"] = raw.questions;
  return entry;
}

void add_sheet(Block& block, const std::string& name, const Picture& sheet, int quality) {
  if (quality == 0) {
    block.emplace_back(name + ".png", encode_flat_png(sheet));
    return;
  }
  std::string suffix = ".jpg";
  std::string bytes =
      sheet.channels == 1 ? encode_smaller(sheet, quality, suffix) : encode_jpeg(sheet, quality);
  block.emplace_back(name + suffix, std::move(bytes));
}

}  // namespace

int pictures_per_block(const PictureSet& set) {
  return columns_of(set) * ((set.height <= 64 ? 512 : 1024) / set.height);
}

Result<Block> picture_block(const PictureSet& set, std::span<const RawPicture* const> pictures) {
  std::vector<Picture> tiles, masks;
  bool grey = true, has_alpha = false;
  json entries = json::array();
  for (const RawPicture* raw : pictures) {
    TUTTI_ASSIGN(Picture tile, load(raw->file, set.width, set.height));
    if (!raw->mask.empty()) {
      TUTTI_ASSIGN(Picture mask, load(raw->mask, set.width, set.height));
      if (mask.width != tile.width || mask.height != tile.height) {
        return bad_input(raw->mask + " and its picture have different shapes");
      }
      masks.push_back(std::move(mask));
    }
    grey = grey && is_grey(tile);
    has_alpha = has_alpha || tile.channels == 4;
    if (tile.channels == 4) bleed_colours(tile);
    entries.push_back(describe(*raw, tile));
    tiles.push_back(std::move(tile));
  }
  if (!masks.empty() && masks.size() != tiles.size()) {
    return bad_input(set.name + ": some pictures have masks and some have none");
  }
  Block block;
  add_sheet(block, ".picture", make_sheet(set, tiles, grey ? 1 : 3, 0), set.quality);
  if (has_alpha) {
    for (Picture& tile : tiles) {
      if (tile.channels == 4) continue;
      tile = make_picture(tile.width, tile.height, 1, 255);  // opaque
    }
    add_sheet(block, ".alpha", make_sheet(set, tiles, 1, 3), kAlphaQuality);
  }
  if (!masks.empty()) add_sheet(block, ".mask", make_sheet(set, masks, 1, 0), 0);
  const json head = {{"tile_width", set.width},
                     {"tile_height", set.height},
                     {"columns", columns_of(set)},
                     {"pictures", std::move(entries)}};
  block.emplace_back(".json.z", pack(head.dump()));
  return block;
}

}  // namespace tutti
