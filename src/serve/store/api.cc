#include "serve/store/api.h"

#include <charconv>

#include "base/quote.h"
#include "serve/http/read_json.h"

namespace tutti {
namespace store_api {
namespace {

constexpr size_t kMostItemBytes = 256 << 10;
constexpr size_t kMostMetadataBytes = 16 << 10;
constexpr size_t kMostItems = 100;  // of one request

// A request's body as an object; an empty body is an empty one.
Result<Json> read_object(const Request& request) {
  if (request.body.empty()) return Json::object();
  TUTTI_ASSIGN(Json json, read_json(request.body));
  if (!json.is_object()) return bad_input("the body must be one JSON object");
  return json;
}

Result<std::string> read_metadata(const Json& body) {
  const auto found = body.find("metadata");
  if (found == body.end() || found->is_null()) return std::string("{}");
  std::string text = found->dump();
  if (!found->is_object() || text.size() > kMostMetadataBytes)
    return bad_input("metadata must be an object of at most 16 KiB");
  return text;
}

Result<std::string> read_id(const Json& object) {
  const auto found = object.find("id");
  if (found == object.end() || found->is_null()) return std::string();
  if (!found->is_string() || found->get_ref<const std::string&>().empty())
    return bad_input("id must be a string");
  return found->get<std::string>();
}

Result<std::vector<StoredItem>> read_items(const Json& body, bool needed) {
  std::vector<StoredItem> items;
  const auto found = body.find("items");
  if (found == body.end() && !needed) return items;
  if (found == body.end() || !found->is_array() || found->size() > kMostItems)
    return bad_input("items must be an array of at most 100 objects");
  for (Json item : *found) {
    if (!item.is_object()) return bad_input("each item must be an object");
    TUTTI_ASSIGN(std::string id, read_id(item));
    if (id.empty()) id = new_store_id("msg");
    item["id"] = id;
    std::string text = item.dump();
    if (text.size() > kMostItemBytes)
      return bad_input(
          "an item is larger than 256 KiB; upload media to /v1/files and name their "
          "file_id");
    items.push_back({std::move(id), std::move(text)});
  }
  return items;
}

Result<Json> create(Store& store, const Request& request) {
  TUTTI_ASSIGN(const Json body, read_object(request));
  TUTTI_ASSIGN(const std::string id, read_id(body));
  TUTTI_ASSIGN(const std::string metadata, read_metadata(body));
  TUTTI_ASSIGN(const std::vector<StoredItem> items, read_items(body, false));
  TUTTI_ASSIGN(const Conversation made, store.create(request.user, id, metadata, items));
  return to_json(made);
}

Result<Json> update(Store& store, const Request& request) {
  const std::string& id = request.parameters.at("id");
  TUTTI_ASSIGN(const Json body, read_object(request));
  TUTTI_ASSIGN(const std::string metadata, read_metadata(body));
  TUTTI_ASSIGN(const Conversation conversation, store.set_metadata(request.user, id, metadata));
  return to_json(conversation);
}

Result<Json> put_items(Store& store, const Request& request) {
  TUTTI_ASSIGN(const Json body, read_object(request));
  TUTTI_ASSIGN(const std::vector<StoredItem> items, read_items(body, true));
  TUTTI_CHECK(store.put_items(request.user, request.parameters.at("id"), items));
  Json data = Json::array();
  for (const StoredItem& item : items) data.push_back(Json::parse(item.json));
  return Json{{"object", "list"},
              {"data", data},
              {"first_id", data.empty() ? Json() : data.front()["id"]},
              {"last_id", data.empty() ? Json() : data.back()["id"]},
              {"has_more", false}};
}

// A handler of a function that reads the request and gives the answer's JSON.
Handler handler(Store& store, Result<Json> (*answer)(Store&, const Request&)) {
  return [&store, answer](const Request& request, const ReplyPtr& reply) {
    const Result<Json> json = answer(store, request);
    json ? send_json(*reply, *json) : send_error(*reply, json.error());
  };
}

Result<Json> show(Store& store, const Request& request) {
  TUTTI_ASSIGN(const Conversation conversation,
               store.conversation(request.user, request.parameters.at("id")));
  return to_json(conversation);
}

Result<Json> show_item(Store& store, const Request& request) {
  TUTTI_ASSIGN(const StoredItem item, store.item(request.user, request.parameters.at("id"),
                                                 request.parameters.at("item")));
  return Json::parse(item.json);
}

Result<Json> remove_all(Store& store, const Request& request) {
  TUTTI_ASSIGN(const int64_t count, store.remove_conversations(request.user));
  return Json{{"object", "conversations.deleted"}, {"deleted", true}, {"count", count}};
}

void add_item_routes(Router& router, Store& store) {
  const std::string items = "/v1/conversations/{id}/items";
  router.add("GET", items, [&store](const Request& request, const ReplyPtr& reply) {
    const Result<PageOptions> page = read_page(request);
    if (!page) return send_error(*reply, page.error());
    send_page(*reply, store.items(request.user, request.parameters.at("id"), *page),
              [](const StoredItem& item) { return Json::parse(item.json); });
  });
  router.add("POST", items, handler(store, put_items), {.most_bytes = size_t(32) << 20});
  router.add("GET", items + "/{item}", handler(store, show_item));
  router.add("DELETE", items + "/{item}", [&store](const Request& request, const ReplyPtr& reply) {
    const std::string& id = request.parameters.at("item");
    send_deleted(*reply, id, "conversation.item.deleted",
                 store.remove_item(request.user, request.parameters.at("id"), id));
  });
}

}  // namespace

void send_json(Reply& reply, const Json& json) {
  reply.send(200, "application/json", json.dump(-1, ' ', false, Json::error_handler_t::replace),
             {{"Cache-Control", "no-store"}});
}

void send_error(Reply& reply, const Error& error) {
  const auto send = [&](int status, const char* type, const char* code, Headers more = {}) {
    reply.send(status, "application/json", error_json(error.message(), type, code),
               std::move(more));
  };
  switch (error.code()) {
    case ErrorCode::not_found:
      return send(404, "invalid_request_error", "not_found");
    case ErrorCode::no_space:
      return send(507, "server_error", "no_space", {{"Retry-After", "10"}});
    case ErrorCode::busy:
      return send(429, "rate_limit_error", "busy", {{"Retry-After", "1"}});
    case ErrorCode::bad_input:
    case ErrorCode::usage:
      return send(400, "invalid_request_error", "");
    default:
      return send(500, "server_error", "");
  }
}

void send_deleted(Reply& reply, const std::string& id, const char* object, const Status& status) {
  if (!status) return send_error(reply, status.error());
  send_json(reply, {{"id", id}, {"object", object}, {"deleted", true}});
}

Json to_json(const Conversation& conversation) {
  return {{"id", conversation.id},
          {"object", "conversation"},
          {"created_at", conversation.created},
          {"updated_at", conversation.updated},
          {"metadata", Json::parse(conversation.metadata, nullptr, false)}};
}

Result<PageOptions> read_page(const Request& request) {
  PageOptions page;
  for (const auto& [name, value] : request.query) {
    if (name == "limit") {
      const char* end = value.data() + value.size();
      const auto read = std::from_chars(value.data(), end, page.limit);
      if (read.ec != std::errc() || read.ptr != end || page.limit < 1 || page.limit > 100)
        return bad_input("limit must be 1 to 100, not " + quote(value));
    } else if (name == "order") {
      if (value != "asc" && value != "desc")
        return bad_input("order must be asc or desc, not " + quote(value));
      page.ascending = value == "asc";
    } else if (name == "after") {
      page.after = value;
    }
  }
  return page;
}

}  // namespace store_api

void add_store_routes(Router& router, Store& store) {
  using namespace store_api;
  router.add("GET", "/v1/conversations", [&store](const Request& request, const ReplyPtr& reply) {
    const Result<PageOptions> page = read_page(request);
    if (!page) return send_error(*reply, page.error());
    send_page(*reply, store.conversations(request.user, *page),
              [](const Conversation& conversation) { return to_json(conversation); });
  });
  router.add("POST", "/v1/conversations", handler(store, create), {.most_bytes = size_t(32) << 20});
  router.add("DELETE", "/v1/conversations", handler(store, remove_all));
  router.add("GET", "/v1/conversations/{id}", handler(store, show));
  router.add("POST", "/v1/conversations/{id}", handler(store, update));
  router.add("DELETE", "/v1/conversations/{id}",
             [&store](const Request& request, const ReplyPtr& reply) {
               const std::string& id = request.parameters.at("id");
               send_deleted(*reply, id, "conversation.deleted",
                            store.remove_conversation(request.user, id));
             });
  add_item_routes(router, store);
  add_file_routes(router, store);
  add_export_routes(router, store);
}

}  // namespace tutti
