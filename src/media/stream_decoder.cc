#include "media/stream_decoder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace tutti {
namespace {

constexpr int io_buffer = 64 << 10;
// Frame threads hold that many frames back and cost memory; beyond four little is gained at 1080p.
constexpr unsigned most_threads = 4;

int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

const char* kind_name(AVMediaType kind) {
  return kind == AVMEDIA_TYPE_VIDEO ? "video" : "audio";
}

}  // namespace

Result<std::unique_ptr<StreamDecoder>> StreamDecoder::open(const MediaInput& input,
                                                           const MediaLimits& limits,
                                                           AVMediaType kind) {
  silence_av_log();
  std::unique_ptr<StreamDecoder> decoder(new StreamDecoder);
  TUTTI_CHECK(decoder->open_container(input, limits));
  TUTTI_CHECK(decoder->open_codec(limits, kind));
  return decoder;
}

StreamDecoder::~StreamDecoder() {
  codec_.reset();
  avformat_close_input(&format_);  // leaves custom io alone
  if (io_) av_freep(&io_->buffer);
  avio_context_free(&io_);
  if (file_) std::fclose(file_);
}

Status StreamDecoder::open_container(const MediaInput& input, const MediaLimits& limits) {
  name_ = input.name();
  TUTTI_ASSIGN(const size_t size, check_input(input, limits.max_bytes));
  size_ = int64_t(size);
  bytes_ = input.bytes();
  if (!input.in_memory() && !(file_ = std::fopen(input.path().c_str(), "rb"))) {
    return bad_input(name_ + ": cannot be opened (" + std::strerror(errno) + ")");
  }
  auto* buffer = static_cast<uint8_t*>(av_malloc(io_buffer));
  if (!buffer) return input_error(AVERROR(ENOMEM), {});
  io_ = avio_alloc_context(buffer, io_buffer, 0, this, read, nullptr, seek);
  if (!io_) av_free(buffer);
  format_ = avformat_alloc_context();
  if (!io_ || !format_) return input_error(AVERROR(ENOMEM), {});
  format_->pb = io_;
  format_->io_open = refuse_to_open;

  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "none", 0);
  int code = avformat_open_input(&format_, nullptr, nullptr, &options);
  av_dict_free(&options);
  if (code >= 0) code = avformat_find_stream_info(format_, nullptr);
  if (code < 0) {
    return input_error(
        code, name_ + ": this is no sound or video that can be read, or its beginning is " +
                  "damaged (" + av_error(code) + "); convert it to WAV or MP4");
  }
  return {};
}

Status StreamDecoder::open_codec(const MediaLimits& limits, AVMediaType kind) {
  const AVCodec* codec = nullptr;
  stream_ = av_find_best_stream(format_, kind, -1, -1, &codec, 0);
  if (stream_ < 0 || !codec) {
    stream_ = -1;
    return bad_input(name_ + ": there is no " + kind_name(kind) + " in it that can be decoded; " +
                     "give a file with " + kind_name(kind));
  }
  TUTTI_CHECK(check_size(limits));
  codec_.reset(avcodec_alloc_context3(codec));
  packet_.reset(av_packet_alloc());
  if (!codec_ || !packet_) return input_error(AVERROR(ENOMEM), {});
  int code = avcodec_parameters_to_context(codec_.get(), stream().codecpar);
  codec_->pkt_timebase = stream().time_base;  // lets the decoder drop an encoder's start padding
  codec_->max_pixels = padded_pixel_limit(limits.max_pixels);
  // Sound is decoded in less time than threads take to start.
  codec_->thread_count =
      kind == AVMEDIA_TYPE_AUDIO
          ? 1
          : int(std::clamp(std::thread::hardware_concurrency(), 1u, most_threads));
  if (code >= 0) code = avcodec_open2(codec_.get(), codec, nullptr);
  if (code < 0) {
    return input_error(code, name_ + ": its " + kind_name(kind) + " (" + codec->name +
                                 ") cannot be decoded (" + av_error(code) +
                                 "); convert it to WAV or MP4");
  }
  // Other streams are skipped before they cost anything.
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    if (int(i) != stream_) format_->streams[i]->discard = AVDISCARD_ALL;
  }
  return {};
}

// What the container claims; a decoder would say only that its argument is invalid.
Status StreamDecoder::check_size(const MediaLimits& limits) const {
  const AVCodecParameters& claimed = *stream().codecpar;
  const auto width = size_t(std::max(claimed.width, 0)),
             height = size_t(std::max(claimed.height, 0));
  if (width * height <= limits.max_pixels) return {};
  return bad_input(name_ + ": its frames have " + std::to_string(width) + " x " +
                   std::to_string(height) + " = " + std::to_string(width * height) +
                   " pixels and at most " + std::to_string(limits.max_pixels) +
                   " are accepted; scale it down first");
}

Result<bool> StreamDecoder::next(AVFrame& frame) {
  for (;;) {
    const int code = avcodec_receive_frame(codec_.get(), &frame);
    if (code >= 0) {
      ++frames_;
      return true;
    }
    // A decoder may report the damage of several frames still in flight, but not for ever.
    const bool over = code == AVERROR_EOF || (drained_ && ++errors_after_end_ > 256);
    if (!over) {
      if (code != AVERROR(EAGAIN)) last_error_ = code;
      if (!drained_) feed();  // after an error, too: else one that stays would never end
      continue;
    }
    if (frames_ > 0) return false;
    return input_error(last_error_, name_ + ": not a single frame could be decoded (" +
                                        av_error(last_error_) +
                                        "); the file is damaged or cut short, export it again");
  }
}

void StreamDecoder::feed() {
  for (;;) {
    if (av_read_frame(format_, packet_.get()) < 0) {
      drained_ = true;
      avcodec_send_packet(codec_.get(), nullptr);
      return;
    }
    if (packet_->stream_index == stream_) break;
    av_packet_unref(packet_.get());
  }
  if (const int code = avcodec_send_packet(codec_.get(), packet_.get()); code < 0) {
    last_error_ = code;
  }
  av_packet_unref(packet_.get());
}

double StreamDecoder::seconds() const {
  if (stream().duration > 0) return double(stream().duration) * av_q2d(stream().time_base);
  return format_->duration > 0 ? double(format_->duration) / AV_TIME_BASE : 0;
}

int StreamDecoder::read(void* self, uint8_t* buffer, int size) {
  auto& me = *static_cast<StreamDecoder*>(self);
  size_t got = 0;
  if (me.file_) {
    got = std::fread(buffer, 1, size_t(size), me.file_);
    if (got == 0 && std::ferror(me.file_)) return AVERROR(EIO);
  } else {
    got = size_t(std::min<int64_t>(size, me.size_ - me.position_));
    std::memcpy(buffer, me.bytes_.data() + me.position_, got);
  }
  me.position_ += int64_t(got);
  return got ? int(got) : AVERROR_EOF;
}

int64_t StreamDecoder::seek(void* self, int64_t offset, int whence) {
  auto& me = *static_cast<StreamDecoder*>(self);
  whence &= ~AVSEEK_FORCE;
  if (whence == AVSEEK_SIZE) return me.size_;
  const int64_t base = whence == SEEK_CUR ? me.position_ : whence == SEEK_END ? me.size_ : 0;
  int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0 || target > me.size_) {
    return AVERROR(EINVAL);
  }
  if (me.file_ && fseeko(me.file_, off_t(target), SEEK_SET) != 0) return AVERROR(EIO);
  return me.position_ = target;
}

}  // namespace tutti
