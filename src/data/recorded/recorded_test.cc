// Series and things that the test draws itself, so that it knows what happens in them.
#include "data/recorded/recorded.h"

#include <gtest/gtest.h>

#include <map>

#include "data/recorded/radar.h"
#include "data/recorded/street.h"
#include "data/recorded/told.h"
#include "data/recorded/turning.h"

namespace tutti {
namespace {

std::map<std::string, std::string> answers(const std::vector<QuestionAnswer>& questions) {
  std::map<std::string, std::string> found;
  for (const QuestionAnswer& q : questions) found[q.question] = q.answer;
  return found;
}

constexpr uint8_t kGreen = 10, kBlue = 20;

// Road below, sky above; a tree on the left third until frame 12, a car on the right from then on.
SeriesRecord street() {
  SeriesRecord series;
  series.class_names = {"sky", "road", "tree", "car", "unlabelled"};
  for (int i = 0; i < 24; ++i) {
    Picture frame = make_picture(64, 48, 3, 100), classes = make_picture(32, 24, 1);
    for (int y = 0; y < 24; ++y)
      for (int x = 0; x < 32; ++x) {
        uint8_t c = y < 10 ? 0 : 1;
        if (i < 12 && x < 10 && y < 14) c = 2;
        if (i >= 12 && x >= 24 && y >= 12) c = 3;
        *classes.at(x, y) = c;
        for (int k = 0; k < 4; ++k)
          if (c >= 2) frame.at(2 * x + k / 2, 2 * y + k % 2)[c - 1] = c == 2 ? kGreen : kBlue;
      }
    series.frames.push_back(frame);
    series.classes.push_back(classes);
  }
  return series;
}

// Whether a pixel of the tree (its green is taken away) or the car (its blue) is at x.
bool dark(const Picture& picture, int x, int y, int channel) {
  return picture.at(x, y)[channel] < 60;
}

TEST(Street, AnswersAreWhatIsShown) {
  const SeriesRecord series = street();
  ASSERT_TRUE(is_usable(series));
  Rng rng(3);
  int sides = 0, yes = 0, no = 0;
  for (int round = 0; round < 200; ++round) {
    const ToldPicture told = make_street_picture(series, rng);
    ASSERT_EQ(told.picture.width, 128);
    ASSERT_EQ(told.picture.channels, 3);
    int trees[2] = {}, cars[2] = {};
    for (int y = 0; y < 128; ++y)
      for (int x = 0; x < 128; ++x) {
        trees[x >= 64] += dark(told.picture, x, y, 1);
        cars[x >= 64] += dark(told.picture, x, y, 2);
      }
    const auto said = answers(told.questions);
    for (const auto& [thing, count] : {std::pair("tree", trees), std::pair("car", cars)}) {
      const int total = count[0] + count[1];
      if (const auto at = said.find("Is there a " + std::string(thing) + "?"); at != said.end()) {
        EXPECT_EQ(at->second, total > 0 ? "yes" : "no");
        ++(at->second == "yes" ? yes : no);
      }
      const auto at =
          said.find("Is there more " + std::string(thing) + " on the left or on the right?");
      if (at == said.end()) continue;
      EXPECT_EQ(at->second, count[0] > count[1] ? "left" : "right");
      ++sides;
    }
    EXPECT_EQ(told.caption.find("unlabelled"), std::string::npos);
  }
  EXPECT_GT(sides, 20);
  EXPECT_GT(yes, 20);
  EXPECT_GT(no, 20);
}

TEST(Street, ClipsSayWhatComesAndGoes) {
  const SeriesRecord series = street();
  Rng rng(4);
  int came = 0, went = 0;
  for (int round = 0; round < 100; ++round) {
    const ToldClip told = make_recorded_clip(series, rng);
    ASSERT_EQ(told.clip.frames.size(), size_t(kClipFrames));
    const auto said = answers(told.questions);
    if (const auto at = said.find("What comes into view?"); at != said.end()) {
      EXPECT_EQ(at->second, "car");
      EXPECT_NE(told.caption.find("; a car comes into view"), std::string::npos);
      ++came;
    }
    if (const auto at = said.find("What goes out of view?"); at != said.end()) {
      EXPECT_EQ(at->second, "tree");
      ++went;
    }
    const auto most = said.find("What takes up most of the picture?");
    if (most == said.end()) continue;
    EXPECT_NE(told.caption.find("mostly " + most->second), std::string::npos);
  }
  EXPECT_GT(came, 5);
  EXPECT_GT(went, 5);
}

TEST(Street, WithoutClassesIsOfNoUse) {
  SeriesRecord series = street();
  series.classes.pop_back();
  EXPECT_FALSE(is_usable(series));
  series = street();
  series.frames.resize(15);
  series.classes.resize(15);
  EXPECT_FALSE(is_usable(series));
}

// A square shower on an empty sky.
SeriesRecord shower(double size, double growth, double x, double step, int frames = 40) {
  SeriesRecord series;
  series.kind = SeriesRecord::Kind::radar;
  for (int i = 0; i < frames; ++i, size += growth, x += step) {
    Picture frame = make_picture(128, 128, 1, 40);
    for (int v = 0; v < 128; ++v)
      for (int u = 0; u < 128; ++u)
        if (std::abs(u - x) < size && std::abs(v - 64) < size) *frame.at(u, v) = 110;
    series.frames.push_back(frame);
  }
  return series;
}

struct Centre {
  double x = 0, y = 0;
  int pixels = 0;
};
Centre centre(const Picture& rgb) {
  Centre c;
  for (int y = 0; y < rgb.height; ++y)
    for (int x = 0; x < rgb.width; ++x) {
      if (rgb.at(x, y)[0] < 80) continue;
      c.x += x;
      c.y += y;
      ++c.pixels;
    }
  c.x /= std::max(1, c.pixels);
  c.y /= std::max(1, c.pixels);
  return c;
}

TEST(Radar, AnswersAreWhatIsShown) {
  const SeriesRecord moving = shower(16, 0, 30, 1.5), growing = shower(8, 0.6, 64, 0);
  Rng rng(5);
  std::map<std::string, int> directions, growths;
  for (int round = 0; round < 120; ++round) {
    const ToldClip told = make_recorded_clip(round % 2 ? moving : growing, rng);
    const auto said = answers(told.questions);
    const Centre a = centre(told.clip.frames.front()), b = centre(told.clip.frames.back());
    if (const auto at = said.find("Does the rain grow or shrink?"); at != said.end()) {
      ++growths[at->second];
      const int more = b.pixels - a.pixels;
      const std::string sign = more > 0 ? "grows" : "shrinks";
      EXPECT_TRUE(at->second == sign || at->second == "stays the same") << at->second;
      EXPECT_NE(told.caption.find(at->second), std::string::npos);
    }
    if (const auto at = said.find("Which way does the rain move?"); at != said.end()) {
      ++directions[at->second];
      const std::map<std::string, double> went = {
          {"left", a.x - b.x}, {"right", b.x - a.x}, {"up", a.y - b.y}, {"down", b.y - a.y}};
      EXPECT_GT(went.at(at->second), 1);
      EXPECT_NE(told.caption.find("moves " + at->second), std::string::npos);
    }
  }
  // One shower that moves and one that grows give every answer, by symmetry and backwards.
  for (const char* way : {"left", "right", "up", "down"}) EXPECT_GT(directions[way], 3) << way;
  EXPECT_GT(growths["grows"], 8);
  EXPECT_GT(growths["shrinks"], 8);
}

TEST(Radar, NoRainIsSaid) {
  Rng rng(6);
  const ToldClip told = make_recorded_clip(shower(0, 0, 64, 0, 16), rng);
  EXPECT_EQ(told.caption, "weather radar: no rain");
  ASSERT_EQ(told.questions.size(), 1u);
  EXPECT_EQ(told.questions[0].answer, "no");
}

// A slab with a post on its low-y edge and, if asked, one on its high-y edge.
VoxelRecord thing(bool near, bool far) {
  VoxelRecord record{"", "thing", "chair", std::vector<uint8_t>(VoxelRecord::kBytes)};
  const auto fill = [&](int x, int y, int z) {
    const size_t bit = (size_t(x) * 32 + size_t(y)) * 32 + size_t(z);
    record.cells[bit / 8] |= uint8_t(0x80 >> bit % 8);
  };
  for (int x = 0; x < 32; ++x)
    for (int y = 0; y < 32; ++y) fill(x, y, 0);
  for (int z = 0; z < 32; ++z)
    for (int x = 14; x < 18; ++x)
      for (int k = 0; k < 2; ++k) {
        if (near) fill(x, k, z);
        if (far) fill(x, 31 - k, z);
      }
  return record;
}

// Mean column of what is drawn in the topmost row that has anything.
double top_column(const Picture& picture, const Rgb& ground) {
  for (int y = 0; y < picture.height; ++y) {
    double sum = 0;
    int count = 0;
    for (int x = 0; x < picture.width; ++x) {
      if (picture.at(x, y)[0] == ground.r) continue;
      sum += x;
      ++count;
    }
    if (count) return sum / count;
  }
  return -1;
}

TEST(Voxels, TheSideThatFacesUsGoesRight) {
  VoxelPose pose;
  for (const bool near : {true, false}) {
    const VoxelRecord record = thing(near, !near);
    pose.azimuth = 0;
    const double before = top_column(draw_voxels(record, pose), pose.ground);
    EXPECT_NEAR(before, 63.5, 2);
    pose.azimuth = 0.05;
    const double after = top_column(draw_voxels(record, pose), pose.ground);
    EXPECT_GT(near ? after - before : before - after, 5);
  }
}

TEST(Voxels, NearCellsHideFarOnes) {
  // Only the near post's face is lit at the middle: with both posts, the picture there is the same.
  VoxelPose pose;
  pose.elevation = 0;
  const Picture one = draw_voxels(thing(true, false), pose),
                two = draw_voxels(thing(true, true), pose);
  EXPECT_EQ(one.at(64, 64)[0], two.at(64, 64)[0]);
  EXPECT_NE(one.at(64, 64)[0], pose.ground.r);
  // And from behind it is the other one, with the same face.
  const Picture far = draw_voxels(thing(false, true), pose);
  EXPECT_LT(far.at(64, 64)[0], one.at(64, 64)[0]);  // darker with distance
}

TEST(Voxels, ClipsTurnAsTheySay) {
  Rng rng(7);
  int left = 0;
  for (int round = 0; round < 20; ++round) {
    const ToldClip told = make_turning_clip(thing(true, false), rng);
    ASSERT_EQ(told.clip.frames.size(), size_t(kClipFrames));
    EXPECT_EQ(told.questions[0].answer, "chair");
    left += told.questions[1].answer == "left";
    EXPECT_EQ(told.caption, "a chair turns " + told.questions[1].answer);
    EXPECT_NE(told.clip.frames[0].pixels, told.clip.frames[4].pixels);
  }
  EXPECT_GT(left, 3);
  EXPECT_LT(left, 17);
}

TEST(Voxels, NothingIsNoCrash) {
  const VoxelRecord empty{"", "", "", std::vector<uint8_t>(VoxelRecord::kBytes)};
  const VoxelRecord full{"", "", "", std::vector<uint8_t>(VoxelRecord::kBytes, 255)};
  EXPECT_EQ(draw_voxels(empty, {}).width, 128);
  EXPECT_EQ(draw_voxels(full, {}).width, 128);
}

}  // namespace
}  // namespace tutti
