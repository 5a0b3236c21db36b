// Items of conversations in the database (store.h). The caller holds the lock of the state.
#pragma once

#include <string>
#include <vector>

#include "serve/store/store.h"

namespace tutti::item_rows {

// One item of the conversation with that number, inside a transaction.
Status put(StoreState& state, int64_t conversation, const std::string& owner,
           const StoredItem& item);
Status put_all(StoreState& state, const std::string& owner, const std::string& conversation,
               const std::vector<StoredItem>& items);
Result<Page<StoredItem>> list(StoreState& state, const std::string& owner,
                              const std::string& conversation, const PageOptions& page);
Result<StoredItem> find(StoreState& state, const std::string& owner,
                        const std::string& conversation, const std::string& id);
Status remove(StoreState& state, const std::string& owner, const std::string& conversation,
              const std::string& id);

}  // namespace tutti::item_rows
