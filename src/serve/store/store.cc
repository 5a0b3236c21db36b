// One call at a time, and what a deletion leaves is erased behind it; the rows themselves are in
// conversation_rows.cc, item_rows.cc and file_rows.cc.
#include "serve/store/store.h"

#include <sodium.h>

#include "serve/store/rows/conversation_rows.h"
#include "serve/store/rows/file_rows.h"
#include "serve/store/rows/item_rows.h"
#include "serve/store/rows/schema.h"
#include "serve/store/state.h"

namespace tutti {

Store::Store(std::unique_ptr<StoreState> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::string& path, StoreOptions options) {
  if (sodium_init() < 0) return failed("libsodium finds no source of random numbers");
  // Tables without an entry, and the inner nodes that lead to entries.
  const uint64_t slack = options.most_bytes / 64 + (256 << 10);
  TUTTI_ASSIGN(Database database, Database::open(path, kSchema, options.most_bytes + slack));
  Reserve reserve(path == ":memory:" ? std::string() : path + "-reserve");
  reserve.make();  // where it cannot be, writes are refused until deleting has made room
  const bool gives_back = database.can_give_back();
  Store store(
      std::make_unique<StoreState>(std::move(database), std::move(reserve), options, gives_back));
  store.erase();
  store.state_->publish();  // where nothing could be erased, too
  return store;
}

void Store::erase() {
  for (bool more = true; more;) {
    const std::lock_guard lock(state_->mutex);  // others get a turn between two steps
    const Result<bool> step = state_->erase_step();
    more = step && *step;  // what an error leaves is erased by the next deletion, or open()
  }
}

Result<StoreUsage> Store::usage(const std::string& owner) {
  const std::lock_guard lock(state_->mutex);
  return state_->usage(owner);
}
StoreUsage Store::usage() const {
  return state_->published();
}
uint64_t Store::most_bytes() const {
  return state_->options.most_bytes;
}
uint64_t Store::most_bytes_each() const {
  return state_->most_bytes_each();
}

Result<Conversation> Store::create(const std::string& owner, const std::string& id,
                                   const std::string& metadata,
                                   const std::vector<StoredItem>& items) {
  const std::lock_guard lock(state_->mutex);
  return conversation_rows::create(*state_, owner, id, metadata, items);
}

Result<Conversation> Store::conversation(const std::string& owner, const std::string& id) {
  const std::lock_guard lock(state_->mutex);
  return conversation_rows::find(*state_, owner, id);
}

Result<Page<Conversation>> Store::conversations(const std::string& owner, const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  return conversation_rows::list(*state_, owner, page);
}

Result<Conversation> Store::set_metadata(const std::string& owner, const std::string& id,
                                         const std::string& metadata) {
  const std::lock_guard lock(state_->mutex);
  return conversation_rows::set_metadata(*state_, owner, id, metadata);
}

Status Store::remove_conversation(const std::string& owner, const std::string& id) {
  {
    const std::lock_guard lock(state_->mutex);
    TUTTI_CHECK(conversation_rows::remove(*state_, owner, id));
  }
  erase();
  return {};
}

Result<int64_t> Store::remove_conversations(const std::string& owner) {
  int64_t count = 0;
  for (int64_t some = 1; some > 0; count += some) {
    const std::lock_guard lock(state_->mutex);
    TUTTI_ASSIGN(some, conversation_rows::remove_some(*state_, owner));
  }
  erase();
  return count;
}

Status Store::put_items(const std::string& owner, const std::string& conversation,
                        const std::vector<StoredItem>& items) {
  const std::lock_guard lock(state_->mutex);
  return item_rows::put_all(*state_, owner, conversation, items);
}

Result<Page<StoredItem>> Store::items(const std::string& owner, const std::string& conversation,
                                      const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  return item_rows::list(*state_, owner, conversation, page);
}

Result<StoredItem> Store::item(const std::string& owner, const std::string& conversation,
                               const std::string& id) {
  const std::lock_guard lock(state_->mutex);
  return item_rows::find(*state_, owner, conversation, id);
}

Status Store::remove_item(const std::string& owner, const std::string& conversation,
                          const std::string& id) {
  {
    const std::lock_guard lock(state_->mutex);
    TUTTI_CHECK(item_rows::remove(*state_, owner, conversation, id));
  }
  erase();
  return {};
}

Result<StoredFile> Store::put_file(const std::string& owner, StoredFile file,
                                   std::string_view bytes) {
  const std::lock_guard lock(state_->mutex);
  return file_rows::put(*state_, owner, std::move(file), bytes);
}

Result<StoredFile> Store::file(const std::string& owner, const std::string& id,
                               std::string* bytes) {
  const std::lock_guard lock(state_->mutex);
  return file_rows::read(*state_, owner, id, bytes);
}

Result<std::string> Store::file_bytes(const StoredFile& file, int64_t from, size_t most) {
  const std::lock_guard lock(state_->mutex);
  return file_rows::bytes_of(*state_, file, from, most);
}

Result<Page<StoredFile>> Store::files(const std::string& owner, const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  return file_rows::list(*state_, owner, page);
}

Status Store::remove_file(const std::string& owner, const std::string& id) {
  {
    const std::lock_guard lock(state_->mutex);
    TUTTI_CHECK(file_rows::remove(*state_, owner, id));
  }
  erase();
  return {};
}

Result<Page<StoredFile>> Store::shown_files(const std::string& owner,
                                            const std::string& conversation,
                                            const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  return file_rows::list_shown(*state_, owner, conversation, page);
}

}  // namespace tutti
