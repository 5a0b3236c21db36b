#include "serve/store/rows/file_rows.h"

#include "serve/store/rows/queries.h"
#include "serve/store/rows/values.h"
#include "serve/store/state.h"

namespace tutti::file_rows {
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

Result<StoredFile> find(StoreState& state, const std::string& owner, const std::string& id) {
  TUTTI_ASSIGN(Statement found, prepared(state.database,
                                         std::string("SELECT ") + kFileColumns +
                                             " FROM file WHERE owner = ? AND id = ?",
                                         owner, id));
  TUTTI_ASSIGN(const bool row, found.step());
  if (!row) return not_found("file", id);
  return read_file(found);
}

Result<bool> has_bytes(StoreState& state, const StoredFile& file, std::string_view bytes) {
  constexpr size_t kPiece = 1 << 20;
  if (file.bytes != int64_t(bytes.size())) return false;
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    const std::string_view piece = bytes.substr(at, kPiece);
    TUTTI_ASSIGN(const std::string stored,
                 state.database.blob("file", "bytes", file.number, int64_t(at), piece.size()));
    if (stored != piece) return false;
  }
  return true;
}

}  // namespace

Result<StoredFile> put(StoreState& state, const std::string& owner, StoredFile file,
                       std::string_view bytes) {
  if (file.id.empty()) file.id = new_store_id("file");
  TUTTI_CHECK(check_store_id(file.id));
  if (Result<StoredFile> there = find(state, owner, file.id); there) {
    TUTTI_ASSIGN(const bool same, has_bytes(state, *there, bytes));
    if (same) return there;
    return bad_input("there is a file " + file.id +
                     " with other bytes, and files do not change; delete it first, or choose "
                     "another id");
  }
  return state.write(owner, bytes.size(), [&]() -> Result<StoredFile> {
    // Room first and the bytes into it: SQLite would build the row in memory, bytes and all.
    TUTTI_CHECK(execute(state.database,
                        "INSERT INTO file (owner, id, name, type, purpose, created, size, bytes) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, zeroblob(?7))",
                        owner, file.id, file.name, file.type, file.purpose, now_seconds(),
                        int64_t(bytes.size())));
    TUTTI_CHECK(state.database.fill_blob("file", "bytes", state.database.last_row(), bytes));
    return find(state, owner, file.id);
  });
}

Result<StoredFile> read(StoreState& state, const std::string& owner, const std::string& id,
                        std::string* bytes) {
  TUTTI_ASSIGN(StoredFile found, find(state, owner, id));
  if (bytes) {
    TUTTI_ASSIGN(*bytes,
                 state.database.blob("file", "bytes", found.number, 0, size_t(found.bytes)));
  }
  return found;
}

Result<std::string> bytes_of(StoreState& state, const StoredFile& file, int64_t from, size_t most) {
  TUTTI_ASSIGN(const int64_t row, number(state.database, "file", file.id,
                                         "SELECT number FROM file WHERE number = ?", file.number));
  const size_t left = from < file.bytes ? size_t(file.bytes - from) : 0;
  return state.database.blob("file", "bytes", row, from, std::min(left, most));
}

Result<Page<StoredFile>> list(StoreState& state, const std::string& owner,
                              const PageOptions& page) {
  return page_of<StoredFile>(state.database, kFileColumns, "file", "owner = ?", owner, page,
                             read_file);
}

Status remove(StoreState& state, const std::string& owner, const std::string& id) {
  return state.remove([&](int) -> Status {
    TUTTI_CHECK(execute(state.database, "DELETE FROM file WHERE owner = ? AND id = ?", owner, id));
    if (state.database.changes() == 0) return not_found("file", id);
    return {};
  });
}

Result<Page<StoredFile>> list_shown(StoreState& state, const std::string& owner,
                                    const std::string& conversation, const PageOptions& page) {
  std::string item = "SELECT 1 FROM shown WHERE shown.file = file.number";
  if (!conversation.empty()) {
    TUTTI_ASSIGN(const int64_t row, conversation_number(state.database, owner, conversation));
    item +=
        " AND shown.item IN (SELECT number FROM item WHERE conversation = " + std::to_string(row) +
        ")";
  }
  return page_of<StoredFile>(state.database, kFileColumns, "file",
                             "owner = ? AND EXISTS (" + item + ")", owner, page, read_file);
}

}  // namespace tutti::file_rows
