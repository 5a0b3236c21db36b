// Checkpoints: saved as some pieces and loaded as others, killed half way, cut short, lied about.
#include "train/run/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/atomic_file.h"
#include "format/package/safetensors_write.h"
#include "train/run/optimizer.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;
using torch::Tensor;
using Json = nlohmann::ordered_json;

std::string scratch_folder(const char* name) {
  const fs::path path = fs::temp_directory_path() /
                        ("tutti_checkpoint_test_" + std::to_string(getpid()) + "_" + name);
  fs::remove_all(path);
  fs::create_directories(path);
  return path.string();
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A store and its optimizer's state, of parameters that divide in every way.
struct Stored {
  explicit Stored(Placement placement = {}) : store(3, torch::kCPU, placement) {
    const auto hidden = [](Layout layout) {
      return ParamSpec{Role::hidden, normal(1), true, layout};
    };
    store.get("table", 48, 8, {Role::table, normal(1), true, {.shard = Axis::rows}});
    store.get("key_value", 64, 40, hidden({.shard = Axis::rows, .row_parts = 2}));
    store.get("down", 40, 64, hidden({.shard = Axis::cols}));
    store.get("conv", 32, 96, hidden({.shard = Axis::cols, .col_parts = 3}));
    store.get("output", 36, 36, hidden({}));
    store.get("norm", 5, 40, {Role::gain, ones()});
    optimizer.emplace(store, OptimizerOptions(), torch::kFloat);
  }

  // Every tensor, by name.
  std::map<std::string, Tensor> all() const {
    std::map<std::string, Tensor> tensors;
    for (const Parameter& p : store.parameters()) {
      tensors[p.name] = p.value.detach();
      tensors[p.name + ".average"] = p.average;
      for (const auto& state : p.state) tensors[p.name + "." + state.name] = state.value;
    }
    return tensors;
  }
  void fill() {
    torch::NoGradGuard no_grad;
    torch::manual_seed(9);
    for (auto& [name, tensor] : all()) tensor.copy_(torch::randn(tensor.sizes()));
    store.updates = 7;
  }

  ParameterStore store;
  std::optional<Optimizer> optimizer;
};

void save(const std::string& folder, int step, const std::vector<const Stored*>& all) {
  std::vector<const ParameterStore*> stores;
  for (const Stored* one : all) stores.push_back(&one->store);
  const Status saved = save_checkpoint(folder, step, stores);
  ASSERT_TRUE(saved) << saved.error().message();
}

void load(const std::string& folder, Stored& stored) {
  const auto checkpoint = Checkpoint::open(folder);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  ASSERT_TRUE(*checkpoint);
  const Status loaded = (*checkpoint)->load(stored.store);
  ASSERT_TRUE(loaded) << loaded.error().message();
}

void expect_equal(const Stored& got, const Stored& want) {
  const auto a = got.all(), b = want.all();
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : b) EXPECT_TRUE(torch::equal(a.at(name), tensor)) << name;
  EXPECT_EQ(got.store.updates, want.store.updates);
}

TEST(CheckpointPieces, OneTwoFourAndOneAgainAreTheSameBits) {
  Stored whole;
  whole.fill();
  const std::string one = scratch_folder("one"), two = scratch_folder("two"),
                    four = scratch_folder("four");
  save(one, 12, {&whole});
  Stored first({0, 2}), second({1, 2});
  ASSERT_TRUE(first.store.check_placement());
  load(one, first);
  load(one, second);
  // The second half of each of the two matrices that stand above each other.
  const Tensor key_value = whole.all().at("key_value");
  EXPECT_TRUE(torch::equal(second.all().at("key_value"),
                           torch::cat({key_value.narrow(0, 16, 16), key_value.narrow(0, 48, 16)})));
  EXPECT_TRUE(
      torch::equal(first.all().at("down.first"), whole.all().at("down.first").narrow(1, 0, 32)));
  EXPECT_TRUE(torch::equal(second.all().at("output"), whole.all().at("output")));
  save(two, 12, {&first, &second});

  std::vector<std::unique_ptr<Stored>> quarters;
  std::vector<const Stored*> all;
  for (int rank = 0; rank < 4; ++rank) {
    quarters.push_back(std::make_unique<Stored>(Placement{rank, 4}));
    load(two, *quarters.back());
    all.push_back(quarters.back().get());
  }
  save(four, 12, all);
  for (const std::string& folder : {one, two, four}) {
    Stored back;
    load(folder, back);
    expect_equal(back, whole);
    Stored half({1, 2});
    load(folder, half);
    expect_equal(half, second);
    fs::remove_all(folder);
  }
}

TEST(CheckpointPieces, WhatDoesNotDivideIsNamed) {
  ParameterStore store(1, torch::kCPU, {0, 7});
  store.get("table", 48, 8, {Role::table, normal(1), true, {.shard = Axis::rows}});
  const Status status = store.check_placement();
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("table"), std::string::npos);
  EXPECT_NE(status.error().message().find("7"), std::string::npos);
}

TEST(CheckpointPieces, PiecesBeginAsSlicesOfTheWhole) {
  const Stored whole, half({1, 2});
  EXPECT_TRUE(torch::equal(half.all().at("table"), whole.all().at("table").narrow(0, 24, 24)));
  EXPECT_TRUE(
      torch::equal(half.all().at("conv"), torch::cat({whole.all().at("conv").narrow(1, 16, 16),
                                                      whole.all().at("conv").narrow(1, 48, 16),
                                                      whole.all().at("conv").narrow(1, 80, 16)},
                                                     1)));
}

TEST(Checkpoint, TheLatestCompleteOneIsThere) {
  const std::string folder = scratch_folder("latest");
  auto none = Checkpoint::open(folder);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  Stored stored;
  stored.fill();
  save(folder, 9, {&stored});
  fs::copy(folder + "/checkpoint/step_9", folder + "/checkpoint/step_100.tmp");
  fs::create_directories(folder + "/checkpoint/step_11");  // its index was removed first
  auto found = Checkpoint::open(folder);
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->step(), 9);
  save(folder, 10, {&stored});
  found = Checkpoint::open(folder);
  EXPECT_EQ((*found)->step(), 10);
  // And what it supersedes is gone.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder + "/checkpoint"), {}), 1);
  fs::remove_all(folder);
}

// The form of version 1, as it was written then.
TEST(Checkpoint, OneFileIsStillRead) {
  const std::string folder = scratch_folder("file");
  Stored stored;
  stored.fill();
  std::vector<TensorView> views;
  for (const Parameter& p : stored.store.parameters()) {
    const auto add = [&](const std::string& name, const Tensor& t) {
      views.push_back({name, DType::f32, t.sizes().vec(),
                       static_cast<const std::byte*>(t.data_ptr()), t.nbytes()});
    };
    add("weight." + p.name, p.value.detach());
    add("average." + p.name, p.average);
    for (const auto& state : p.state) add("optimizer." + state.name + "." + p.name, state.value);
  }
  const int64_t updates = 7;
  views.push_back({"optimizer.steps",
                   DType::i64,
                   {1},
                   reinterpret_cast<const std::byte*>(&updates),
                   sizeof updates});
  const std::string file = folder + "/checkpoint.safetensors";
  ASSERT_TRUE(write_safetensors(file, {{"tutti.step", "11"}}, views));
  Stored back;
  load(folder, back);
  expect_equal(back, stored);
  EXPECT_EQ((*Checkpoint::open(folder))->step(), 11);
  save(folder, 12, {&back});  // in the form of today, which replaces it
  EXPECT_FALSE(fs::exists(file));
  Stored again;
  load(folder, again);
  expect_equal(again, stored);
  fs::remove_all(folder);
}

class HostileCheckpoint : public testing::Test {
 protected:
  HostileCheckpoint() {
    Stored stored;
    stored.fill();
    Stored first({0, 2}), second({1, 2});
    save(folder_, 5, {&first, &second});
    good_ = contents(index_);
  }
  ~HostileCheckpoint() override { fs::remove_all(folder_); }

  void expect_refused(const std::string& named) {
    const auto checkpoint = Checkpoint::open(folder_);
    ASSERT_FALSE(checkpoint) << named;
    EXPECT_EQ(checkpoint.error().code(), ErrorCode::bad_input);
    EXPECT_NE(checkpoint.error().message().find(named), std::string::npos)
        << checkpoint.error().message();
  }
  void expect_refused(const std::string& named, const std::function<void(Json&)>& change) {
    Json index = Json::parse(good_);
    change(index);
    ASSERT_TRUE(write_file_atomic(index_, index.dump()));
    expect_refused(named);
    ASSERT_TRUE(write_file_atomic(index_, good_));
    ASSERT_TRUE(Checkpoint::open(folder_));  // it was the change
  }

  std::string folder_ = scratch_folder("hostile");
  std::string index_ = folder_ + "/checkpoint/step_5/index.json";
  std::string good_;
};

TEST_F(HostileCheckpoint, AnIndexThatLiesIsRefused) {
  const auto piece = [](Json& index, size_t i) -> Json& {
    return index["tensors"]["weight.table"]["pieces"][i];
  };
  expect_refused("index", [](Json& i) { i["format"] = "other"; });
  expect_refused("version", [](Json& i) { i["version"] = 3; });
  expect_refused("step", [](Json& i) { i["step"] = -1; });
  expect_refused("step", [](Json& i) { i["step"] = "5"; });
  expect_refused("updates", [](Json& i) { i["updates"] = 1e30; });
  expect_refused("files", [](Json& i) { i["files"] = 0; });
  expect_refused("pieces_2", [](Json& i) { i["files"] = 3; });
  expect_refused("tensors", [](Json& i) { i["tensors"] = 5; });
  expect_refused("dtype", [](Json& i) { i["tensors"]["weight.table"]["dtype"] = "F16"; });
  // Another size of the whole, of a piece, another place.
  expect_refused("values of", [](Json& i) { i["tensors"]["weight.table"]["shape"] = {50, 8}; });
  expect_refused("outside", [](Json& i) { i["tensors"]["weight.table"]["shape"] = {47, 8}; });
  expect_refused("shape", [](Json& i) { i["tensors"]["weight.table"]["shape"] = {48, 8, 1}; });
  expect_refused("shape", [](Json& i) { i["tensors"]["weight.table"]["shape"] = {-48, 8}; });
  expect_refused("two pieces", [&](Json& i) { piece(i, 1)["offset"] = {0, 0}; });
  expect_refused("two pieces", [&](Json& i) { piece(i, 1)["offset"] = {23, 0}; });
  expect_refused("outside", [&](Json& i) { piece(i, 1)["offset"] = {25, 0}; });
  expect_refused("outside", [&](Json& i) { piece(i, 1)["offset"] = {2147483647, 0}; });
  expect_refused("offset", [&](Json& i) { piece(i, 1)["offset"] = {9e18, 0}; });
  expect_refused("values of", [&](Json& i) { piece(i, 1)["shape"] = {23, 8}; });
  expect_refused("shape", [&](Json& i) { piece(i, 1)["shape"] = {0, 8}; });
  expect_refused("file", [&](Json& i) { piece(i, 1)["file"] = 2; });
  expect_refused("another shape there", [&](Json& i) { piece(i, 1)["tensor"] = "weight.down"; });
  expect_refused("is missing", [&](Json& i) { piece(i, 1)["tensor"] = "nothing"; });
  expect_refused("values of", [](Json& i) { i["tensors"]["weight.table"]["pieces"].erase(1); });
  // Both say so, and it is not so.
  expect_refused("another shape there", [&](Json& i) {
    piece(i, 0)["shape"] = {30, 8};
    piece(i, 1)["offset"] = {30, 0};
    piece(i, 1)["shape"] = {18, 8};
  });
}

TEST_F(HostileCheckpoint, WhatIsCutShortIsRefused) {
  for (size_t size : {size_t(0), size_t(1), good_.size() / 2, good_.size() - 3}) {
    ASSERT_TRUE(write_file_atomic(index_, good_.substr(0, size)));
    expect_refused("index");
  }
  ASSERT_TRUE(write_file_atomic(index_, good_));
  const std::string pieces = folder_ + "/checkpoint/step_5/pieces_1.safetensors";
  const std::string whole = contents(pieces);
  for (size_t size : {size_t(0), size_t(9), whole.size() / 2, whole.size() - 1}) {
    ASSERT_TRUE(write_file_atomic(pieces, whole.substr(0, size)));
    expect_refused("pieces_1");
  }
  fs::remove(pieces);
  const auto checkpoint = Checkpoint::open(folder_);
  ASSERT_FALSE(checkpoint);
  EXPECT_NE(checkpoint.error().message().find("pieces_1"), std::string::npos);
}

TEST_F(HostileCheckpoint, AnotherModelsIsRefusedAndChangesNothing) {
  ParameterStore store(1, torch::kCPU);
  store.get("table", 48, 8, {Role::table, normal(1), true});
  store.get("new", 4, 4, {Role::gain, ones()});
  const Tensor before = store.parameters()[0].value.detach().clone();
  const auto checkpoint = Checkpoint::open(folder_);
  ASSERT_TRUE(checkpoint && *checkpoint);
  const Status status = (*checkpoint)->load(store);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("weight.new"), std::string::npos);
  EXPECT_TRUE(torch::equal(store.parameters()[0].value.detach(), before));
}

// The child's half: saves one checkpoint after the other, of step n all values n, until it is
// killed. A test of this program, run by itself with its orders in the environment.
TEST(CheckpointChild, DISABLED_Save) {
  const std::string folder = std::getenv("TUTTI_CHECKPOINT_CHILD");
  torch::NoGradGuard no_grad;
  Stored stored;
  const auto checkpoint = Checkpoint::open(folder);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message();
  for (int step = *checkpoint ? (*checkpoint)->step() + 1 : 1;; ++step) {
    for (auto& [name, tensor] : stored.all()) tensor.fill_(float(step));
    stored.store.updates = step;
    save(folder, step, {&stored});
  }
}

TEST(Checkpoint, OfAProgramThatIsKilledIsWholeOrNotThere) {
  const std::string folder = scratch_folder("killed");
  setenv("TUTTI_CHECKPOINT_CHILD", folder.c_str(), 1);
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  int last = 0;
  for (int kill_number = 0; kill_number < 8; ++kill_number) {
    const pid_t child = fork();
    if (child == 0) {
      execl(self.c_str(), self.c_str(), "--gtest_also_run_disabled_tests",
            "--gtest_filter=CheckpointChild.*", "--gtest_output=", nullptr);
      _exit(127);
    }
    ASSERT_GT(child, 0);
    // Until it has saved some, then at any moment.
    const auto step = [&] {
      const auto checkpoint = Checkpoint::open(folder);
      return checkpoint && *checkpoint ? (*checkpoint)->step() : 0;
    };
    while (step() < last + 3 && waitpid(child, nullptr, WNOHANG) == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::microseconds(317 * kill_number));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const auto checkpoint = Checkpoint::open(folder);
    ASSERT_TRUE(checkpoint) << checkpoint.error().message();
    ASSERT_TRUE(*checkpoint);
    last = (*checkpoint)->step();
    Stored stored;
    load(folder, stored);
    for (const auto& [name, tensor] : stored.all())
      ASSERT_TRUE(torch::all(tensor == float(last)).item<bool>()) << name << " of step " << last;
    EXPECT_EQ(stored.store.updates, last);
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace tutti
