#include "serve/realtime/dialogue.h"

#include <algorithm>

#include "base/quote.h"
#include "engine/requests/transcribe_request.h"
#include "serve/api/answer.h"
#include "serve/api/uploads/data_url.h"
#include "serve/realtime/beta.h"

namespace tutti {
namespace {

Problem not_found(const std::string& id) {
  return {404, "there is no item " + quote(id), "invalid_request_error", "item_id",
          "item_not_found"};
}

// Older items are forgotten above these; the model reads the last few.
constexpr size_t kMostItems = 128;
constexpr size_t kMostBytes = size_t(16) << 20;

constexpr const char* kTranscription = "conversation.item.input_audio_transcription.";

}  // namespace

Dialogue::Dialogue(Api& api, const Request& request, std::weak_ptr<WebSocket> socket, bool beta)
    : api_(api),
      socket_(std::move(socket)),
      beta_(beta),
      owner_(request.owner),
      account_(request.account),
      id_(new_id("conv_")) {}

void Dialogue::hear_with(const std::string& model) {
  const std::lock_guard lock(mutex_);
  model_ = model;
}

// As it is now: a conversation may be older than the model that answers it.
Result<ServedPtr> Dialogue::find_model(const std::string& name) const {
  if (ServedPtr model = api_.models().find(name)) return model;
  return Error(ErrorCode::not_found, "the model " + quote(name, 40) +
                                         " is served no longer; choose another one with "
                                         "session.update");
}

void Dialogue::send(Json event) {
  if (beta_) {
    std::optional<Json> other = to_beta(std::move(event));
    if (!other) return;
    event = *std::move(other);
  }
  Json whole = {{"type", event["type"]}, {"event_id", new_id("event_")}};
  whole.update(event);
  if (const auto socket = socket_.lock()) socket->send(dump(whole));
}

void Dialogue::send_error(const Problem& problem, const std::string& client_event_id) {
  const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
  send({{"type", "error"},
        {"error",
         {{"type", problem.type},
          {"code", or_null(problem.code)},
          {"message", problem.message},
          {"param", or_null(problem.param)},
          {"event_id", or_null(client_event_id)}}}});
}

void Dialogue::hang_up(const std::string& reason) {
  if (const auto socket = socket_.lock()) socket->close(1008, reason);
}

std::vector<ItemPtr>::iterator Dialogue::find(const std::string& id) {
  return std::find_if(items_.begin(), items_.end(),
                      [&](const auto& item) { return item->id == id; });
}

std::string Dialogue::last_id() const {
  const std::lock_guard lock(mutex_);
  return items_.empty() ? "" : items_.back()->id;
}

std::optional<Problem> Dialogue::add(const ItemPtr& item, const std::string& previous, bool tell) {
  const std::lock_guard lock(mutex_);
  if (find(item->id) != items_.end())
    return Problem{400, "there is an item " + quote(item->id) + " already", "invalid_request_error",
                   "item.id", "item_exists"};
  auto place = items_.end();
  if (previous == "root") {
    place = items_.begin();
  } else if (!previous.empty()) {
    place = find(previous);
    if (place == items_.end()) return not_found(previous);
    ++place;
  }
  const Json before = place == items_.begin() ? Json() : Json(std::prev(place)->get()->id);
  items_.insert(place, item);
  for (const char* type : {"conversation.item.added", "conversation.item.done"})
    send({{"type", type}, {"previous_item_id", before}, {"item", item->json()}});
  forget_oldest(item);
  understand(item, tell);
  begin_if_understood();
  return std::nullopt;
}

void Dialogue::forget_oldest(const ItemPtr& newest) {
  size_t bytes = 0;
  for (const ItemPtr& item : items_) bytes += item->charge.bytes();
  for (size_t i = 0; i < items_.size() && (items_.size() > kMostItems || bytes > kMostBytes);) {
    const ItemPtr item = items_[i];
    if (item == newest || (response_ && response_->answer == item)) {
      ++i;
      continue;
    }
    bytes -= item->charge.bytes();
    items_.erase(items_.begin() + ptrdiff_t(i));
    send({{"type", "conversation.item.deleted"}, {"item_id", item->id}});
  }
}

std::optional<Problem> Dialogue::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto place = find(id);
  if (place == items_.end()) return not_found(id);
  items_.erase(place);
  send({{"type", "conversation.item.deleted"}, {"item_id", id}});
  return std::nullopt;
}

std::optional<Problem> Dialogue::show(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto place = find(id);
  if (place == items_.end()) return not_found(id);
  send({{"type", "conversation.item.retrieved"}, {"item", (*place)->json()}});
  return std::nullopt;
}

// What the user did not hear is forgotten: we do not know which words those were, so all of them.
std::optional<Problem> Dialogue::truncate(const std::string& id, int64_t content_index,
                                          int64_t end_ms) {
  const std::lock_guard lock(mutex_);
  const auto place = find(id);
  if (place == items_.end()) return not_found(id);
  Item& item = **place;
  if (item.role != "assistant" || content_index >= int64_t(item.content.size()))
    return Problem{400, "only the model's own sound can be cut short", "invalid_request_error",
                   "content_index"};
  item.content[size_t(content_index)].text.clear();
  send({{"type", "conversation.item.truncated"},
        {"item_id", id},
        {"content_index", content_index},
        {"audio_end_ms", end_ms}});
  return std::nullopt;
}

void Dialogue::understand(const ItemPtr& item, bool tell) {
  for (size_t i = 0; i < item->content.size(); ++i) {
    Item::Content& content = item->content[i];
    if (content.heard || content.underway) continue;
    if (content.kind == Item::Content::Kind::picture) {
      decode(item, i);
      continue;
    }
    auto done = [self = weak_from_this(), item, i, tell](Result<Transcript> heard) {
      take_later(self, [&](Dialogue& dialogue) {
        dialogue.take_transcript(item, i, tell,
                                 heard ? Result<std::string>(heard->text) : heard.error());
        dialogue.begin_if_understood();
      });
    };
    auto mel = std::make_shared<const Mel>(std::exchange(content.mel, {}));
    const Result<ServedPtr> model = find_model(model_);
    auto ticket = model ? api_.scheduler().submit(
                              std::make_unique<TranscribeRequest>((*model)->handle, std::move(mel)),
                              std::move(done), owner_)
                        : model.error();
    if (ticket)
      ticket->detach();  // milliseconds, and an answer may wait for it
    else
      take_transcript(item, i, tell, ticket.error());
  }
}

void Dialogue::send_heard(const std::string& item_id, size_t index, const std::string& text) {
  send({{"type", std::string(kTranscription) + "delta"},
        {"item_id", item_id},
        {"content_index", index},
        {"delta", text}});
}

std::shared_ptr<Hearing> Dialogue::begin_hearing(const std::string& id, bool tell) {
  const Result<ServedPtr> model = [&] {
    const std::lock_guard lock(mutex_);
    return find_model(model_);
  }();
  if (!model) return nullptr;
  auto on_text = [self = weak_from_this(), id, tell](const std::string& text) {
    const auto alive = self.lock();
    if (tell && alive) alive->send_heard(id, 0, text);
  };
  auto hearing = Hearing::begin(api_.scheduler(), (*model)->handle, owner_, account_, on_text);
  return hearing ? *std::move(hearing) : nullptr;
}

void Dialogue::end_hearing(const ItemPtr& item, Hearing& hearing, bool tell) {
  hearing.finish([self = weak_from_this(), item, tell](const Result<std::string>& text) {
    take_later(self, [&](Dialogue& dialogue) {
      item->content[0].told = text ? text->size() : 0;
      dialogue.take_transcript(item, 0, tell, text);
      dialogue.begin_if_understood();
    });
  });
}

void Dialogue::decode(const ItemPtr& item, size_t index) {
  std::erase_if(decoding_, [](const auto& handle) { return handle.expired(); });
  auto done = [self = weak_from_this(), item, index](const Result<SharedPrompt>& picture, size_t) {
    take_later(self, [&](Dialogue& dialogue) {
      dialogue.take_picture(item, index, picture);
      dialogue.begin_if_understood();
    });
  };
  const auto handle = api_.decoding().decode(
      owner_, account_, std::exchange(item->content[index].upload, {}), std::move(done));
  if (handle)
    decoding_.push_back(*handle);
  else
    take_picture(item, index, handle.error());
}

// What cannot be used is told, and the item does without it.
void Dialogue::take_picture(const ItemPtr& item, size_t index,
                            const Result<SharedPrompt>& picture) {
  Item::Content& content = item->content[index];
  content.heard = true;
  if (picture)
    content.picture = (*picture)->front().picture;
  else
    content.lost = picture.error();
  if (!picture && !closed_) {
    Problem problem = problem_of(picture.error(), api_.scheduler().retry_after());
    problem.param = "item.content[" + std::to_string(index) + "]";
    problem.message = "the picture of item " + quote(item->id) + ": " + problem.message;
    send_error(problem, "");
  }
  item->count_anyway();
}

void Dialogue::take_transcript(const ItemPtr& item, size_t index, bool tell,
                               const Result<std::string>& text) {
  Item::Content& content = item->content[index];
  content.heard = true;
  if (text)
    content.text = *text;
  else
    content.lost = text.error();
  const std::string type = kTranscription;
  if (tell && text) {
    if (content.told == 0 || content.told < text->size())
      send_heard(item->id, index, text->substr(std::min(content.told, text->size())));
    send({{"type", type + "completed"},
          {"item_id", item->id},
          {"content_index", index},
          {"transcript", *text},
          {"usage", {{"type", "duration"}, {"seconds", content.seconds}}}});
  } else if (tell) {
    const Problem problem = problem_of(text.error(), 0);
    send({{"type", type + "failed"},
          {"item_id", item->id},
          {"content_index", index},
          {"error",
           {{"type", problem.type}, {"code", problem.code}, {"message", problem.message}}}});
  }
  item->count_anyway();
}

}  // namespace tutti
