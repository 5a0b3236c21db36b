// Answers of the store's endpoints: entries as JSON, and lists of them.
#pragma once

#include <algorithm>

#include "serve/contract/fields.h"
#include "serve/store/store.h"
#include "serve/store/stream.h"

namespace tutti::store_api {

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

}  // namespace tutti::store_api
