#include "media/muxer.h"

#include <algorithm>
#include <cctype>

namespace tutti {

std::string extension_of(const std::string& path) {
  const size_t dot = path.find_last_of("./");
  if (dot == std::string::npos || path[dot] != '.') return "";
  std::string extension = path.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return char(std::tolower(c)); });
  return extension;
}

Error Muxer::error(const std::string& what, int code) const {
  return failed("writing " + name_ + ": " + what + " (" + av_error(code) +
                "); check the disk's space and the installed FFmpeg");
}

Result<std::unique_ptr<Muxer>> Muxer::create(const std::string& file, const std::string& extension,
                                             const AVOutputFormat* container,
                                             const AVCodec* codec) {
  silence_av_log();
  std::unique_ptr<Muxer> muxer(new Muxer);
  muxer->in_memory_ = file.empty();
  muxer->name_ = "a " + extension + " file";
  int code = avformat_alloc_output_context2(&muxer->format_, container, nullptr, nullptr);
  if (code < 0) return muxer->error("no container", code);
  code = muxer->in_memory_
             ? avio_open_dyn_buf(&muxer->format_->pb)
             : avio_open(&muxer->format_->pb, ("file:" + file).c_str(), AVIO_FLAG_WRITE);
  if (code < 0) return muxer->error("it cannot be opened", code);
  muxer->stream_ = avformat_new_stream(muxer->format_, nullptr);
  muxer->codec_.reset(avcodec_alloc_context3(codec));
  muxer->packet_.reset(av_packet_alloc());
  if (!muxer->stream_ || !muxer->codec_ || !muxer->packet_) {
    return failed("out of memory while writing " + muxer->name_);
  }
  if (container->flags & AVFMT_GLOBALHEADER) muxer->codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  return muxer;
}

Muxer::~Muxer() {
  if (!format_) return;
  if (format_->pb && in_memory_) {
    uint8_t* data = nullptr;
    avio_close_dyn_buf(format_->pb, &data);
    av_free(data);
  } else if (format_->pb) {
    avio_closep(&format_->pb);
  }
  avformat_free_context(format_);
}

Status Muxer::start(AVDictionary** codec_options) {
  int code = avcodec_open2(codec_.get(), nullptr, codec_options);
  if (code < 0) return error("the encoder does not start", code);
  code = avcodec_parameters_from_context(stream_->codecpar, codec_.get());
  stream_->time_base = codec_->time_base;
  stream_->avg_frame_rate = codec_->framerate;
  if (code >= 0) code = avformat_write_header(format_, nullptr);
  if (code < 0) return error("the header cannot be written", code);
  return {};
}

Status Muxer::send(const AVFrame* frame) {
  int code = avcodec_send_frame(codec_.get(), frame);
  if (code < 0) return error("a frame cannot be encoded", code);
  for (;;) {
    code = avcodec_receive_packet(codec_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return {};
    if (code < 0) return error("a frame cannot be encoded", code);
    av_packet_rescale_ts(packet_.get(), codec_->time_base, stream_->time_base);
    packet_->stream_index = stream_->index;
    code = av_interleaved_write_frame(format_, packet_.get());
    if (code < 0) return error("a frame cannot be written", code);
  }
}

Result<std::vector<uint8_t>> Muxer::finish() {
  TUTTI_CHECK(send(nullptr));
  if (const int code = av_write_trailer(format_); code < 0) {
    return error("the end cannot be written", code);
  }
  std::vector<uint8_t> bytes;
  if (in_memory_) {
    uint8_t* data = nullptr;
    const int size = avio_close_dyn_buf(format_->pb, &data);
    format_->pb = nullptr;
    bytes.assign(data, data + size);
    av_free(data);
  } else if (const int code = avio_closep(&format_->pb); code < 0) {
    return error("the end cannot be written", code);
  }
  return bytes;
}

}  // namespace tutti
