#include "serve/store/store.h"

#include <sodium.h>

#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>

#include "serve/store/database.h"

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

int64_t now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

Status check_id(const std::string& id) {
  const char* letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (!id.empty() && id.size() <= 64 && id.find_first_not_of(letters) == id.npos) return {};
  return bad_input("an id is 1 to 64 letters, digits, '_' and '-'");
}

Error not_found(const char* what) {
  return {ErrorCode::not_found, std::string("there is no such ") + what};
}

std::vector<std::string> shown_files(const std::string& item) {
  const auto json = nlohmann::json::parse(item, nullptr, false);
  std::vector<std::string> files;
  if (!json.is_object() || !json.contains("content") || !json["content"].is_array()) return files;
  for (const auto& part : json["content"])
    if (part.is_object() && part.contains("file_id") && part["file_id"].is_string())
      files.push_back(part["file_id"]);
  return files;
}

// Binds in order, from parameter 1 on.
template <class... Values>
Result<Statement> prepared(Database& database, const std::string& sql, const Values&... values) {
  TUTTI_ASSIGN(Statement statement, database.prepare(sql));
  int parameter = 0;
  (statement.bind(++parameter, values), ...);
  return statement;
}

template <class... Values>
Status execute(Database& database, const std::string& sql, const Values&... values) {
  TUTTI_ASSIGN(Statement statement, prepared(database, sql, values...));
  return statement.run();
}

// The one number that a row has, or not_found.
template <class... Values>
Result<int64_t> number(Database& database, const char* what, const std::string& sql,
                       const Values&... values) {
  TUTTI_ASSIGN(Statement statement, prepared(database, sql, values...));
  TUTTI_ASSIGN(const bool found, statement.step());
  if (!found) return not_found(what);
  return statement.number(0);
}

Result<int64_t> conversation_number(Database& database, const std::string& owner,
                                    const std::string& id) {
  return number(database, "conversation",
                "SELECT number FROM conversation WHERE owner = ? AND id = ?", owner, id);
}

// One page of `from`, whose rows have a number and an id; `scope` binds the first parameter.
template <class T, class Scope, class Read>
Result<Page<T>> page_of(Database& database, const std::string& columns, const std::string& from,
                        const Scope& scope, const PageOptions& options, const Read& read) {
  int64_t after = options.ascending ? 0 : INT64_MAX;
  if (!options.after.empty()) {
    TUTTI_ASSIGN(after, number(database, "entry to go on after",
                               "SELECT number FROM " + from + " AND id = ?", scope, options.after));
  }
  const std::string order = options.ascending ? " AND number > ? ORDER BY number LIMIT ?"
                                              : " AND number < ? ORDER BY number DESC LIMIT ?";
  TUTTI_ASSIGN(Statement rows, prepared(database, "SELECT " + columns + " FROM " + from + order,
                                        scope, after, int64_t(options.limit) + 1));
  Page<T> page;
  for (;;) {
    TUTTI_ASSIGN(const bool row, rows.step());
    if (!row) return page;
    page.more = int(page.entries.size()) == options.limit;
    if (page.more) return page;
    page.entries.push_back(read(rows));
  }
}

constexpr const char* kConversationColumns = "id, created, updated, metadata";
Conversation read_conversation(const Statement& row) {
  return {std::string(row.text(0)), row.number(1), row.number(2), std::string(row.text(3))};
}
constexpr const char* kFileColumns = "id, name, type, purpose, created, size";
StoredFile read_file(const Statement& row) {
  return {std::string(row.text(0)),
          std::string(row.text(1)),
          std::string(row.text(2)),
          std::string(row.text(3)),
          row.number(4),
          row.number(5)};
}
StoredItem read_item(const Statement& row) {
  return {std::string(row.text(0)), std::string(row.text(1))};
}

}  // namespace

std::string new_store_id(const char* prefix) {
  uint8_t bytes[12];
  char digits[2 * sizeof bytes + 1];
  randombytes_buf(bytes, sizeof bytes);
  sodium_bin2hex(digits, sizeof digits, bytes, sizeof bytes);
  return std::string(prefix) + '_' + digits;
}

struct Store::State {
  explicit State(Database d) : database(std::move(d)) {}
  std::mutex mutex;
  Database database;

  Status put_item(int64_t conversation, const std::string& owner, const StoredItem& item);
};

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
  TUTTI_CHECK(check_id(chosen));
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(Statement made,
               prepared(state_->database,
                        std::string("INSERT INTO conversation (owner, id, created, updated, "
                                    "metadata) VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT DO UPDATE "
                                    "SET metadata = ?4, updated = ?3 RETURNING ") +
                            kConversationColumns,
                        owner, chosen, now(), metadata));
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
              metadata, now(), owner, id));
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

Status Store::State::put_item(int64_t conversation, const std::string& owner,
                              const StoredItem& item) {
  TUTTI_CHECK(execute(database,
                      "INSERT INTO item (conversation, id, json) VALUES (?1, ?2, ?3) "
                      "ON CONFLICT DO UPDATE SET json = ?3",
                      conversation, item.id, item.json));
  TUTTI_ASSIGN(const int64_t row,
               number(database, "item", "SELECT number FROM item WHERE conversation = ? AND id = ?",
                      conversation, item.id));
  // New links first: a file that is still shown must not go in between (see the trigger).
  const std::string ids = nlohmann::json(shown_files(item.json)).dump();
  TUTTI_CHECK(execute(database,
                      "INSERT OR IGNORE INTO shown SELECT ?1, number FROM file WHERE owner = ?2 "
                      "AND id IN (SELECT value FROM json_each(?3))",
                      row, owner, ids));
  return execute(database,
                 "DELETE FROM shown WHERE item = ?1 AND file NOT IN (SELECT number FROM file "
                 "WHERE owner = ?2 AND id IN (SELECT value FROM json_each(?3)))",
                 row, owner, ids);
}

Status Store::put_items(const std::string& owner, const std::string& conversation,
                        const std::vector<StoredItem>& items) {
  for (const StoredItem& item : items) TUTTI_CHECK(check_id(item.id));
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  TUTTI_ASSIGN(Database::Transaction transaction, Database::Transaction::begin(database));
  TUTTI_ASSIGN(const int64_t row, conversation_number(database, owner, conversation));
  for (const StoredItem& item : items) TUTTI_CHECK(state_->put_item(row, owner, item));
  TUTTI_CHECK(
      execute(database, "UPDATE conversation SET updated = ? WHERE number = ?", now(), row));
  return transaction.commit();
}

Result<Page<StoredItem>> Store::items(const std::string& owner, const std::string& conversation,
                                      const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(const int64_t row, conversation_number(state_->database, owner, conversation));
  return page_of<StoredItem>(state_->database, "id, json", "item WHERE conversation = ?", row, page,
                             read_item);
}

Result<StoredItem> Store::item(const std::string& owner, const std::string& conversation,
                               const std::string& id) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(const int64_t row, conversation_number(state_->database, owner, conversation));
  TUTTI_ASSIGN(Statement found,
               prepared(state_->database,
                        "SELECT id, json FROM item WHERE conversation = ? AND id = ?", row, id));
  TUTTI_ASSIGN(const bool there, found.step());
  if (!there) return not_found("item");
  return read_item(found);
}

Status Store::remove_item(const std::string& owner, const std::string& conversation,
                          const std::string& id) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(const int64_t row, conversation_number(state_->database, owner, conversation));
  TUTTI_CHECK(
      execute(state_->database, "DELETE FROM item WHERE conversation = ? AND id = ?", row, id));
  if (state_->database.changes() == 0) return not_found("item");
  return {};
}

Result<StoredFile> Store::put_file(const std::string& owner, StoredFile file,
                                   std::string_view bytes) {
  if (file.id.empty()) file.id = new_store_id("file");
  TUTTI_CHECK(check_id(file.id));
  {
    const std::lock_guard lock(state_->mutex);
    TUTTI_ASSIGN(
        Statement insert,
        prepared(state_->database,
                 "INSERT INTO file (owner, id, name, type, purpose, created, size, bytes) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                 owner, file.id, file.name, file.type, file.purpose, now(), int64_t(bytes.size())));
    insert.bind_bytes(8, {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    TUTTI_CHECK(insert.run());
  }
  return this->file(owner, file.id);
}

Result<StoredFile> Store::file(const std::string& owner, const std::string& id,
                               std::string* bytes) {
  const std::lock_guard lock(state_->mutex);
  const std::string columns = std::string(kFileColumns) + (bytes ? ", bytes" : "");
  TUTTI_ASSIGN(Statement found,
               prepared(state_->database,
                        "SELECT " + columns + " FROM file WHERE owner = ? AND id = ?", owner, id));
  TUTTI_ASSIGN(const bool row, found.step());
  if (!row) return not_found("file");
  if (bytes) *bytes = found.text(6);
  return read_file(found);
}

Result<Page<StoredFile>> Store::files(const std::string& owner, const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  return page_of<StoredFile>(state_->database, kFileColumns, "file WHERE owner = ?", owner, page,
                             read_file);
}

Status Store::remove_file(const std::string& owner, const std::string& id) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_CHECK(execute(state_->database, "DELETE FROM file WHERE owner = ? AND id = ?", owner, id));
  if (state_->database.changes() == 0) return not_found("file");
  return {};
}

Result<std::vector<std::string>> Store::files_of(const std::string& owner,
                                                 const std::string& conversation) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(const int64_t row, conversation_number(state_->database, owner, conversation));
  TUTTI_ASSIGN(Statement rows,
               prepared(state_->database,
                        "SELECT DISTINCT file.id FROM item JOIN shown ON shown.item = item.number "
                        "JOIN file ON file.number = shown.file WHERE item.conversation = ? "
                        "ORDER BY file.number",
                        row));
  std::vector<std::string> ids;
  for (;;) {
    TUTTI_ASSIGN(const bool more, rows.step());
    if (!more) return ids;
    ids.emplace_back(rows.text(0));
  }
}

}  // namespace tutti
