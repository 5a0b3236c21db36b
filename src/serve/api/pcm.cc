#include "serve/api/pcm.h"

#include <algorithm>
#include <cmath>
#include <vector>

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}

#include "base/rounding.h"

namespace tutti {
namespace {

void append_pcm(std::string& bytes, const float* samples, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const auto value = uint16_t(int16_t(to_pcm(samples[i], 32767)));
    bytes += char(value & 0xff);
    bytes += char(value >> 8);
  }
}

void append_number(std::string& bytes, uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += char(value >> (8 * i) & 0xff);
}

}  // namespace

struct PcmStream::State {
  SwrContext* resampler = nullptr;
  bool as_it_is = false;

  std::string convert(const float* samples, int count) {
    if (!resampler) return {};
    const uint8_t* in = reinterpret_cast<const uint8_t*>(samples);
    const int room = swr_get_out_samples(resampler, count);
    std::vector<float> out(size_t(std::max(room, 0)) + 1);
    uint8_t* into = reinterpret_cast<uint8_t*>(out.data());
    const int got = swr_convert(resampler, &into, int(out.size()), samples ? &in : nullptr, count);
    std::string bytes;
    if (got > 0) append_pcm(bytes, out.data(), size_t(got));
    return bytes;
  }
};

PcmStream::PcmStream(int sample_rate) : state_(std::make_unique<State>()) {
  state_->as_it_is = sample_rate == kModelSampleRate;
  if (state_->as_it_is || sample_rate != kClientSampleRate) return;
  SwrContext*& swr = state_->resampler;
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  if (swr_alloc_set_opts2(&swr, &mono, AV_SAMPLE_FMT_FLT, sample_rate, &mono, AV_SAMPLE_FMT_FLT,
                          kModelSampleRate, 0, nullptr) < 0 ||
      swr_init(swr) < 0)
    swr_free(&swr);
}

PcmStream::~PcmStream() {
  swr_free(&state_->resampler);
}

Status PcmStream::ready() const {
  if (state_->as_it_is || state_->resampler) return {};
  return failed(
      "sound of the model's 16000 Hz cannot be resampled; try again, or ask for 16000 Hz");
}

std::string PcmStream::push(std::span<const float> samples) {
  if (!state_->as_it_is) return state_->convert(samples.data(), int(samples.size()));
  std::string bytes;
  append_pcm(bytes, samples.data(), samples.size());
  return bytes;
}

std::string PcmStream::finish() {
  return state_->convert(nullptr, 0);
}

std::string wav_header(int sample_rate) {
  return wav_header(sample_rate, 0xffffffff - 36);
}

std::string wav_header(int sample_rate, uint32_t data_bytes) {
  std::string header = "RIFF";
  append_number(header, data_bytes + 36, 4);
  header += "WAVEfmt ";
  append_number(header, 16, 4);
  append_number(header, 1, 2);  // PCM
  append_number(header, 1, 2);  // mono
  append_number(header, uint32_t(sample_rate), 4);
  append_number(header, uint32_t(sample_rate) * 2, 4);
  append_number(header, 2, 2);
  append_number(header, 16, 2);
  header += "data";
  append_number(header, data_bytes, 4);
  return header;
}

}  // namespace tutti
