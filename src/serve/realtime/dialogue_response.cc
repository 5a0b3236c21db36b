// Dialogue: the answer that is on its way. Its life: created; once every sound that it answers is
// transcribed, text; where sound is wanted, the text spoken; done (dialogue_end.cc). Cancelled at
// any point, it ends with what it has.
#include <algorithm>

#include "engine/requests/speak_request.h"
#include "engine/requests/text_request.h"
#include "serve/api/answer.h"
#include "serve/api/uploads/data_url.h"
#include "serve/realtime/dialogue.h"

namespace tutti {
namespace {

// Besides its input, whose items are counted themselves.
size_t bytes_of(const ResponseWish& wish) {
  size_t bytes = sizeof wish + wish.settings.bytes();
  if (wish.metadata.is_object())
    for (const auto& pair : wish.metadata.items())
      bytes += 128 + pair.key().size() + pair.value().get_ref<const std::string&>().size();
  return bytes;
}

// Where the last thing that was said holds nothing to answer: why, or that nothing was said.
std::optional<Error> why_nothing(std::span<const ItemPtr> items) {
  const auto last = std::find_if(items.rbegin(), items.rend(),
                                 [](const ItemPtr& item) { return item->role == "user"; });
  if (last == items.rend()) return std::nullopt;
  for (const Item::Content& content : (*last)->content)
    if (content.lost) return content.lost;
  return std::nullopt;
}

Problem problem(const char* message, const char* code) {
  return {400, message, "invalid_request_error", "", code};
}

}  // namespace

template <class Value>
std::function<void(Value)> Dialogue::later(void (Dialogue::*take)(const std::decay_t<Value>&)) {
  return [self = weak_from_this(), id = response_->id, take](Value value) {
    take_later(self, [&](Dialogue& dialogue) {
      if (dialogue.response_ && dialogue.response_->id == id) (dialogue.*take)(value);
    });
  };
}

bool Dialogue::responding() const {
  const std::lock_guard lock(mutex_);
  return response_ != nullptr;
}

std::optional<Problem> Dialogue::respond(ResponseWish wish) {
  const std::lock_guard lock(mutex_);
  if (response_)
    return problem("an answer is on its way already; wait for response.done or cancel it",
                   "conversation_already_has_active_response");
  Charge charge(account_);
  if (const Status status = charge.grow(bytes_of(wish)); !status)
    return problem_of(status.error(), 1);
  response_ = std::make_unique<Response>();
  response_->charge = std::move(charge);
  response_->id = new_id("resp_");
  response_->wish = std::move(wish);
  response_->source = response_->wish.input.value_or(items_);
  send({{"type", "response.created"}, {"response", response_json("in_progress", nullptr)}});
  if (const auto input = response_->wish.input)  // a copy
    for (const ItemPtr& item : *input) understand(item, false);
  begin_if_understood();
  return std::nullopt;
}

void Dialogue::begin_if_understood() {
  if (!response_ || response_->answer || closed_) return;
  const auto& source = response_->source;
  if (std::all_of(source.begin(), source.end(),
                  [](const auto& item) { return item->understood(); }))
    begin();
}

void Dialogue::begin() {
  const RealtimeSettings& settings = response_->wish.settings;
  const Result<ServedPtr> model = find_model(settings.model);
  if (!model) return finish(model.error());
  const ModelHandle& handle = (*model)->handle;
  Prompt prompt = prompt_of(response_->source, *handle, api_.limits());
  if (prompt.empty()) return finish(why_nothing(response_->source));
  TextOptions options{.language = settings.language, .temperature = settings.temperature};
  options.seed = settings.seed;
  options.max_tokens = settings.max_tokens ? settings.max_tokens : api_.limits().most_tokens;
  options.on_text =
      [take = later<const std::string&>(&Dialogue::take_text)](const std::string& piece) {
        take(piece);
        return true;
      };
  // Complete before the first piece of text may come.
  const bool audio = settings.audio_out;
  const ItemPtr answer = std::make_shared<Item>();
  answer->id = new_id("item_");
  answer->role = "assistant";
  answer->charge = Charge(account_);
  answer->count_anyway();
  answer->status = "in_progress";
  Json item = answer->json();
  answer->content.push_back({audio ? Item::Content::Kind::audio : Item::Content::Kind::text});
  auto ticket = api_.scheduler().submit(
      std::make_unique<TextRequest>(handle, std::move(prompt), std::move(options)),
      later<Result<TextResult>>(&Dialogue::end_text), owner_);
  if (!ticket) return finish(ticket.error());
  response_->ticket = *std::move(ticket);
  response_->answer = answer;
  send({{"type", "response.output_item.added"},
        {"response_id", response_->id},
        {"output_index", 0},
        {"item", item}});
  if (!response_->wish.out_of_band) {
    send({{"type", "conversation.item.added"},
          {"previous_item_id", items_.empty() ? Json() : Json(items_.back()->id)},
          {"item", item}});
    items_.push_back(answer);
    forget_oldest(answer);
  }
  Json part = {{"type", "response.content_part.added"},
               {"part", audio ? Json{{"type", "audio"}, {"transcript", ""}}
                              : Json{{"type", "text"}, {"text", ""}}}};
  part.update(place());
  send(std::move(part));
}

Json Dialogue::place() const {
  return {{"response_id", response_->id},
          {"item_id", response_->answer->id},
          {"output_index", 0},
          {"content_index", 0}};
}

void Dialogue::take_text(const std::string& piece) {
  response_->answer->content[0].text += piece;
  response_->answer->count_anyway();
  const bool audio = response_->wish.settings.audio_out;
  Json event = {
      {"type", audio ? "response.output_audio_transcript.delta" : "response.output_text.delta"},
      {"delta", piece}};
  event.update(place());
  send(std::move(event));
}

void Dialogue::end_text(const Result<TextResult>& result) {
  if (!result) return finish(result.error());
  Response& response = *response_;
  response.prompt_tokens = result->prompt_tokens;
  response.tokens = result->tokens;
  response.cut = result->cut;
  const std::string& text = response.answer->content[0].text;
  const RealtimeSettings& settings = response.wish.settings;
  const bool silent = text.find_first_not_of(" \n\t") == text.npos;
  if (!settings.audio_out || silent || !response.reason.empty()) return finish(std::nullopt);
  SpeakOptions options;
  options.speed = settings.speed;
  options.seed = settings.seed;
  options.keep = false;
  options.on_audio = [take = later<std::span<const float>>(&Dialogue::take_audio)](
                         const std::vector<float>& samples) {
    take(samples);
    return true;
  };
  response.pcm = std::make_unique<PcmStream>(settings.output_rate);
  if (const Status ready = response.pcm->ready(); !ready) return finish(ready.error());
  const Result<ServedPtr> model = find_model(settings.model);
  if (!model) return finish(model.error());
  auto ticket = api_.scheduler().submit(
      std::make_unique<SpeakRequest>((*model)->handle, text, std::move(options)),
      later<Result<SpeakResult>>(&Dialogue::end_audio), owner_);
  if (!ticket) return finish(ticket.error());
  response.ticket = *std::move(ticket);
}

void Dialogue::send_audio(const std::string& pcm) {
  if (pcm.empty()) return;
  Json event = {{"type", "response.output_audio.delta"},
                {"delta", encode_base64(pcm.data(), pcm.size())}};
  event.update(place());
  send(std::move(event));
}

void Dialogue::take_audio(const std::span<const float>& samples) {
  response_->seconds += double(samples.size()) / kModelSampleRate;
  send_audio(response_->pcm->push(samples));
}

void Dialogue::end_audio(const Result<SpeakResult>& result) {
  if (!result) return finish(result.error());
  send_audio(response_->pcm->finish());
  finish(std::nullopt);
}

std::optional<Problem> Dialogue::cancel(const std::string& response_id, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!response_ || (!response_id.empty() && response_->id != response_id))
    return problem("there is no such answer on its way", "response_cancel_not_active");
  response_->reason = reason;
  response_->ticket.cancel();
  if (!response_->answer) finish(std::nullopt);  // else when the scheduler has let go of it
  return std::nullopt;
}

void Dialogue::close() {
  std::vector<std::weak_ptr<DecodeQueue::Handle>> decoding;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    response_.reset();  // its ticket cancels
    decoding.swap(decoding_);
  }
  for (const auto& weak : decoding)  // they call back, so without the lock
    if (const auto handle = weak.lock()) handle->cancel();
}

}  // namespace tutti
