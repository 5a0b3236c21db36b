#include "serve/http/message.h"

#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/utf8.h"

namespace tutti {

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

Reply::~Reply() {
  try {
    if (state_ == State::waiting)
      send(503, "application/json",
           error_json("the request was dropped without an answer; try again", "server_error"),
           {{"Retry-After", "1"}});
    if (state_ == State::begun) abort();
  } catch (...) {
    sink_->lose();
  }
}

// An answer that cannot be handed on is never missed in silence: the client sees its connection
// end.
template <class Work>
void Reply::to_sink(Work work) {
  try {
    work();
  } catch (...) {
    sink_->lose();
  }
}

void Reply::send(int status, std::string content_type, std::string body, Headers more) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::waiting) return;
  state_ = State::ended;
  listener_ = nullptr;
  to_sink([&] {
    sink_->start({status, std::move(content_type), std::move(more), true}, std::move(body));
  });
}

void Reply::begin(int status, std::string content_type, Headers more,
                  std::optional<uint64_t> length) {
  const std::lock_guard lock(mutex_);
  if (state_ != State::waiting) return;
  state_ = State::begun;
  to_sink([&] {
    sink_->start({status, std::move(content_type), std::move(more), false, length}, {});
  });
  if (!head_only_) return;
  gone_ = true;  // nobody reads what follows, so it need not be made
  end_begun();
}

void Reply::write(std::string piece) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::begun && !piece.empty() && !gone_)
    to_sink([&] { sink_->more(std::move(piece)); });
}

void Reply::write(std::string piece, Charge held) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::begun && !piece.empty() && !gone_)
    to_sink([&] { sink_->more_charged(std::move(piece), std::move(held)); });
}

// Without the lock: `work` may be run at once, and writes.
void Reply::when_read(std::function<void()> work) {
  if (gone_) return;
  to_sink([&] { sink_->when_read(std::move(work)); });
}

void Reply::later(std::function<void()> work) {
  if (gone_) return;
  to_sink([&] { sink_->later(std::move(work)); });
}

void Reply::end() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::begun) end_begun();
}

void Reply::end_begun() {
  state_ = State::ended;
  listener_ = nullptr;
  to_sink([&] { sink_->finish(true); });
}

void Reply::abort() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::ended) return;
  state_ = State::ended;
  listener_ = nullptr;
  to_sink([&] { sink_->finish(false); });
}

bool Reply::begun() const {
  const std::lock_guard lock(mutex_);
  return state_ != State::waiting;
}

void Reply::on_gone(std::function<void()> listener) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::ended) return;
    if (!gone_) {
      listener_ = std::move(listener);
      return;
    }
  }
  listener();
}

void Reply::set_gone() {
  std::function<void()> listener;
  {
    const std::lock_guard lock(mutex_);
    if (gone_.exchange(true) || state_ == State::ended) return;
    listener = std::move(listener_);
  }
  if (listener) listener();
}

bool Reply::expire(double seconds) {
  std::function<void()> listener;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::waiting || gone_.exchange(true)) return false;
    state_ = State::ended;
    listener = std::move(listener_);
    to_sink([&] {
      sink_->start({504, "application/json", {}, true},
                   error_json("the request took longer than the " + std::to_string(int(seconds)) +
                                  " s that it may; ask for less",
                              "server_error", "timeout"));
    });
  }
  if (listener) listener();
  return true;
}

bool decode_percent(std::string_view text, bool plus_is_space, std::string& decoded) {
  decoded.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return false;
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
      decoded += char(high * 16 + low);
      i += 2;
    }
  }
  return !invalid_utf8_at(decoded);
}

bool parse_target(std::string_view target, Request& request) {
  if (target.empty() || target[0] != '/') return false;
  const size_t mark = target.find('?');
  if (!decode_percent(target.substr(0, mark), false, request.path)) return false;
  if (mark == target.npos) return true;
  std::string_view rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    std::string name, value;
    if (!decode_percent(pair.substr(0, equals), true, name)) return false;
    if (equals != pair.npos && !decode_percent(pair.substr(equals + 1), true, value)) return false;
    if (!name.empty()) request.query.emplace_back(std::move(name), std::move(value));
  }
  return true;
}

const char* status_phrase(int status) {
  static const std::map<int, const char*> phrases = {{200, "OK"},
                                                     {201, "Created"},
                                                     {204, "No Content"},
                                                     {304, "Not Modified"},
                                                     {400, "Bad Request"},
                                                     {401, "Unauthorized"},
                                                     {403, "Forbidden"},
                                                     {404, "Not Found"},
                                                     {405, "Method Not Allowed"},
                                                     {408, "Request Timeout"},
                                                     {409, "Conflict"},
                                                     {411, "Length Required"},
                                                     {413, "Payload Too Large"},
                                                     {415, "Unsupported Media Type"},
                                                     {422, "Unprocessable Entity"},
                                                     {426, "Upgrade Required"},
                                                     {429, "Too Many Requests"},
                                                     {431, "Request Header Fields Too Large"},
                                                     {500, "Internal Server Error"},
                                                     {501, "Not Implemented"},
                                                     {503, "Service Unavailable"},
                                                     {504, "Gateway Timeout"},
                                                     {505, "HTTP Version Not Supported"},
                                                     {507, "Insufficient Storage"}};
  const auto found = phrases.find(status);
  return found == phrases.end() ? "Unknown" : found->second;
}

std::string error_json(std::string_view message, std::string_view type, std::string_view code,
                       std::string_view param) {
  using Json = nlohmann::ordered_json;
  const auto or_null = [](std::string_view text) { return text.empty() ? Json() : Json(text); };
  const Json error = {
      {"error",
       {{"message", message}, {"type", type}, {"param", or_null(param)}, {"code", or_null(code)}}}};
  // Messages may quote what a client sent; what is not UTF-8 is replaced rather than refused.
  return error.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tutti
