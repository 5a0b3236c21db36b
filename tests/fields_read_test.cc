// Every parameter that the tables call done is read by its handler: each is sent on its own, to the
// handlers themselves, and what nobody looked up is listed by its name. This program is also its
// own media worker.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "serve/api/api.h"
#include "serve/media/serve_media.h"
#include "serve/realtime/client.h"
#include "serve/realtime/realtime.h"
#include "serve/store/api.h"
#include "tests/helpers/one_model.h"
#include "tests/helpers/test_model.h"
#include "tests/helpers/test_values.h"

namespace tutti {
namespace {

using Fate = Field::Fate;
using Wrap = std::function<Json(const Json&)>;

std::mutex mutex;
std::set<const Field*> seen;

void see(const Field& field) {
  const std::lock_guard lock(mutex);
  seen.insert(&field);
}
bool was_seen(const Field& field) {
  const std::lock_guard lock(mutex);
  return seen.count(&field) > 0;
}

struct Deaf : ReplySink, WebSocket {
  void start(Head, std::string) override {}
  void more(std::string) override {}
  void finish(bool) override {}
  void when_read(std::function<void()>) override {}
  void on_message(std::function<void(std::string, bool)>) override {}
  void on_close(std::function<void()>) override {}
  std::shared_ptr<void> hold() override { return nullptr; }
  void send(std::string) override {}
  void send_binary(std::string) override {}
  void close(int, std::string) override {}
};

// Sends each field of a shape, and of those nested in it.
class Walk {
 public:
  using Send = std::function<void(const Json& body)>;
  Walk(std::string name, Send send, std::set<std::string>& unread)
      : name_(std::move(name)), send_(std::move(send)), unread_(unread) {}

  void shape(const Shape& shape, const Json& object, const Wrap& wrap, const std::string& path) {
    fields(shape, shape, object, wrap, path);
    for (const Variant& variant : shape.variants) {
      if (!variant.shape) continue;
      const std::string at = path + "(" + variant.tags[0] + ")";
      fields(*variant.shape, shape, valid(shape, variant), wrap, at);
      for (const Variant& nested : variant.shape->variants) {
        if (!nested.shape) continue;
        Json whole = valid(*variant.shape, nested);
        whole[shape.tag] = variant.tags[0];
        fields(*nested.shape, *variant.shape, whole, wrap, at + "(" + nested.tags[0] + ")");
      }
    }
  }

 private:
  // What the document says is checked and not read, or asks for what answers never hold; and an
  // event's id, which is needed before the event is known to be well.
  static bool may_be_unread(const std::string& at) {
    return at.find("(system)") != at.npos || at == "include" || at == "event_id";
  }

  // Of what can be one thing only all has been checked; a file is a part of its form.
  static bool says_nothing(const Field& field) {
    if (field.fate != Fate::done || field.types == type::file ||
        (field.types == type::text && field.choices.size() == 1) || field.least == field.most)
      return true;
    const Shape* shape = field.types == type::object ? field.shape.get() : nullptr;
    return shape && !shape->open && shape->variants.empty() &&
           std::all_of(shape->fields.begin(), shape->fields.end(), says_nothing);
  }

  // Conversations end with a question.
  static Json list_with(const Field& field, const Json& one) {
    Json list = Json::array({one});
    if (field.name == "messages" || one.contains("role"))
      list.push_back({{"role", "user"}, {"content", "hello"}});
    return list;
  }

  void fields(const Shape& shape, const Shape& of, const Json& object, const Wrap& wrap,
              const std::string& path) {
    for (const Field& field : shape.fields) {
      if (field.fate != Fate::done || field.name == of.tag || field.name == shape.tag) continue;
      const std::string at = path.empty() ? field.name : path + "." + field.name;
      const auto with = [&](const Json& value) {
        Json changed = object;
        changed[field.name] = value;
        return wrap(changed);
      };
      for (const Json& value : values(field)) send_(with(value));
      if (!says_nothing(field) && !was_seen(field) && !may_be_unread(at))
        unread_.insert(name_ + " " + at);
      if (!field.shape) continue;
      if (field.types & type::object) this->shape(*field.shape, valid(*field.shape), with, at);
      if (field.types & type::list && field.items & type::object)
        this->shape(
            *field.shape, valid(*field.shape),
            [&](const Json& one) { return with(list_with(field, one)); }, at + "[]");
    }
  }

  const std::string name_;
  const Send send_;
  std::set<std::string>& unread_;
};

std::string form_of(const Json& body) {
  std::string text;
  for (const auto& item : body.items())
    for (const Json& value : item.value().is_array() ? item.value() : Json::array({item.value()}))
      text += "--limit\r\nContent-Disposition: form-data; name=\"" + item.key() +
              (item.value().is_array() ? "[]" : "") + "\"\r\n\r\n" +
              (value.is_string() ? value.get<std::string>() : value.dump()) + "\r\n";
  return text + "--limit--\r\n";
}

class FieldsRead : public ::testing::Test {
 protected:
  FieldsRead() {
    api.add_routes(router);
    add_store_routes(router, store, api.contract());
    api.attach(server);
    watch_fields(see);
  }
  ~FieldsRead() override {
    watch_fields(nullptr);
    api.stop();
    scheduler.drain(0);
  }

  void call(const Operation& operation, const Json& body, const Json& query) {
    Request request;
    request.method = operation.method;
    request.path = operation.path;
    for (size_t at; (at = request.path.find('{')) != std::string::npos;)
      request.path.replace(at, request.path.find('}') - at + 1, "x");
    const bool form = operation.body_type != "application/json";
    request.headers = {{"content-type", form ? "multipart/form-data; boundary=limit" : ""}};
    if (operation.body) request.body = form ? form_of(body) : body.dump();
    for (const auto& item : query.items())
      request.query.emplace_back(item.key(), item.value().is_string()
                                                 ? item.value().get<std::string>()
                                                 : item.value().dump());
    if (operation.socket) {
      RealtimeClient(api, request, std::make_shared<Deaf>(), false).open();
      return;
    }
    const Router::Match match = router.find(request.method, request.path, false);
    ASSERT_TRUE(match.route) << request.path;
    request.parameters = match.parameters;
    const auto reply = std::make_shared<Reply>(std::make_shared<Deaf>());
    match.route->handler(request, reply);
    reply->set_gone();
  }

  const OneModel models{"tutti-nano", write_model("fields_read_test", tiny_config())};
  Scheduler scheduler{{.threads = 1, .most_waiting = 4096}};
  const IsolatedDecoder decoder = *IsolatedDecoder::start({.workers = 1});
  Api api{models, scheduler, decoder, {}};
  Store store = *Store::open(":memory:", {});
  Router router;
  HttpServer server = *HttpServer::listen({}, {.port = 0});
  std::set<std::string> unread;
};

const Wrap kWhole = [](const Json& object) { return object; };

TEST_F(FieldsRead, OfRequests) {
  for (const Operation& operation : api.contract().operations()) {
    const Json none = Json::object();
    if (operation.body) {
      Walk walk(
          operation.id, [&](const Json& body) { call(operation, body, none); }, unread);
      walk.shape(*operation.body, valid(*operation.body), kWhole, "");
    }
    if (operation.query) {
      const Json body = operation.body ? valid(*operation.body) : none;
      Walk walk(
          operation.id, [&](const Json& query) { call(operation, body, query); }, unread);
      walk.shape(*operation.query, valid(*operation.query), kWhole, "?");
    }
  }
  EXPECT_EQ(unread, std::set<std::string>{});
}

TEST_F(FieldsRead, OfRealtimeEvents) {
  const auto send = [&](const Json& event) {
    RealtimeClient client(api, {}, std::make_shared<Deaf>(), false);
    client.open();
    client.take(event.dump(), false);
    client.close();
  };
  Walk walk("realtime", send, unread);
  walk.shape(api.contract().events(), valid(api.contract().events()), kWhole, "");
  EXPECT_EQ(unread, std::set<std::string>{});
}

}  // namespace
}  // namespace tutti

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "media-worker")
    return tutti::serve_media(0, tutti::real_decoders());
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
