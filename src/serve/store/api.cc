#include "serve/store/api.h"

namespace tutti {
namespace store_api {
namespace {

constexpr size_t kMostItemBytes = 256 << 10;
constexpr size_t kMostMetadataBytes = 16 << 10;

// What a request asks, read: its path, its query and its body.
struct Call {
  const Request& request;
  const Fields query, body;

  const std::string& user() const { return request.user; }
  const std::string& parameter(const char* name) const { return request.parameters.at(name); }
};

std::string read_metadata(const Fields& body) {
  if (!body.has("metadata")) return "{}";
  std::string text = body.json("metadata").dump();
  if (text.size() > kMostMetadataBytes)
    body.refuse(
        "metadata",
        "is larger than 16 KiB, its limit; it has " + std::to_string(text.size()) + " bytes",
        "string_above_max_length");
  return text;
}

std::vector<StoredItem> read_items(const Fields& body) {
  std::vector<StoredItem> items;
  for (const Fields& fields : body.objects("items")) {
    Json item = fields.json();
    const Json& said = fields.json("id");
    const bool named = said.is_string() && !said.get_ref<const std::string&>().empty();
    if (!said.is_null() && !named)
      fields.refuse("id", "must be a string that is not empty", "invalid_type");
    std::string id = named ? said.get<std::string>() : new_store_id("msg");
    item["id"] = id;
    std::string text = item.dump();
    if (text.size() > kMostItemBytes)
      fields.refuse("content",
                    "makes the item larger than 256 KiB, its limit; upload media to /v1/files and "
                    "name their file_id",
                    "string_above_max_length");
    if (body.refused()) return {};
    items.push_back({std::move(id), std::move(text)});
  }
  return items;
}

Result<Json> create(Store& store, const Call& call) {
  const std::string metadata = read_metadata(call.body);
  const std::vector<StoredItem> items = read_items(call.body);
  if (call.body.refused()) return Json();
  TUTTI_ASSIGN(const Conversation made,
               store.create(call.user(), call.body.text("id"), metadata, items));
  return to_json(made);
}

Result<Json> update(Store& store, const Call& call) {
  const std::string metadata = read_metadata(call.body);
  if (call.body.refused()) return Json();
  TUTTI_ASSIGN(const Conversation conversation,
               store.set_metadata(call.user(), call.parameter("id"), metadata));
  return to_json(conversation);
}

Result<Json> put_items(Store& store, const Call& call) {
  const std::vector<StoredItem> items = read_items(call.body);
  if (call.body.refused()) return Json();
  TUTTI_CHECK(store.put_items(call.user(), call.parameter("id"), items));
  Json data = Json::array();
  for (const StoredItem& item : items) data.push_back(Json::parse(item.json));
  return Json{{"object", "list"},
              {"data", data},
              {"first_id", data.empty() ? Json() : data.front()["id"]},
              {"last_id", data.empty() ? Json() : data.back()["id"]},
              {"has_more", false}};
}

// Adds an operation of a function that gives the answer's JSON.
void add(Router& router, const Contract& contract, const char* id, Store& store,
         Result<Json> (*answer)(Store&, const Call&), RouteOptions options = {}) {
  const Operation& operation = contract.at(id);
  add_operation(
      router, operation,
      [&store, &operation, answer](const Request& request, const ReplyPtr& reply) {
        static const Shape nothing;
        Checker checker(request.account);
        const Shape& query = operation.query ? *operation.query : nothing;
        const Shape& body = operation.body ? *operation.body : nothing;
        const std::string& text = request.body;
        const Call call{request, checker.query(request.query, query),
                        checker.body(operation.body && !text.empty() ? text : "{}", body)};
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        const Result<Json> json = answer(store, call);
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        json ? send_json(*reply, *json) : send_error(*reply, json.error());
      },
      options);
}

Result<Json> list(Store& store, const Call& call) {
  return page_json(store.conversations(call.user(), page_of(call.query)),
                   [](const Conversation& conversation) { return to_json(conversation); });
}

Result<Json> list_items(Store& store, const Call& call) {
  return page_json(store.items(call.user(), call.parameter("id"), page_of(call.query)),
                   [](const StoredItem& item) { return Json::parse(item.json); });
}

Result<Json> show(Store& store, const Call& call) {
  TUTTI_ASSIGN(const Conversation conversation,
               store.conversation(call.user(), call.parameter("id")));
  return to_json(conversation);
}

Result<Json> show_item(Store& store, const Call& call) {
  TUTTI_ASSIGN(const StoredItem item,
               store.item(call.user(), call.parameter("id"), call.parameter("item")));
  return Json::parse(item.json);
}

Result<Json> remove(Store& store, const Call& call) {
  const std::string& id = call.parameter("id");
  TUTTI_CHECK(store.remove_conversation(call.user(), id));
  return deleted(id, "conversation.deleted");
}

Result<Json> remove_item(Store& store, const Call& call) {
  const std::string& id = call.parameter("item");
  TUTTI_CHECK(store.remove_item(call.user(), call.parameter("id"), id));
  return deleted(id, "conversation.item.deleted");
}

Result<Json> remove_all(Store& store, const Call& call) {
  TUTTI_ASSIGN(const int64_t count, store.remove_conversations(call.user()));
  return Json{{"object", "conversations.deleted"}, {"deleted", true}, {"count", count}};
}

}  // namespace

void send_json(Reply& reply, const Json& json) {
  reply.send(200, "application/json", json.dump(-1, ' ', false, Json::error_handler_t::replace),
             {{"Cache-Control", "no-store"}});
}

void send_error(Reply& reply, const Error& error) {
  send_problem(reply, problem_of(error, 1));
}

Json deleted(const std::string& id, const char* object) {
  return {{"id", id}, {"object", object}, {"deleted", true}};
}

Json to_json(const Conversation& conversation) {
  return {{"id", conversation.id},
          {"object", "conversation"},
          {"created_at", conversation.created},
          {"updated_at", conversation.updated},
          {"metadata", Json::parse(conversation.metadata, nullptr, false)}};
}

PageOptions page_of(const Fields& query) {
  return {.limit = int(query.integer("limit")),
          .after = query.text("after"),
          .ascending = query.text("order") == "asc"};
}

}  // namespace store_api

void add_store_routes(Router& router, Store& store, const Contract& contract) {
  using namespace store_api;
  constexpr RouteOptions kMany = {.most_bytes = size_t(32) << 20};
  add(router, contract, "list_conversations", store, list);
  add(router, contract, "create_conversation", store, create, kMany);
  add(router, contract, "delete_conversations", store, remove_all);
  add(router, contract, "show_conversation", store, show);
  add(router, contract, "update_conversation", store, update);
  add(router, contract, "delete_conversation", store, remove);
  add(router, contract, "list_items", store, list_items);
  add(router, contract, "put_items", store, put_items, kMany);
  add(router, contract, "show_item", store, show_item);
  add(router, contract, "delete_item", store, remove_item);
  add_file_routes(router, store, contract);
  add_export_routes(router, store, contract);
}

}  // namespace tutti
