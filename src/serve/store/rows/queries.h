// What the parts of the store share: statements with their values, pages, and the state itself.
#pragma once

#include <functional>
#include <mutex>

#include "base/quote.h"
#include "serve/store/rows/database.h"
#include "serve/store/ordered_mutex.h"
#include "serve/store/reserve.h"
#include "serve/store/store.h"

namespace tutti {

struct Store::State {
  State(Database d, Reserve r, StoreOptions o, bool g)
      : database(std::move(d)), reserve(std::move(r)), options(o), gives_back(g) {}
  OrderedMutex mutex;  // whoever waits comes between two steps of a deletion
  Database database;
  Reserve reserve;
  const StoreOptions options;
  const bool gives_back;  // freed pages go back to the file system

  Status put_item(int64_t conversation, const std::string& owner, const StoredItem& item);
  Result<StoredFile> find_file(const std::string& owner, const std::string& id);

  // One transaction of an owner's, whole or not at all: refused before it begins where nothing
  // could be deleted afterwards, and at its end where the owner or all of them hold too much.
  // `work` gives a Status or a Result; `bytes` is what it will add at least.
  template <class Work>
  auto write(const std::string& owner, size_t bytes, const Work& work) -> decltype(work());

  // A deletion; where the disk is full, once more with the reserve given up and in small steps.
  // `work` is given how many rows it may delete at a time, and does so in one transaction.
  using Deletion = std::function<Status(int rows)>;
  Status remove(const Deletion& work);
  // Erases a bounded part of what was deleted; true where there is more.
  Result<bool> erase_step();

  Result<StoreUsage> usage(const std::string& owner);
  Result<StoreUsage> usage();
  void publish();  // what is kept, for those who must not wait for the disk
  StoreUsage published() const {
    const std::lock_guard lock(published_mutex_);
    return published_;
  }
  uint64_t most_bytes_each() const {
    return options.most_bytes_each ? options.most_bytes_each : options.most_bytes;
  }

 private:
  Status may_write();
  // `own` and `all` are what was held before, `more` what is to be added to what is held now.
  Status check_limits(const std::string& owner, const StoreUsage& own, const StoreUsage& all,
                      size_t more);
  Result<bool> erase_rows();
  Result<bool> erase_some(const char* find, const char* erase, int rows);
  Result<bool> give_back();

  mutable std::mutex published_mutex_;  // held for a copy
  StoreUsage published_;
};

// What was deleted and is still to be erased is this owner's; no key can have the name.
inline constexpr const char* kDeleted = "*deleted*";

int64_t now_seconds();  // Unix time
Status check_store_id(const std::string& id);
// bad_input unless it is the text of a JSON object; `what` stands in the message.
Status check_object(const std::string& text, const char* what);

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

template <class Work>
auto Store::State::write(const std::string& owner, size_t bytes, const Work& work)
    -> decltype(work()) {
  TUTTI_CHECK(may_write());
  TUTTI_ASSIGN(Database::Transaction transaction, Database::Transaction::begin(database));
  TUTTI_ASSIGN(const StoreUsage own, usage(owner));
  TUTTI_ASSIGN(const StoreUsage all, usage());
  TUTTI_CHECK(check_limits(owner, own, all, bytes));
  auto done = work();
  if (!done) return done;
  TUTTI_CHECK(check_limits(owner, own, all, 0));
  TUTTI_CHECK(transaction.commit());
  publish();
  return done;
}

}  // namespace tutti
