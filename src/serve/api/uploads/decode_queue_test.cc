// Uploads of several owners through real media processes. This program is also its own worker.
#include "serve/api/uploads/decode_queue.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <thread>

#include "media/points/read_cloud.h"
#include "serve/api/uploads/decode_upload.h"
#include "serve/media/serve_media.h"
#include "tests/helpers/point_files.h"
#include "tests/helpers/test_media.h"

namespace {

// Allocations of that many bytes or more fail.
std::atomic<size_t> least_that_fails = SIZE_MAX;

}  // namespace

[[gnu::noinline]] void* operator new(size_t bytes) {
  if (bytes >= least_that_fails) throw std::bad_alloc();
  if (void* memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace tutti {
namespace {

std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

// "spin" decodes for ever.
std::string command_in(const MediaInput& input) {
  std::string command(input.bytes().begin(), input.bytes().end());
  if (command == "spin")
    for (;;) usleep(1000);
  return command;
}

// "quick" decodes at once.
MediaDecoders obeying_decoders() {
  MediaDecoders decoders = real_decoders();
  decoders.fitted_picture = [real = decoders.fitted_picture](const MediaInput& input, int side,
                                                             const MediaLimits& limits) {
    if (command_in(input) == "quick") return Result<Picture>(make_picture(side, side, 3));
    return real(input, side, limits);
  };
  decoders.sound = [real = decoders.sound](const MediaInput& input, const MediaLimits& limits) {
    command_in(input);
    return real(input, limits);
  };
  decoders.frames = [real = decoders.frames](const MediaInput& input, int count, int side,
                                             const MediaLimits& limits) {
    command_in(input);
    return real(input, count, side, limits);
  };
  decoders.cloud = [real = decoders.cloud](const MediaInput& input, const MediaLimits& limits,
                                           UpAxis up) {
    command_in(input);
    return real(input, limits, up);
  };
  return decoders;
}

Draft draft_of(const std::vector<std::string>& commands, const char* kind = "image_url") {
  Draft draft;
  draft.append(Draft(Part::of_text("look")));
  for (const std::string& command : commands)
    draft.append(Draft(MediaUpload{&upload_kind(kind), bytes_of(command), command}));
  return draft;
}

// What comes back, in the order in which it does.
class Results {
 public:
  DecodeQueue::Done done(const std::string& name) {
    return [this, name](Result<SharedPrompt> prompt, size_t hole) {
      const std::lock_guard lock(mutex_);
      order_.push_back(name);
      const ErrorCode code = prompt ? ErrorCode() : prompt.error().code();
      EXPECT_TRUE(results_.emplace(name, std::pair(code, hole)).second) << name << " came twice";
      if (prompt) prompts_.emplace(name, *prompt);
      changed_.notify_all();
    };
  }
  std::pair<ErrorCode, size_t> wait(const std::string& name) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return results_.count(name) > 0; });
    return results_.at(name);
  }
  const SharedPrompt& prompt(const std::string& name) { return prompts_.at(name); }
  void drop() { prompts_.clear(); }
  const std::vector<std::string>& order() const { return order_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::pair<ErrorCode, size_t>> results_;
  std::map<std::string, SharedPrompt> prompts_;
  std::vector<std::string> order_;
};

class DecodeQueueTest : public testing::Test {
 protected:
  static IsolatedDecoder start(int workers) {
    auto decoder = IsolatedDecoder::start({.workers = workers, .argument = "obeying-worker"});
    if (!decoder) throw std::runtime_error(decoder.error().message());
    return *std::move(decoder);
  }
  const Account::Ptr account =
      std::make_shared<Account>("the test", size_t(1) << 20, ErrorCode::busy);
  Results results;  // outlives the queue
  const IsolatedDecoder decoder = start(2);
  DecodeQueue queue{decoder, {}, {.threads = 2, .most_waiting = 8}};
};

TEST_F(DecodeQueueTest, FillsTheHolesOfADraftAndChargesThem) {
  ASSERT_TRUE(queue.decode("a", account, draft_of({"quick", "quick"}), results.done("both")));
  EXPECT_EQ(results.wait("both").first, ErrorCode());
  const Prompt& prompt = *results.prompt("both");
  ASSERT_EQ(prompt.size(), 3u);
  EXPECT_EQ(prompt[0].text, "look");
  EXPECT_EQ(prompt[2].picture.width, kImageSize);
  EXPECT_EQ(account->held(), bytes_of(prompt));  // for as long as it is there
  EXPECT_GE(bytes_of(prompt), 3 * sizeof(Part) + 4 + 2 * prompt[1].picture.pixels.size());
  results.drop();
  while (account->held() > 0) std::this_thread::yield();  // the queue's thread lets go last
}

TEST_F(DecodeQueueTest, ACloudIsReadAndChargedAsAllElse) {
  const std::string file = ascii_ply(test_mesh());
  ASSERT_TRUE(queue.decode("a", account, draft_of({file}, "points_url"), results.done("cloud")));
  EXPECT_EQ(results.wait("cloud").first, ErrorCode());
  const Prompt& prompt = *results.prompt("cloud");
  const Rows wanted = *read_cloud(bytes_of(file), "");
  EXPECT_EQ(prompt[1].rows.modality, wanted.modality);
  EXPECT_EQ(prompt[1].rows.values, wanted.values);
  ASSERT_EQ(prompt[1].rows.places.size(), wanted.places.size());
  for (size_t i = 0; i < wanted.places.size(); ++i) {
    EXPECT_EQ(prompt[1].rows.places[i].y, wanted.places[i].y);
    EXPECT_EQ(prompt[1].rows.places[i].x, wanted.places[i].x);
  }
  EXPECT_EQ(account->held(), bytes_of(prompt));
  EXPECT_GE(bytes_of(prompt), wanted.values.size() * sizeof(float));
  ASSERT_TRUE(queue.decode("a", account, draft_of({"none"}, "points_url"), results.done("none")));
  EXPECT_EQ(results.wait("none"), std::pair(ErrorCode::bad_input, size_t(0)));
}

// By its client, which goes away, and by the time that a request has.
TEST_F(DecodeQueueTest, EveryKindOfUploadCanBeEnded) {
  DecodeQueue impatient(decoder, {}, {.threads = 1, .most_seconds = 0.2});
  const std::string kinds[] = {"image_url", "input_audio", "video_url", "points_url"};
  // First, while no process is being replaced: waiting for one counts as time.
  for (const std::string& kind : kinds) {
    const Draft draft = draft_of({"spin"}, kind.c_str());
    ASSERT_TRUE(impatient.decode("a", account, draft, results.done(kind + " late")));
    EXPECT_EQ(results.wait(kind + " late").first, ErrorCode::bad_input) << kind;
  }
  for (const std::string& kind : kinds) {
    const uint64_t before = decoder.stats().uploads;
    const Draft draft = draft_of({"spin"}, kind.c_str());
    const auto handle = queue.decode("a", account, draft, results.done(kind + " left"));
    ASSERT_TRUE(handle);
    while (decoder.stats().uploads == before) std::this_thread::yield();
    (*handle)->cancel();
    EXPECT_EQ(results.wait(kind + " left").first, ErrorCode::cancelled) << kind;
  }
}

TEST_F(DecodeQueueTest, TheFirstUploadThatFailsStopsTheOthers) {
  ASSERT_TRUE(queue.decode("a", account, draft_of({"quick", "nonsense", "spin", "spin"}),
                           results.done("bad")));
  EXPECT_EQ(results.wait("bad"), std::pair(ErrorCode::bad_input, size_t(1)));
  EXPECT_EQ(account->held(), 0u);
}

TEST_F(DecodeQueueTest, WhoHasNoMemoryIsTold) {
  least_that_fails = kImageSize * kImageSize * 3;  // the picture that comes back
  for (const char* name : {"1", "2", "3", "4"}) {  // more than there are processes
    ASSERT_TRUE(queue.decode("a", account, draft_of({"quick", "quick"}), results.done(name)));
    EXPECT_EQ(results.wait(name).first, ErrorCode::no_memory);
  }
  least_that_fails = SIZE_MAX;
  ASSERT_TRUE(queue.decode("a", account, draft_of({"quick"}), results.done("next")));
  EXPECT_EQ(results.wait("next").first, ErrorCode());
}

TEST_F(DecodeQueueTest, CancellingKillsWhatDecodesAndDropsWhatWaits) {
  const auto spinning = queue.decode("a", account, draft_of({"spin"}), results.done("spinning"));
  const auto waiting = queue.decode("a", account, draft_of({"spin"}), results.done("waiting"));
  (*waiting)->cancel();
  EXPECT_EQ(results.wait("waiting").first, ErrorCode::cancelled);
  (*spinning)->cancel();
  EXPECT_EQ(results.wait("spinning").first, ErrorCode::cancelled);
}

TEST_F(DecodeQueueTest, AnOwnerWithManyUploadsDoesNotDelayAnother) {
  std::vector<std::shared_ptr<DecodeQueue::Handle>> slow;
  for (const char* name : {"1", "2", "3"})
    slow.push_back(
        *queue.decode("greedy", account, draft_of({"spin", "spin"}), results.done(name)));
  ASSERT_TRUE(queue.decode("other", account, draft_of({"quick"}), results.done("quick")));
  EXPECT_EQ(results.wait("quick").first, ErrorCode());  // one process is never the greedy owner's
  EXPECT_EQ(results.order(), std::vector<std::string>{"quick"});
  for (const auto& handle : slow) handle->cancel();
  for (const char* name : {"1", "2", "3"}) results.wait(name);
}

TEST_F(DecodeQueueTest, NumberAndBytesThatWaitAreLimited) {
  std::map<std::string, std::shared_ptr<DecodeQueue::Handle>> waiting;
  int refused = 0;
  for (int i = 0; i < 12; ++i) {
    const std::string name = std::to_string(i);
    auto handle = queue.decode("a", account, draft_of({"spin"}), results.done(name));
    if (handle)
      waiting.emplace(name, *handle);
    else
      refused += handle.error().code() == ErrorCode::busy;
  }
  EXPECT_GE(refused, 3);  // eight wait and one runs
  for (const auto& [name, handle] : waiting) handle->cancel();
  for (const auto& [name, handle] : waiting) results.wait(name);
  const std::string vast(size_t(2) << 20, 'x');
  const auto handle = queue.decode("b", account, draft_of({vast}), results.done("vast"));
  EXPECT_FALSE(handle);
  EXPECT_EQ(account->held(), 0u);
}

TEST_F(DecodeQueueTest, ARequestHasOnlySoMuchTime) {
  DecodeQueue impatient(decoder, {}, {.threads = 1, .most_seconds = 0.2});
  ASSERT_TRUE(impatient.decode("a", account, draft_of({"spin", "quick"}), results.done("late")));
  EXPECT_EQ(results.wait("late").first, ErrorCode::bad_input);
}

TEST_F(DecodeQueueTest, StoppingEndsEverything) {
  ASSERT_TRUE(queue.decode("a", account, draft_of({"spin", "spin"}), results.done("spin")));
  queue.stop();
  EXPECT_EQ(results.wait("spin").first, ErrorCode::cancelled);
  EXPECT_FALSE(queue.decode("a", account, draft_of({"quick"}), results.done("late")));
}

// Whoever is let in while the queue stops is told, and whoever is refused is not.
TEST_F(DecodeQueueTest, StoppingLosesNoResult) {
  for (int round = 0; round < 100; ++round) {
    DecodeQueue stopped(decoder, {}, {.threads = 1});
    std::atomic<int> accepted = 0, told = 0;
    std::atomic<bool> begun = false;
    std::thread client([&] {
      for (bool more = true; more;) {
        const auto handle = stopped.decode("a", account, draft_of({"quick"}),
                                           [&](const Result<SharedPrompt>&, size_t) { ++told; });
        more = bool(handle);
        accepted += more;
        begun = true;
      }
    });
    while (!begun) std::this_thread::yield();
    stopped.stop();
    client.join();
    ASSERT_EQ(told, accepted);
  }
}

}  // namespace
}  // namespace tutti

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "obeying-worker")
    return tutti::serve_media(0, tutti::obeying_decoders());
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
