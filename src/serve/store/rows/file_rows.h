// Files in the database (store.h). The caller holds the lock of the state.
#pragma once

#include <string>
#include <string_view>

#include "serve/store/store.h"

namespace tutti::file_rows {

Result<StoredFile> put(StoreState& state, const std::string& owner, StoredFile file,
                       std::string_view bytes);
Result<StoredFile> read(StoreState& state, const std::string& owner, const std::string& id,
                        std::string* bytes);
Result<std::string> bytes_of(StoreState& state, const StoredFile& file, int64_t from, size_t most);
Result<Page<StoredFile>> list(StoreState& state, const std::string& owner, const PageOptions& page);
Status remove(StoreState& state, const std::string& owner, const std::string& id);
Result<Page<StoredFile>> list_shown(StoreState& state, const std::string& owner,
                                    const std::string& conversation, const PageOptions& page);

}  // namespace tutti::file_rows
