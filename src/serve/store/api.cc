#include "serve/store/api.h"

#include "serve/store/conversations_api.h"
#include "serve/store/export_api.h"
#include "serve/store/files_api.h"

namespace tutti {

void add_store_routes(Router& router, Store& store, const Contract& contract) {
  store_api::add_conversation_routes(router, store, contract);
  store_api::add_file_routes(router, store, contract);
  store_api::add_export_routes(router, store, contract);
}

void add_storeless_routes(Router& router) {
  const auto answer = [](const Request&, const ReplyPtr& reply) {
    reply->send(404, "application/json",
                error_json("this server keeps no conversations and no files: it was started with "
                           "--no-store; the endpoints that answer work without",
                           "invalid_request_error", "no_store"));
  };
  for (const char* method : {"GET", "POST", "DELETE"})
    for (const char* path :
         {"/v1/conversations", "/v1/conversations/{rest*}", "/v1/files", "/v1/files/{rest*}"})
      router.add(method, path, answer, {.most_bytes = size_t(64) << 20});
}

std::string store_metrics(Store& store) {
  const StoreUsage usage = store.usage();
  std::string text;
  const auto gauge = [&](const std::string& name, const char* help, uint64_t value) {
    text += "# HELP " + name + ' ' + help + "\n# TYPE " + name + " gauge\n" + name + ' ' +
            std::to_string(value) + '\n';
  };
  gauge("tutti_store_bytes", "Pages that conversations and files may fill.", usage.bytes);
  gauge("tutti_store_limit_bytes", "Above that they are refused.", store.most_bytes());
  gauge("tutti_store_share_bytes", "Of it for each key.", store.most_bytes_each());
  gauge("tutti_store_conversations", "Conversations kept.", uint64_t(usage.conversations));
  gauge("tutti_store_files", "Files kept.", uint64_t(usage.files));
  return text;
}

}  // namespace tutti
