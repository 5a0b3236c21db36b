#include "serve/http/answer_head.h"

namespace tutti {
namespace {

// Line breaks in a value would start a header of their own.
void append_header(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ");
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') text += c;
  text += "\r\n";
}

}  // namespace

std::string answer_head(const ReplySink::Head& head, const AnswerFraming& framing) {
  std::string text = "HTTP/1.1 " + std::to_string(head.status) + ' ' + status_phrase(head.status) +
                     "\r\nServer: tutti\r\nX-Content-Type-Options: nosniff\r\n";
  append_header(text, "X-Request-Id", framing.id);
  if (!head.content_type.empty()) append_header(text, "Content-Type", head.content_type);
  for (const auto& [name, value] : head.more) append_header(text, name, value);
  for (const auto& [name, value] : framing.cors) append_header(text, name, value);
  if (framing.chunked) {
    append_header(text, "Transfer-Encoding", "chunked");
  } else if (head.length) {
    append_header(text, "Content-Length", std::to_string(*head.length));
  } else if (head.whole && head.status != 204 && head.status != 304) {
    append_header(text, "Content-Length", std::to_string(framing.body_bytes));
  }
  append_header(text, "Connection", framing.keep_alive ? "keep-alive" : "close");
  return text + "\r\n";
}

}  // namespace tutti
