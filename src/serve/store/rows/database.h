// SQLite with Results: a connection, its statements, transactions.
//
//   TUTTI_ASSIGN(Database database, Database::open(path, kSchema, most_bytes));
//   TUTTI_ASSIGN(Statement find, database.prepare("SELECT title FROM conversation WHERE id = ?"));
//   find.bind(1, id);
//   TUTTI_ASSIGN(const bool found, find.step());
//   if (found) use(find.text(0));
//
// A rollback journal, and synced at each commit: what has been committed survives kill -9 and a
// power cut, and a reader never sees half a transaction. Not thread-safe.
//
// Rejected: a write-ahead log. Everything is in it once more before it is in the file, so on a full
// disk neither a deletion nor the log's own folding-in finds room, and nothing can ever be deleted.
// With a rollback journal new pages are written once, and freeing pages journals next to nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tutti {

class Statement {
 public:
  // Parameters count from 1, columns from 0, as in SQLite. Bound text must live until the last
  // step().
  void bind(int parameter, std::string_view text);
  void bind(int parameter, int64_t number);

  Result<bool> step();  // true: there is a row
  Status run();         // to the end
  void reset();         // to be bound and run again

  std::string_view text(int column) const;  // valid until the next step
  int64_t number(int column) const;
  size_t bytes() const;  // of all columns of the row

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  // `steps`: the SQL that leads from each version of the schema to the next. A file of a later
  // version, of another application or of rubbish is refused and left alone. `most_bytes` bounds
  // the file. ":memory:" is a database that nobody else sees.
  static Result<Database> open(const std::string& path, std::span<const char* const> steps,
                               uint64_t most_bytes);

  Result<Statement> prepare(std::string_view sql);
  Status run(const char* sql);
  int64_t changes() const;   // rows that the last statement changed
  int64_t last_row() const;  // the number of the row that was inserted last

  // `size` bytes of a blob, from `from` on, without reading what lies before.
  Result<std::string> blob(const char* table, const char* column, int64_t row, int64_t from,
                           size_t size);

  // Overwrites a blob that is as long as `bytes`.
  Status fill_blob(const char* table, const char* column, int64_t row, std::string_view bytes);

  // Whether deleting overwrites (secure_delete): `all`, freed pages too, which takes as much room
  // in the journal; `cells`, what costs nothing. Freed pages then hold their old words until
  // give_back() has cut them off or filled them with others.
  enum class Erase { all, cells };
  Status set_erase(Erase erase);
  // Returns up to `pages` free pages to the file system, and how many are left. Files made by
  // versions before the second schema may not be able to: then 0 are left at once.
  Result<int64_t> give_back(int pages);
  // Whether give_back() works; makes it so where there is room to write all anew.
  bool can_give_back();

  // Rolls back unless commit() was reached.
  class Transaction {
   public:
    static Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept
        : database_(std::exchange(other.database_, nullptr)) {}
    ~Transaction();
    Status commit();

   private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
  };

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}
  Status prepare_file(std::span<const char* const> steps, uint64_t most_bytes);
  Status check_file(int64_t known);  // refuses what is not ours
  Status migrate(std::span<const char* const> steps);
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace tutti
