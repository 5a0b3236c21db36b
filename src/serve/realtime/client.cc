#include "serve/realtime/client.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/quote.h"
#include "base/similar.h"
#include "serve/api/answer.h"
#include "serve/api/text_options.h"
#include "serve/api/uploads/data_url.h"
#include "serve/realtime/beta.h"

namespace tutti {
namespace {

constexpr int kRate = 16000;
constexpr int64_t kShortest = kRate / 10;           // of a commit, as OpenAI has it
constexpr size_t kMostAppended = size_t(15) << 20;  // bytes of base64 at once, as OpenAI has it
constexpr size_t kDecoding = 2;       // bytes that a byte of base64 takes on its way to bytes
constexpr size_t kAtOnce = 32 << 10;  // bytes that become samples: a second at most

int64_t ms(int64_t samples) {
  return samples * 1000 / kRate;
}

Problem invalid(const std::string& message, const std::string& code,
                const std::string& param = "") {
  return {400, message, "invalid_request_error", param, code};
}

Problem no_event() {
  return invalid("an event must be a JSON object in a text message", "invalid_event");
}

}  // namespace

RealtimeClient::RealtimeClient(Api& api, const Request& request,
                               const std::shared_ptr<WebSocket>& socket, bool beta)
    : api_(api),
      beta_(beta),
      account_(request.account),
      dialogue_(std::make_shared<Dialogue>(api, request, socket, beta)),
      buffer_charge_(account_),
      settings_charge_(account_) {
  settings_.id = new_id("sess_");
  read_query(request);
  if (const Status status = listen_at(settings_.input_rate); !status)
    problem_ = problem_of(status.error(), 0);
}

void RealtimeClient::read_query(const Request& request) {
  Checker checker(account_);
  const Fields query = checker.query(request.query, *api_.contract().at("realtime").query);
  settings_.model = read_model(query, api_)->name;
  dialogue_->hear_with(settings_.model);
  settings_.transcribe_only = query.text("intent") == "transcription";
  refuse(checker.problem());
}

void RealtimeClient::open() {
  if (problem_) {
    refused_ = true;
    dialogue_->send_error(*problem_, "");
    return dialogue_->hang_up(problem_->message);
  }
  dialogue_->send({{"type", "session.created"}, {"session", settings_.json()}});
}

RealtimeClient::Handle RealtimeClient::handler_of(const std::string& type) {
  static const std::map<std::string, Handle> handlers = {
      {"session.update", &RealtimeClient::update_session},
      {"input_audio_buffer.append", &RealtimeClient::append_audio},
      {"input_audio_buffer.commit", &RealtimeClient::commit_audio},
      {"input_audio_buffer.clear", &RealtimeClient::clear_audio},
      {"conversation.item.create", &RealtimeClient::create_item},
      {"conversation.item.delete", &RealtimeClient::delete_item},
      {"conversation.item.retrieve", &RealtimeClient::retrieve_item},
      {"conversation.item.truncate", &RealtimeClient::truncate_item},
      {"response.create", &RealtimeClient::create_response},
      {"response.cancel", &RealtimeClient::cancel_response}};
  const auto found = handlers.find(type);
  return found == handlers.end() ? nullptr : found->second;
}

void RealtimeClient::refuse(std::optional<Problem> problem) {
  if (problem && !problem_) problem_ = std::move(problem);
}

void RealtimeClient::take(const std::string& message, bool binary) {
  if (refused_) return;
  if (binary) return dialogue_->send_error(no_event(), "");
  problem_.reset();
  Checker checker(account_);
  checker_ = &checker;
  const Json said = read_event(message, checker);
  const std::string id = said.value("event_id", "");
  if (!checker.problem()) {
    const Fields event = checker.object(said, api_.contract().events(), "");
    if (!checker.problem()) (this->*handler_of(event.text("type")))(event);
  }
  if (checker.problem()) problem_ = checker.problem();
  if (problem_) dialogue_->send_error(*problem_, id);
}

// An event as the released API has it. Errors have OpenAI's codes: `invalid_event` where it is no
// object, `unknown_event` where its type is not known.
Json RealtimeClient::read_event(const std::string& message, Checker& checker) const {
  Json json = checker.document(message);
  if (!checker.problem() && !json.is_object()) checker.refuse(no_event());
  if (checker.problem()) return Json::object();
  Json event = beta_ ? from_beta(std::move(json)) : std::move(json);
  if (!api_.contract().events().variant_of(event)) {
    const Json said = event.value("type", Json());
    const std::string type = said.is_string() ? said.get<std::string>() : said.dump();
    const std::string meant = most_similar(type.substr(0, 64), api_.contract().events().tags());
    checker.refuse(invalid("the event type is " + quote(type, 40) +
                               (meant.empty() ? "; see docs/api.md for those there are"
                                              : "; did you mean " + meant + "?"),
                           "unknown_event", "type"));
  }
  if (!event.value("event_id", Json()).is_string()) event.erase("event_id");
  return event;
}

Status RealtimeClient::listen_at(int sample_rate) {
  TUTTI_ASSIGN(reader_, PcmReader::create(sample_rate));
  voice_.reset();
  hearing_.reset();
  if (settings_.turn_detection) voice_.emplace(settings_.turn_detection->voice);
  voice_begin_ = heard();
  return {};
}

void RealtimeClient::update_session(const Fields& event) {
  RealtimeSettings changed = settings_;
  changed.update(event.object("session"), api_);
  if (failed()) return;
  if (const Status status = settings_charge_.set(changed.bytes()); !status)
    return refuse(problem_of(status.error(), 1));
  const bool rate = changed.input_rate != settings_.input_rate;
  const bool turns = changed.json()["audio"]["input"] != settings_.json()["audio"]["input"];
  settings_ = std::move(changed);
  dialogue_->hear_with(settings_.model);
  if (rate || turns)
    if (const Status status = listen_at(settings_.input_rate); !status)
      return refuse(problem_of(status.error(), 0));
  dialogue_->send({{"type", "session.updated"}, {"session", settings_.json()}});
}

void RealtimeClient::append_audio(const Fields& event) {
  const std::string& audio = event.json("audio").get_ref<const std::string&>();
  if (audio.size() > kMostAppended)
    return event.refuse(
        "audio", "has more than " + std::to_string(kMostAppended) + " bytes; append less at once",
        "string_above_max_length");
  Charge decoding(account_);
  if (const Status status = decoding.grow(kDecoding * audio.size()); !status)
    return refuse(problem_of(status.error(), 1));
  const auto bytes = decode_base64(audio);
  if (!bytes) return event.refuse("audio", bytes.error());
  const std::string_view sound(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  for (size_t at = 0; at < sound.size(); at += kAtOnce) {
    const auto samples = reader_->push(sound.substr(at, kAtOnce));
    const Status status = samples ? take_samples(*samples) : samples.error();
    if (!status) return refuse(problem_of(status.error(), 1));
  }
}

// However much is appended at once, it makes the turns that it would make piece by piece.
Status RealtimeClient::take_samples(std::span<const float> samples) {
  const auto most = size_t(api_.limits().most_seconds_of_audio * kRate);
  const size_t room = most - std::min(most, buffer_.size());
  if (voice_ && voice_->speaking() && samples.size() > room) {
    TUTTI_CHECK(take_samples(samples.first(room)));
    if (voice_->speaking() && buffer_.size() >= most) {  // a turn as long as a turn may be
      voice_->stop();
      take_voice({VoiceEvent::Kind::stopped, heard() - voice_begin_});
    }
    return take_samples(samples.subspan(room));
  }
  TUTTI_CHECK(buffer_charge_.set(buffer_.bytes_with(samples.size())));
  buffer_.append(samples);
  if (voice_) {
    for (const VoiceEvent& event : voice_->push(samples)) take_voice(event);
    hear_until(heard());
    // Before somebody speaks, no more is kept than may turn out to be the beginning.
    if (!voice_->speaking())
      drop_before(heard() - (settings_.turn_detection->voice.prefix_ms + 1000) * 16);
  } else if (buffer_.size() > most) {
    drop_before(heard() - int64_t(most));
    refuse(invalid("the buffer holds " + std::to_string(most / kRate) +
                       " s, its most; the oldest sound was dropped: commit or clear it",
                   "input_audio_buffer_full"));
  }
  return {};
}

void RealtimeClient::take_voice(const VoiceEvent& event) {
  const int64_t sample = std::max(event.sample + voice_begin_, begin_);
  if (event.kind == VoiceEvent::Kind::started) {
    drop_before(sample);
    item_id_ = new_id("item_");
    dialogue_->send({{"type", "input_audio_buffer.speech_started"},
                     {"audio_start_ms", ms(sample)},
                     {"item_id", item_id_}});
    hearing_ = dialogue_->begin_hearing(item_id_, tells());
    told_until_ = begin_;
    if (settings_.turn_detection->interrupt_response && dialogue_->responding())
      dialogue_->cancel("", "turn_detected");  // it may just have ended: no matter
    return;
  }
  dialogue_->send({{"type", "input_audio_buffer.speech_stopped"},
                   {"audio_end_ms", ms(sample)},
                   {"item_id", item_id_}});
  commit(sample);
  if (!settings_.turn_detection->create_response || settings_.transcribe_only) return;
  ResponseWish wish;
  wish.settings = settings_;
  refuse(dialogue_->respond(std::move(wish)));
}

void RealtimeClient::drop_before(int64_t sample) {
  const int64_t count = std::clamp(sample - begin_, int64_t(0), int64_t(buffer_.size()));
  buffer_.drop(size_t(count));
  begin_ += count;
  buffer_charge_.shrink(buffer_charge_.bytes() - std::min(buffer_charge_.bytes(), buffer_.bytes()));
}

// Gives what was said since to what hears it.
void RealtimeClient::hear_until(int64_t sample) {
  if (!hearing_) return;
  const int64_t from = std::exchange(told_until_, std::max(sample, told_until_));
  hearing_->push(buffer_.samples().subspan(size_t(from - begin_), size_t(told_until_ - from)));
}

// The sound up to `end` becomes a message of the user's.
void RealtimeClient::commit(int64_t end) {
  const std::string id = item_id_.empty() ? new_id("item_") : std::exchange(item_id_, "");
  const auto count = size_t(std::clamp(end - begin_, int64_t(0), int64_t(buffer_.size())));
  hear_until(begin_ + int64_t(count));
  const std::shared_ptr<Hearing> hearing = std::exchange(hearing_, nullptr);
  const bool underway = hearing && hearing->well();
  const ItemPtr item = item_of_sound(id, buffer_.samples().first(count), account_, underway);
  if (hearing && tells()) item->content[0].told = hearing->told();
  drop_before(end);
  const std::string previous = dialogue_->last_id();
  dialogue_->send({{"type", "input_audio_buffer.committed"},
                   {"previous_item_id", previous.empty() ? Json() : Json(previous)},
                   {"item_id", id}});
  refuse(dialogue_->add(item, "", tells()));
  if (underway) dialogue_->end_hearing(item, *hearing, tells());
}

void RealtimeClient::commit_audio(const Fields&) {
  if (int64_t(buffer_.size()) < kShortest)
    return refuse(invalid("the buffer holds " + std::to_string(ms(int64_t(buffer_.size()))) +
                              " ms of sound; append at least 100 ms before a commit",
                          "input_audio_buffer_commit_empty"));
  if (voice_) voice_->stop();
  commit(heard());
}

void RealtimeClient::clear_audio(const Fields&) {
  if (voice_) voice_->stop();
  hearing_.reset();
  drop_before(heard());
  item_id_.clear();
  dialogue_->send({{"type", "input_audio_buffer.cleared"}});
}

void RealtimeClient::create_item(const Fields& event) {
  const ItemPtr item = read_item(event.object("item"), settings_.input_rate, api_, account_);
  const std::string previous = event.text("previous_item_id");
  if (failed()) return;
  refuse(dialogue_->add(item, previous, tells()));
}

void RealtimeClient::delete_item(const Fields& event) {
  refuse(dialogue_->remove(event.text("item_id")));
}

void RealtimeClient::retrieve_item(const Fields& event) {
  refuse(dialogue_->show(event.text("item_id")));
}

void RealtimeClient::truncate_item(const Fields& event) {
  const std::string id = event.text("item_id");
  const int64_t index = event.integer("content_index");
  const int64_t end = event.integer("audio_end_ms");
  if (!failed()) refuse(dialogue_->truncate(id, index, end));
}

void RealtimeClient::create_response(const Fields& event) {
  if (settings_.transcribe_only)
    return refuse(invalid("a transcription session gives no answers", "invalid_session_type"));
  ResponseWish wish;
  wish.settings = settings_;
  if (event.has("response")) read_wish(event.object("response"), wish);
  if (!failed()) refuse(dialogue_->respond(std::move(wish)));
}

void RealtimeClient::read_wish(const Fields& fields, ResponseWish& wish) {
  wish.settings.update_response(fields, api_);
  wish.out_of_band = fields.text("conversation") == "none";
  wish.metadata = fields.json("metadata");
  if (!fields.has("input")) return;
  wish.input.emplace();
  for (const Fields& item : fields.objects("input")) {
    if (failed()) return;
    wish.input->push_back(read_item(item, settings_.input_rate, api_, account_));
  }
}

void RealtimeClient::cancel_response(const Fields& event) {
  refuse(dialogue_->cancel(event.text("response_id"), "client_cancelled"));
}

}  // namespace tutti
