#include "serve/http/request_head.h"

namespace tutti {
namespace {

namespace http = boost::beast::http;

constexpr size_t kHeaderFieldBytes = 96;  // of a header besides its name and value

}  // namespace

std::optional<Refusal> read_head_fields(const BeastRequest& message, size_t most_fields,
                                        Charge& charge, Request& request) {
  request.method = std::string(message.method_string());
  size_t fields = 0, bytes = 0;
  for (const auto& field : message)
    ++fields, bytes += kHeaderFieldBytes + field.name_string().size() + field.value().size();
  if (fields > most_fields)
    return Refusal{
        431, "the request has more than the " + std::to_string(most_fields) + " headers accepted"};
  if (const Status status = charge.set(bytes); !status) return refusal_of(status.error());
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) c = char(std::tolower(uint8_t(c)));
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  const boost::beast::string_view target = message.target();
  if (!parse_target({target.data(), target.size()}, request))
    return Refusal{400, "the path is malformed"};
  if (message.version() >= 11 && request.header("host").empty())
    return Refusal{400, "the Host header is missing"};
  if (message.count(http::field::host) > 1)
    return Refusal{400, "there is more than one Host header"};
  const boost::beast::string_view coding = message[http::field::transfer_encoding];
  if (!coding.empty() && !boost::beast::iequals(coding, "chunked"))
    return Refusal{501, "of transfer codings only chunked is known; send the body as it is"};
  return std::nullopt;
}

bool waits_for_leave(const Request& request) {
  const std::string_view expected = request.header("expect");
  return boost::beast::iequals({expected.data(), expected.size()}, "100-continue");
}

}  // namespace tutti
