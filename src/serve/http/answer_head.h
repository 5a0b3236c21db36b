// The head of an answer as HTTP/1.1 has it. Private to src/serve/http/.
#pragma once

#include <string>

#include "serve/http/message.h"

namespace tutti {

// What the connection knows of an answer besides what its handler said.
struct AnswerFraming {
  std::string id;  // of the request
  Headers cors;
  bool keep_alive = false, chunked = false;
  size_t body_bytes = 0;  // of an answer that is whole
};

std::string answer_head(const ReplySink::Head& head, const AnswerFraming& framing);

}  // namespace tutti
