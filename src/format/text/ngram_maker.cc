#include "format/text/ngram_maker.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "format/text/ngram.h"

namespace tutti {
namespace {

// An n-gram as a number that sorts like its bytes: the first one on top, zeros behind the last.
using Key = uint64_t;

int shift_of(int place) {
  return 56 - 8 * place;
}

Key first_bytes(Key key, int count) {
  return count == 0 ? 0 : key & (~Key(0) << (64 - 8 * count));
}

uint8_t byte_at(Key key, int place) {
  return uint8_t(key >> shift_of(place));
}

struct Ngram {
  Key key;
  uint32_t count;     // how often it occurs
  uint32_t followed;  // and how often with a byte behind it
  uint32_t types;     // different ones
  double probability = 0, weight = 1;
};
using Level = std::vector<Ngram>;

// What stands at each place of the texts, each with its borders; shorter at their ends.
std::vector<Key> windows_of(std::span<const std::string> texts, int order) {
  std::vector<Key> windows;
  std::string line;
  for (const std::string& text : texts) {
    line.assign(1, char(kTextBorder));
    line.append(text, 0, text.find(char(kTextBorder)));
    std::erase(line, '\0');
    if (line.size() == 1) continue;
    line += char(kTextBorder);
    // The border at the end begins nothing: what begins with one is the first window.
    for (size_t begin = 0; begin + 1 < line.size(); ++begin) {
      Key key = 0;
      for (int i = 0; i < order && begin + size_t(i) < line.size(); ++i)
        key |= Key(uint8_t(line[begin + size_t(i)])) << shift_of(i);
      windows.push_back(key);
    }
  }
  std::sort(windows.begin(), windows.end());
  return windows;
}

// N-grams of `length` bytes among the sorted windows.
Level count_level(const std::vector<Key>& windows, int length) {
  Level level;
  Key before = 0;  // with the byte behind it
  for (const Key window : windows) {
    if (byte_at(window, length - 1) == 0) continue;
    const Key key = first_bytes(window, length);
    if (level.empty() || level.back().key != key) {
      level.push_back({key, 0, 0, 0});
      before = 0;
    }
    ++level.back().count;
    const Key behind = length < 8 ? first_bytes(window, length + 1) : key;
    if (length == 8 || byte_at(window, length) == 0) continue;
    ++level.back().followed;
    if (std::exchange(before, behind) != behind) ++level.back().types;
  }
  return level;
}

const Ngram* find(const Level& level, Key key) {
  const auto found = std::lower_bound(level.begin(), level.end(), key,
                                      [](const Ngram& n, Key wanted) { return n.key < wanted; });
  return found != level.end() && found->key == key ? &*found : nullptr;
}

// All bytes, those that were not seen too: what is not in the texts may yet be said.
Level first_level(const std::vector<Key>& windows) {
  const Level seen = count_level(windows, 1);
  double count = 0;
  for (const Ngram& ngram : seen) count += ngram.count;
  const double types = double(seen.size());
  Level level;
  for (int byte = 0; byte < 256; ++byte) {
    const Key key = Key(byte) << shift_of(0);
    const Ngram* found = find(seen, key);
    level.push_back(found ? *found : Ngram{key, 0, 0, 0});
    level.back().probability = (level.back().count + types / 256) / (count + types);
  }
  return level;
}

// Probabilities of a level by the ones before it, and the weights of the contexts: of what is left
// out, whatever that is.
void weigh(std::vector<Level>& levels, size_t k) {
  Level& contexts = levels[k - 1];
  std::vector<double> kept(contexts.size(), 0), kept_below(contexts.size(), 0);
  for (Ngram& ngram : levels[k]) {
    const Ngram& context = *find(contexts, first_bytes(ngram.key, int(k)));
    const double below = find(contexts, ngram.key << 8)->probability;
    const double types = context.types;
    ngram.probability = (ngram.count + types * below) / (context.followed + types);
    kept[size_t(&context - contexts.data())] += ngram.probability;
    kept_below[size_t(&context - contexts.data())] += below;
  }
  for (size_t i = 0; i < contexts.size(); ++i)
    if (kept_below[i] > 0)
      contexts[i].weight = std::max(1e-6, 1 - kept[i]) / std::max(1e-6, 1 - kept_below[i]);
}

size_t bytes_of(const std::vector<Level>& levels, uint32_t least) {
  size_t sum = kNgramMagic.size() + 2 + 4 * levels.size();
  for (size_t k = 0; k < levels.size(); ++k) {
    const auto kept = [&](const Ngram& ngram) { return k == 0 || ngram.count >= least; };
    sum += size_t(std::count_if(levels[k].begin(), levels[k].end(), kept)) *
           (k + 1 < levels.size() ? 4 : 2);
  }
  return sum;
}

char code_of(double probability) {
  return char(
      uint8_t(std::clamp(std::round(-std::log(probability) / double(kNgramStep)), 0.0, 255.0)));
}

void write_level(const std::vector<Level>& levels, size_t k, std::string& bytes) {
  const Level& level = levels[k];
  for (const Ngram& ngram : level) bytes += char(byte_at(ngram.key, int(k)));
  for (const Ngram& ngram : level) bytes += code_of(ngram.probability);
  if (k + 1 == levels.size()) return;
  for (const Ngram& ngram : level) bytes += code_of(ngram.weight);
  auto child = levels[k + 1].begin();
  for (const Ngram& ngram : level) {
    const auto begin = child;
    while (child != levels[k + 1].end() && first_bytes(child->key, int(k) + 1) == ngram.key)
      ++child;
    bytes += char(uint8_t(child - begin));
  }
}

std::string written(const std::vector<Level>& levels) {
  std::string bytes(kNgramMagic);
  bytes += char(levels.size());
  bytes += '\0';
  for (const Level& level : levels)
    for (int shift = 0; shift < 32; shift += 8) bytes += char(uint8_t(level.size() >> shift));
  for (size_t k = 0; k < levels.size(); ++k) write_level(levels, k, bytes);
  return bytes;
}

}  // namespace

Result<std::string> make_ngram_table(std::span<const std::string> texts,
                                     const NgramOptions& options) {
  if (options.order < 1 || options.order > kMostNgramOrder)
    return usage_error("the order is " + std::to_string(options.order) + "; use 1 to " +
                       std::to_string(kMostNgramOrder));
  const std::vector<Key> windows = windows_of(texts, options.order);
  if (windows.empty()) return usage_error("there is no text to count; give some");
  std::vector<Level> levels = {first_level(windows)};
  while (int(levels.size()) < options.order)
    levels.push_back(count_level(windows, int(levels.size()) + 1));
  uint32_t least = 1;
  while (bytes_of(levels, least) > options.most_bytes) {
    if (least > windows.size())
      return usage_error("a table takes " + std::to_string(bytes_of(levels, least)) +
                         " bytes at least; allow more");
    ++least;
  }
  // An n-gram's beginning and its end occur as often as itself, so what is kept hangs together.
  for (size_t k = 1; k < levels.size(); ++k)
    std::erase_if(levels[k], [&](const Ngram& ngram) { return ngram.count < least; });
  for (size_t k = 1; k < levels.size(); ++k) weigh(levels, k);
  return written(levels);
}

}  // namespace tutti
