// Conversations as one JSON file that needs nothing else: items, and the files they show as base64.
//
//   {"format": "tutti.conversations", "version": 1,
//    "conversations": [{"id": ..., "metadata": ..., "items": [...]}],
//    "files": [{"id": ..., "filename": ..., "content_type": ..., "data": "..."}]}
//
// Made while it is sent: what is added, changed or deleted meanwhile may be in it or not. A file
// that is deleted before all of it is sent ends there, with "deleted": true.
#include "serve/store/export_api.h"

#include <sodium.h>

#include "serve/store/answers.h"

namespace tutti::store_api {
namespace {

constexpr size_t kFileBytes = kPiece / 4 * 3;  // of a piece's base64; without padding between two
static_assert(kFileBytes % 3 == 0);

std::string base64(const std::string& bytes) {
  const size_t size = sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  std::string text(size, '\0');
  sodium_bin2base64(text.data(), size, reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminating zero
  return text;
}

// An object's text without its end, to be gone on with.
std::string opened(std::string object) {
  object.back() = ',';
  return object;
}

class Export final : public Pieces {
 public:
  // Of one conversation, or, with an empty id, of all.
  Export(Store& store, std::string owner, std::string conversation, bool with_files, Charge charge)
      : store_(store),
        owner_(std::move(owner)),
        one_(std::move(conversation)),
        with_files_(with_files),
        charge_(std::move(charge)) {}

  Result<std::string> next() override {
    std::string text;
    while (text.size() < kPiece && !ended()) TUTTI_CHECK((this->*part_)(text));
    return text;
  }
  bool ended() const override { return part_ == nullptr; }

  // Of a page of conversations, which is kept from piece to piece.
  static constexpr size_t kHeld = kPiece;

 private:
  using Part = Status (Export::*)(std::string& text);

  Status begin(std::string& text) {
    if (one_.empty()) {
      TUTTI_CHECK(read_conversations());
    } else {
      TUTTI_ASSIGN(Conversation conversation, store_.conversation(owner_, one_));
      conversations_.entries.push_back(std::move(conversation));
    }
    text += R"({"format":"tutti.conversations","version":1,"conversations":[)";
    part_ = &Export::conversation;
    return {};
  }

  Status read_conversations() {
    PageOptions page{.limit = 100, .ascending = true, .most_bytes = kHeld / 2};
    page.behind = conversations_.last;
    TUTTI_ASSIGN(conversations_, store_.conversations(owner_, page));
    at_ = 0;
    return {};
  }

  Status conversation(std::string& text) {
    if (at_ == conversations_.entries.size() && conversations_.more)
      TUTTI_CHECK(read_conversations());
    if (at_ == conversations_.entries.size()) {
      text += "],\"files\":[";
      separator_ = "";
      part_ = with_files_ ? &Export::file : &Export::end;
      return {};
    }
    text.append(separator_).append(opened(text_of(conversations_.entries[at_])));
    text += "\"items\":[";
    item_separator_ = "";
    items_behind_ = 0;
    part_ = &Export::items;
    return {};
  }

  Status items(std::string& text) {
    PageOptions page{.limit = 100, .ascending = true, .most_bytes = kPiece / 2};
    page.behind = items_behind_;
    Result<Page<StoredItem>> items = store_.items(owner_, conversations_.entries[at_].id, page);
    if (!items && items.error().code() == ErrorCode::not_found) items = Page<StoredItem>();
    if (!items) return items.error();
    for (const StoredItem& item : items->entries) {
      text.append(item_separator_).append(item.json);
      item_separator_ = ",";
    }
    items_behind_ = items->last;
    if (items->more) return {};
    text += "]}";
    separator_ = ",";
    ++at_;
    part_ = &Export::conversation;
    return {};
  }

  Status file(std::string& text) {
    if (file_at_ == files_.entries.size()) TUTTI_CHECK(read_files());
    if (files_.entries.empty()) {
      part_ = &Export::end;
      return {};
    }
    const StoredFile& file = files_.entries[file_at_];
    text.append(separator_).append(opened(text_of(file))).append("\"data\":\"");
    separator_ = ",";
    sent_ = 0;
    part_ = &Export::file_data;
    return {};
  }

  // At the end of a conversation that was deleted meanwhile there are none.
  Status read_files() {
    PageOptions page{.limit = 100, .ascending = true, .most_bytes = kHeld / 4};
    page.behind = files_.last;
    Result<Page<StoredFile>> files = store_.shown_files(owner_, one_, page);
    if (!files && files.error().code() != ErrorCode::not_found) return files.error();
    files_ = files ? *std::move(files) : Page<StoredFile>();
    file_at_ = 0;
    return {};
  }

  Status file_data(std::string& text) {
    const StoredFile& file = files_.entries[file_at_];
    const Result<std::string> bytes = store_.file_bytes(file, sent_, kFileBytes);
    if (!bytes && bytes.error().code() != ErrorCode::not_found) return bytes.error();
    const bool deleted = !bytes || (bytes->empty() && sent_ < file.bytes);
    if (!deleted) {
      text += base64(*bytes);
      sent_ += int64_t(bytes->size());
      if (sent_ < file.bytes) return {};
    }
    text += deleted ? R"(","deleted":true})" : "\"}";
    ++file_at_;
    part_ = &Export::file;
    return {};
  }

  Status end(std::string& text) {
    text += "]}";
    part_ = nullptr;
    return {};
  }

  Store& store_;
  const std::string owner_, one_;
  const bool with_files_;
  Charge charge_;
  Part part_ = &Export::begin;
  Page<Conversation> conversations_;
  size_t at_ = 0;  // of them
  int64_t items_behind_ = 0;
  Page<StoredFile> files_;
  size_t file_at_ = 0;  // of them
  int64_t sent_ = 0;    // bytes of that file
  const char *separator_ = "", *item_separator_ = "";
};

void send_export(Store& store, const Request& request, const ReplyPtr& reply,
                 const Operation& operation) {
  Checker checker;
  const bool with_files = checker.query(request.query, *operation.query).flag("files");
  const auto id = request.parameters.find("id");
  Charge charge(request.account);
  if (const Status status = charge.grow(Export::kHeld); !status)
    return send_error(*reply, status.error());
  stream(request, reply, "application/json",
         {{"Content-Disposition", "attachment; filename=\"tutti-conversations.json\""},
          {"Cache-Control", "no-store"}},
         std::make_unique<Export>(store, request.user,
                                  id == request.parameters.end() ? "" : id->second, with_files,
                                  std::move(charge)));
}

}  // namespace

void add_export_routes(Router& router, Store& store, const Contract& contract) {
  for (const char* name : {"export_conversations", "export_conversation"}) {
    const Operation& operation = contract.at(name);
    add_operation(router, operation,
                  [&store, &operation](const Request& request, const ReplyPtr& reply) {
                    send_export(store, request, reply, operation);
                  },
                  {.most_seconds = kMostSeconds, .slow = true});
  }
}

}  // namespace tutti::store_api
