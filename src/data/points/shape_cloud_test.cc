#include "data/points/shape_cloud.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tutti {
namespace {

TEST(ShapeCloud, PairsAreOnOneSideAlone) {
  const std::vector<std::string> taught = shape_names(Split::train),
                                 held = shape_names(Split::eval);
  EXPECT_EQ(taught.size() + held.size(), size_t(kPrimitiveCount) + kSolidCount * kSolidCount);
  EXPECT_GE(held.size(), 4u);
  for (const std::string& name : held) {
    EXPECT_EQ(std::count(taught.begin(), taught.end(), name), 0) << name;
    EXPECT_NE(name.find(" on "), std::string::npos);
  }
  // Each body of a pair that is held out is shown in some other pair.
  for (int i = 0; i < kSolidCount; ++i) {
    const std::string body = primitive_name(Primitive(i));
    const auto is_on = [&](const std::string& name) { return name.starts_with(body + " on "); };
    const auto is_under = [&](const std::string& name) { return name.ends_with(" on " + body); };
    EXPECT_TRUE(std::any_of(taught.begin(), taught.end(), is_on)) << body;
    EXPECT_TRUE(std::any_of(taught.begin(), taught.end(), is_under)) << body;
  }
}

TEST(ShapeCloud, ExamplesAreOfTheirSplitAndAllNamesAppear) {
  for (Split split : {Split::train, Split::eval}) {
    const std::vector<std::string> names = shape_names(split);
    std::set<std::string> seen;
    Rng rng(1);
    for (int i = 0; i < 3000; ++i) {
      const CloudExample example = make_shape_cloud(split, rng);
      ASSERT_EQ(std::count(names.begin(), names.end(), example.name), 1) << example.name;
      ASSERT_GE(example.xyz.size(), 3u * 600);
      ASSERT_LE(example.xyz.size(), 3u * 1500);
      for (float value : example.xyz) ASSERT_TRUE(std::isfinite(value));
      ASSERT_TRUE(example.caption.starts_with("a "));
      seen.insert(example.name);
    }
    EXPECT_EQ(seen.size(), names.size());
  }
}

TEST(ShapeCloud, TheSameStateGivesTheSameBytes) {
  Rng one(5), other(5), third(6);
  const CloudExample a = make_shape_cloud(Split::train, one),
                     b = make_shape_cloud(Split::train, other),
                     c = make_shape_cloud(Split::train, third);
  EXPECT_EQ(a.xyz, b.xyz);
  EXPECT_EQ(a.name, b.name);
  EXPECT_NE(a.xyz, c.xyz);
}

}  // namespace
}  // namespace tutti
