// What the parts of the store share: statements with their values, pages, and the state itself.
#pragma once

#include <mutex>

#include "serve/store/database.h"
#include "serve/store/store.h"

namespace tutti {

struct Store::State {
  explicit State(Database d) : database(std::move(d)) {}
  std::mutex mutex;
  Database database;

  Status put_item(int64_t conversation, const std::string& owner, const StoredItem& item);
};

int64_t now_seconds();  // Unix time
Status check_store_id(const std::string& id);

inline Error not_found(const char* what) {
  return {ErrorCode::not_found, std::string("there is no such ") + what};
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

inline Result<int64_t> conversation_number(Database& database, const std::string& owner,
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

}  // namespace tutti
