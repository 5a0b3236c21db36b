#include "serve/realtime/sample_buffer.h"

#include <gtest/gtest.h>

#include <numeric>

namespace tutti {
namespace {

std::vector<float> numbers(int from, int to) {
  std::vector<float> all(size_t(to - from));
  std::iota(all.begin(), all.end(), float(from));
  return all;
}

void expect_samples(const SampleBuffer& buffer, int from, int to) {
  const auto samples = buffer.samples();
  EXPECT_EQ(std::vector<float>(samples.begin(), samples.end()), numbers(from, to));
}

TEST(SampleBuffer, HoldsWhatWasAppendedAndNotDropped) {
  SampleBuffer buffer;
  buffer.append(numbers(0, 100));
  buffer.drop(10);
  expect_samples(buffer, 10, 100);
  buffer.append(numbers(100, 150));
  buffer.drop(100);
  expect_samples(buffer, 110, 150);
  buffer.drop(1000);
  EXPECT_EQ(buffer.size(), 0u);
  buffer.append(numbers(150, 160));
  expect_samples(buffer, 150, 160);
}

// Erasing them would move the other samples at each call.
TEST(SampleBuffer, DroppingAFewMovesNothing) {
  SampleBuffer buffer;
  buffer.append(numbers(0, 100));
  const float* first = buffer.samples().data();
  for (int i = 1; i <= 50; ++i) {
    buffer.drop(1);
    EXPECT_EQ(buffer.samples().data(), first + i);
  }
  buffer.drop(1);
  EXPECT_EQ(buffer.samples().data(), first);
  expect_samples(buffer, 51, 100);
}

TEST(SampleBuffer, ALongStreamTakesNoMoreThanItsWindow) {
  SampleBuffer buffer;
  for (int i = 0; i < 1000; ++i) {
    const size_t most = buffer.bytes_with(1600);
    buffer.append(numbers(0, 1600));
    EXPECT_LE(buffer.bytes(), most);
    if (buffer.size() > 16000) buffer.drop(buffer.size() - 16000);
  }
  EXPECT_LE(buffer.bytes(), 4 * (16000 + 1600) * sizeof(float));
  buffer.drop(buffer.size());
  EXPECT_LE(buffer.bytes(), 16000 * sizeof(float));
}

}  // namespace
}  // namespace tutti
