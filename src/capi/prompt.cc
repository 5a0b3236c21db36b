// The parts of a prompt, from plain buffers and from encoded bytes.
#include "engine/prompt.h"

#include <span>

#include "base/check_samples.h"
#include "base/plain_text.h"
#include "base/short_number.h"
#include "capi/handles.h"
#include "format/points/cloud_builder.h"
#include "media/decode_picture.h"
#include "media/decode_sound.h"
#include "media/decode_video.h"
#include "media/dsp/mel.h"
#include "media/picture/fit_picture.h"
#include "media/points/read_cloud.h"

using namespace tutti;
using namespace tutti::capi;

namespace {

Result<Picture> copy_picture(const uint8_t* pixels, int width, int height, int channels) {
  if (!pixels || width < 1 || height < 1 || (channels != 1 && channels != 3 && channels != 4))
    return usage_error(
        "a picture needs pixels, a width and height above 0, and 1, 3 or 4 channels");
  const size_t area = size_t(width) * size_t(height);
  if (area > MediaLimits().max_pixels)
    return bad_input("the picture has " + std::to_string(area) + " pixels and at most " +
                     std::to_string(MediaLimits().max_pixels) + " are accepted; scale it down");
  return Picture{width, height, channels, {pixels, pixels + area * size_t(channels)}};
}

Status add_picture(tutti_session& session, const Picture& picture) {
  session.prompt.push_back(Part::of_picture(fit_picture(picture, kImageSize)));
  session.picture_width = picture.width;
  session.picture_height = picture.height;
  return {};
}

Status add_sound(tutti_session& session, const Sound& sound) {
  TUTTI_ASSIGN(Mel mel, log_mel(sound));
  if (mel.frames() == 0)
    return bad_input("the sound lasts " + short_number(sound.seconds()) +
                     " s; it must have at least 10 ms");
  session.prompt.push_back(Part::of_audio(std::move(mel)));
  return {};
}

// Whatever does not fit the model is refused here, by the call that gave it.
Status add_rows(tutti_session& session, Rows rows) {
  Part part = Part::of_rows(std::move(rows));
  TUTTI_CHECK(check_part(part));
  TUTTI_CHECK(require(*session.engine->model(), part));
  session.prompt.push_back(std::move(part));
  return {};
}

Status check_count(size_t rows, size_t values) {
  constexpr size_t kMost = size_t(1) << 26;  // numbers: 256 MiB
  if (rows > 0 && values > 0 && rows <= kMost / values) return {};
  return usage_error("there are " + std::to_string(rows) + " rows of " + std::to_string(values) +
                     " numbers; give at least one row of one, and at most " +
                     std::to_string(kMost) + " numbers in all");
}

Result<std::span<const uint8_t>> bytes_of(const void* bytes, size_t size) {
  if (!bytes) return usage_error("bytes is NULL; give the content of a file");
  return std::span(static_cast<const uint8_t*>(bytes), size);
}

}  // namespace

void tutti_clear(tutti_session* session) {
  if (!session) return;
  session->prompt.clear();
  session->error.clear();
}

tutti_status tutti_add_text(tutti_session* session, const char* utf8) {
  return with_session(session, [&]() -> Status {
    if (!utf8) return usage_error("utf8 is NULL; give a text");
    const std::string text = utf8;
    if (const Status checked = check_text(text); !checked)
      return bad_input("the text " + checked.error().message());
    if (plain_text(text).find_first_not_of(" \t\r\n") == std::string::npos)
      return bad_input("the text is empty; say something, or leave it out");
    session->prompt.push_back(Part::of_text(text));
    return {};
  });
}

tutti_status tutti_add_picture(tutti_session* session, const uint8_t* pixels, int32_t width,
                               int32_t height, int32_t channels) {
  return with_session(session, [&]() -> Status {
    TUTTI_ASSIGN(const Picture picture, copy_picture(pixels, width, height, channels));
    return add_picture(*session, picture);
  });
}

tutti_status tutti_add_sound(tutti_session* session, const float* samples, size_t count) {
  return with_session(session, [&]() -> Status {
    if (!samples) return usage_error("samples is NULL; give 16000 of them for each second");
    if (double(count) > MediaLimits().max_seconds * 16000)
      return bad_input("the sound has " + std::to_string(count) +
                       " samples and an hour at 16 kHz is accepted; cut it into pieces");
    const Sound sound{16000, {samples, samples + count}};
    TUTTI_CHECK(check_samples(sound.samples));
    return add_sound(*session, sound);
  });
}

// Those that even_frames() (media/decode_video.h) would choose.
tutti_status tutti_add_clip(tutti_session* session, const uint8_t* pixels, int32_t frames,
                            int32_t width, int32_t height, int32_t channels) {
  return with_session(session, [&]() -> Status {
    if (frames < 1) return usage_error("a clip needs at least one frame");
    const size_t size =
        size_t(std::max(width, 0)) * size_t(std::max(height, 0)) * size_t(std::max(channels, 0));
    std::vector<Picture> chosen;
    for (size_t i = 0; i < kClipFrames; ++i) {
      const size_t index = (2 * i + 1) * size_t(frames) / (2 * kClipFrames);
      TUTTI_ASSIGN(const Picture frame,
                   copy_picture(pixels ? pixels + index * size : nullptr, width, height, channels));
      chosen.push_back(fit_picture(frame, kImageSize));
    }
    session->prompt.push_back(Part::of_clip(std::move(chosen)));
    return {};
  });
}

tutti_status tutti_add_points(tutti_session* session, const float* xyz, size_t count) {
  return with_session(session, [&]() -> Status {
    if (!xyz) return usage_error("xyz is NULL; give three coordinates for each point");
    const PointLimits limits;
    if (count > limits.most_points)
      return bad_input("the cloud has " + std::to_string(count) + " points and at most " +
                       std::to_string(limits.most_points) + " are accepted; thin it out");
    CloudBuilder cloud(limits);
    for (const float* at = xyz; at != xyz + 3 * count; at += 3)
      TUTTI_CHECK(cloud.add_point(at[0], at[1], at[2]));
    TUTTI_ASSIGN(const PointCloud points, cloud.finish());
    return add_rows(*session, cloud_rows(points));
  });
}

tutti_status tutti_add_rows(tutti_session* session, const char* modality, const float* values,
                            size_t rows, size_t values_per_row, const float* places) {
  return with_session(session, [&]() -> Status {
    if (!modality) return usage_error("modality is NULL; name one of the model file");
    if (!values) return usage_error("values is NULL; give the numbers of each row");
    if (!places) return usage_error("places is NULL; give time, y and x of each row");
    TUTTI_CHECK(check_count(rows, values_per_row));
    TUTTI_CHECK(check_count(rows, 3));
    Rows given{modality, {values, values + rows * values_per_row}, {}};
    for (const float* at = places; at != places + 3 * rows; at += 3)
      given.places.push_back({at[0], at[1], at[2]});
    return add_rows(*session, std::move(given));
  });
}

tutti_status tutti_add_encoded_picture(tutti_session* session, const void* bytes, size_t size) {
  return with_session(session, [&]() -> Status {
    TUTTI_ASSIGN(const auto file, bytes_of(bytes, size));
    TUTTI_ASSIGN(const Picture picture, load_picture(file));
    return add_picture(*session, picture);
  });
}

tutti_status tutti_add_encoded_sound(tutti_session* session, const void* bytes, size_t size) {
  return with_session(session, [&]() -> Status {
    TUTTI_ASSIGN(const auto file, bytes_of(bytes, size));
    TUTTI_ASSIGN(const Sound sound, load_sound(file));
    return add_sound(*session, sound);
  });
}

tutti_status tutti_add_encoded_video(tutti_session* session, const void* bytes, size_t size) {
  return with_session(session, [&]() -> Status {
    TUTTI_ASSIGN(const auto file, bytes_of(bytes, size));
    TUTTI_ASSIGN(VideoReader video, VideoReader::open(file));
    TUTTI_ASSIGN(std::vector<Picture> frames, even_frames(video, kClipFrames, kImageSize));
    session->prompt.push_back(Part::of_clip(std::move(frames)));
    return {};
  });
}

tutti_status tutti_add_encoded_points(tutti_session* session, const void* bytes, size_t size) {
  return with_session(session, [&]() -> Status {
    TUTTI_ASSIGN(const auto file, bytes_of(bytes, size));
    TUTTI_ASSIGN(Rows rows, read_cloud(file, ""));
    return add_rows(*session, std::move(rows));
  });
}
