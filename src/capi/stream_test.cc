// Sound that is transcribed while it comes, through the C interface.
#include <gtest/gtest.h>

#include <limits>

#include "engine/engine.h"
#include "tests/helpers/capi_fixture.h"
#include "tests/helpers/random_weights.h"
#include "tests/helpers/test_media.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

std::string tiny_model() {
  static const std::string path = write_model("capi_stream_test", tiny_config());
  return path;
}

class CapiStreamTest : public CapiFixture {
 protected:
  CapiStreamTest() : CapiFixture(tiny_model()) {}
};

TEST_F(CapiStreamTest, TranscribesWhileSomebodySpeaks) {
  std::vector<float> samples(16000 * 4);
  Rng rng(6);
  for (float& sample : samples) sample = 0.1f * float(rng.normal());
  ASSERT_EQ(tutti_add_sound(session_, samples.data(), samples.size()), TUTTI_OK);
  tutti_text whole = {.struct_size = sizeof whole};
  ASSERT_EQ(tutti_write(session_, nullptr, &whole), TUTTI_OK);
  ASSERT_GT(whole.size, 0u);

  tutti_stream* stream = tutti_stream_new(model_);
  ASSERT_NE(stream, nullptr);
  std::string said;
  const char* utf8 = nullptr;
  size_t size = 0;
  for (size_t at = 0; at < samples.size(); at += 3000) {
    const size_t count = std::min<size_t>(3000, samples.size() - at);
    ASSERT_EQ(tutti_stream_push(stream, samples.data() + at, count, &utf8, &size), TUTTI_OK)
        << tutti_stream_error(stream);
    EXPECT_EQ(utf8[size], 0);
    said.append(utf8, size);
    const float wrong = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(tutti_stream_push(stream, &wrong, 1, &utf8, &size), TUTTI_BAD_INPUT);
    EXPECT_NE(std::string(tutti_stream_error(stream)).find("no numbers"), std::string::npos);
    EXPECT_EQ(size, 0u);
  }
  EXPECT_FALSE(said.empty());
  EXPECT_EQ(tutti_stream_push(stream, nullptr, 1, &utf8, &size), TUTTI_USAGE);
  EXPECT_EQ(tutti_stream_push(stream, nullptr, 0, nullptr, nullptr), TUTTI_OK);
  ASSERT_EQ(tutti_stream_finish(stream, &utf8, &size), TUTTI_OK);
  said.append(utf8, size);
  EXPECT_EQ(said, std::string(whole.text, whole.size));
  EXPECT_EQ(tutti_stream_push(stream, samples.data(), 1, &utf8, &size), TUTTI_USAGE);
  tutti_stream_free(stream);

  tutti_stream_free(nullptr);
  EXPECT_EQ(tutti_stream_new(nullptr), nullptr);
  EXPECT_EQ(tutti_stream_push(nullptr, samples.data(), 1, &utf8, &size), TUTTI_USAGE);
  EXPECT_EQ(tutti_stream_finish(nullptr, &utf8, &size), TUTTI_USAGE);
  EXPECT_NE(std::string(tutti_stream_error(nullptr)), "");
}

}  // namespace
}  // namespace tutti
