// Store: files.
#include "serve/store/rows/queries.h"

namespace tutti {
namespace {

constexpr const char* kFileColumns = "id, name, type, purpose, created, size, number";
StoredFile read_file(const Statement& row) {
  return {std::string(row.text(0)),
          std::string(row.text(1)),
          std::string(row.text(2)),
          std::string(row.text(3)),
          row.number(4),
          row.number(5),
          row.number(6)};
}

}  // namespace

Result<StoredFile> Store::State::find_file(const std::string& owner, const std::string& id) {
  TUTTI_ASSIGN(Statement found, prepared(database,
                                         std::string("SELECT ") + kFileColumns +
                                             " FROM file WHERE owner = ? AND id = ?",
                                         owner, id));
  TUTTI_ASSIGN(const bool row, found.step());
  if (!row) return not_found("file", id);
  return read_file(found);
}

Result<StoredFile> Store::put_file(const std::string& owner, StoredFile file,
                                   std::string_view bytes) {
  if (file.id.empty()) file.id = new_store_id("file");
  TUTTI_CHECK(check_store_id(file.id));
  const std::lock_guard lock(state_->mutex);
  if (Result<StoredFile> there = state_->find_file(owner, file.id); there) return there;
  return state_->write(owner, bytes.size(), [&]() -> Result<StoredFile> {
    // Room first and the bytes into it: SQLite would build the row in memory, bytes and all.
    TUTTI_CHECK(execute(state_->database,
                        "INSERT INTO file (owner, id, name, type, purpose, created, size, bytes) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, zeroblob(?7))",
                        owner, file.id, file.name, file.type, file.purpose, now_seconds(),
                        int64_t(bytes.size())));
    TUTTI_CHECK(state_->database.fill_blob("file", "bytes", state_->database.last_row(), bytes));
    return state_->find_file(owner, file.id);
  });
}

Result<StoredFile> Store::file(const std::string& owner, const std::string& id,
                               std::string* bytes) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(StoredFile found, state_->find_file(owner, id));
  if (bytes) {
    TUTTI_ASSIGN(*bytes,
                 state_->database.blob("file", "bytes", found.number, 0, size_t(found.bytes)));
  }
  return found;
}

Result<std::string> Store::file_bytes(const StoredFile& file, int64_t from, size_t most) {
  const std::lock_guard lock(state_->mutex);
  TUTTI_ASSIGN(const int64_t row, number(state_->database, "file", file.id,
                                         "SELECT number FROM file WHERE number = ?", file.number));
  const size_t left = from < file.bytes ? size_t(file.bytes - from) : 0;
  return state_->database.blob("file", "bytes", row, from, std::min(left, most));
}

Result<Page<StoredFile>> Store::files(const std::string& owner, const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  return page_of<StoredFile>(state_->database, kFileColumns, "file", "owner = ?", owner, page,
                             read_file);
}

Status Store::remove_file(const std::string& owner, const std::string& id) {
  {
    const std::lock_guard lock(state_->mutex);
    TUTTI_CHECK(state_->remove([&](int) -> Status {
      TUTTI_CHECK(
          execute(state_->database, "DELETE FROM file WHERE owner = ? AND id = ?", owner, id));
      if (state_->database.changes() == 0) return not_found("file", id);
      return {};
    }));
  }
  erase();
  return {};
}

Result<Page<StoredFile>> Store::shown_files(const std::string& owner,
                                            const std::string& conversation,
                                            const PageOptions& page) {
  const std::lock_guard lock(state_->mutex);
  std::string item = "SELECT 1 FROM shown WHERE shown.file = file.number";
  if (!conversation.empty()) {
    TUTTI_ASSIGN(const int64_t row, conversation_number(state_->database, owner, conversation));
    item +=
        " AND shown.item IN (SELECT number FROM item WHERE conversation = " + std::to_string(row) +
        ")";
  }
  return page_of<StoredFile>(state_->database, kFileColumns, "file",
                             "owner = ? AND EXISTS (" + item + ")", owner, page, read_file);
}

}  // namespace tutti
