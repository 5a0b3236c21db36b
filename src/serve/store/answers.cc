#include "serve/store/answers.h"

#include "serve/contract/problem.h"

namespace tutti::store_api {

void send_json(Reply& reply, std::string json) {
  reply.send(200, "application/json", std::move(json), {{"Cache-Control", "no-store"}});
}

void send_error(Reply& reply, const Error& error) {
  send_problem(reply, problem_of(error, 1));
}

std::string deleted(const std::string& id, const char* object) {
  return Json{{"id", id}, {"object", object}, {"deleted", true}}.dump();
}

std::string text_of(const Conversation& conversation) {
  return "{\"id\":\"" + conversation.id + R"(","object":"conversation","created_at":)" +
         std::to_string(conversation.created) +
         ",\"updated_at\":" + std::to_string(conversation.updated) +
         ",\"metadata\":" + conversation.metadata + '}';
}

PageOptions page_options(const Fields& query) {
  return {.limit = int(query.integer("limit")),
          .after = query.text("after"),
          .ascending = query.text("order") == "asc"};
}

std::string text_of(const StoredFile& file) {
  const Json json = {{"id", file.id},           {"object", "file"},
                     {"bytes", file.bytes},     {"created_at", file.created},
                     {"filename", file.name},   {"content_type", file.type},
                     {"purpose", file.purpose}, {"status", "processed"}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tutti::store_api
