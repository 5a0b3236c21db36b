// What the studio keeps: conversations, their items, and files, in one SQLite file.
//
//   TUTTI_ASSIGN(Store store, Store::open("conversations.sqlite3", {}));
//   TUTTI_ASSIGN(Conversation made, store.create("alice", "", R"({"title":"Shapes"})"));
//   TUTTI_CHECK(store.put_items("alice", made.id, {{"msg_1", R"({"type":"message", ...})"}}));
//
// Thread-safe; calls run one after another. A call that has returned well is on the disk: neither
// kill -9 nor a power cut takes it back, and one that fails leaves everything as it was.
//
// Everything belongs to an owner, the name of the API key it came with (empty without keys); nobody
// sees what another owns, not even that it exists. Items are JSON objects that the store does not
// interpret, but for the "file_id"s in their content: a file goes when the last item that shows it
// goes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tutti {

struct StoreOptions {
  uint64_t most_bytes = uint64_t(4) << 30;  // of the database file; above that: no_space
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
};

// A page of a list: at most `limit` entries after the one with id `after`.
struct PageOptions {
  int limit = 20;
  std::string after;
  bool ascending = false;
};

template <class T>
struct Page {
  std::vector<T> entries;
  bool more = false;
};

// Ids are chosen by the client, so that a request may be sent twice without doing its work twice,
// or made here where they are empty. Errors: not_found; no_space (the disk or the limit); bad_input
// (an id that is taken by something else, or malformed); failed.
class Store {
 public:
  static Result<Store> open(const std::string& path, StoreOptions options);
  Store(Store&&) noexcept;
  ~Store();

  // Where it exists already and is the owner's, its metadata is replaced.
  Result<Conversation> create(const std::string& owner, const std::string& id,
                              const std::string& metadata);
  Result<Conversation> conversation(const std::string& owner, const std::string& id);
  Result<Page<Conversation>> conversations(const std::string& owner, const PageOptions& page);
  Status set_metadata(const std::string& owner, const std::string& id, const std::string& metadata);
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

  // A file with an id that the owner has already is left as it is: files do not change.
  Result<StoredFile> put_file(const std::string& owner, StoredFile file, std::string_view bytes);
  Result<StoredFile> file(const std::string& owner, const std::string& id,
                          std::string* bytes = nullptr);
  Result<Page<StoredFile>> files(const std::string& owner, const PageOptions& page);
  Status remove_file(const std::string& owner, const std::string& id);
  // Ids of the files that items of the conversation show.
  Result<std::vector<std::string>> files_of(const std::string& owner,
                                            const std::string& conversation);

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// conv_, msg_, file_ and 24 hexadecimal digits.
std::string new_store_id(const char* prefix);

}  // namespace tutti
