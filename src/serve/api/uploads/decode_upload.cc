#include "serve/api/uploads/decode_upload.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "media/dsp/mel.h"
#include "media/points/cloud_rows.h"
#include "serve/api/api.h"

namespace tutti {
namespace {

Result<Part> picture_part(const MediaUpload& upload, const DecodeMeans& means) {
  TUTTI_ASSIGN(Picture picture, means.decoder.load_fitted_picture(upload.bytes, kImageSize,
                                                                  means.limits, means.control));
  return Part::of_picture(std::move(picture));
}

Result<Part> sound_part(const MediaUpload& upload, const DecodeMeans& means) {
  TUTTI_ASSIGN(const Sound sound,
               means.decoder.load_sound(upload.bytes, means.limits, means.control));
  TUTTI_ASSIGN(Mel mel, log_mel(sound));
  if (mel.frames() == 0) return bad_input("the sound is shorter than 10 ms");
  return Part::of_audio(std::move(mel));
}

// Sixteen frames spread over it; its sound is not heard.
Result<Part> video_part(const MediaUpload& upload, const DecodeMeans& means) {
  TUTTI_ASSIGN(std::vector<Picture> frames,
               means.decoder.load_frames(upload.bytes, kClipFrames, kImageSize, means.limits,
                                         means.control));
  return Part::of_clip(std::move(frames));
}

Result<Part> points_part(const MediaUpload& upload, const DecodeMeans& means) {
  TUTTI_ASSIGN(Rows rows,
               means.decoder.load_cloud(upload.bytes, means.limits, means.control, upload.up));
  return Part::of_rows(std::move(rows));
}

const UploadKind kUploadKinds[] = {
    {"image_url", Part::of_picture({}), picture_part},
    {"input_audio", Part::of_audio({}), sound_part},
    {"video_url", Part::of_clip({}), video_part},
    {"points_url", Part::of_rows({kPointsModality, {}, {}}), points_part},
};

}  // namespace

MediaLimits media_limits(const ApiLimits& limits) {
  MediaLimits media;
  media.max_bytes = limits.most_body_bytes;
  media.max_pixels = limits.most_pixels;
  media.max_seconds = limits.most_seconds_of_audio;
  return media;
}

const UploadKind& upload_kind(std::string_view field) {
  const auto* const at = std::find_if(std::begin(kUploadKinds), std::end(kUploadKinds),
                                      [&](const UploadKind& kind) { return field == kind.field; });
  if (at != std::end(kUploadKinds)) return *at;
  std::fprintf(stderr, "tutti: no upload is called %s\n", std::string(field).c_str());
  std::abort();
}

Draft::Draft(MediaUpload upload) : prompt{upload.kind->becomes} {
  holes.push_back({0, std::move(upload)});
}

}  // namespace tutti
