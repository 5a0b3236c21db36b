// Store: opening, and the conversations. Their items are in store_items.cc, files in
// store_files.cc.
#include "serve/store/store.h"

#include <sodium.h>

#include <chrono>

#include "serve/store/queries.h"

namespace tutti {
namespace {

// A step a version; steps are added, never changed.
constexpr const char* kSchema[] = {R"(
CREATE TABLE conversation (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL, id TEXT NOT NULL,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, metadata TEXT NOT NULL,
  UNIQUE (owner, id)) STRICT;
CREATE TABLE item (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  conversation INTEGER NOT NULL REFERENCES conversation ON DELETE CASCADE,
  id TEXT NOT NULL, json TEXT NOT NULL,
  UNIQUE (conversation, id)) STRICT;
CREATE TABLE file (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL, id TEXT NOT NULL,
  name TEXT NOT NULL, type TEXT NOT NULL, purpose TEXT NOT NULL,
  created INTEGER NOT NULL, size INTEGER NOT NULL, bytes BLOB NOT NULL,
  UNIQUE (owner, id)) STRICT;
CREATE TABLE shown (
  item INTEGER NOT NULL REFERENCES item ON DELETE CASCADE,
  file INTEGER NOT NULL REFERENCES file ON DELETE CASCADE,
  PRIMARY KEY (item, file)) STRICT, WITHOUT ROWID;
CREATE INDEX shown_by_file ON shown (file);
CREATE TRIGGER shown_no_more AFTER DELETE ON shown BEGIN
  DELETE FROM file WHERE number = OLD.file
    AND NOT EXISTS (SELECT 1 FROM shown WHERE file = OLD.file);
END;)"};

constexpr const char* kConversationColumns = "id, created, updated, metadata";
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
  return bad_input("an id is 1 to 64 letters, digits, '_' and '-'");
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
  TUTTI_ASSIGN(Database database, Database::open(path, kSchema, options.most_bytes));
  return Store(std::make_unique<State>(std::move(database)));
}

Result<Conversation> Store::create(const std::string& owner, const std::string& id,
                                   const std::string& metadata) {
  const std::string chosen = id.empty() ? new_store_id("conv") : id;
  TUTTI_CHECK(check_store_id(chosen));
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(Statement made,
               prepared(state_->database,
                        std::string("INSERT INTO conversation (owner, id, created, updated, "
                                    "metadata) VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT DO UPDATE "
                                    "SET metadata = ?4, updated = ?3 RETURNING ") +
                            kConversationColumns,
                        owner, chosen, now_seconds(), metadata));
  TUTTI_ASSIGN(const bool row, made.step());
  if (!row) return failed("the conversation was not stored");
  const Conversation conversation = read_conversation(made);
  TUTTI_CHECK(made.run());  // commits
  return conversation;
}

Result<Conversation> Store::conversation(const std::string& owner, const std::string& id) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(Statement found, prepared(state_->database,
                                         std::string("SELECT ") + kConversationColumns +
                                             " FROM conversation WHERE owner = ? AND id = ?",
                                         owner, id));
  TUTTI_ASSIGN(const bool row, found.step());
  if (!row) return not_found("conversation");
  return read_conversation(found);
}

Result<Page<Conversation>> Store::conversations(const std::string& owner, const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  return page_of<Conversation>(state_->database, kConversationColumns,
                               "conversation WHERE owner = ?", owner, page, read_conversation);
}

Status Store::set_metadata(const std::string& owner, const std::string& id,
                           const std::string& metadata) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_CHECK(
      execute(state_->database,
              "UPDATE conversation SET metadata = ?, updated = ? WHERE owner = ? AND id = ?",
              metadata, now_seconds(), owner, id));
  if (state_->database.changes() == 0) return not_found("conversation");
  return {};
}

Status Store::remove_conversation(const std::string& owner, const std::string& id) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_CHECK(
      execute(state_->database, "DELETE FROM conversation WHERE owner = ? AND id = ?", owner, id));
  if (state_->database.changes() == 0) return not_found("conversation");
  return {};
}

Result<int64_t> Store::remove_conversations(const std::string& owner) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_CHECK(execute(state_->database, "DELETE FROM conversation WHERE owner = ?", owner));
  return state_->database.changes();
}

}  // namespace tutti
