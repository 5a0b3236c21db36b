#include "serve/store/rows/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

#include "base/atomic_file.h"

namespace tutti {
namespace {

constexpr int kApplication = 0x54757474;  // "Tutt", in the file's header
constexpr int kPage = 4096;
constexpr int kBusyMs = 5000;  // another process writes: wait this long

Error full() {
  return {ErrorCode::no_space,
          "there is no room left for the store of conversations; delete some, or free the disk"};
}

Error sqlite_error(sqlite3* database) {
  const int code = sqlite3_extended_errcode(database);
  std::string message = sqlite3_errmsg(database);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return full();
    case SQLITE_IOERR:
      // SQLite knows ENOSPC alone as full; a quota or a limit on files is as good, and its cause is
      // often lost on the way.
      if (code == SQLITE_IOERR_WRITE && sqlite3_system_errno(database) != EIO) return full();
      return failed("the store of conversations: " + message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::busy, "the store of conversations is being written by another process"};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return bad_input("the store of conversations is damaged (" + message +
                       "); move the file away, or restore it from a copy");
    default:
      return failed("the store of conversations: " + message);
  }
}

// What is kept is private: the file is made for its owner alone. SQLite gives its log and shared
// memory the same mode.
Status make_private(const std::string& path) {
  if (path == ":memory:") return {};
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return cannot_write(path, errno);
  ::close(file);
  return {};
}

Result<int64_t> pragma(Database& database, const char* sql) {
  TUTTI_ASSIGN(Statement statement, database.prepare(sql));
  TUTTI_ASSIGN(const bool row, statement.step());
  return row ? statement.number(0) : 0;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}
void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

void Statement::bind(int parameter, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), parameter, text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}
void Statement::bind(int parameter, int64_t number) {
  sqlite3_bind_int64(statement_.get(), parameter, number);
}
Result<bool> Statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return sqlite_error(sqlite3_db_handle(statement_.get()));
  }
}

Status Statement::run() {
  for (;;) {
    TUTTI_ASSIGN(const bool row, step());
    if (!row) return {};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}

std::string_view Statement::text(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const char*>(data), size_t(sqlite3_column_bytes(statement_.get(), column))};
}
int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
size_t Statement::bytes() const {
  size_t bytes = 0;
  for (int column = 0; column < sqlite3_column_count(statement_.get()); ++column)
    if (sqlite3_column_type(statement_.get(), column) == SQLITE_TEXT)
      bytes += size_t(sqlite3_column_bytes(statement_.get(), column));
  return bytes;
}

Result<Database> Database::open(const std::string& path, std::span<const char* const> steps,
                                uint64_t most_bytes) {
  TUTTI_CHECK(make_private(path));
  sqlite3* raw = nullptr;
  // The store's own lock keeps threads apart.
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database(raw);
  if (code != SQLITE_OK) return sqlite_error(raw).with_context(path);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyMs);
  // A damaged schema cannot call functions, and no statement can write the schema by hand.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (const Status status = database.prepare_file(steps, most_bytes); !status)
    return status.error().with_context(path);
  return database;
}

Status Database::prepare_file(std::span<const char* const> steps, uint64_t most_bytes) {
  TUTTI_CHECK(check_file(int64_t(steps.size())));
  std::string pragmas =
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
      "PRAGMA cell_size_check = ON; PRAGMA max_page_count = " +
      std::to_string(std::max<uint64_t>(16, most_bytes / kPage));
  TUTTI_CHECK(run(pragmas.c_str()));
  // A file that has a log keeps it while there is no room to fold it in.
  (void)run("PRAGMA journal_mode = TRUNCATE");
  return migrate(steps);
}

Status Database::check_file(int64_t known) {
  TUTTI_ASSIGN(const int64_t application, pragma(*this, "PRAGMA application_id"));
  TUTTI_ASSIGN(const int64_t tables, pragma(*this, "SELECT count(*) FROM sqlite_schema"));
  if (application != kApplication && (application != 0 || tables > 0))
    return bad_input("this is a database of another program; choose another file");
  TUTTI_ASSIGN(const int64_t version, pragma(*this, "PRAGMA user_version"));
  if (version > known)
    return bad_input("the store was written by a later version of tutti (schema " +
                     std::to_string(version) + ", known " + std::to_string(known) +
                     "); use that one, or choose another file");
  if (tables == 0) TUTTI_CHECK(run("PRAGMA auto_vacuum = INCREMENTAL"));
  return {};
}

Status Database::migrate(std::span<const char* const> steps) {
  TUTTI_ASSIGN(Transaction transaction, Transaction::begin(*this));
  TUTTI_ASSIGN(const int64_t version, pragma(*this, "PRAGMA user_version"));
  for (size_t step = size_t(version); step < steps.size(); ++step) TUTTI_CHECK(run(steps[step]));
  if (version < int64_t(steps.size())) {
    const std::string mark = "PRAGMA application_id = " + std::to_string(kApplication) +
                             "; PRAGMA user_version = " + std::to_string(steps.size());
    TUTTI_CHECK(run(mark.c_str()));
  }
  return transaction.commit();
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql.data(), int(sql.size()), &statement, nullptr))
    return sqlite_error(database_.get());
  return Statement(statement);
}

Status Database::run(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr))
    return sqlite_error(database_.get());
  return {};
}

int64_t Database::changes() const {
  return sqlite3_changes64(database_.get());
}

int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(database_.get());
}

Result<std::string> Database::blob(const char* table, const char* column, int64_t row, int64_t from,
                                   size_t size) {
  sqlite3_blob* raw = nullptr;
  const int opened = sqlite3_blob_open(database_.get(), "main", table, column, row, 0, &raw);
  const std::unique_ptr<sqlite3_blob, int (*)(sqlite3_blob*)> blob(raw, sqlite3_blob_close);
  if (opened != SQLITE_OK) return sqlite_error(database_.get());
  std::string bytes(size, '\0');
  if (sqlite3_blob_read(raw, bytes.data(), int(size), int(from)) != SQLITE_OK)
    return sqlite_error(database_.get());
  return bytes;
}

Status Database::fill_blob(const char* table, const char* column, int64_t row,
                           std::string_view bytes) {
  if (bytes.empty()) return {};
  sqlite3_blob* raw = nullptr;
  const int opened = sqlite3_blob_open(database_.get(), "main", table, column, row, 1, &raw);
  const std::unique_ptr<sqlite3_blob, int (*)(sqlite3_blob*)> blob(raw, sqlite3_blob_close);
  if (opened != SQLITE_OK ||
      sqlite3_blob_write(raw, bytes.data(), int(bytes.size()), 0) != SQLITE_OK)
    return sqlite_error(database_.get());
  return {};
}

Status Database::set_erase(Erase erase) {
  return run(erase == Erase::all ? "PRAGMA secure_delete = ON" : "PRAGMA secure_delete = FAST");
}

Result<int64_t> Database::give_back(int pages) {
  TUTTI_ASSIGN(const int64_t mode, pragma(*this, "PRAGMA auto_vacuum"));
  if (mode == 0) return 0;
  const std::string sql = "PRAGMA incremental_vacuum(" + std::to_string(pages) + ")";
  TUTTI_CHECK(run(sql.c_str()));
  return pragma(*this, "PRAGMA freelist_count");
}

bool Database::can_give_back() {
  const auto is_so = [&] {
    const Result<int64_t> mode = pragma(*this, "PRAGMA auto_vacuum");
    return mode && *mode != 0;
  };
  const bool can = is_so() || (run("PRAGMA auto_vacuum = INCREMENTAL; VACUUM") && is_so());
  // From now on what a statement sets aside stays in memory: there may be no room elsewhere.
  (void)run("PRAGMA temp_store = MEMORY");
  return can;
}

Result<Database::Transaction> Database::Transaction::begin(Database& database) {
  TUTTI_CHECK(database.run("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Database::Transaction::~Transaction() {
  if (database_) (void)database_->run("ROLLBACK");
}

Status Database::Transaction::commit() {
  TUTTI_CHECK(database_->run("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace tutti
