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

void upload(Store& store, const Operation& operation, const Request& request, Reply& reply) {
  const Result<Multipart> form = parse_multipart(request.header("content-type"), request.body);
  if (!form) return send_error(reply, form.error());
  std::vector<std::pair<std::string, std::string_view>> texts;
  for (const FormPart& part : form->parts)  // a file of no bytes is one all the same
    texts.emplace_back(part.name, part.name == "file" ? "file" : part.content);
  Checker checker(request.account);
  const Fields fields = checker.texts(texts, *operation.body);
  if (checker.problem()) return send_problem(reply, *checker.problem());
  const FormPart& part = *form->find("file");
  StoredFile file;
  file.id = fields.text("id");
  file.name = label_of(part.file_name);
  file.type = part.content_type.substr(0, part.content_type.find(';'));
  if (!is_media(file.type)) file.type = "application/octet-stream";
  file.purpose = fields.text("purpose");
  const Result<StoredFile> stored = store.put_file(request.user, file, part.content);
  stored ? send_json(reply, to_json(*stored)) : send_error(reply, stored.error());
}

}  // namespace

Json to_json(const StoredFile& file) {
  return {{"id", file.id},           {"object", "file"},
          {"bytes", file.bytes},     {"created_at", file.created},
          {"filename", file.name},   {"content_type", file.type},
          {"purpose", file.purpose}, {"status", "processed"}};
}

void add_file_routes(Router& router, Store& store, const Contract& contract) {
  const Operation &all = contract.at("list_files"), &put = contract.at("upload_file");
  add_operation(router, all, [&store, &all](const Request& request, const ReplyPtr& reply) {
    Checker checker;
    const PageOptions page = page_of(checker.query(request.query, *all.query));
    const Result<Json> json = page_json(store.files(request.user, page),
                                        [](const StoredFile& file) { return to_json(file); });
    json ? send_json(*reply, *json) : send_error(*reply, json.error());
  });
  add_operation(router, put,
                [&store, &put](const Request& request, const ReplyPtr& reply) {
                  upload(store, put, request, *reply);
                },
                {.most_bytes = kMostFileBytes});
  add_operation(
      router, contract.at("show_file"), [&store](const Request& request, const ReplyPtr& reply) {
        const Result<StoredFile> file = store.file(request.user, request.parameters.at("id"));
        file ? send_json(*reply, to_json(*file)) : send_error(*reply, file.error());
      });
  add_operation(router, contract.at("download_file"),
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
  add_operation(
      router, contract.at("delete_file"), [&store](const Request& request, const ReplyPtr& reply) {
        const std::string& id = request.parameters.at("id");
        const Status status = store.remove_file(request.user, id);
        status ? send_json(*reply, deleted(id, "file")) : send_error(*reply, status.error());
      });
}

}  // namespace tutti::store_api
