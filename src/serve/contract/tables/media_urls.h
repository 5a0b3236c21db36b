// What a message may show by a URL of its bytes: a row each. How the bytes are decoded is in
// serve/api/uploads/decode_upload.h, under the same field.
#pragma once

namespace tutti::tables {

struct MediaUrl {
  const char* field;      // and type of the part, as chat has it
  const char* type;       // as responses have it
  const char* schema;     // its name in the API's description
  const char* about;      // of the field
  bool detailed = false;  // clients send how closely to look
  bool turned = false;    // clients may say which axis points up
};

inline constexpr MediaUrl kMediaUrls[] = {
    {"image_url", "input_image", "PicturePart",
     "data:TYPE;base64,... of a JPEG, PNG, WebP, BMP or GIF, or {\"url\": that}.", true},
    {"video_url", "input_video", "VideoPart",
     "data:TYPE;base64,... of a video: 16 frames of it are seen. Beyond OpenAI's API."},
    {"points_url", "input_points", "PointsPart",
     "data:TYPE;base64,... of a PLY, OBJ, OFF or PCD file: a cloud or a mesh. Beyond OpenAI's "
     "API.",
     false, true},
};

}  // namespace tutti::tables
