// What a server says of itself: its models, its health, this document; and its sockets.
#include "serve/contract/tables/service.h"

namespace tutti::tables {

std::vector<Operation> models() {
  return {
      {"list_models", "GET", "/v1/models", "List the models",
       "The models of this server, the one that answers where none is named first, each with a "
       "card MODEL:ADAPTER for every adapter in its file; then a card for each --alias."},
      {"show_model", "GET", "/v1/models/{model}", "Show a model", "404 where it is not served."}};
}

std::vector<Operation> realtime() {
  Operation talk{
      "realtime", "GET", "/v1/realtime", "Talk",
      "A WebSocket: spoken or written conversations in the shape of OpenAI's realtime API; of the "
      "released one, or of its beta for clients that send the header OpenAI-Beta: realtime=v1 or "
      "the subprotocol openai-beta.realtime-v1 (errors name the released parameters). The client "
      "sends session.update, input_audio_buffer.append, commit and clear, "
      "conversation.item.create, delete, retrieve and truncate, response.create and cancel; the "
      "server answers with their session.*, input_audio_buffer.*, conversation.item.*, response.* "
      "and error events. Sound is base64 of 16-bit little-endian PCM at 24 kHz, or at 16 kHz "
      "where the session's audio format has rate 16000. turn_detection is server_vad, or null. "
      "What is said is transcribed and answered as text, from the conversation as far back as the "
      "model's context reaches; tools are refused. The model was taught no instructions: those of "
      "a session are kept and shown in it, those of a response are read by nobody. Beyond "
      "OpenAI's: language, temperature and seed of a session. Browsers send their key as the "
      "subprotocol openai-insecure-api-key.KEY."};
  talk.query =
      share({"",
             {model_field(false),
              field::choice("intent", {"conversation", "transcription"}, "conversation",
                            "transcription: nothing is answered, as after session.update with "
                            "that type."),
              field::refused("call_id", "[]", "this server takes no calls; leave it out")}});
  talk.socket = true;
  talk.answers.clear();
  return {talk};
}

std::vector<Operation> health() {
  std::vector<Operation> operations = {
      {"health", "GET", "/healthz", "Health", "The process runs. Needs no key."},
      {"ready", "GET", "/readyz", "Readiness",
       "200 when requests are taken, 503 while the server drains. Needs no key."},
      {"metrics", "GET", "/metrics", "Metrics", "Prometheus' text format."},
      {"openapi", "GET", "/openapi.json", "This document", "OpenAPI 3.1. Needs no key."}};
  for (Operation& operation : operations) operation.needs_key = operation.id == "metrics";
  operations[2].answers = {{"text/plain", nullptr}};
  return operations;
}

}  // namespace tutti::tables
