// What is behind a Store: the database, its limits, and how a transaction of an owner's goes.
#pragma once

#include <functional>
#include <mutex>

#include "serve/store/ordered_mutex.h"
#include "serve/store/reserve.h"
#include "serve/store/rows/database.h"
#include "serve/store/store.h"

namespace tutti {

struct StoreState {
  StoreState(Database d, Reserve r, StoreOptions o, bool g)
      : database(std::move(d)), reserve(std::move(r)), options(o), gives_back(g) {}
  OrderedMutex mutex;  // whoever waits comes between two steps of a deletion
  Database database;
  Reserve reserve;
  const StoreOptions options;
  const bool gives_back;  // freed pages go back to the file system

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

template <class Work>
auto StoreState::write(const std::string& owner, size_t bytes, const Work& work)
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
