// A prompt as it was read from a request: what it shows is still to be decoded (decode_queue.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "media/points/cloud_rows.h"

namespace tutti {

struct UploadKind;  // decode_upload.h

// Encoded bytes of one picture, sound or whatever else has a kind.
struct MediaUpload {
  const UploadKind* kind;
  std::vector<uint8_t> bytes;
  std::string param;      // where the request has it, for messages
  UpAxis up = UpAxis::z;  // of a cloud
};

struct Draft {
  struct Hole {
    size_t part;  // of the prompt: what the upload becomes, which holds nothing yet
    MediaUpload upload;
  };
  Prompt prompt;
  std::vector<Hole> holes;

  Draft() = default;
  explicit Draft(Part part) { prompt.push_back(std::move(part)); }
  explicit Draft(MediaUpload upload);
  void append(Draft more) {
    for (Hole& hole : more.holes)
      holes.push_back({hole.part + prompt.size(), std::move(hole.upload)});
    for (Part& part : more.prompt) prompt.push_back(std::move(part));
  }
  bool empty() const { return prompt.empty(); }
};

}  // namespace tutti
