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
#include "serve/store/store.h"

namespace tutti {

// Both must outlive the server.
void add_store_routes(Router& router, Store& store, const Contract& contract);
// Of a server that keeps nothing: the same paths answer 404 and say so.
void add_storeless_routes(Router& router);

// What is kept, in Prometheus' text format: totals only, for owners are not each other's business.
std::string store_metrics(Store& store);

}  // namespace tutti
