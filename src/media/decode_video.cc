#include "media/decode_video.h"

#include <algorithm>
#include <cmath>
#include <utility>

extern "C" {
#include <libavutil/display.h>
}

#include "media/picture/orientation.h"
#include "media/scaler.h"
#include "media/stream_decoder.h"

namespace tutti {
namespace {

// A container's display matrix as one of EXIF's eight orientations; other angles are ignored.
int orientation_of(const AVStream& stream) {
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (!data || size < 9 * sizeof(int32_t)) return 1;
  const auto* m = reinterpret_cast<const int32_t*>(data);
  const int32_t a = m[0], b = m[1], c = m[3], d = m[4];  // x' = a x + c y, y' = b x + d y
  if (b == 0 && c == 0) return a < 0 ? (d < 0 ? 3 : 2) : (d < 0 ? 4 : 1);
  if (a == 0 && d == 0) return c > 0 ? (b > 0 ? 5 : 8) : (b > 0 ? 6 : 7);
  return 1;
}

double rate_of(StreamDecoder& decoder) {
  AVRational rate = decoder.stream().avg_frame_rate;
  if (rate.num <= 0 || rate.den <= 0) rate = decoder.stream().r_frame_rate;
  const double value = rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 30;
  return value >= 0.01 && value <= 1000 ? value : 30;
}

}  // namespace

struct VideoReader::State {
  std::unique_ptr<StreamDecoder> decoder;
  FramePtr frame;
  Scaler scaler;
  FrameFitter fitter;
  int orientation = 1;
  int width = 0, height = 0;  // as coded, before turning
};

VideoReader::VideoReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
VideoReader::VideoReader(VideoReader&&) noexcept = default;
VideoReader& VideoReader::operator=(VideoReader&&) noexcept = default;
VideoReader::~VideoReader() = default;

Result<VideoReader> VideoReader::open(const MediaInput& input, const MediaLimits& limits) {
  MediaLimits endless = limits;
  endless.max_bytes = SIZE_MAX;
  auto state = std::make_unique<State>();
  TUTTI_ASSIGN(state->decoder, StreamDecoder::open(input, endless, AVMEDIA_TYPE_VIDEO));
  state->frame.reset(av_frame_alloc());
  if (!state->frame) return input_error(AVERROR(ENOMEM), {});
  state->width = state->decoder->codec().width;
  state->height = state->decoder->codec().height;
  state->orientation = orientation_of(state->decoder->stream());
  if (state->width <= 0 || state->height <= 0 ||
      size_t(state->width) * size_t(state->height) > limits.max_pixels) {
    return bad_input(input.name() + ": its frames claim " + std::to_string(state->width) + " x " +
                     std::to_string(state->height) + " pixels, and 1 to " +
                     std::to_string(limits.max_pixels) + " are accepted; scale it down first");
  }
  return VideoReader(std::move(state));
}

Result<bool> VideoReader::advance() {
  TUTTI_ASSIGN(const bool more, state_->decoder->next(*state_->frame));
  if (more) complete_colours(*state_->frame);
  return more;
}

Result<std::optional<Picture>> VideoReader::next() {
  State& s = *state_;
  TUTTI_ASSIGN(const bool more, advance());
  if (!more) return std::optional<Picture>();
  // A stream may change its size half-way; its frames are then scaled to the first one's.
  TUTTI_ASSIGN(const FramePtr rgb, make_video_frame(s.width, s.height, AV_PIX_FMT_RGB24));
  TUTTI_CHECK(s.scaler.run(*s.frame, *rgb, SWS_BILINEAR));
  return std::optional<Picture>(turn_upright(picture_of_frame(*rgb), s.orientation));
}

std::optional<YuvFrame> VideoReader::planes() const {
  return yuv_view(*state_->frame);
}

Result<Picture> VideoReader::fitted(int width, int height) {
  State& s = *state_;
  if (s.frame->width == 0)
    return usage_error("there is no frame to fit; call advance() first, and look at what it says");
  if (s.orientation >= 5) std::swap(width, height);
  const std::optional<YuvFrame> seen = planes();
  TUTTI_ASSIGN(Picture picture, seen ? s.fitter.fit(*seen, width, height)
                                     : fitted_picture(*s.frame, s.scaler, width, height));
  return turn_upright(std::move(picture), s.orientation);
}

double VideoReader::frames_per_second() const {
  return rate_of(*state_->decoder);
}
int VideoReader::width() const {
  return state_->orientation >= 5 ? state_->height : state_->width;
}
int VideoReader::height() const {
  return state_->orientation >= 5 ? state_->width : state_->height;
}

Result<Clip> load_clip(const MediaInput& input, const MediaLimits& limits) {
  TUTTI_CHECK(check_input(input, limits.max_bytes));
  TUTTI_ASSIGN(VideoReader reader, VideoReader::open(input, limits));
  Clip clip{reader.frames_per_second(), {}};
  const size_t area = size_t(reader.width()) * size_t(reader.height());
  const size_t by_time = size_t(std::clamp(limits.max_seconds * clip.frames_per_second, 0.0, 1e9));
  const size_t most = std::min({limits.max_frames, limits.max_clip_pixels / area, by_time});
  for (;;) {
    TUTTI_ASSIGN(std::optional<Picture> frame, reader.next());
    if (!frame) return clip;
    if (clip.frames.size() == most) {
      return bad_input(input.name() + ": it has more than the " + std::to_string(most) +
                       " frames of " + std::to_string(reader.width()) + " x " +
                       std::to_string(reader.height()) +
                       " that are accepted at once; cut it or stream it");
    }
    clip.frames.push_back(*std::move(frame));
  }
}

// Whenever too many are kept, every other one is dropped and half as many are taken from there on.
Result<std::vector<Picture>> even_frames(VideoReader& video, size_t count, int side) {
  constexpr size_t most_kept = 512;
  std::vector<Picture> kept;
  size_t stride = 1;
  for (size_t index = 0;; ++index) {
    TUTTI_ASSIGN(const bool more, video.advance());
    if (!more) break;
    if (index % stride) continue;
    TUTTI_ASSIGN(Picture small, video.fitted(side, side));
    kept.push_back(std::move(small));
    if (kept.size() < most_kept) continue;
    for (size_t i = 0; i < most_kept / 2; ++i) kept[i] = std::move(kept[2 * i]);
    kept.resize(most_kept / 2);
    stride *= 2;
  }
  if (kept.empty()) return bad_input("there is no frame left in the video; open it anew");
  std::vector<Picture> chosen;
  for (size_t i = 0; i < count; ++i)
    chosen.push_back(kept[(2 * i + 1) * kept.size() / (2 * count)]);
  return chosen;
}

}  // namespace tutti
