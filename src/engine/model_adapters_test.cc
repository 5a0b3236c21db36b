// Adapters in a model file: what is read of them, and what is refused by name.
#include "engine/model_adapters.h"

#include <cmath>
#include <fstream>
#include <limits>

#include "engine/loaded_model.h"
#include "tests/helpers/engine_fixture.h"
#include "tests/helpers/random_adapters.h"

namespace tutti {
namespace {

using namespace engine_test;

class ModelAdaptersTest : public testing::Test {
 protected:
  // The tiny model, and what the next one is to have.
  ModelAdaptersTest() {
    pairs_ = random_pairs(value(ModelPackage::open(path_, Hold::copied)), "one", 4, 0.3);
  }

  void write() {
    const Status status = add_pairs(path_, pairs_);
    ASSERT_TRUE(status) << status.error().message();
  }
  AdapterPair& first() { return pairs_.front(); }
  void expect_refused(const std::string& part) {
    write();
    for (const auto& refused :
         {load_model(path_, {1}).error(), Engine::plan_memory(path_, {1}).error()}) {
      EXPECT_EQ(refused.code(), ErrorCode::bad_input) << refused.message();
      EXPECT_NE(refused.message().find(part), std::string::npos) << refused.message();
    }
  }

  const std::string path_ = write_model("model_adapters_test", tiny_config());
  std::vector<AdapterPair> pairs_;
};

TEST_F(ModelAdaptersTest, AreReadByName) {
  write();
  ASSERT_TRUE(add_adapters(path_, {"two", "three"}));
  const ModelHandle model = value(load_model(path_, {1}));
  EXPECT_EQ(model.adapter, -1);
  EXPECT_EQ(model->adapters.names(), (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(model->adapters.find("two"), 1);
  EXPECT_EQ(model->adapters.find("four"), -1);
  EXPECT_EQ(value(load_model(path_, {.adapter = "three"})).adapter, 2);
  const auto widest = model->adapters.widest();
  EXPECT_EQ(widest.size(), pairs_.size());
  EXPECT_EQ(widest.begin()->second.down_RK.rows(), 8);  // of "three"

  BatchBuilder builder(model->config);
  builder.begin_sequence();
  builder.text(std::vector<int32_t>{20, 30});
  Batch batch = builder.build();
  EXPECT_TRUE(model->adapters.of(batch).empty());
  batch.row_adapters[1] = 2;
  ASSERT_EQ(model->adapters.of(batch).size(), 3u);
  // The scale is in `up`.
  const LowRank<CpuTensor>& pair = model->adapters.of(batch)[0]->at(first().entry.target);
  EXPECT_EQ(pair.down_RK.row(0)[1], first().down[1]);
  float row[4];
  pair.up_MR.weight()->packed.dequantize_row(1, row);
  EXPECT_EQ(row[2], first().up[4 + 2] * 0.5f);
}

TEST_F(ModelAdaptersTest, AnUnknownOneIsRefusedWithThoseThereAre) {
  ASSERT_TRUE(add_adapters(path_, {"one", "two"}));
  const auto refused = Engine::load(path_, {.adapter = "tow"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::usage);
  EXPECT_NE(refused.error().message().find("\"tow\"; it has one, two"), std::string::npos)
      << refused.error().message();
  const auto none = Engine::load(tiny_model(), {.adapter = "one"});
  EXPECT_NE(none.error().message().find("it has none"), std::string::npos);
}

// Never left out in silence: what a target names has to be a product that adapters reach.
TEST_F(ModelAdaptersTest, WhatTheyCannotReachIsRefused) {
  first().entry.target = "pieces";
  first().down_shape = {4, 64};
  first().up_shape = {320, 4};
  first().down.resize(4 * 64);
  first().up.resize(320 * 4);
  expect_refused(
      "\"pieces\", which adapters do not reach; they go with the trunk's products, such "
      "as trunk.layer_0.");
}

TEST_F(ModelAdaptersTest, RanksLieWithinTheMatrix) {
  const int64_t rows = first().up_shape[0], cols = first().down_shape[1];
  const int64_t rank = std::min(rows, cols) + 1;
  first().down_shape[0] = first().up_shape[1] = rank;
  first().down.resize(size_t(rank * cols));
  first().up.resize(size_t(rank * rows));
  expect_refused(first().entry.down);
}

TEST_F(ModelAdaptersTest, PairsAreNotThereTwice) {
  AdapterPair again = first();
  again.entry.down += ".again";
  again.entry.up += ".again";
  pairs_.push_back(again);
  expect_refused("two pairs for \"" + first().entry.target);
}

// A file of a few bytes must not ask for any amount of memory.
TEST_F(ModelAdaptersTest, TensorsAreInOnePairEach) {
  AdapterPair again = first();
  again.entry.name = "two";
  again.down.clear();
  again.up.clear();
  pairs_.push_back(again);
  expect_refused(first().entry.down);
}

TEST_F(ModelAdaptersTest, NamesCanBeAskedFor) {
  for (const std::string name : {"a:b", "a\nb", "a=b", " a"}) {
    first().entry.name = name;
    write();
    const auto refused = load_model(path_, {1});
    ASSERT_FALSE(refused) << name;
    EXPECT_NE(refused.error().message().find("cannot be called"), std::string::npos) << name;
    ASSERT_EQ(write_model("model_adapters_test", tiny_config()), path_);
  }
}

TEST_F(ModelAdaptersTest, ValuesAreFinite) {
  first().entry.scale = 1e5;
  first().up[0] = 1e35f;
  write();
  const std::string told = load_model(path_, {1}).error().message();
  EXPECT_NE(told.find(first().entry.up), std::string::npos) << told;
  EXPECT_NE(told.find("its scale of 100000 is not finite"), std::string::npos) << told;

  ASSERT_EQ(write_model("model_adapters_test", tiny_config()), path_);
  constexpr float kMark = 12345.678f;
  for (const float wrong :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    first().entry.scale = 1;
    first().up[3] = kMark;
    write();
    std::ifstream file(path_, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), {});
    const size_t at = bytes.find(std::string(reinterpret_cast<const char*>(&kMark), sizeof kMark));
    ASSERT_NE(at, bytes.npos);
    bytes.replace(at, sizeof wrong, reinterpret_cast<const char*>(&wrong), sizeof wrong);
    std::ofstream(path_, std::ios::binary) << bytes;
    const auto refused = load_model(path_, {1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::bad_input);
    EXPECT_NE(refused.error().message().find(first().entry.up), std::string::npos)
        << refused.error().message();
    ASSERT_EQ(write_model("model_adapters_test", tiny_config()), path_);
  }
}

TEST_F(ModelAdaptersTest, TheirMemoryIsPlannedBeforeLoading) {
  using Dtype = EngineOptions::Dtype;
  write();
  for (const Dtype dtype : {Dtype::f32, Dtype::int8}) {
    const EngineOptions options{.threads = 1, .dtype = dtype};
    const auto before = value(Engine::plan_memory(path_, options));
    const auto after = value(value(Engine::load(path_, options)).memory_plan());
    const auto without = value(Engine::plan_memory(tiny_model(), options));
    EXPECT_EQ(before.weight_bytes, after.weight_bytes);
    EXPECT_EQ(before.arena_bytes, after.arena_bytes);
    EXPECT_GT(before.weight_bytes, without.weight_bytes);
    EXPECT_GE(before.arena_bytes, without.arena_bytes);
  }
}

}  // namespace
}  // namespace tutti
