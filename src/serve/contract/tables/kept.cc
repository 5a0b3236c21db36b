// /v1/conversations and /v1/files: what a client asks the server to keep.
#include "serve/contract/tables/kept.h"

namespace tutti::tables {
namespace {

Field id() {
  return field::text("id",
                     "Chosen by the client, so that the request may be sent twice; made by the "
                     "server where it is missing.");
}

Field metadata() {
  return field::object("metadata", anything(),
                       "What the client likes; the studio keeps a title here. 16 KiB at most.");
}

Field items(bool needed) {
  Field items =
      field::list("items", anything(),
                  "Up to 100 messages or other objects: they are kept as they come and not "
                  "interpreted. One whose id is there already takes the old one's place. "
                  "Files are named by file_id in their content; one that is not there is "
                  "kept as a name, which shows nothing.");
  items.most_items = 100;
  items.needed = needed;
  return items;
}

std::vector<Field> page() {
  return {field::integer("limit", 1, 100, 20, "The most entries of one page."),
          field::text("after",
                      "The last id of the previous page: the next one begins behind it. 404 where "
                      "that entry is "
                      "not there any more."),
          field::choice("order", {"asc", "desc"}, "desc",
                        "desc begins with the newest, asc with the oldest.")};
}

Operation kept(std::string id, std::string method, std::string path, std::string summary,
               std::string about) {
  Operation operation{std::move(id), std::move(method), std::move(path), std::move(summary),
                      std::move(about)};
  operation.stores = operation.method == "POST";
  operation.waits = true;
  return operation;
}

Operation list(std::string id, std::string path, std::string summary, std::string about,
               std::vector<Field> more = {}) {
  Operation operation =
      kept(std::move(id), "GET", std::move(path), std::move(summary), std::move(about));
  std::vector<Field> fields = page();
  append(fields, std::move(more));
  operation.query = share({"", std::move(fields)});
  return operation;
}

Operation put(Operation operation, std::vector<Field> fields) {
  operation.body = share({"", std::move(fields)});
  return operation;
}

Operation exported(std::string id, std::string path, std::string summary, std::string about) {
  Operation operation =
      kept(std::move(id), "GET", std::move(path), std::move(summary), std::move(about));
  operation.query =
      share({"", {field::flag("files", true, "Whether media are included, as base64.")}});
  return operation;
}

Field include() {
  return field::refused("include", "[[]]", "items come back as they were put");
}

}  // namespace

std::vector<Operation> conversations() {
  const std::string all = "/v1/conversations", one = all + "/{id}", items_path = one + "/items";
  const std::string item = items_path + "/{item}";
  std::vector<Operation> operations = {
      list("list_conversations", all, "List conversations",
           "Those of the key that asks, newest first. Nothing is kept unless a client puts it "
           "here; the studio does."),
      put(kept(
              "create_conversation", "POST", all, "Keep a conversation",
              "It is on the disk when the answer comes; 507 where there is no room. With the id of "
              "one that there is, its items are added to that one, and its metadata is replaced "
              "where it is given."),
          {id(), metadata(), items(false)}),
      kept("delete_conversations", "DELETE", all, "Delete all conversations",
           "And the files that only they show."),
      exported("export_conversations", all + "/export", "Export all conversations",
               "One JSON file, media included as base64; with ?files=false without. Made while it "
               "is sent: what is added, changed or deleted meanwhile may be in it or not. A file "
               "that is deleted before all of it is sent ends there, with \"deleted\": true."),
      kept("show_conversation", "GET", one, "Show a conversation",
           "Its metadata; items have an endpoint of their own."),
      put(kept("update_conversation", "POST", one, "Change a conversation",
               "Replaces the metadata."),
          {metadata().need()}),
      kept("delete_conversation", "DELETE", one, "Delete a conversation",
           "With its items, and the files that only it shows."),
      exported("export_conversation", one + "/export", "Export a conversation",
               "As above, of one."),
      list("list_items", items_path, "List items",
           "The newest first; with order=asc in the order in which they came.", {include()}),
      put(kept("put_items", "POST", items_path, "Add or replace items", "All or none."),
          {items(true)}),
      kept("show_item", "GET", item, "Show an item", "As it was put."),
      kept("delete_item", "DELETE", item, "Delete an item", "And the files that only it shows.")};
  for (Operation& operation : operations)
    if (operation.id == "put_items" || operation.id == "show_item")
      operation.query = share({"", {include()}});
  return operations;
}

std::vector<Operation> files() {
  const std::string all = "/v1/files", one = all + "/{id}";
  Field purpose = field::text("purpose", "A word.").at_most_bytes(64);
  purpose.otherwise = "user_data";
  std::vector<Operation> operations = {
      list("list_files", all, "List files", "Those of the key that asks, newest first.",
           {field::refused("purpose", "[]", "files are listed whatever they are for")}),
      put(kept("upload_file", "POST", all, "Upload a file",
               "Kept until it, or the last item that shows it, is deleted. Up to 64 MB."),
          {field::file("file", "The file.").need(), std::move(purpose), id(),
           field::refused("expires_after", "[]", "files are kept until they are deleted")}),
      kept("show_file", "GET", one, "Show a file", "Its name, type and size."),
      kept("delete_file", "DELETE", one, "Delete a file", "Items that show it stay."),
      kept("download_file", "GET", one + "/content", "Download a file",
           "The bytes as they were sent.")};
  operations[1].body_type = "multipart/form-data";
  operations.back().answers = {{"application/octet-stream", nullptr}};
  return operations;
}

}  // namespace tutti::tables
