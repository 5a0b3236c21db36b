// What the studio keeps: conversations, their items, and files, in one SQLite file.
//
//   TUTTI_ASSIGN(Store store, Store::open("conversations.sqlite3", {}));
//   TUTTI_ASSIGN(Conversation made, store.create("alice", "", R"({"title":"Shapes"})"));
//   TUTTI_CHECK(store.put_items("alice", made.id, {{"msg_1", R"({"type":"message", ...})"}}));
//
// Thread-safe; calls run one after another. A call that has returned well is on the disk: neither
// kill -9 nor a power cut takes it back, and one that fails leaves everything as it was. Deleting
// works on a full disk too (reserve.h), and gives the room back to the file system.
//
// Everything belongs to an owner, the name of the API key it came with (empty without keys); nobody
// sees what another owns, not even that it exists. Items and metadata are JSON objects (bad_input
// where they are not, so that they may be joined to answers as they are), which the store does not
// interpret but for the "file_id"s in their content: a file goes when the last item that shows it
// goes.
//
// What an owner keeps is counted exactly, by triggers in the same transaction: every conversation,
// item and file as the pages of 4 KiB that it may fill. So no owner takes more of the file than its
// share, whatever the sizes of what it keeps.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tutti {

struct StoreOptions {
  uint64_t most_bytes = uint64_t(4) << 30;  // of all owners, and so of the file
  uint64_t most_bytes_each = 0;             // of one owner; 0: as many as all
};

struct StoreUsage {
  int64_t conversations = 0, files = 0;
  uint64_t bytes = 0;
};

struct Conversation {
  std::string id;
  int64_t created = 0, updated = 0;  // Unix time
  std::string metadata;              // a JSON object
};

struct StoredItem {
  std::string id;
  std::string json;
};

struct StoredFile {
  std::string id, name, type, purpose;
  int64_t created = 0, bytes = 0;
  int64_t number = 0;  // in the store; no other file ever has it, not even one with the same id
};

// A page of a list: at most `limit` entries after the one with id `after`.
struct PageOptions {
  int limit = 20;
  std::string after;
  bool ascending = false;
  size_t most_bytes = size_t(4) << 20;  // it ends after the entry that exceeds this
  // Instead of `after`: Page::last of the previous page; works after that entry was deleted.
  int64_t behind = 0;
};

template <class T>
struct Page {
  std::vector<T> entries;
  bool more = false;
  int64_t last = 0;  // where the next page goes on; 0 where there are no entries
};

struct StoreState;

// Ids are chosen by the client, so that a request may be sent twice without doing its work twice,
// or made here where they are empty. Errors: not_found; no_space (the disk or a limit is full; the
// message says which and what to do); bad_input (a malformed id); busy (another process); failed.
class Store {
 public:
  static Result<Store> open(const std::string& path, StoreOptions options);
  Store(Store&&) noexcept;
  ~Store();

  // With its first items, or not at all. Where it exists already and is the owner's, the items are
  // added and its metadata is replaced; empty metadata leave it as it is.
  Result<Conversation> create(const std::string& owner, const std::string& id,
                              const std::string& metadata,
                              const std::vector<StoredItem>& items = {});
  Result<Conversation> conversation(const std::string& owner, const std::string& id);
  Result<Page<Conversation>> conversations(const std::string& owner, const PageOptions& page);
  Result<Conversation> set_metadata(const std::string& owner, const std::string& id,
                                    const std::string& metadata);
  // Gone at once, and erased when the call returns; what a kill leaves is erased by the next
  // open().
  Status remove_conversation(const std::string& owner, const std::string& id);
  Result<int64_t> remove_conversations(const std::string& owner);  // all; how many there were

  // All or none. An item whose id is in the conversation already takes the old one's place.
  Status put_items(const std::string& owner, const std::string& conversation,
                   const std::vector<StoredItem>& items);
  Result<Page<StoredItem>> items(const std::string& owner, const std::string& conversation,
                                 const PageOptions& page);
  Result<StoredItem> item(const std::string& owner, const std::string& conversation,
                          const std::string& id);
  Status remove_item(const std::string& owner, const std::string& conversation,
                     const std::string& id);

  // Files do not change: with an id that the owner has already, the file that is there where its
  // bytes are the same (so that a client may try again), else bad_input.
  Result<StoredFile> put_file(const std::string& owner, StoredFile file, std::string_view bytes);
  Result<StoredFile> file(const std::string& owner, const std::string& id,
                          std::string* bytes = nullptr);
  // Up to `most` of the bytes of a file of this store's, from `from` on; none at its end. not_found
  // where it was deleted, though another may have its id by now.
  Result<std::string> file_bytes(const StoredFile& file, int64_t from, size_t most);
  Result<Page<StoredFile>> files(const std::string& owner, const PageOptions& page);
  Status remove_file(const std::string& owner, const std::string& id);
  // Files that items of the conversation show; of all of them where it is empty.
  Result<Page<StoredFile>> shown_files(const std::string& owner, const std::string& conversation,
                                       const PageOptions& page);

  Result<StoreUsage> usage(const std::string& owner);
  StoreUsage usage() const;  // of all, as of the last change; does not wait for the disk
  uint64_t most_bytes() const;
  uint64_t most_bytes_each() const;

 private:
  // Erases what was deleted.
  void erase();

  explicit Store(std::unique_ptr<StoreState> state);
  std::unique_ptr<StoreState> state_;
};

}  // namespace tutti
