// StoreState: how things are written and deleted when room is short, and what is counted.
#include "serve/store/state.h"

#include "serve/store/rows/queries.h"

namespace tutti {
namespace {

// A step of a deletion: 16 rows of each kind, or 16 pages that change their place, journal at most
// some 100 pages, 400 KB (measured: 100 to 200 KB). That is what a reserve must hold.
constexpr int kSmallStep = 16;
constexpr int kStep = 4096;
// Others wait for a step: what one erases is read and freed in some milliseconds.
constexpr int64_t kStepBytes = int64_t(8) << 20;
constexpr int kStepPages = kStepBytes / 4096;

std::string mebibytes(uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

Error limit_reached(const std::string& whose, uint64_t most, const char* option) {
  return {ErrorCode::no_space,
          whose + " is full: it holds " + mebibytes(most) +
              " (entries count in pages of 4 KiB). Delete conversations (DELETE "
              "/v1/conversations/{id}) or files (DELETE /v1/files/{id}), or start the server with "
              "a larger " +
              option};
}

}  // namespace

Result<StoreUsage> StoreState::usage(const std::string& owner) {
  TUTTI_ASSIGN(
      Statement row,
      prepared(database, "SELECT conversations, files, bytes FROM usage WHERE owner = ?", owner));
  TUTTI_ASSIGN(const bool there, row.step());
  if (!there) return StoreUsage();
  return StoreUsage{row.number(0), row.number(1), uint64_t(row.number(2))};
}

Result<StoreUsage> StoreState::usage() {
  TUTTI_ASSIGN(Statement row,
               prepared(database,
                        "SELECT coalesce(sum(conversations), 0), coalesce(sum(files), 0), "
                        "coalesce(sum(bytes), 0) FROM usage"));
  TUTTI_ASSIGN([[maybe_unused]] const bool there, row.step());
  return StoreUsage{row.number(0), row.number(1), uint64_t(row.number(2))};
}

void StoreState::publish() {
  const Result<StoreUsage> now = usage();
  if (!now) return;
  const std::lock_guard lock(published_mutex_);
  published_ = *now;
}

Status StoreState::may_write() {
  if (reserve.make()) return {};
  return Error(ErrorCode::no_space,
               "the disk of the store of conversations is full; free some room on it, or delete "
               "conversations");
}

// What shrinks is never refused, also where a limit was lowered meanwhile.
Status StoreState::check_limits(const std::string& owner, const StoreUsage& own,
                                const StoreUsage& all, size_t more) {
  TUTTI_ASSIGN(const StoreUsage own_now, usage(owner));
  TUTTI_ASSIGN(const StoreUsage all_now, usage());
  if (own_now.bytes + more <= own.bytes) return {};
  if (own_now.bytes + more > most_bytes_each() && most_bytes_each() < options.most_bytes)
    return limit_reached("your share of the store", most_bytes_each(), "--store-share");
  if (all_now.bytes + more > options.most_bytes && all_now.bytes + more > all.bytes)
    return limit_reached("the store", options.most_bytes, "--store-limit");
  return {};
}

Status StoreState::remove(const Deletion& work) {
  const auto in_one = [&](int rows, Database::Erase erase) -> Status {
    TUTTI_CHECK(database.set_erase(erase));
    TUTTI_ASSIGN(Database::Transaction transaction, Database::Transaction::begin(database));
    TUTTI_CHECK(work(rows));
    return transaction.commit();
  };
  // Where freed pages are given back, overwriting them first would only need room.
  Status status = in_one(kStep, gives_back ? Database::Erase::cells : Database::Erase::all);
  if (!status && status.error().code() == ErrorCode::no_space) {
    reserve.give_up();
    status = in_one(kSmallStep, Database::Erase::cells);
  }
  TUTTI_CHECK(database.set_erase(Database::Erase::all));
  publish();
  return status;
}

// Erases rows that `find` gives two numbers of, and their bytes; false where there are none.
Result<bool> StoreState::erase_some(const char* find, const char* erase, int rows) {
  std::vector<std::pair<int64_t, int64_t>> keys;
  {
    TUTTI_ASSIGN(Statement found, prepared(database, find, kDeleted, int64_t(rows)));
    for (int64_t bytes = 0; bytes < kStepBytes; bytes += found.number(2)) {
      TUTTI_ASSIGN(const bool another, found.step());
      if (!another) break;
      keys.emplace_back(found.number(0), found.number(1));
    }
  }
  TUTTI_ASSIGN(Statement erased, database.prepare(erase));
  for (const auto& [first, second] : keys) {
    erased.bind(1, first);
    erased.bind(2, second);
    TUTTI_CHECK(erased.run());
    erased.reset();
  }
  return !keys.empty();
}

// Links first, so that a file goes with the last that shows it; then items, then conversations.
Result<bool> StoreState::erase_rows() {
  bool more = false;
  TUTTI_CHECK(remove([&](int rows) -> Status {
    for (const auto& [find, erase] :
         {std::pair("SELECT shown.item, shown.file, file.pages FROM conversation JOIN item ON "
                    "item.conversation = conversation.number JOIN shown ON shown.item = "
                    "item.number JOIN file ON file.number = shown.file WHERE conversation.owner = "
                    "? LIMIT ?",
                    "DELETE FROM shown WHERE item = ? AND file = ?"),
          std::pair("SELECT conversation.number, item.number, item.bytes FROM conversation JOIN "
                    "item ON item.conversation = conversation.number WHERE conversation.owner = ? "
                    "LIMIT ?",
                    "DELETE FROM item WHERE conversation = ? AND number = ?"),
          std::pair("SELECT number, number, length(metadata) FROM conversation WHERE owner = ? "
                    "LIMIT ?",
                    "DELETE FROM conversation WHERE number BETWEEN ? AND ?")}) {
      TUTTI_ASSIGN(more, erase_some(find, erase, rows));
      if (more) return {};
    }
    return {};
  }));
  return more;
}

Result<bool> StoreState::give_back() {
  Result<int64_t> left = 0;
  for (const int pages : {kStepPages, kSmallStep}) {
    TUTTI_CHECK(database.set_erase(Database::Erase::cells));
    left = database.give_back(pages);
    TUTTI_CHECK(database.set_erase(Database::Erase::all));
    if (left || left.error().code() != ErrorCode::no_space) break;
    reserve.give_up();
  }
  if (!left) return left.error();
  return *left > 0;
}

Result<bool> StoreState::erase_step() {
  // Pages go back before more rows go: to take one out of many free ones SQLite looks through all.
  TUTTI_ASSIGN(const bool more_pages, give_back());
  if (more_pages) return true;
  TUTTI_ASSIGN(const bool more_rows, erase_rows());
  if (!more_rows) reserve.make();
  return more_rows;
}

}  // namespace tutti
