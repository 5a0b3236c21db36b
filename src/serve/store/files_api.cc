// /v1/files: what conversations show. The bytes come back as they were sent, always as a download,
// so that a file can never act as a page of this server.
#include "base/utf8.h"
#include "serve/http/multipart.h"
#include "serve/store/api.h"

namespace tutti::store_api {
namespace {

constexpr size_t kMostFileBytes = size_t(64) << 20;

// Types that a browser shows inside a page; all others are plain bytes.
bool is_media(const std::string& type) {
  for (const char* family : {"image/", "audio/", "video/"})
    if (type.rfind(family, 0) == 0)
      return type.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789/.+-") == type.npos;
  return false;
}

// A file's name is a label: valid UTF-8 of one line, at most 256 bytes. Never a path of ours.
std::string label_of(std::string name) {
  if (invalid_utf8_at(name)) return "file";
  size_t end = std::min<size_t>(name.size(), 256);
  while (end < name.size() && (uint8_t(name[end]) & 0xc0) == 0x80) --end;  // between characters
  name.resize(end);
  for (char& c : name)
    if (uint8_t(c) < 0x20 || c == 0x7f) c = '_';
  return name;
}

Result<Json> upload(Store& store, const Request& request) {
  TUTTI_ASSIGN(const Multipart form, parse_multipart(request.header("content-type"), request.body));
  const FormPart* part = form.find("file");
  if (!part) return bad_input("the form needs a part named file");
  StoredFile file;
  file.id = form.text("id");
  file.name = label_of(part->file_name);
  file.type = part->content_type.substr(0, part->content_type.find(';'));
  if (!is_media(file.type)) file.type = "application/octet-stream";
  file.purpose = form.text("purpose", "user_data");
  if (file.purpose.size() > 64 || invalid_utf8_at(file.purpose))
    return bad_input("purpose must be a word such as user_data");
  TUTTI_ASSIGN(const StoredFile stored, store.put_file(request.user, file, part->content));
  return to_json(stored);
}

}  // namespace

Json to_json(const StoredFile& file) {
  return {{"id", file.id},           {"object", "file"},
          {"bytes", file.bytes},     {"created_at", file.created},
          {"filename", file.name},   {"content_type", file.type},
          {"purpose", file.purpose}, {"status", "processed"}};
}

void add_file_routes(Router& router, Store& store) {
  router.add("GET", "/v1/files", [&store](const Request& request, const ReplyPtr& reply) {
    const Result<PageOptions> page = read_page(request);
    if (!page) return send_error(*reply, page.error());
    send_page(*reply, store.files(request.user, *page),
              [](const StoredFile& file) { return to_json(file); });
  });
  router.add("POST", "/v1/files",
             [&store](const Request& request, const ReplyPtr& reply) {
               const Result<Json> json = upload(store, request);
               json ? send_json(*reply, *json) : send_error(*reply, json.error());
             },
             {.most_bytes = kMostFileBytes});
  router.add("GET", "/v1/files/{id}", [&store](const Request& request, const ReplyPtr& reply) {
    const Result<StoredFile> file = store.file(request.user, request.parameters.at("id"));
    file ? send_json(*reply, to_json(*file)) : send_error(*reply, file.error());
  });
  router.add("GET", "/v1/files/{id}/content",
             [&store](const Request& request, const ReplyPtr& reply) {
               std::string bytes;
               const Result<StoredFile> file =
                   store.file(request.user, request.parameters.at("id"), &bytes);
               if (!file) return send_error(*reply, file.error());
               reply->send(200, file->type, std::move(bytes),
                           {{"Content-Disposition", "attachment"},
                            {"Content-Security-Policy", "default-src 'none'; sandbox"},
                            {"Cache-Control", "private, no-store"}});
             });
  router.add("DELETE", "/v1/files/{id}", [&store](const Request& request, const ReplyPtr& reply) {
    const std::string& id = request.parameters.at("id");
    send_deleted(*reply, id, "file", store.remove_file(request.user, id));
  });
}

}  // namespace tutti::store_api
