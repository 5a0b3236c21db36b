// Store: opening, and the conversations. Their items are in store_items.cc, files in
// store_files.cc.
#include "serve/store/store.h"

#include <sodium.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "serve/store/rows/queries.h"
#include "serve/store/rows/schema.h"

namespace tutti {
namespace {

constexpr const char* kConversationColumns = "id, created, updated, metadata, number";
Conversation read_conversation(const Statement& row) {
  return {std::string(row.text(0)), row.number(1), row.number(2), std::string(row.text(3))};
}

}  // namespace

int64_t now_seconds() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

Status check_store_id(const std::string& id) {
  const char* letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (!id.empty() && id.size() <= 64 && id.find_first_not_of(letters) == id.npos) return {};
  return bad_input("an id is 1 to 64 letters, digits, '_' and '-', not " + quote(id, 40));
}

Status check_object(const std::string& text, const char* what) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin != text.npos && text[begin] == '{' && nlohmann::json::accept(text)) return {};
  return bad_input(std::string(what) + " must be a JSON object");
}

std::string new_store_id(const char* prefix) {
  uint8_t bytes[12];
  char digits[2 * sizeof bytes + 1];
  randombytes_buf(bytes, sizeof bytes);
  sodium_bin2hex(digits, sizeof digits, bytes, sizeof bytes);
  return std::string(prefix) + '_' + digits;
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
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
      std::make_unique<State>(std::move(database), std::move(reserve), options, gives_back));
  store.erase();
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
  const std::string chosen = id.empty() ? new_store_id("conv") : id;
  TUTTI_CHECK(check_store_id(chosen));
  TUTTI_CHECK(check_object(metadata, "metadata"));
  for (const StoredItem& item : items) TUTTI_CHECK(check_store_id(item.id));
  const std::lock_guard lock(state_->mutex);
  return state_->write(owner, 0, [&]() -> Result<Conversation> {
    TUTTI_ASSIGN(
        Statement made,
        prepared(state_->database,
                 std::string("INSERT INTO conversation (owner, id, created, updated, metadata) "
                             "VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT DO UPDATE SET metadata = ?4, "
                             "updated = ?3 RETURNING ") +
                     kConversationColumns,
                 owner, chosen, now_seconds(), metadata));
    TUTTI_ASSIGN(const bool row, made.step());
    if (!row) return failed("the conversation was not stored");
    const Conversation conversation = read_conversation(made);
    const int64_t number = made.number(4);
    TUTTI_CHECK(made.run());
    for (const StoredItem& item : items) TUTTI_CHECK(state_->put_item(number, owner, item));
    return conversation;
  });
}

Result<Conversation> Store::conversation(const std::string& owner, const std::string& id) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(Statement found, prepared(state_->database,
                                         std::string("SELECT ") + kConversationColumns +
                                             " FROM conversation WHERE owner = ? AND id = ?",
                                         owner, id));
  TUTTI_ASSIGN(const bool row, found.step());
  if (!row) return not_found("conversation", id);
  return read_conversation(found);
}

Result<Page<Conversation>> Store::conversations(const std::string& owner, const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  return page_of<Conversation>(state_->database, kConversationColumns, "conversation", "owner = ?",
                               owner, page, read_conversation);
}

Result<Conversation> Store::set_metadata(const std::string& owner, const std::string& id,
                                         const std::string& metadata) {
  TUTTI_CHECK(check_object(metadata, "metadata"));
  const std::lock_guard lock(state_->mutex);
  return state_->write(owner, 0, [&]() -> Result<Conversation> {
    TUTTI_ASSIGN(Statement changed,
                 prepared(state_->database,
                          std::string("UPDATE conversation SET metadata = ?, updated = ? WHERE "
                                      "owner = ? AND id = ? RETURNING ") +
                              kConversationColumns,
                          metadata, now_seconds(), owner, id));
    TUTTI_ASSIGN(const bool row, changed.step());
    if (!row) return not_found("conversation", id);
    const Conversation conversation = read_conversation(changed);
    TUTTI_CHECK(changed.run());
    return conversation;
  });
}

namespace {

// Out of its owner's sight, and out of its owner's account.
constexpr const char* kDelete =
    "UPDATE conversation SET owner = ?, id = 'n' || number WHERE owner = ? ";

}  // namespace

Status Store::remove_conversation(const std::string& owner, const std::string& id) {
  {
    const std::lock_guard lock(state_->mutex);
    TUTTI_CHECK(state_->remove([&](int) -> Status {
      TUTTI_CHECK(
          execute(state_->database, std::string(kDelete) + "AND id = ?", kDeleted, owner, id));
      if (state_->database.changes() == 0) return not_found("conversation", id);
      return {};
    }));
  }
  erase();
  return {};
}

Result<int64_t> Store::remove_conversations(const std::string& owner) {
  int64_t count = 0;
  for (int64_t some = 1; some > 0; count += some) {
    const std::lock_guard lock(state_->mutex);
    TUTTI_CHECK(state_->remove([&](int rows) -> Status {
      TUTTI_CHECK(execute(state_->database,
                          std::string(kDelete) + "AND number IN (SELECT number FROM conversation "
                                                 "WHERE owner = ?2 LIMIT ?3)",
                          kDeleted, owner, int64_t(rows)));
      some = state_->database.changes();
      return {};
    }));
  }
  erase();
  return count;
}

}  // namespace tutti
