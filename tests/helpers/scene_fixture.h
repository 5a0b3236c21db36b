// What the scene tests share: a library made by hand and a hash of pictures.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "data/scene/library.h"
#include "data/scene/shapes.h"

namespace tutti {

// FNV-1a.
inline uint64_t hash_bytes(const uint8_t* bytes, size_t size, uint64_t hash = 0xcbf29ce484222325u) {
  for (size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}
inline uint64_t hash_picture(const Picture& picture, uint64_t hash = 0xcbf29ce484222325u) {
  return hash_bytes(picture.pixels.data(), picture.pixels.size(), hash);
}
inline uint64_t hash_text(const std::string& text, uint64_t hash) {
  return hash_bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size(), hash);
}

// A round-cornered blob that differs per index, with soft edges and a transparent rim.
inline Picture blob_picture(int width, int height, int index) {
  Picture picture = make_picture(width, height, 4);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int dx = std::abs(2 * x + 1 - width), dy = std::abs(2 * y + 1 - height);
      const int rim = std::min(width - dx, height - dy);
      uint8_t* pixel = picture.at(x, y);
      pixel[0] = uint8_t(40 * index + x);
      pixel[1] = uint8_t(90 + 2 * y);
      pixel[2] = uint8_t(200 - 30 * index);
      pixel[3] = clamp_byte((rim - 6) * 40);
    }
  }
  return picture;
}

inline SceneLibrary fixture_library() {
  SceneLibrary library;
  const char* kNames[][5] = {{"cat", "Katze", "chat", "gato", "猫"},
                             {"dog", "Hund", "chien", "perro", "狗"},
                             {"tree", "Baum", "arbre", "árbol", "树"},
                             {"wolf", "Wolf", "loup", "lobo", "狼"},
                             {"umbrella", "Regenschirm", "parapluie", "paraguas", "雨伞"},
                             {"cat face", "Katzengesicht", "tête de chat", "cara de gato", "猫脸"}};
  int index = 0;
  for (const auto& names : kNames) {
    Sprite sprite;
    sprite.name_en = names[0];
    sprite.names = {{"de", names[1]}, {"fr", names[2]}, {"es", names[3]}, {"zh", names[4]}};
    sprite.rgba = blob_picture(128 - 8 * index, 96 + 5 * index, index);
    library.sprites.push_back(sprite);
    ++index;
  }
  for (int i = 0; i < 3; ++i) {
    Picture photo = make_picture(200 + 50 * i, 150, 3);
    Rng rng{uint64_t(i)};
    for (size_t p = 0; p < photo.pixels.size(); ++p) {
      photo.pixels[p] = uint8_t(p / 700 + size_t(rng.below(30)));
    }
    library.backgrounds.push_back(photo);
  }
  library.cutouts.push_back(blob_picture(72, 252, 1));
  library.cutouts.push_back(blob_picture(119, 200, 2));
  return library;
}

}  // namespace tutti
