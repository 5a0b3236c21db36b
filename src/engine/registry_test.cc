// Models by name: what may be one, what aliases lead to, and what becomes of a model that is
// swapped while somebody holds it.
#include "engine/registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/loaded_model.h"
#include "engine/requests/embed_request.h"
#include "format/package/model_package.h"
#include "format/package/save_model.h"
#include "tests/helpers/random_adapters.h"
#include "tests/helpers/test_model.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

// Two models that say different things.
std::string model_file(const std::string& name, float scale) {
  return write_model(name, tiny_config(), "", [&](const std::string&, std::vector<float>& values) {
    for (float& value : values) value *= scale;
  });
}

const std::string& first_file() {
  static const std::string path = model_file("registry_first", 1);
  return path;
}
const std::string& second_file() {
  static const std::string path = model_file("registry_second", 0.5f);
  return path;
}

// As operators replace a file: the new one takes the name at once.
void replace(const std::string& path, const std::string& by) {
  fs::copy_file(by, path + ".new", fs::copy_options::overwrite_existing);
  fs::rename(path + ".new", path);
}

std::vector<float> embedded(const ModelHandle& model) {
  EmbedRequest request(model, SharedPrompt{Part::of_text("the quick fox")});
  const auto session = *Session::create(model, 1);
  EXPECT_TRUE(run(request, *session));
  return request.result().front();
}

class RegistryTest : public testing::Test {
 protected:
  RegistryTest() { replace(path_, first_file()); }

  std::string told(const Status& status) { return status ? "" : status.error().message(); }

  const std::string path_ = own_file("registry_served.safetensors");
  Registry registry_;
};

TEST_F(RegistryTest, NamesAndAliasesLeadToModels) {
  EXPECT_EQ(registry_.find(), nullptr);
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  ASSERT_TRUE(registry_.add("two", {second_file(), {1}}));
  ASSERT_TRUE(registry_.add_aliases({{"fastest", "fast"}, {"fast", "two"}, {"one", "one"}}));
  ASSERT_TRUE(registry_.add_aliases({{"quick", "fastest"}}));
  EXPECT_EQ(registry_.find()->name, "one");
  for (const char* name : {"two", "fast", "fastest", "quick"})
    EXPECT_EQ(registry_.find(name)->name, "two") << name;
  EXPECT_EQ(registry_.find("three"), nullptr);
  EXPECT_EQ(registry_.names(), "one, two, fast, fastest, quick");
  EXPECT_EQ(registry_.names(2), "one, two and 3 more");
  EXPECT_EQ(registry_.list()[2].alias_of, "two");
  EXPECT_GT(registry_.list()[2].written, 0);
  ASSERT_TRUE(registry_.remove("two"));
  EXPECT_EQ(registry_.names(), "one");
  EXPECT_EQ(registry_.remove("two").error().code(), ErrorCode::not_found);
  EXPECT_EQ(registry_.remove("one").error().code(), ErrorCode::usage);
}

TEST_F(RegistryTest, OddNamesAreRefusedByName) {
  for (const std::string name : {"", "a\nb", "a=b", "\"", "a\\b", " a", "a ", "\x1b[31m", "\xff"}) {
    EXPECT_EQ(registry_.add(name, {path_, {1}}).error().code(), ErrorCode::usage) << name;
    EXPECT_FALSE(check_model_name(name)) << name;
  }
  EXPECT_FALSE(check_model_name(std::string(129, 'a')));
  for (const std::string name : {"a", "org/model:7b", "gpt-4o", "模型", "my model", "__proto__"})
    EXPECT_TRUE(check_model_name(name)) << name;
  EXPECT_EQ(registry_.find(), nullptr);
}

TEST_F(RegistryTest, TakenNamesAndCyclesAreRefusedAndChangeNothing) {
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  ASSERT_TRUE(registry_.add_aliases({{"fast", "one"}}));
  EXPECT_NE(told(registry_.add("one", {path_, {1}})).find("called one"), std::string::npos);
  EXPECT_NE(told(registry_.add("fast", {path_, {1}})).find("alias of one"), std::string::npos);
  const std::vector<std::vector<std::pair<std::string, std::string>>> wrong = {
      {{"fast", "one"}},                          // taken
      {{"one", "fast"}},                          // a model's
      {{"good", "one"}, {"a", "b"}, {"b", "a"}},  // a cycle
      {{"good", "one"}, {"c", "c"}},              // the smallest one
      {{"good", "one"}, {"d", "nothing"}},        // leads nowhere
      {{"good", "one"}, {"good", "fast"}},        // to both
      {{"good", "one"}, {"e\n", "one"}},          // no name
      {{"good", "one"}, {"f", "\x1b[31m"}}};      // nor that
  for (const auto& pairs : wrong) {
    const Status status = registry_.add_aliases(pairs);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::usage);
    const std::string name = pairs.back().first.substr(0, 1);
    EXPECT_NE(status.error().message().find(name), std::string::npos) << status.error().message();
    EXPECT_EQ(status.error().message().find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(registry_.names(), "one, fast");
}

class AdaptedRegistry : public RegistryTest {
 protected:
  AdaptedRegistry() { put({"pirate", "formal"}); }

  void put(const std::vector<std::string>& adapters) {
    const std::string fresh = testing::TempDir() + "/registry_adapted.safetensors";
    fs::copy_file(first_file(), fresh, fs::copy_options::overwrite_existing);
    if (!adapters.empty()) {
      EXPECT_TRUE(add_adapters(fresh, adapters));
    }
    replace(path_, fresh);
  }
};

TEST_F(AdaptedRegistry, AdaptersAreNamesOfTheirOwn) {
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  ASSERT_TRUE(registry_.add("two", {second_file(), {1}}));
  ASSERT_TRUE(registry_.add_aliases(
      {{"ahoy", "arr"}, {"arr", "fast:pirate"}, {"fast", "one"}, {"sir", "one:formal"}}));
  EXPECT_EQ(registry_.names(), "one, one:pirate, one:formal, two, ahoy, arr, fast, sir");
  const ServedPtr plain = registry_.find("one"), pirate = registry_.find("one:pirate");
  EXPECT_EQ(plain->handle.adapter, -1);
  EXPECT_EQ(pirate->handle.adapter, 0);
  EXPECT_EQ(pirate->handle.model, plain->handle.model);
  EXPECT_EQ(pirate->name, "one:pirate");
  for (const char* name : {"arr", "ahoy", "fast:pirate"}) EXPECT_EQ(registry_.find(name), pirate);
  EXPECT_EQ(registry_.find("sir")->handle.adapter, 1);
  for (const char* name : {"one:", ":pirate", "one:none", "two:pirate", "arr:pirate", "pirate"})
    EXPECT_EQ(registry_.find(name), nullptr) << name;
  const auto cards = registry_.list();
  EXPECT_EQ(cards[1].adapter_of, "one");
  EXPECT_EQ(cards[5].alias_of, "one:pirate");
  EXPECT_NE(embedded(plain->handle), embedded(pirate->handle));
  ASSERT_TRUE(registry_.remove("one"));
  EXPECT_EQ(registry_.names(), "two");
}

TEST_F(AdaptedRegistry, NoNameIsAnAdapterAndSomethingElse) {
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  for (const Status& status :
       {registry_.add("one:pirate", {second_file(), {1}}),
        registry_.add_aliases({{"one:pirate", "one"}}), registry_.add_aliases({{"a", "one:tiger"}}),
        registry_.add_aliases({{"b", "one:pirate"}, {"c", "b:formal"}})}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), ErrorCode::usage) << status.error().message();
  }
  EXPECT_NE(told(registry_.add_aliases({{"a", "one:tiger"}})).find("it has pirate, formal"),
            std::string::npos);
  // What is no adapter's may have a colon.
  ASSERT_TRUE(registry_.add("one:7b", {second_file(), {1}}));
  ASSERT_TRUE(registry_.add_aliases({{"one:small", "one"}}));
  EXPECT_EQ(registry_.find("one:7b")->handle.adapter, -1);
  EXPECT_EQ(registry_.names(), "one, one:pirate, one:formal, one:7b, one:small");
  put({"7b"});
  EXPECT_NE(told(registry_.reload("one").error()).find("called one:7b"), std::string::npos);
  EXPECT_EQ(registry_.names(), "one, one:pirate, one:formal, one:7b, one:small");
  EXPECT_NE(told(registry_.add("one", {path_, {1}})).find("called one"), std::string::npos);
}

// A new file's adapters are what counts; who holds one of the old goes on with it.
TEST_F(AdaptedRegistry, AdaptersComeAndGoWithTheirFile) {
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  ASSERT_TRUE(registry_.add_aliases({{"arr", "one:pirate"}}));
  const ServedPtr held = registry_.find("arr");
  const std::vector<float> before = embedded(held->handle);
  put({"formal"});
  ASSERT_TRUE(*registry_.reload("one"));
  EXPECT_EQ(registry_.names(), "one, one:formal");
  EXPECT_EQ(registry_.find("arr"), nullptr);
  EXPECT_EQ(registry_.find("one:formal")->handle.adapter, 0);
  EXPECT_EQ(embedded(held->handle), before);
  put({"formal", "pirate"});
  ASSERT_TRUE(*registry_.reload("one"));
  EXPECT_EQ(registry_.find("arr")->handle.adapter, 1);
  EXPECT_EQ(embedded(registry_.find("arr")->handle), before);
}

// Who holds a model goes on with it, and the last one frees it.
TEST_F(RegistryTest, ASwapLeavesWhoHoldsTheModelItsModel) {
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  ServedPtr held = registry_.find("one");
  const std::weak_ptr<const LoadedModel> old = held->handle.model;
  const std::vector<float> before = embedded(held->handle);
  EXPECT_FALSE(*registry_.reload("one")) << "the file is the same";
  replace(path_, second_file());
  EXPECT_TRUE(*registry_.reload("one"));
  const ServedPtr now = registry_.find("one");
  EXPECT_NE(embedded(now->handle), before);
  EXPECT_EQ(embedded(held->handle), before);
  EXPECT_FALSE(old.expired());
  held.reset();
  EXPECT_TRUE(old.expired());
  EXPECT_EQ(registry_.reload("two").error().code(), ErrorCode::not_found);
}

// Whatever is wrong with the file: the model stays, and a later good file is taken.
TEST_F(RegistryTest, ABadFileLeavesTheModelThatWas) {
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  const ServedPtr before = registry_.find("one");
  const auto expect_refused = [&](const std::string& part) {
    const Result<bool> swapped = registry_.reload("one");
    ASSERT_FALSE(swapped) << part;
    EXPECT_NE(swapped.error().message().find(path_), std::string::npos)
        << swapped.error().message();
    EXPECT_NE(swapped.error().message().find(part), std::string::npos) << swapped.error().message();
    EXPECT_EQ(registry_.find("one"), before);
  };
  fs::remove(path_);
  expect_refused("");
  std::ifstream whole(second_file(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  const auto write = [&](const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
  };
  write("");
  expect_refused("");
  write(bytes.substr(0, bytes.size() / 2));
  expect_refused("");
  std::string other = bytes;
  const std::string version = R"(\"min_reader\":)";
  const size_t at = other.find(version);
  ASSERT_NE(at, other.npos);
  other[at + version.size()] = '9';
  write(other);
  expect_refused("reader 9");
  std::string torn = bytes;
  for (size_t i = torn.size() - 4000; i < torn.size(); ++i) torn[i] = char(0xff);  // NaN
  write(torn);
  expect_refused("");
  std::string flipped = bytes;
  flipped[flipped.size() - 4000] ^= 1;
  write(flipped);
  expect_refused("does not match its hash");
  replace(path_, second_file());
  EXPECT_TRUE(*registry_.reload("one"));
  EXPECT_NE(registry_.find("one"), before);
}

TEST_F(RegistryTest, WhatIsServedMatchesItsHashes) {
  std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary).seekp(-4000, std::ios::end)
      << 'x';
  EXPECT_NE(told(registry_.add("one", {path_, {1}})).find("does not match its hash"),
            std::string::npos);
  EXPECT_EQ(registry_.find("one"), nullptr);
}

// Refused by its first bytes: no machine has the memory for a copy of it.
TEST_F(RegistryTest, AHugeFileIsRefusedByItsHead) {
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  fs::remove(path_);
  std::ofstream(path_) << "a film, say";
  fs::resize_file(path_, uintmax_t(1) << 40);
  const Result<bool> swapped = registry_.reload("one");
  ASSERT_FALSE(swapped);
  EXPECT_EQ(swapped.error().code(), ErrorCode::bad_input);
  EXPECT_NE(swapped.error().message().find("this is not a safetensors file"), std::string::npos)
      << swapped.error().message();
}

TEST_F(RegistryTest, AShardThatChangesAloneIsNoticed) {
  {
    const ModelPackage package = *ModelPackage::open(first_file());
    std::vector<TensorView> tensors;
    for (const TensorView& tensor : package.file.tensors())
      if (tensor.name != tokenizer_tensor) tensors.push_back(tensor);
    ASSERT_TRUE(save_model(path_, package.config_json, package.card, package.tokenizer, tensors,
                           DType::f32, {}, 1 << 18));
  }
  const std::string shard =
      own_file(ModelPackage::open(path_)->manifest.shards.at(0).file);  // of the same folder
  ASSERT_TRUE(fs::exists(shard));
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  EXPECT_FALSE(*registry_.reload("one"));
  fs::copy_file(shard, shard + ".kept", fs::copy_options::overwrite_existing);
  fs::copy_file(shard, shard + ".new", fs::copy_options::overwrite_existing);
  std::fstream(shard + ".new", std::ios::in | std::ios::out).seekp(-1, std::ios::end) << '!';
  fs::rename(shard + ".new", shard);
  const Result<bool> swapped = registry_.reload("one");
  ASSERT_FALSE(swapped);
  EXPECT_NE(swapped.error().message().find("is not the one that it was saved with"),
            std::string::npos)
      << swapped.error().message();
  fs::rename(shard + ".kept", shard);
  EXPECT_TRUE(*registry_.reload("one"));
}

// Against all advice: the file is cut short and grows while it is read. No signal ends the process.
TEST_F(RegistryTest, AFileThatIsWrittenInPlaceEndsNothing) {
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  std::ifstream whole(second_file(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (size_t n = 0; !done; ++n) {
      std::ofstream file(path_, std::ios::binary | std::ios::in);
      fs::resize_file(path_, n * 4096 % bytes.size());
      file.write(bytes.data(), std::streamsize(bytes.size()));
    }
  });
  for (int refused = 0; refused < 50;) {
    const Result<bool> swapped = registry_.reload("one");
    refused += !swapped;
    EXPECT_EQ(registry_.find("one")->handle->config.layers, tiny_config().layers);
  }
  done = true;
  writer.join();
  replace(path_, second_file());
  EXPECT_TRUE(*registry_.reload("one"));
}

// Looking up never waits, and never finds nothing.
TEST_F(RegistryTest, IsAskedWhileItSwaps) {
  ASSERT_TRUE(registry_.add("one", {path_, {1}}));
  ASSERT_TRUE(registry_.add_aliases({{"fast", "one"}}));
  std::atomic<bool> done = false;
  std::atomic<int> missing = 0;
  std::vector<std::thread> askers;
  for (int i = 0; i < 4; ++i)
    askers.emplace_back([&] {
      while (!done) {
        const ServedPtr model = registry_.find("fast");
        missing += !model || model->handle->config.layers != tiny_config().layers;
        missing += registry_.list().size() != 2;
        std::this_thread::yield();
      }
    });
  for (int i = 0; i < 10; ++i) {
    replace(path_, i % 2 ? first_file() : second_file());
    EXPECT_TRUE(*registry_.reload("one"));
  }
  done = true;
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(missing, 0);
}

TEST_F(RegistryTest, HoldsAThousandModels) {
  for (int i = 0; i < 1000; ++i) {
    const Status status = registry_.add("model-" + std::to_string(i), {path_, {1}});
    ASSERT_TRUE(status) << status.error().message();
  }
  EXPECT_EQ(registry_.list().size(), 1000u);
  EXPECT_EQ(registry_.find("model-999")->name, "model-999");
  EXPECT_NE(registry_.names().find("and 980 more"), std::string::npos);
  const std::weak_ptr<const LoadedModel> gone = registry_.find("model-500")->handle.model;
  ASSERT_TRUE(registry_.remove("model-500"));
  EXPECT_TRUE(gone.expired());
}

}  // namespace
}  // namespace tutti
