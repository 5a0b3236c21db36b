// Any bytes as a request's body, of every endpoint, and as a realtime event: every field that is
// read has its type and range, or there is a problem to tell, which is itself valid JSON and not
// long.
#include <cmath>
#include <cstdlib>

#include "fuzz_target.h"
#include "serve/contract/contract.h"
#include "serve/contract/fields.h"
#include "serve/http/message.h"

namespace {

using namespace tutti;

void require(bool holds) {
  if (!holds) std::abort();
}

void read(const Fields& fields) {
  const double temperature = fields.number("temperature");
  require(temperature >= 0 && temperature <= 2);
  require(fields.integer("n") <= 4 && fields.integer("max_tokens") >= 0);
  for (const char* list : {"messages", "input", "items"})
    for (const Fields& message : fields.objects(list))
      for (const Fields& part : message.objects("content")) {
        part.text("text");
        part.object("image_url").text("url");
        part.object("input_audio").text("data");
      }
}

void check_problem(const Checker& checker) {
  const auto& problem = checker.problem();
  if (!problem) return;
  require(problem->status >= 400 && !problem->message.empty() && problem->message.size() < 2000);
  require(Json::accept(error_json(problem->message, problem->type, problem->code, problem->param)));
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  return {
      R"({"model":"tutti-nano","messages":[{"role":"user","content":"hello"}],"stream":true})",
      std::string(
          R"({"messages":[{"role":"user","content":[{"type":"text","text":"what?"},{"type":"image_url",)") +
          R"("image_url":{"url":"data:image/png;base64,AA=="}}]}],"temperature":0.5,"seed":-3})",
      R"({"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]}]})",
      R"({"temperature":1e999,"seed":9223372036854775808,"max_tokens":1.5,"stream":null,"n":-0})",
      R"({"text":"\ud800","a":{"b":[[[[[[]]]]]]},"a":"\u0000"})",
      std::string(70, '['),
      R"({"type":"conversation.item.create","item":{"role":"user","content":[{"type":"input_text"}]}})",
      "[]",
      "nul"};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Contract contract({});
  const std::string body(reinterpret_cast<const char*>(data), size);
  for (const Operation& operation : contract.operations()) {
    if (!operation.body) continue;
    Checker checker;
    read(checker.body(body, *operation.body));
    check_problem(checker);
  }
  Checker checker;
  checker.body(body, contract.events());
  check_problem(checker);
  return 0;
}
