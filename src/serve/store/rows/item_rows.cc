#include "serve/store/rows/item_rows.h"

#include <nlohmann/json.hpp>

#include "serve/store/rows/queries.h"
#include "serve/store/rows/values.h"
#include "serve/store/state.h"

namespace tutti::item_rows {
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

Status put(StoreState& state, int64_t conversation, const std::string& owner,
           const StoredItem& item) {
  TUTTI_ASSIGN(const std::vector<std::string> files, files_shown_by(item.json));
  if (files.size() > kMostShown)
    return bad_input("an item may show " + std::to_string(kMostShown) + " files, not " +
                     std::to_string(files.size()) + "; split it");
  TUTTI_CHECK(execute(state.database,
                      "INSERT INTO item (conversation, id, json) VALUES (?1, ?2, ?3) "
                      "ON CONFLICT DO UPDATE SET json = ?3",
                      conversation, item.id, item.json));
  TUTTI_ASSIGN(
      const int64_t row,
      number(state.database, "item", item.id,
             "SELECT number FROM item WHERE conversation = ? AND id = ?", conversation, item.id));
  // New links first: a file that is still shown must not go in between (see the trigger).
  const std::string ids = nlohmann::json(files).dump();
  TUTTI_CHECK(execute(state.database,
                      "INSERT OR IGNORE INTO shown SELECT ?1, number FROM file WHERE owner = ?2 "
                      "AND id IN (SELECT value FROM json_each(?3))",
                      row, owner, ids));
  return execute(state.database,
                 "DELETE FROM shown WHERE item = ?1 AND file NOT IN (SELECT number FROM file "
                 "WHERE owner = ?2 AND id IN (SELECT value FROM json_each(?3)))",
                 row, owner, ids);
}

Status put_all(StoreState& state, const std::string& owner, const std::string& conversation,
               const std::vector<StoredItem>& items) {
  for (const StoredItem& item : items) TUTTI_CHECK(check_store_id(item.id));
  Database& database = state.database;
  return state.write(owner, 0, [&]() -> Status {
    TUTTI_ASSIGN(const int64_t row, conversation_number(database, owner, conversation));
    for (const StoredItem& item : items) TUTTI_CHECK(put(state, row, owner, item));
    return execute(database, "UPDATE conversation SET updated = ? WHERE number = ?", now_seconds(),
                   row);
  });
}

Result<Page<StoredItem>> list(StoreState& state, const std::string& owner,
                              const std::string& conversation, const PageOptions& page) {
  TUTTI_ASSIGN(const int64_t row, conversation_number(state.database, owner, conversation));
  return page_of<StoredItem>(state.database, "id, json", "item", "conversation = ?", row, page,
                             read_item);
}

Result<StoredItem> find(StoreState& state, const std::string& owner,
                        const std::string& conversation, const std::string& id) {
  TUTTI_ASSIGN(const int64_t row, conversation_number(state.database, owner, conversation));
  TUTTI_ASSIGN(Statement found,
               prepared(state.database,
                        "SELECT id, json FROM item WHERE conversation = ? AND id = ?", row, id));
  TUTTI_ASSIGN(const bool there, found.step());
  if (!there) return not_found("item", id);
  return read_item(found);
}

Status remove(StoreState& state, const std::string& owner, const std::string& conversation,
              const std::string& id) {
  Database& database = state.database;
  return state.remove([&](int) -> Status {
    TUTTI_ASSIGN(const int64_t row, conversation_number(database, owner, conversation));
    TUTTI_CHECK(execute(database, "DELETE FROM item WHERE conversation = ? AND id = ?", row, id));
    if (database.changes() == 0) return not_found("item", id);
    return {};
  });
}

}  // namespace tutti::item_rows
