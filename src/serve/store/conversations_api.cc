#include "serve/store/conversations_api.h"

#include "serve/contract/problem.h"
#include "serve/store/answers.h"
#include "serve/store/rows/values.h"

namespace tutti::store_api {
namespace {

constexpr size_t kMostMetadataBytes = 16 << 10;
// Of a stored conversation as an answer has it; its id and its times are short.
constexpr size_t kLargest = kMostMetadataBytes + (1 << 10);

// What a request asks, read: its path, its query and its body.
struct Call {
  const Request& request;
  const Fields query, body;
  Charge& charge;  // of what is made of it

  const std::string& user() const { return request.user; }
  const std::string& parameter(const char* name) const { return request.parameters.at(name); }
};

// Empty where nothing is said of it.
std::string read_metadata(const Fields& body) {
  if (!body.has("metadata")) return "";
  std::string text = body.json("metadata").dump();
  if (text.size() > kMostMetadataBytes)
    body.refuse(
        "metadata",
        "is larger than 16 KiB, its limit; it has " + std::to_string(text.size()) + " bytes",
        "string_above_max_length");
  return text;
}

// As it is stored: with the id that it has in the store.
std::string item_text(const Json& item, const std::string& id) {
  std::string text = "{\"id\":" + Json(id).dump();
  for (const auto& field : item.items())
    if (field.key() != "id")
      text.append(",").append(Json(field.key()).dump()).append(":").append(field.value().dump());
  return text += '}';
}

std::string id_of(const Fields& item) {
  const Json& said = item.json("id");
  if (said.is_null()) return new_store_id("msg");
  if (said.is_string() && !said.get_ref<const std::string&>().empty())
    return said.get<std::string>();
  item.refuse("id", "must be a string that is not empty", "invalid_type");
  return {};
}

// Written as text, numbers alone grow ("1e9" is 1000000000.0), and there are 100,000 at most.
size_t most_text_of(size_t body) {
  return std::min(4 * body, body + (size_t(2) << 20));
}

std::vector<StoredItem> read_items(const Call& call) {
  std::vector<StoredItem> items;
  const std::vector<Fields> said = call.body.objects("items");
  if (const Status status = call.charge.grow(most_text_of(call.request.body.size())); !status)
    call.body.refuse("items", status.error());
  size_t bytes = 0;
  for (const Fields& fields : said) {
    if (call.body.refused()) return {};
    std::string id = id_of(fields);
    std::string text = item_text(fields.json(), id);
    if (text.size() > kMostItemBytes)
      fields.refuse("content",
                    "makes the item larger than 256 KiB, its limit; upload media to /v1/files and "
                    "name their file_id",
                    "string_above_max_length");
    bytes += text.size();
    items.push_back({std::move(id), std::move(text)});
  }
  call.charge.shrink(call.charge.bytes() - std::min(call.charge.bytes(), bytes));
  return items;
}

Result<std::string> create(Store& store, const Call& call) {
  const std::string metadata = read_metadata(call.body);
  const std::vector<StoredItem> items = read_items(call);
  if (call.body.refused()) return std::string();
  TUTTI_ASSIGN(const Conversation made,
               store.create(call.user(), call.body.text("id"), metadata, items));
  return text_of(made);
}

Result<std::string> update(Store& store, const Call& call) {
  const std::string metadata = read_metadata(call.body);
  if (call.body.refused()) return std::string();
  TUTTI_ASSIGN(const Conversation conversation,
               store.set_metadata(call.user(), call.parameter("id"), metadata));
  return text_of(conversation);
}

Result<std::unique_ptr<Pieces>> put_items(Store& store, const Call& call) {
  Page<StoredItem> put{.entries = read_items(call)};
  if (call.body.refused()) return std::unique_ptr<Pieces>();
  TUTTI_CHECK(store.put_items(call.user(), call.parameter("id"), put.entries));
  return std::unique_ptr<Pieces>(
      std::make_unique<List<StoredItem>>(std::move(put), std::move(call.charge)));
}

void answer(const Call&, const ReplyPtr& reply, std::string json) {
  send_json(*reply, std::move(json));
}

void answer(const Call& call, const ReplyPtr& reply, std::unique_ptr<Pieces> pieces) {
  stream(call.request, reply, "application/json", {{"Cache-Control", "no-store"}},
         std::move(pieces));
}

// Adds an operation of a function that gives the answer.
template <class Answer>
void add(Router& router, const Contract& contract, const char* id, Store& store,
         Result<Answer> (*function)(Store&, const Call&), size_t most_bytes = size_t(1) << 20) {
  const Operation& operation = contract.at(id);
  add_operation(router, operation,
                [&store, &operation, function](const Request& request, const ReplyPtr& reply) {
                  static const Shape nothing;
                  static const std::string empty = "{}";
                  Charge charge(request.account);
                  Checker checker(request.account);
                  const Shape& body = operation.body ? *operation.body : nothing;
                  const bool says = operation.body && !request.body.empty();
                  const Call call{request, checker.query(request.query, *operation.query),
                                  checker.body(says ? request.body : empty, body), charge};
                  if (checker.problem()) return send_problem(*reply, *checker.problem());
                  Result<Answer> made = function(store, call);
                  if (checker.problem()) return send_problem(*reply, *checker.problem());
                  made ? answer(call, reply, *std::move(made)) : send_error(*reply, made.error());
                },
                {.most_bytes = most_bytes, .slow = true});
}

Result<std::unique_ptr<Pieces>> list(Store& store, const Call& call) {
  return read_list<Conversation>(
      call.request.account, page_options(call.query), kLargest,
      [&](const PageOptions& page) { return store.conversations(call.user(), page); });
}

Result<std::unique_ptr<Pieces>> list_items(Store& store, const Call& call) {
  return read_list<StoredItem>(call.request.account, page_options(call.query), kMostItemBytes,
                               [&](const PageOptions& page) {
                                 return store.items(call.user(), call.parameter("id"), page);
                               });
}

Result<std::string> show(Store& store, const Call& call) {
  TUTTI_ASSIGN(const Conversation conversation,
               store.conversation(call.user(), call.parameter("id")));
  return text_of(conversation);
}

Result<std::string> show_item(Store& store, const Call& call) {
  TUTTI_CHECK(call.charge.grow(kMostItemBytes));
  TUTTI_ASSIGN(StoredItem item,
               store.item(call.user(), call.parameter("id"), call.parameter("item")));
  return std::move(item.json);
}

Result<std::string> remove(Store& store, const Call& call) {
  const std::string& id = call.parameter("id");
  TUTTI_CHECK(store.remove_conversation(call.user(), id));
  return deleted(id, "conversation.deleted");
}

Result<std::string> remove_item(Store& store, const Call& call) {
  const std::string& id = call.parameter("item");
  TUTTI_CHECK(store.remove_item(call.user(), call.parameter("id"), id));
  return deleted(id, "conversation.item.deleted");
}

Result<std::string> remove_all(Store& store, const Call& call) {
  TUTTI_ASSIGN(const int64_t count, store.remove_conversations(call.user()));
  return R"({"object":"conversations.deleted","deleted":true,"count":)" + std::to_string(count) +
         '}';
}

}  // namespace

void add_conversation_routes(Router& router, Store& store, const Contract& contract) {
  constexpr size_t kMany = size_t(32) << 20;
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
}

}  // namespace tutti::store_api
