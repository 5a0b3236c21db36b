#include "serve/realtime/sample_rate.h"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>
}

namespace tutti {
namespace {

constexpr int kModelRate = 16000;

}  // namespace

struct PcmReader::State {
  ~State() { swr_free(&resampler); }

  SwrContext* resampler = nullptr;
  std::string rest;  // half a sample
};

PcmReader::PcmReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
PcmReader::PcmReader(PcmReader&&) noexcept = default;
PcmReader& PcmReader::operator=(PcmReader&&) noexcept = default;
PcmReader::~PcmReader() = default;

Result<PcmReader> PcmReader::create(int sample_rate) {
  if (sample_rate < 8000 || sample_rate > 48000)
    return bad_input("a sample rate of " + std::to_string(sample_rate) + "; use 8000 to 48000");
  auto state = std::make_unique<State>();
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  if (swr_alloc_set_opts2(&state->resampler, &mono, AV_SAMPLE_FMT_FLT, kModelRate, &mono,
                          AV_SAMPLE_FMT_S16, sample_rate, 0, nullptr) < 0 ||
      swr_init(state->resampler) < 0)
    return failed("no memory for a resampler");
  return PcmReader(std::move(state));
}

Result<std::vector<float>> PcmReader::push(std::string_view bytes) {
  std::string& all = state_->rest;
  all += bytes;
  const int count = int(all.size() / 2);
  if (count == 0) return std::vector<float>();
  const int room = swr_get_out_samples(state_->resampler, count);
  if (room < 0) return failed("sound cannot be resampled");
  std::vector<float> samples(size_t(room) + 1);
  const std::vector<int16_t> aligned = [&] {
    std::vector<int16_t> values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = int16_t(uint16_t(uint8_t(all[2 * i])) | uint16_t(uint8_t(all[2 * i + 1])) << 8);
    return values;
  }();
  const auto* in = reinterpret_cast<const uint8_t*>(aligned.data());
  auto* out = reinterpret_cast<uint8_t*>(samples.data());
  const int got = swr_convert(state_->resampler, &out, int(samples.size()), &in, count);
  if (got < 0) return failed("sound cannot be resampled");
  samples.resize(size_t(got));
  all.erase(0, size_t(count) * 2);
  return samples;
}

}  // namespace tutti
