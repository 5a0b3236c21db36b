// Statements with their values, and pages of rows.
#pragma once

#include "base/quote.h"
#include "serve/store/rows/database.h"
#include "serve/store/store.h"

namespace tutti {

inline Error not_found(const char* what, const std::string& id) {
  return {ErrorCode::not_found, std::string("there is no ") + what + " " + quote(id, 64)};
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

// The one number that a row has, or not_found: of `what`, which the client calls `id`.
template <class... Values>
Result<int64_t> number(Database& database, const char* what, const std::string& id,
                       const std::string& sql, const Values&... values) {
  TUTTI_ASSIGN(Statement statement, prepared(database, sql, values...));
  TUTTI_ASSIGN(const bool found, statement.step());
  if (!found) return not_found(what, id);
  return statement.number(0);
}

inline Result<int64_t> conversation_number(Database& database, const std::string& owner,
                                           const std::string& id) {
  return number(database, "conversation", id,
                "SELECT number FROM conversation WHERE owner = ? AND id = ?", owner, id);
}

// One page of the rows of `table` that keep to `where`, whose one parameter is `scope`. Their
// numbers come first, from an index alone: whatever is large is read once, row by row, and never
// sorted.
template <class T, class Scope, class Read>
Result<Page<T>> page_of(Database& database, const std::string& columns, const std::string& table,
                        const std::string& where, const Scope& scope, const PageOptions& options,
                        const Read& read) {
  const std::string from = "SELECT number FROM " + table + " WHERE " + where;
  int64_t after = options.behind ? options.behind : options.ascending ? 0 : INT64_MAX;
  if (!options.after.empty()) {
    TUTTI_ASSIGN(after, number(database, "entry to go on after", options.after,
                               from + " AND id = ?", scope, options.after));
  }
  const std::string order = options.ascending ? " AND number > ? ORDER BY number LIMIT ?"
                                              : " AND number < ? ORDER BY number DESC LIMIT ?";
  TUTTI_ASSIGN(Statement found,
               prepared(database, from + order, scope, after, int64_t(options.limit) + 1));
  TUTTI_ASSIGN(Statement row,
               database.prepare("SELECT " + columns + " FROM " + table + " WHERE number = ?"));
  Page<T> page;
  size_t bytes = 0;
  for (;;) {
    TUTTI_ASSIGN(const bool another, found.step());
    if (!another) return page;
    page.more = int(page.entries.size()) == options.limit || bytes > options.most_bytes;
    if (page.more) return page;
    page.last = found.number(0);
    row.reset();
    row.bind(1, page.last);
    TUTTI_ASSIGN(const bool there, row.step());
    if (!there) return failed("the store of conversations lost a row; restore it from a copy");
    bytes += row.bytes();
    page.entries.push_back(read(row));
  }
}

}  // namespace tutti
