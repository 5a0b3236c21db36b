// Conversations as one JSON file that needs nothing else: items, and the files they show as base64.
//
//   {"format": "tutti.conversations", "version": 1,
//    "conversations": [{"id": ..., "metadata": ..., "items": [...]}],
//    "files": [{"id": ..., "filename": ..., "content_type": ..., "data": "..."}]}
#include <sodium.h>

#include <set>

#include "serve/store/api.h"

namespace tutti::store_api {
namespace {

// An answer waits in memory until the client has read it, 64 MB at most (serve/http).
constexpr size_t kMostExportBytes = size_t(60) << 20;

Error too_large() {
  return bad_input(
      "this is more than the 60 MB that one export holds; export conversations one by one, or add "
      "?files=false and fetch the files from /v1/files/{id}/content");
}

std::string base64(const std::string& bytes) {
  const size_t size = sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  std::string text(size, '\0');
  sodium_bin2base64(text.data(), size, reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminating zero
  return text;
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Text, not a tree: an item is stored as JSON, and as a tree it would take many times its bytes.
class Export {
 public:
  Export(Store& store, const Request& request)
      : store_(store), owner_(request.user), with_files_(!is_off(request)) {}

  Status add(const Conversation& conversation) {
    std::string text = dumped(to_json(conversation));
    text.back() = ',';  // its brace
    text += "\"items\":[";
    const char* separator = "";
    PageOptions page{.limit = 100, .after = {}, .ascending = true};
    for (bool more = true; more;) {
      TUTTI_ASSIGN(const Page<StoredItem> part, store_.items(owner_, conversation.id, page));
      for (const StoredItem& item : part.entries) {
        TUTTI_CHECK(count(item.json.size()));
        text.append(separator).append(item.json);
        separator = ",";
      }
      more = part.more;
      if (more) page.after = part.entries.back().id;
    }
    conversations_.append(conversations_.empty() ? "" : ",").append(text).append("]}");
    return with_files_ ? add_files(conversation.id) : Status();
  }

  void send(Reply& reply) && {
    std::string text = R"({"format":"tutti.conversations","version":1,"conversations":[)";
    text.reserve(text.size() + conversations_.size() + files_.size() + 32);
    text.append(conversations_).append("],\"files\":[").append(files_).append("]}");
    reply.send(200, "application/json", std::move(text),
               {{"Content-Disposition", "attachment; filename=\"tutti-conversations.json\""},
                {"Cache-Control", "no-store"}});
  }

 private:
  static bool is_off(const Request& request) {
    const auto found = request.query.find("files");
    return found != request.query.end() && found->second == "false";
  }

  Status count(size_t bytes) {
    bytes_ += bytes;
    if (bytes_ > kMostExportBytes) return too_large();
    return {};
  }

  Status add_files(const std::string& conversation) {
    TUTTI_ASSIGN(const std::vector<std::string> ids, store_.files_of(owner_, conversation));
    for (const std::string& id : ids) {
      if (!seen_.insert(id).second) continue;
      TUTTI_ASSIGN(const StoredFile file, store_.file(owner_, id));
      TUTTI_CHECK(count(size_t(file.bytes) * 4 / 3 + 256));
      std::string bytes;
      TUTTI_CHECK(to_status(store_.file(owner_, id, &bytes)));
      std::string text = dumped(to_json(file));
      text.back() = ',';
      files_.append(files_.empty() ? "" : ",").append(text).append("\"data\":\"");
      files_.append(base64(bytes)).append("\"}");
    }
    return {};
  }

  static Status to_status(const Result<StoredFile>& file) {
    return file ? Status() : Status(file.error());
  }

  Store& store_;
  std::string owner_;
  bool with_files_;
  std::string conversations_, files_;  // the elements of both lists, as they are written
  std::set<std::string> seen_;
  size_t bytes_ = 0;
};

Status export_all(Store& store, const Request& request, Export& out) {
  PageOptions page{.limit = 100, .after = {}, .ascending = true};
  for (bool more = true; more;) {
    TUTTI_ASSIGN(const Page<Conversation> part, store.conversations(request.user, page));
    for (const Conversation& conversation : part.entries) TUTTI_CHECK(out.add(conversation));
    more = part.more;
    if (more) page.after = part.entries.back().id;
  }
  return {};
}

Status export_one(Store& store, const Request& request, Export& out) {
  TUTTI_ASSIGN(const Conversation conversation,
               store.conversation(request.user, request.parameters.at("id")));
  return out.add(conversation);
}

Handler handler(Store& store, Status (*fill)(Store&, const Request&, Export&)) {
  return [&store, fill](const Request& request, const ReplyPtr& reply) {
    Export out(store, request);
    const Status status = fill(store, request, out);
    status ? std::move(out).send(*reply) : send_error(*reply, status.error());
  };
}

}  // namespace

void add_export_routes(Router& router, Store& store, const Contract& contract) {
  add_operation(router, contract.at("export_conversations"), handler(store, export_all));
  add_operation(router, contract.at("export_conversation"), handler(store, export_one));
}

}  // namespace tutti::store_api
