// Dialogue: how an answer ends, and how it is shown.
#include "serve/api/answer.h"
#include "serve/realtime/dialogue.h"

namespace tutti {

// The events that end the answer's only part.
void Dialogue::finish_parts() {
  const ItemPtr& answer = response_->answer;
  const std::string& text = answer->content[0].text;
  const bool audio = response_->wish.settings.audio_out;
  const auto end = [&](Json event) {
    event.update(place());
    send(std::move(event));
  };
  if (audio) end({{"type", "response.output_audio.done"}});
  end(audio ? Json{{"type", "response.output_audio_transcript.done"}, {"transcript", text}}
            : Json{{"type", "response.output_text.done"}, {"text", text}});
  end({{"type", "response.content_part.done"},
       {"part", audio ? Json{{"type", "audio"}, {"transcript", text}}
                      : Json{{"type", "text"}, {"text", text}}}});
  if (!response_->wish.out_of_band)
    send({{"type", "conversation.item.done"}, {"item", answer->json()}});
  send({{"type", "response.output_item.done"},
        {"response_id", response_->id},
        {"output_index", 0},
        {"item", answer->json()}});
}

void Dialogue::finish(const std::optional<Error>& error) {
  const Response& response = *response_;
  std::string status = "completed";
  Json details = nullptr;
  if (!response.reason.empty()) {
    status = "cancelled";
    details = {{"type", status}, {"reason", response.reason}};
  } else if (error) {
    status = "failed";
    const Problem problem = problem_of(*error, api_.scheduler().retry_after());
    details = {
        {"type", status},
        {"error", {{"type", problem.type}, {"code", problem.code}, {"message", problem.message}}}};
  } else if (response.cut) {
    status = "incomplete";
    details = {{"type", status}, {"reason", "max_output_tokens"}};
  }
  if (response.answer) {
    response.answer->status = status == "completed" ? "completed" : "incomplete";
    finish_parts();
  }
  const Json event = {{"type", "response.done"}, {"response", response_json(status, details)}};
  response_.reset();  // a client that sees the event may ask again at once
  send(event);
}

Json Dialogue::response_json(const std::string& status, const Json& details) const {
  const Response& response = *response_;
  const RealtimeSettings& settings = response.wish.settings;
  Json output = Json::array(), usage = nullptr;
  if (response.answer) output.push_back(response.answer->json());
  if (status != "in_progress") {
    const int heard = int(response.seconds * 25 + 0.5);  // speech tokens
    const int out = response.tokens + heard;
    usage = {{"total_tokens", response.prompt_tokens + out},
             {"input_tokens", response.prompt_tokens},
             {"output_tokens", out},
             {"output_token_details", {{"text_tokens", response.tokens}, {"audio_tokens", heard}}}};
  }
  return {{"object", "realtime.response"},
          {"id", response.id},
          {"status", status},
          {"status_details", details},
          {"output", output},
          {"conversation_id", response.wish.out_of_band ? Json() : Json(id_)},
          {"output_modalities", Json::array({settings.audio_out ? "audio" : "text"})},
          {"max_output_tokens", settings.max_tokens ? Json(settings.max_tokens) : Json("inf")},
          {"audio",
           {{"output",
             {{"format", {{"type", "audio/pcm"}, {"rate", settings.output_rate}}},
              {"voice", settings.voice}}}}},
          {"usage", usage},
          {"metadata", response.wish.metadata}};
}

}  // namespace tutti
