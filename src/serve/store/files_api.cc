// /v1/files: what conversations show. The bytes come back as they were sent, always as a download,
// so that a file can never act as a page of this server.
#include "serve/store/files_api.h"

#include "base/utf8.h"
#include "serve/http/parse/multipart.h"
#include "serve/store/answers.h"

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
  name.resize(character_end(name, 256));
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
  stored ? send_json(reply, text_of(*stored)) : send_error(reply, stored.error());
}

// The bytes of a file, which never changes.
class Download final : public Pieces {
 public:
  Download(Store& store, const StoredFile& file) : store_(store), file_(file) {}

  Result<std::string> next() override {
    TUTTI_ASSIGN(std::string bytes, store_.file_bytes(file_, at_, kMostPiece));
    at_ += int64_t(bytes.size());
    if (bytes.empty() && !ended()) return failed("the file is shorter than it was");
    return bytes;
  }
  bool ended() const override { return at_ >= file_.bytes; }
  std::optional<uint64_t> length() const override { return uint64_t(file_.bytes); }

 private:
  Store& store_;
  const StoredFile file_;
  int64_t at_ = 0;
};

void download_file(Store& store, const Request& request, const ReplyPtr& reply) {
  const Result<StoredFile> file = store.file(request.user, request.parameters.at("id"));
  if (!file) return send_error(*reply, file.error());
  stream(request, reply, file->type,
         {{"Content-Disposition", "attachment"},
          {"Content-Security-Policy", "default-src 'none'; sandbox"},
          {"Cache-Control", "private, no-store"}},
         std::make_unique<Download>(store, *file));
}

void list_files(Store& store, const Operation& operation, const Request& request,
                const ReplyPtr& reply) {
  constexpr size_t kLargestFile = 1 << 10;
  Checker checker;
  auto pieces = read_list<StoredFile>(
      request.account, page_options(checker.query(request.query, *operation.query)), kLargestFile,
      [&](const PageOptions& page) { return store.files(request.user, page); });
  if (!pieces) return send_error(*reply, pieces.error());
  stream(request, reply, "application/json", {{"Cache-Control", "no-store"}}, *std::move(pieces));
}

}  // namespace

void add_file_routes(Router& router, Store& store, const Contract& contract) {
  const Operation &all = contract.at("list_files"), &put = contract.at("upload_file");
  constexpr RouteOptions kSlow = {.slow = true};
  add_operation(
      router, all,
      [&store, &all](const Request& request, const ReplyPtr& reply) {
        list_files(store, all, request, reply);
      },
      kSlow);
  add_operation(router, put,
                [&store, &put](const Request& request, const ReplyPtr& reply) {
                  upload(store, put, request, *reply);
                },
                {.most_bytes = kMostFileBytes, .slow = true});
  add_operation(
      router, contract.at("show_file"),
      [&store](const Request& request, const ReplyPtr& reply) {
        const Result<StoredFile> file = store.file(request.user, request.parameters.at("id"));
        file ? send_json(*reply, text_of(*file)) : send_error(*reply, file.error());
      },
      kSlow);
  add_operation(router, contract.at("download_file"),
                [&store](const Request& request, const ReplyPtr& reply) {
                  download_file(store, request, reply);
                },
                {.most_seconds = kMostSeconds, .slow = true});
  add_operation(
      router, contract.at("delete_file"),
      [&store](const Request& request, const ReplyPtr& reply) {
        const std::string& id = request.parameters.at("id");
        const Status status = store.remove_file(request.user, id);
        status ? send_json(*reply, deleted(id, "file")) : send_error(*reply, status.error());
      },
      kSlow);
}

}  // namespace tutti::store_api
