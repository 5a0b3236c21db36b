// Conversations in the database (store.h). The caller holds the lock of the state.
#pragma once

#include <string>
#include <vector>

#include "serve/store/store.h"

namespace tutti::conversation_rows {

Result<Conversation> create(StoreState& state, const std::string& owner, const std::string& id,
                            const std::string& metadata, const std::vector<StoredItem>& items);
Result<Conversation> find(StoreState& state, const std::string& owner, const std::string& id);
Result<Page<Conversation>> list(StoreState& state, const std::string& owner,
                                const PageOptions& page);
Result<Conversation> set_metadata(StoreState& state, const std::string& owner,
                                  const std::string& id, const std::string& metadata);
// Out of sight; erased by StoreState::erase_step().
Status remove(StoreState& state, const std::string& owner, const std::string& id);
// As many as go in one transaction; how many those were. 0: there are none left.
Result<int64_t> remove_some(StoreState& state, const std::string& owner);

}  // namespace tutti::conversation_rows
