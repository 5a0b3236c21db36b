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
#pragma once

#include "serve/contract/contract.h"
#include "serve/contract/fields.h"
#include "serve/store/store.h"

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

void send_json(Reply& reply, const Json& json);
void send_error(Reply& reply, const Error& error);
Json deleted(const std::string& id, const char* object);

Json to_json(const Conversation& conversation);
Json to_json(const StoredFile& file);

// limit, after and order.
PageOptions page_of(const Fields& query);

template <class T, class Convert>
Result<Json> page_json(const Result<Page<T>>& page, const Convert& convert) {
  if (!page) return page.error();
  Json data = Json::array();
  for (const T& entry : page->entries) data.push_back(convert(entry));
  const auto id = [](const Json& entry) { return entry.value("id", Json()); };
  const Json none;
  return Json{{"object", "list"},
              {"data", data},
              {"first_id", data.empty() ? none : id(data.front())},
              {"last_id", data.empty() ? none : id(data.back())},
              {"has_more", page->more}};
}

}  // namespace store_api
}  // namespace tutti
