#include "engine/session.h"

#include <atomic>

#include "engine/text_sequence.h"

namespace tutti {

Session::Session(int thread_count)
    : threads(thread_count), ops(arena, threads), decoding_(std::make_unique<DecodeBatch>()) {}
Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::create(const ModelHandle& handle, int threads) {
  TUTTI_ASSIGN(auto caches, SequenceCaches::create(handle->config, handle->cached(), kSequences));
  return create(handle, threads, std::move(caches));
}

std::unique_ptr<Session> Session::create(const ModelHandle& handle, int threads,
                                         std::shared_ptr<SequenceCaches> caches) {
  auto session = std::make_unique<Session>(threads);
  session->enter(handle, std::move(caches));
  return session;
}

void Session::enter(const ModelHandle& handle, std::shared_ptr<SequenceCaches> own_caches) {
  model_ = handle.model;
  caches = std::move(own_caches);
  ops.kept = model_->kept();
  ops.routing = model_->routing;
  if (!decoded_.owner_before(model_) && !model_.owner_before(decoded_)) return;
  decoded_ = model_;
  *decoding_ = {};
}

void Session::leave() {
  model_.reset();
  caches.reset();
}

uint64_t Session::new_shape() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace tutti
