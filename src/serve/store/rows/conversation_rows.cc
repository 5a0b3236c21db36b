#include "serve/store/rows/conversation_rows.h"

#include "serve/store/rows/item_rows.h"
#include "serve/store/rows/queries.h"
#include "serve/store/rows/values.h"
#include "serve/store/state.h"

namespace tutti::conversation_rows {
namespace {

constexpr const char* kConversationColumns = "id, created, updated, metadata, number";
Conversation read_conversation(const Statement& row) {
  return {std::string(row.text(0)), row.number(1), row.number(2), std::string(row.text(3))};
}

// Out of its owner's sight, and out of its owner's account.
constexpr const char* kDelete =
    "UPDATE conversation SET owner = ?, id = 'n' || number WHERE owner = ? ";

}  // namespace

Result<Conversation> create(StoreState& state, const std::string& owner, const std::string& id,
                            const std::string& metadata, const std::vector<StoredItem>& items) {
  const std::string chosen = id.empty() ? new_store_id("conv") : id;
  TUTTI_CHECK(check_store_id(chosen));
  if (!metadata.empty()) TUTTI_CHECK(check_object(metadata, "metadata"));
  for (const StoredItem& item : items) TUTTI_CHECK(check_store_id(item.id));
  return state.write(owner, 0, [&]() -> Result<Conversation> {
    TUTTI_ASSIGN(
        Statement made,
        prepared(state.database,
                 std::string("INSERT INTO conversation (owner, id, created, updated, metadata) "
                             "VALUES (?1, ?2, ?3, ?3, coalesce(nullif(?4, ''), '{}')) ON CONFLICT "
                             "DO UPDATE SET metadata = coalesce(nullif(?4, ''), metadata), "
                             "updated = ?3 RETURNING ") +
                     kConversationColumns,
                 owner, chosen, now_seconds(), metadata));
    TUTTI_ASSIGN(const bool row, made.step());
    if (!row) return failed("the conversation was not stored");
    const Conversation conversation = read_conversation(made);
    const int64_t number = made.number(4);
    TUTTI_CHECK(made.run());
    for (const StoredItem& item : items) TUTTI_CHECK(item_rows::put(state, number, owner, item));
    return conversation;
  });
}

Result<Conversation> find(StoreState& state, const std::string& owner, const std::string& id) {
  TUTTI_ASSIGN(Statement found, prepared(state.database,
                                         std::string("SELECT ") + kConversationColumns +
                                             " FROM conversation WHERE owner = ? AND id = ?",
                                         owner, id));
  TUTTI_ASSIGN(const bool row, found.step());
  if (!row) return not_found("conversation", id);
  return read_conversation(found);
}

Result<Page<Conversation>> list(StoreState& state, const std::string& owner,
                                const PageOptions& page) {
  return page_of<Conversation>(state.database, kConversationColumns, "conversation", "owner = ?",
                               owner, page, read_conversation);
}

Result<Conversation> set_metadata(StoreState& state, const std::string& owner,
                                  const std::string& id, const std::string& metadata) {
  TUTTI_CHECK(check_object(metadata, "metadata"));
  return state.write(owner, 0, [&]() -> Result<Conversation> {
    TUTTI_ASSIGN(Statement changed,
                 prepared(state.database,
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

Status remove(StoreState& state, const std::string& owner, const std::string& id) {
  return state.remove([&](int) -> Status {
    TUTTI_CHECK(execute(state.database, std::string(kDelete) + "AND id = ?", kDeleted, owner, id));
    if (state.database.changes() == 0) return not_found("conversation", id);
    return {};
  });
}

Result<int64_t> remove_some(StoreState& state, const std::string& owner) {
  int64_t some = 0;
  TUTTI_CHECK(state.remove([&](int rows) -> Status {
    TUTTI_CHECK(execute(state.database,
                        std::string(kDelete) + "AND number IN (SELECT number FROM conversation "
                                               "WHERE owner = ?2 LIMIT ?3)",
                        kDeleted, owner, int64_t(rows)));
    some = state.database.changes();
    return {};
  }));
  return some;
}

}  // namespace tutti::conversation_rows
