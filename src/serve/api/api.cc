#include "serve/api/api.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "serve/api/media.h"

namespace tutti {
namespace {

constexpr int kLess = 5, kLeast = 19;  // of the nice values there are

// This thread's priority, once and for ever: one that only gets lower needs no leave.
void yield_to_model() {
  thread_local const int done = [] {
    const auto thread = id_t(gettid());
    return setpriority(PRIO_PROCESS, thread,
                       std::min(getpriority(PRIO_PROCESS, thread) + kLess, kLeast));
  }();
  (void)done;
}

FairPool::Work yielding(std::function<void()> work) {
  return [work = std::move(work)] {
    yield_to_model();
    work();
  };
}

}  // namespace

Api::Api(const Engine& engine, Scheduler& scheduler, const IsolatedDecoder& decoder,
         ApiOptions options)
    : engine_(engine),
      scheduler_(scheduler),
      decoder_(decoder),
      options_(std::move(options)),
      decoding_(decoder, media_limits(options_.limits), {.threads = decoder.workers()}) {}

void Api::post_slow(const std::string& owner, std::function<void()> work) {
  slow_.post(owner, yielding(std::move(work)));
}

std::function<void(std::function<void()>)> Api::slow_sequence(const std::string& owner) {
  return [sequence = slow_.sequence(owner)](std::function<void()> work) {
    sequence(yielding(std::move(work)));
  };
}

void Api::stop() {
  decoding_.stop();
  slow_.stop();
}

void Api::add_routes(Router& router) {
  for (const auto add :
       {add_health_routes, add_models_routes, add_chat_routes, add_responses_routes,
        add_completions_routes, add_embeddings_routes, add_images_routes, add_speech_routes,
        add_transcriptions_routes, add_explain_routes})
    add(router, *this);
}

}  // namespace tutti
