#include "model/batch.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/rounding.h"

namespace tutti {
namespace {

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

float pixel_value(uint8_t pixel) {
  return float(pixel) / 127.5f - 1.0f;
}

// Behind others, rather than copied there.
void add_patches(const Picture& picture, int patch, std::vector<float>& patches) {
  const size_t had = patches.size();
  patches.resize(had + picture.pixels.size());
  float* to = patches.data() + had;
  const int values = patch * picture.channels;  // of a patch's row
  for (int y = 0; y < picture.height; y += patch)
    for (int x = 0; x < picture.width; x += patch)
      for (int dy = 0; dy < patch; ++dy, to += values) {
        const uint8_t* row = picture.at(x, y + dy);
        for (int i = 0; i < values; ++i) to[i] = pixel_value(row[i]);
      }
}

// Sinusoids of each noise level, 0.5 to 1000 radians over [0, 1].
void fill_noise_features(std::span<const float> levels, std::vector<float>& features) {
  constexpr int kPairs = kTimeFeatures / 2;
  features.resize(levels.size() * kTimeFeatures);
  for (size_t level = 0; level < levels.size(); ++level)
    for (int i = 0; i < kPairs; ++i) {
      const float rate = 0.5f * std::pow(2000.0f, float(i) / float(kPairs - 1));
      float* pair = features.data() + level * kTimeFeatures + 2 * i;
      pair[0] = std::cos(levels[level] * rate);
      pair[1] = std::sin(levels[level] * rate);
    }
}

// The first of `end` keys that a row sees through a window.
int first_seen(int end, int window) {
  return window > 0 ? std::max(0, end - window) : 0;
}

}  // namespace

void Batch::set_noisy(int modality, std::span<const float> z, float t) {
  std::vector<float>& noisy = values[size_t(modality)];
  assert(!z.empty() && noisy.size() % z.size() == 0);
  for (size_t begin = 0; begin < noisy.size(); begin += z.size())
    std::copy(z.begin(), z.end(), noisy.begin() + ptrdiff_t(begin));
  std::fill(noise_levels.begin(), noise_levels.end(), t);
  fill_noise_features(noise_levels, noise_features);
}

void Batch::set_values(int modality, std::span<const float> all) {
  assert(all.size() == values[size_t(modality)].size());
  std::copy(all.begin(), all.end(), values[size_t(modality)].begin());
}

void Batch::set_levels(std::span<const float> levels) {
  assert(levels.size() == noise_levels.size());
  std::copy(levels.begin(), levels.end(), noise_levels.begin());
  fill_noise_features(noise_levels, noise_features);
}

void Batch::set_text_step(int sequence, int32_t id, const SequenceStart& start) {
  assert(rows() == trunk.sequences() && text_ids.size() == trunk.past.size());
  text_ids[sequence] = id;
  trunk.past[sequence] = start.past;
  trunk.oldest[sequence] = trunk.first_key[sequence] = first_seen(start.past + 1, start.window);
  trunk.last_key[sequence] = start.past + 1;
  trunk.query_positions[sequence] = trunk.key_positions[sequence] = {start.time, 0, 0, start.clock};
}

BatchBuilder::BatchBuilder(const ModelSpec& spec) : spec_(spec) {
  const size_t modalities = spec_.modalities.size();
  batch_.values.resize(modalities);
  batch_.summary.resize(modalities);
  batch_.row_begin.resize(modalities + 1);  // counts, until build()
  levels_.resize(modalities);
}

void BatchBuilder::begin_sequence(const SequenceStart& start) {
  starts_.push_back(start);
  time_ = start.time;
}

int BatchBuilder::add_span(int modality, std::vector<Position> positions, bool causal) {
  assert(!starts_.empty() && modality >= 0);
  Span span{};
  span.modality = modality;
  span.sequence = int(starts_.size()) - 1;
  int& rows = batch_.row_begin[size_t(modality) + 1];
  span.first_row = rows;  // within the modality; build() makes it a trunk row
  span.rows = int(positions.size());
  span.noise = -1;
  rows += span.rows;
  batch_.spans.push_back(span);
  for (Position& position : positions) position.clock = starts_.back().clock;
  positions_.push_back(std::move(positions));
  causal_.push_back(causal);
  return int(batch_.spans.size()) - 1;
}

int BatchBuilder::text(std::span<const int32_t> ids) {
  batch_.text_ids.insert(batch_.text_ids.end(), ids.begin(), ids.end());
  std::vector<Position> positions;
  for (size_t i = 0; i < ids.size(); ++i) positions.push_back({time_ + float(i), 0, 0});
  time_ += float(ids.size());
  return add_span(spec_.find(Stem::pieces), std::move(positions), /*causal=*/true);
}

// Adds the level-2 plan of one segment and its trunk rows. `segment` level-1 tokens are read at
// once.
int BatchBuilder::summarise(int modality, const std::vector<Position>& keys, int segment,
                            int local) {
  const int merge = spec_.hierarchy ? spec_.modalities[size_t(modality)].merge : 1;
  std::vector<Position> positions = merged(keys, merge);
  SummaryPlan& plan = batch_.summary[size_t(modality)];
  for (size_t begin = 0; begin < keys.size(); begin += segment) {
    const size_t end = std::min(begin + segment, keys.size());
    const std::vector<Position> part(keys.begin() + begin, keys.begin() + end);
    const std::vector<Position> queries = merged(part, merge);
    add_cross(plan.attention, int(plan.query_index.size()), queries, local + int(begin), part);
    for (size_t i = 0; i < queries.size(); ++i) plan.query_index.push_back(int32_t(i));
  }
  for (Position& position : positions) position.time += time_;
  const int index = add_span(modality, std::move(positions), /*causal=*/false);
  batch_.spans[index].local_first = local;
  batch_.spans[index].local_rows = int(keys.size());
  return index;
}

int BatchBuilder::image(const Picture& picture) {
  assert(picture.width == kImageSize && picture.height == kImageSize && picture.channels == 3);
  add_patches(picture, kImagePatch, batch_.image_patches);
  const int index = summarise(spec_.find(Stem::picture), morton_positions(kLocalGrid),
                              kPictureTokens, kPictureTokens * batch_.images++);
  time_ += 1;
  return index;
}

int BatchBuilder::clip(const std::vector<Picture>& frames) {
  assert(int(frames.size()) == kClipFrames);
  for (int tubelet = 0; tubelet < kClipTubelets; ++tubelet) {
    std::vector<float> parts[kTubelet];
    for (int i = 0; i < kTubelet; ++i)
      parts[i] = patchify(frames[tubelet * kTubelet + i], kImagePatch);
    for (int row = 0; row < kStemRows; ++row)
      for (const auto& part : parts)
        batch_.clip_patches.insert(batch_.clip_patches.end(), part.begin() + row * kPixelValues,
                                   part.begin() + (row + 1) * kPixelValues);
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
  const int index = summarise(spec_.find(Stem::clip), keys, int(keys.size()), local);
  time_ += std::ceil(kClipTubelets * kTubeletTime);
  return index;
}

int BatchBuilder::audio(const Mel& mel) {
  const int modality = spec_.find(Stem::sound);
  const int quantum = kAudioStride * spec_.modalities[size_t(modality)].merge;
  const int frames = std::max(1, (mel.frames() + quantum - 1) / quantum) * quantum;
  const int tokens = frames / kAudioStride;
  const int first_token = batch_.audio.tokens();
  std::vector<float> padded = mel.values;
  padded.resize(size_t(frames) * kMelBins, kSilentMel);
  batch_.audio.add(padded);

  std::vector<Position> keys;
  for (int i = 0; i < tokens; ++i) keys.push_back({float(i), 0, 0});
  const int index = summarise(modality, keys, kAudioSegment, first_token);
  time_ += float(tokens);
  return index;
}

int BatchBuilder::patches(int modality, std::span<const float> values,
                          std::vector<Position> positions) {
  assert(values.size() == positions.size() * size_t(spec_.modalities[size_t(modality)].values));
  std::vector<float>& all = batch_.values[size_t(modality)];
  all.insert(all.end(), values.begin(), values.end());
  float latest = 0;
  for (Position& position : positions) {
    latest = std::max(latest, position.time);
    position.time += time_;
  }
  time_ += std::floor(latest) + 1;  // what follows is later than all of it
  return add_span(modality, std::move(positions), /*causal=*/false);
}

int BatchBuilder::add_noisy(int modality, std::span<const float> values, float t,
                            std::vector<Position> positions) {
  assert(values.size() == positions.size() * size_t(spec_.modalities[size_t(modality)].values));
  std::vector<float>& all = batch_.values[size_t(modality)];
  all.insert(all.end(), values.begin(), values.end());
  const int index = add_span(modality, std::move(positions), /*causal=*/false);
  std::vector<float>& levels = levels_[size_t(modality)];
  batch_.spans[index].noise = int(levels.size());
  levels.push_back(t);
  return index;
}

int BatchBuilder::noisy(int modality, std::span<const float> values, float t) {
  const int side = int(std::lround(std::sqrt(spec_.modalities[size_t(modality)].tokens)));
  const int index = add_noisy(modality, values, t, morton_positions(side, time_));
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
  const int first = speech_text(text);
  std::vector<Position> positions;
  for (size_t i = 0; i < alignment.size(); ++i) {
    batch_.speak_alignment.push_back(first + alignment[i]);
    positions.push_back({time_ + float(i), 0, 0});
  }
  time_ += float(alignment.size());
  return add_noisy(spec_.find(Stem::spoken), tokens, t, std::move(positions));
}

void BatchBuilder::plan_pictures() {
  const int pictures = batch_.images + kClipTubelets * batch_.clips;
  const auto positions_16 = morton_positions(kMiddleGrid);
  const auto positions_8 = morton_positions(kLocalGrid);
  const auto order = morton_order(kMiddleGrid);
  for (int p = 0; p < pictures; ++p) {
    add_windows(batch_.windows_16, p * kMiddleRows, positions_16, kPictureTokens);
    add_windows(batch_.windows_8, p * kPictureTokens, positions_8, kPictureTokens);
    for (int32_t raster : order) batch_.morton_16.push_back(p * kMiddleRows + raster);
  }
}

void BatchBuilder::plan_trunk() {
  AttentionPlan& plan = batch_.trunk;
  size_t s = 0;
  for (int sequence = 0; sequence < int(starts_.size()); ++sequence) {
    const SequenceStart& start = starts_[size_t(sequence)];
    int keys = start.past;
    for (; s < batch_.spans.size() && batch_.spans[s].sequence == sequence; ++s) {
      const Span& span = batch_.spans[s];
      const auto group = uint8_t(spec_.modalities[size_t(span.modality)].group);
      for (int i = 0; i < span.rows; ++i) {
        const int end = causal_[s] ? keys + i + 1 : keys + span.rows;
        plan.query_rows.push_back(span.first_row + i);
        plan.query_positions.push_back(positions_[s][i]);
        plan.query_groups.push_back(group);
        // Noisy rows are taken back, and what follows sees no less for them.
        plan.first_key.push_back(first_seen(span.noise < 0 ? end : keys + 1, start.window));
        plan.last_key.push_back(end);
      }
      keys += span.rows;
    }
    plan.query_offsets.push_back(int32_t(plan.query_rows.size()));
    plan.past.push_back(start.past);
    plan.oldest.push_back(first_seen(start.past + 1, start.window));
  }
  plan.key_rows = plan.query_rows;
  plan.key_positions = plan.query_positions;
  plan.key_groups = plan.query_groups;
  plan.key_offsets = plan.query_offsets;
}

// Where modalities, groups and noise levels begin.
void BatchBuilder::plan_rows() {
  const auto& modalities = spec_.modalities;
  auto& begin = batch_.row_begin;
  for (size_t m = 0; m < modalities.size(); ++m) begin[m + 1] += begin[m];
  batch_.group_bounds.assign(spec_.groups.size() + 1, 0);
  batch_.level_begin.assign(1, 0);
  for (size_t m = 0; m < modalities.size(); ++m) {
    batch_.group_bounds[size_t(modalities[m].group) + 1] = begin[m + 1];
    batch_.noise_levels.insert(batch_.noise_levels.end(), levels_[m].begin(), levels_[m].end());
    batch_.level_begin.push_back(int32_t(batch_.noise_levels.size()));
  }
  batch_.first_noisy = begin[size_t(spec_.first_noisy())];
}

Batch BatchBuilder::build() {
  plan_rows();
  fill_noise_features(batch_.noise_levels, batch_.noise_features);
  batch_.noise_index.resize(size_t(batch_.rows() - batch_.first_noisy));
  batch_.row_adapters.resize(size_t(batch_.rows()));
  for (Span& span : batch_.spans) {
    span.first_row += batch_.row_begin[size_t(span.modality)];
    std::fill_n(batch_.row_adapters.begin() + span.first_row, span.rows,
                starts_[size_t(span.sequence)].adapter);
    if (span.noise < 0) continue;
    span.noise += batch_.level_begin[size_t(span.modality)];
    std::fill_n(batch_.noise_index.begin() + (span.first_row - batch_.first_noisy), span.rows,
                span.noise);
  }
  plan_pictures();
  plan_trunk();
  return std::move(batch_);
}

std::vector<float> patchify(const Picture& picture, int patch) {
  std::vector<float> patches;
  add_patches(picture, patch, patches);
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
  tokens.resize((tokens.size() + kSpeakValues - 1) / kSpeakValues * kSpeakValues, kSilentMel);
  return tokens;
}

}  // namespace tutti
