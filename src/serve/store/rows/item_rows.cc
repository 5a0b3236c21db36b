// Store: the items of a conversation, and which files they show.
#include <nlohmann/json.hpp>

#include "serve/store/rows/queries.h"

namespace tutti {
namespace {

constexpr size_t kMostShown = 64;  // bounds what deleting one item takes

Result<std::vector<std::string>> files_shown_by(const std::string& item) {
  const auto json = nlohmann::json::parse(item, nullptr, false);
  if (!json.is_object()) return bad_input("an item must be a JSON object");
  std::vector<std::string> files;
  if (!json.contains("content") || !json["content"].is_array()) return files;
  for (const auto& part : json["content"])
    if (part.is_object() && part.contains("file_id") && part["file_id"].is_string())
      files.push_back(part["file_id"]);
  return files;
}

StoredItem read_item(const Statement& row) {
  return {std::string(row.text(0)), std::string(row.text(1))};
}

}  // namespace

Status Store::State::put_item(int64_t conversation, const std::string& owner,
                              const StoredItem& item) {
  TUTTI_ASSIGN(const std::vector<std::string> files, files_shown_by(item.json));
  if (files.size() > kMostShown)
    return bad_input("an item may show " + std::to_string(kMostShown) + " files, not " +
                     std::to_string(files.size()) + "; split it");
  TUTTI_CHECK(execute(database,
                      "INSERT INTO item (conversation, id, json) VALUES (?1, ?2, ?3) "
                      "ON CONFLICT DO UPDATE SET json = ?3",
                      conversation, item.id, item.json));
  TUTTI_ASSIGN(
      const int64_t row,
      number(database, "item", item.id, "SELECT number FROM item WHERE conversation = ? AND id = ?",
             conversation, item.id));
  // New links first: a file that is still shown must not go in between (see the trigger).
  const std::string ids = nlohmann::json(files).dump();
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
  for (const StoredItem& item : items) TUTTI_CHECK(check_store_id(item.id));
  const std::lock_guard lock(state_->mutex);
  Database& database = state_->database;
  return state_->write(owner, 0, [&]() -> Status {
    TUTTI_ASSIGN(const int64_t row, conversation_number(database, owner, conversation));
    for (const StoredItem& item : items) TUTTI_CHECK(state_->put_item(row, owner, item));
    return execute(database, "UPDATE conversation SET updated = ? WHERE number = ?", now_seconds(),
                   row);
  });
}

Result<Page<StoredItem>> Store::items(const std::string& owner, const std::string& conversation,
                                      const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(const int64_t row, conversation_number(state_->database, owner, conversation));
  return page_of<StoredItem>(state_->database, "id, json", "item", "conversation = ?", row, page,
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
  if (!there) return not_found("item", id);
  return read_item(found);
}

Status Store::remove_item(const std::string& owner, const std::string& conversation,
                          const std::string& id) {
  {
    const std::lock_guard lock(state_->mutex);
    Database& database = state_->database;
    TUTTI_CHECK(state_->remove([&](int) -> Status {
      TUTTI_ASSIGN(const int64_t row, conversation_number(database, owner, conversation));
      TUTTI_CHECK(execute(database, "DELETE FROM item WHERE conversation = ? AND id = ?", row, id));
      if (database.changes() == 0) return not_found("item", id);
      return {};
    }));
  }
  erase();
  return {};
}

}  // namespace tutti
