#include "model/batch.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/rounding.h"

namespace tutti {
namespace {

constexpr int kStemGrid = kImageSize / kImagePatch;  // 32
constexpr int kPictureTokens = kLocalGrid * kLocalGrid;

// Rows of a stride-2 convolution over three neighbours; `rows` inputs from `first`, zero padding.
void add_convolution(std::vector<int32_t>& index, int first, int rows, int stride, int taps,
                     int before) {
  for (int i = 0; i < rows; i += stride)
    for (int tap = 0; tap < taps; ++tap) {
      const int source = i + tap - before;
      index.push_back(source < 0 || source >= rows ? -1 : first + source);
    }
}

// Mean position of each `merge` neighbours.
std::vector<Position> merged(const std::vector<Position>& keys, int merge) {
  std::vector<Position> queries;
  for (size_t begin = 0; begin < keys.size(); begin += merge) {
    const size_t end = std::min(begin + merge, keys.size());
    Position mean;
    for (size_t i = begin; i < end; ++i) {
      mean.time += keys[i].time / float(end - begin);
      mean.y += keys[i].y / float(end - begin);
      mean.x += keys[i].x / float(end - begin);
    }
    queries.push_back(mean);
  }
  return queries;
}

constexpr float kSilence = -2.17f;  // a normalised mel of 1e-5: (ln 1e-5 + 5) / 3

float pixel_value(uint8_t pixel) {
  return float(pixel) / 127.5f - 1.0f;
}

// Sinusoids of each noise level, 0.5 to 1000 radians over [0, 1].
void fill_noise_features(std::span<const float> levels, std::vector<float>& features) {
  features.resize(levels.size() * kTimeFeatures);
  for (size_t level = 0; level < levels.size(); ++level)
    for (int i = 0; i < kTimeFeatures / 2; ++i) {
      const float rate = 0.5f * std::pow(2000.0f, float(i) / float(kTimeFeatures / 2 - 1));
      float* pair = features.data() + level * kTimeFeatures + 2 * i;
      pair[0] = std::cos(levels[level] * rate);
      pair[1] = std::sin(levels[level] * rate);
    }
}

}  // namespace

void Batch::set_noisy(Kind kind, std::span<const float> z, float t) {
  std::vector<float>& noisy = kind == Kind::paint ? paint_noisy : speak_noisy;
  assert(!z.empty() && noisy.size() % z.size() == 0);
  for (size_t begin = 0; begin < noisy.size(); begin += z.size())
    std::copy(z.begin(), z.end(), noisy.begin() + ptrdiff_t(begin));
  std::fill(noise_levels.begin(), noise_levels.end(), t);
  fill_noise_features(noise_levels, noise_features);
}

void Batch::set_noise(std::span<const float> paint, std::span<const float> speak,
                      std::span<const float> levels) {
  assert(paint.size() == paint_noisy.size() && speak.size() == speak_noisy.size());
  assert(levels.size() == noise_levels.size());
  std::copy(paint.begin(), paint.end(), paint_noisy.begin());
  std::copy(speak.begin(), speak.end(), speak_noisy.begin());
  std::copy(levels.begin(), levels.end(), noise_levels.begin());
  fill_noise_features(noise_levels, noise_features);
}

void Batch::set_text_step(int sequence, int32_t id, int past, float time) {
  assert(rows() == trunk.sequences() && text_ids.size() == trunk.past.size());
  text_ids[sequence] = id;
  trunk.past[sequence] = past;
  trunk.last_key[sequence] = past + 1;
  trunk.query_positions[sequence] = trunk.key_positions[sequence] = {time, 0, 0};
}

void BatchBuilder::begin_sequence(int past, float time) {
  past_.push_back(past);
  time_ = time;
}

int BatchBuilder::add_span(Kind kind, std::vector<Position> positions, bool causal) {
  assert(!past_.empty());
  Span span{};
  span.kind = kind;
  span.sequence = int(past_.size()) - 1;
  span.first_row = kind_rows_[int(kind)];  // within the kind; build() makes it a trunk row
  span.rows = int(positions.size());
  span.noise = -1;
  kind_rows_[int(kind)] += span.rows;
  batch_.spans.push_back(span);
  positions_.push_back(std::move(positions));
  causal_.push_back(causal);
  return int(batch_.spans.size()) - 1;
}

int BatchBuilder::text(std::span<const int32_t> ids) {
  batch_.text_ids.insert(batch_.text_ids.end(), ids.begin(), ids.end());
  std::vector<Position> positions;
  for (size_t i = 0; i < ids.size(); ++i) positions.push_back({time_ + float(i), 0, 0});
  time_ += float(ids.size());
  return add_span(Kind::text, std::move(positions), /*causal=*/true);
}

// Adds the level-2 plan of one segment kind and its trunk rows. `segment` level-1 tokens are read
// at once; each summary token starts from `merge` of them.
int BatchBuilder::summarise(Kind kind, const std::vector<Position>& keys, int segment, int merge,
                            int local) {
  if (!config_.hierarchy) merge = 1;
  std::vector<Position> positions = merged(keys, merge);
  SummaryPlan& plan = batch_.summary[int(kind) - int(Kind::image)];
  for (size_t begin = 0; begin < keys.size(); begin += segment) {
    const size_t end = std::min(begin + segment, keys.size());
    const std::vector<Position> part(keys.begin() + begin, keys.begin() + end);
    const std::vector<Position> queries = merged(part, merge);
    add_cross(plan.attention, int(plan.query_index.size()), queries, local + int(begin), part);
    for (size_t i = 0; i < queries.size(); ++i) plan.query_index.push_back(int32_t(i));
  }
  for (Position& position : positions) position.time += time_;
  const int index = add_span(kind, std::move(positions), /*causal=*/false);
  batch_.spans[index].local_first = local;
  batch_.spans[index].local_rows = int(keys.size());
  return index;
}

int BatchBuilder::image(const Picture& picture) {
  assert(picture.width == kImageSize && picture.height == kImageSize && picture.channels == 3);
  const std::vector<float> patches = patchify(picture, kImagePatch);
  batch_.image_patches.insert(batch_.image_patches.end(), patches.begin(), patches.end());
  const int index = summarise(Kind::image, morton_positions(kLocalGrid), kPictureTokens,
                              kImageMerge, kPictureTokens * batch_.images++);
  time_ += 1;
  return index;
}

int BatchBuilder::clip(const std::vector<Picture>& frames) {
  assert(int(frames.size()) == kClipFrames);
  for (int tubelet = 0; tubelet < kClipTubelets; ++tubelet) {
    std::vector<float> parts[kTubelet];
    for (int i = 0; i < kTubelet; ++i)
      parts[i] = patchify(frames[tubelet * kTubelet + i], kImagePatch);
    constexpr int values = kImagePatch * kImagePatch * 3;
    for (int row = 0; row < kStemGrid * kStemGrid; ++row)
      for (const auto& part : parts)
        batch_.clip_patches.insert(batch_.clip_patches.end(), part.begin() + row * values,
                                   part.begin() + (row + 1) * values);
  }
  constexpr float kTubeletTime = kTubelet * 25.0f / 30.0f;
  std::vector<Position> keys;
  for (const Position& place : morton_positions(kLocalGrid))
    for (int t = 0; t < kClipTubelets; ++t)
      keys.push_back({(float(t) + 0.5f) * kTubeletTime, place.y, place.x});
  const int local = kPictureTokens * kClipTubelets * batch_.clips;
  for (int place = 0; place < kPictureTokens; ++place)
    for (int t = 0; t < kClipTubelets; ++t)
      batch_.clip_order.push_back((batch_.clips * kClipTubelets + t) * kPictureTokens + place);
  ++batch_.clips;
  const int index = summarise(Kind::clip, keys, int(keys.size()), kClipMerge, local);
  time_ += std::ceil(kClipTubelets * kTubeletTime);
  return index;
}

int BatchBuilder::audio(const Mel& mel) {
  constexpr int kQuantum = kAudioStride * kAudioMerge;
  AudioPlan& plan = batch_.audio;
  const int frames = std::max(1, (mel.frames() + kQuantum - 1) / kQuantum) * kQuantum;
  const int half = frames / 2, tokens = frames / kAudioStride;
  const int first_frame = int(plan.mel.size()) / kMelBins;
  const int first_half = int(plan.half_index.size()) / 3;
  const int first_token = int(plan.token_index.size()) / 3;

  plan.mel.insert(plan.mel.end(), mel.values.begin(), mel.values.end());
  plan.mel.resize(size_t(first_frame + frames) * kMelBins, kSilence);

  add_convolution(plan.half_index, first_frame, frames, 2, 3, 1);
  add_convolution(plan.token_index, first_half, half, 2, 3, 1);
  add_convolution(plan.depthwise_index, first_token, tokens, 1, 5, 4);
  add_chunks(plan.attention, first_token, tokens, kAudioSegment, 3 * kAudioSegment);

  std::vector<Position> keys;
  for (int i = 0; i < tokens; ++i) keys.push_back({float(i), 0, 0});
  const int index = summarise(Kind::audio, keys, kAudioSegment, kAudioMerge, first_token);
  time_ += float(tokens);
  return index;
}

int BatchBuilder::paint(std::span<const float> patches, float t) {
  assert(patches.size() == size_t(kPaintTokens) * kPaintValues);
  batch_.paint_noisy.insert(batch_.paint_noisy.end(), patches.begin(), patches.end());
  const int index = add_span(Kind::paint, morton_positions(kLocalGrid, time_), /*causal=*/false);
  batch_.spans[index].noise = int(paint_levels_.size());
  paint_levels_.push_back(t);
  time_ += 1;
  return index;
}

int BatchBuilder::speech_text(const std::string& text) {
  const int first = int(batch_.speech_bytes.size());
  for (unsigned char byte : text) batch_.speech_bytes.push_back(byte);
  add_convolution(batch_.speech_byte_index, first, int(text.size()), 1, 5, 2);
  return first;
}

int BatchBuilder::speak(std::span<const float> tokens, float t, const std::string& text,
                        std::span<const int32_t> alignment) {
  assert(tokens.size() == alignment.size() * kSpeakValues);
  batch_.speak_noisy.insert(batch_.speak_noisy.end(), tokens.begin(), tokens.end());
  const int first = speech_text(text);
  std::vector<Position> positions;
  for (size_t i = 0; i < alignment.size(); ++i) {
    batch_.speak_alignment.push_back(first + alignment[i]);
    positions.push_back({time_ + float(i), 0, 0});
  }
  time_ += float(alignment.size());
  const int index = add_span(Kind::speak, std::move(positions), /*causal=*/false);
  batch_.spans[index].noise = int(speak_levels_.size());
  speak_levels_.push_back(t);
  return index;
}

void BatchBuilder::plan_pictures() {
  const int pictures = batch_.images + kClipTubelets * batch_.clips;
  constexpr int kGrid16 = 2 * kLocalGrid;
  const auto positions_16 = morton_positions(kGrid16);
  const auto positions_8 = morton_positions(kLocalGrid);
  const auto order = morton_order(kGrid16);
  for (int p = 0; p < pictures; ++p) {
    add_windows(batch_.windows_16, p * kGrid16 * kGrid16, positions_16, kPictureTokens);
    add_windows(batch_.windows_8, p * kPictureTokens, positions_8, kPictureTokens);
    for (int32_t raster : order) batch_.morton_16.push_back(p * kGrid16 * kGrid16 + raster);
  }
}

void BatchBuilder::plan_trunk() {
  AttentionPlan& plan = batch_.trunk;
  size_t s = 0;
  for (int sequence = 0; sequence < int(past_.size()); ++sequence) {
    int keys = past_[sequence];
    for (; s < batch_.spans.size() && batch_.spans[s].sequence == sequence; ++s) {
      const Span& span = batch_.spans[s];
      const auto group = uint8_t(group_of(span.kind));
      for (int i = 0; i < span.rows; ++i) {
        plan.query_rows.push_back(span.first_row + i);
        plan.query_positions.push_back(positions_[s][i]);
        plan.query_groups.push_back(group);
        plan.first_key.push_back(0);
        plan.last_key.push_back(causal_[s] ? keys + i + 1 : keys + span.rows);
      }
      keys += span.rows;
    }
    plan.query_offsets.push_back(int32_t(plan.query_rows.size()));
    plan.past.push_back(past_[sequence]);
  }
  plan.key_rows = plan.query_rows;
  plan.key_positions = plan.query_positions;
  plan.key_groups = plan.query_groups;
  plan.key_offsets = plan.query_offsets;
}

Batch BatchBuilder::build() {
  auto& begin = batch_.kind_begin;
  for (int kind = 0; kind < kKinds; ++kind) begin[kind + 1] = begin[kind] + kind_rows_[kind];
  batch_.group_bounds = {0, begin[1], begin[3], begin[4], begin[5], begin[6]};
  batch_.paint_levels = int(paint_levels_.size());
  batch_.noise_levels = paint_levels_;
  batch_.noise_levels.insert(batch_.noise_levels.end(), speak_levels_.begin(), speak_levels_.end());
  fill_noise_features(batch_.noise_levels, batch_.noise_features);
  batch_.noise_index.resize(begin[6] - begin[4]);
  for (Span& span : batch_.spans) {
    span.first_row += begin[int(span.kind)];
    if (span.kind == Kind::speak) span.noise += batch_.paint_levels;
    if (span.noise >= 0)
      std::fill_n(batch_.noise_index.begin() + (span.first_row - begin[4]), span.rows, span.noise);
  }
  plan_pictures();
  plan_trunk();
  return std::move(batch_);
}

std::vector<float> patchify(const Picture& picture, int patch) {
  std::vector<float> patches(picture.pixels.size());
  float* to = patches.data();
  const int values = patch * picture.channels;  // of a patch's row
  for (int y = 0; y < picture.height; y += patch)
    for (int x = 0; x < picture.width; x += patch)
      for (int dy = 0; dy < patch; ++dy, to += values) {
        const uint8_t* row = picture.at(x, y + dy);
        for (int i = 0; i < values; ++i) to[i] = pixel_value(row[i]);
      }
  return patches;
}

std::vector<float> paint_patches(const Picture& picture) {
  const std::vector<float> raster = patchify(picture, kPaintPatch);
  std::vector<float> patches;
  patches.reserve(raster.size());
  for (int32_t place : morton_order(kLocalGrid))
    patches.insert(patches.end(), raster.begin() + place * kPaintValues,
                   raster.begin() + (place + 1) * kPaintValues);
  return patches;
}

Picture paint_picture(std::span<const float> patches) {
  Picture picture = make_picture(kPaintSize, kPaintSize, 3);
  const auto order = morton_order(kLocalGrid);
  for (int token = 0; token < kPaintTokens; ++token) {
    const int y = order[token] / kLocalGrid * kPaintPatch;
    const int x = order[token] % kLocalGrid * kPaintPatch;
    const float* from = patches.data() + size_t(token) * kPaintValues;
    for (int dy = 0; dy < kPaintPatch; ++dy, from += kPaintPatch * 3) {
      uint8_t* row = picture.at(x, y + dy);
      for (int i = 0; i < kPaintPatch * 3; ++i) row[i] = to_byte((from[i] + 1.0f) * 127.5f);
    }
  }
  return picture;
}

std::vector<float> speak_tokens(const Mel& mel) {
  std::vector<float> tokens = mel.values;
  tokens.resize((tokens.size() + kSpeakValues - 1) / kSpeakValues * kSpeakValues, kSilence);
  return tokens;
}

}  // namespace tutti
