// The store over HTTP, in the shapes of OpenAI's conversations and files, with what those lack: a
// list of conversations, deleting all, export, ids chosen by the client.
//
//   GET, POST, DELETE   /v1/conversations                    list, make, delete all
//   GET, POST, DELETE   /v1/conversations/{id}               show, set metadata, delete
//   GET, POST           /v1/conversations/{id}/items         list, add or replace
//   GET, DELETE         /v1/conversations/{id}/items/{item}
//   GET                 /v1/conversations/export             all, as one JSON file, media included
//   GET                 /v1/conversations/{id}/export
//   GET, POST           /v1/files                            list, upload (multipart)
//   GET, DELETE         /v1/files/{id}
//   GET                 /v1/files/{id}/content
//
// Nothing is kept unless a client asks by one of these; the endpoints that answer keep nothing.
//
// All of them wait for a disk, so they run on the workers for slow work. What is stored as JSON is
// passed on as the text that it is: as a tree it would take many times its bytes.
#pragma once

#include "serve/contract/contract.h"
#include "serve/contract/fields.h"
#include "serve/store/store.h"
#include "serve/store/stream.h"

namespace tutti {

// Both must outlive the server.
void add_store_routes(Router& router, Store& store, const Contract& contract);
// Of a server that keeps nothing: the same paths answer 404 and say so.
void add_storeless_routes(Router& router);

// What is kept, in Prometheus' text format: totals only, for owners are not each other's business.
std::string store_metrics(Store& store);

// For the files of this folder.
namespace store_api {

void add_file_routes(Router& router, Store& store, const Contract& contract);
void add_export_routes(Router& router, Store& store, const Contract& contract);

// `json` is the text of an answer.
void send_json(Reply& reply, std::string json);
void send_error(Reply& reply, const Error& error);
std::string deleted(const std::string& id, const char* object);

// As JSON.
std::string text_of(const Conversation& conversation);
std::string text_of(const StoredFile& file);
inline const std::string& text_of(const StoredItem& item) {
  return item.json;
}

// limit, after and order.
PageOptions page_options(const Fields& query);

inline constexpr size_t kMostItemBytes = size_t(256) << 10;

inline size_t bytes_of(const Conversation& entry) {
  return entry.metadata.size();
}
inline size_t bytes_of(const StoredItem& entry) {
  return entry.json.size();
}
inline size_t bytes_of(const StoredFile& entry) {
  return entry.name.size();
}

// A list in OpenAI's shape, an entry let go of once it is sent.
template <class T>
class List final : public Pieces {
 public:
  // `charge` holds the entries' bytes at least.
  List(Page<T> page, Charge charge) : page_(std::move(page)), charge_(std::move(charge)) {
    // Of letters, digits, _ and -.
    const auto id = [](const T& entry) { return '"' + entry.id + '"'; };
    if (page_.entries.empty()) return;
    first_ = id(page_.entries.front());
    last_ = id(page_.entries.back());
  }

  Result<std::string> next() override {
    auto& entries = page_.entries;
    std::string text = at_ == 0 ? R"({"object":"list","data":[)" : "";
    for (; at_ < entries.size() && text.size() < kPiece; ++at_) {
      if (at_ > 0) text += ',';
      text += text_of(entries[at_]);
      entries[at_] = {};
    }
    charge_.shrink(text.size());
    ended_ = at_ == entries.size();
    if (ended_)
      text += "],\"first_id\":" + first_ + ",\"last_id\":" + last_ +
              ",\"has_more\":" + (page_.more ? "true}" : "false}");
    return text;
  }
  bool ended() const override { return ended_; }

 private:
  Page<T> page_;
  Charge charge_;
  std::string first_ = "null", last_ = "null";
  size_t at_ = 0;
  bool ended_ = false;
};

// Reads a page, each of whose entries has `largest` bytes at most; what it may hold is charged
// first.
template <class T, class Read>
Result<std::unique_ptr<Pieces>> read_list(const Account::Ptr& account, const PageOptions& page,
                                          size_t largest, const Read& read) {
  Charge charge(account);
  TUTTI_CHECK(charge.grow(std::min(page.most_bytes + largest, (size_t(page.limit) + 1) * largest)));
  TUTTI_ASSIGN(Page<T> entries, read(page));
  size_t bytes = 0;
  for (const T& entry : entries.entries) bytes += sizeof entry + bytes_of(entry);
  (void)charge.set(std::min(bytes, charge.bytes()));
  return std::unique_ptr<Pieces>(std::make_unique<List<T>>(std::move(entries), std::move(charge)));
}

}  // namespace store_api
}  // namespace tutti
