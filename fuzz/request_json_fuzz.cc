// Any bytes as a request's body: read as a handler reads it, every field has its type and range, or
// there is a problem to tell, which is itself valid JSON.
#include <cmath>
#include <cstdlib>

#include "fuzz_target.h"
#include "serve/api/fields.h"
#include "serve/http/message.h"

namespace {

using namespace tutti;

void read_parts(Fields& message) {
  if (message.json("content").is_string()) return;
  for (Fields& part : message.objects("content")) {
    const std::string type = part.choice("type", {"text", "image_url", "input_audio"}, "text");
    if (type != "text" && type != "image_url" && type != "input_audio") std::abort();
    part.text("text");
    part.object("image_url").required_text("url");
    part.object("input_audio").required_text("data");
  }
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  return {
      R"({"model":"tutti-nano","messages":[{"role":"user","content":"hello"}],"stream":true})",
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url",)"
      R"("image_url":{"url":"data:image/png;base64,AA=="}}]}],"temperature":0.5,"seed":-3})",
      R"({"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]}]})",
      R"({"temperature":1e999,"seed":9223372036854775808,"max_tokens":1.5,"stream":null,"n":-0})",
      R"({"text":"\ud800","a":{"b":[[[[[[]]]]]]},"a":"\u0000"})",
      std::string(70, '['),
      "[]",
      "nul"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string body(reinterpret_cast<const char*>(data), size);
  Checker checker;
  Fields fields = checker.object(body);
  fields.text("model");
  fields.flag("stream");
  const double temperature = fields.number("temperature", 1, 0, 2);
  const int64_t seed = fields.integer("seed", 0, -5, INT64_MAX);
  const int64_t tokens = fields.integer("max_tokens", 64, 1, 1024);
  if (!(temperature >= 0 && temperature <= 2) || seed < -5 || tokens < 1 || tokens > 1024)
    std::abort();
  for (Fields& message : fields.objects("messages")) {
    message.required_text("role");
    read_parts(message);
  }
  if (const auto& problem = checker.problem()) {
    if (problem->status < 400 || problem->message.empty()) std::abort();
    if (!Json::accept(error_json(problem->message, problem->type, problem->code, problem->param)))
      std::abort();
  }
  return 0;
}
