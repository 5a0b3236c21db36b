// Result<T>: either a value or an Error that a person can act on.
//
//   Result<Image> load(const std::string& path);
//
//   Result<Image> image = load(path);
//   if (!image) return image.error().with_context("while reading the prompt");
//   use(*image);
//
//   TUTTI_ASSIGN(Image image, load(path));   // the same in one line
//   TUTTI_CHECK(validate(image));            // for Result<void>
//
// The library never prints, aborts or exits on bad input: every boundary returns a Result, and the
// message says what was got, what was wanted and what to do next.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace tutti {

// The first three are the process exit codes of the command line; the rest are of requests that
// share an engine (serve/scheduler.h) and of the store (serve/store/store.h). Programs that know
// the first three alone report basic_code().
enum class ErrorCode {
  failed = 1,
  usage = 2,
  bad_input = 3,
  busy,
  cancelled,
  timed_out,
  not_found,
  no_space,
  too_large,
  too_long,     // a text that the model's context cannot hold
  unsupported,  // by the model that is asked
  no_memory
};

constexpr ErrorCode basic_code(ErrorCode code) {
  if (code == ErrorCode::too_long || code == ErrorCode::too_large) return ErrorCode::bad_input;
  if (code == ErrorCode::unsupported) return ErrorCode::usage;
  return code <= ErrorCode::bad_input ? code : ErrorCode::failed;
}

class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // Puts where it happened in front: "reading a.png: the file is cut short".
  Error with_context(const std::string& context) const {
    return {code_, context + ": " + message_};
  }

 private:
  ErrorCode code_;
  std::string message_;
};

inline Error failed(std::string message) {
  return {ErrorCode::failed, std::move(message)};
}
inline Error usage_error(std::string message) {
  return {ErrorCode::usage, std::move(message)};
}
inline Error bad_input(std::string message) {
  return {ErrorCode::bad_input, std::move(message)};
}
inline Error too_long(std::string message) {
  return {ErrorCode::too_long, std::move(message)};
}

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  explicit operator bool() const { return state_.index() == 0; }
  const Error& error() const { return std::get<1>(state_); }

  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  explicit operator bool() const { return !error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace tutti

#define TUTTI_CONCAT_(a, b) a##b
#define TUTTI_CONCAT(a, b) TUTTI_CONCAT_(a, b)

// Declares `decl` from a Result expression, or returns its error from the enclosing function.
#define TUTTI_ASSIGN(decl, ...) TUTTI_ASSIGN_(TUTTI_CONCAT(result_, __LINE__), decl, __VA_ARGS__)
#define TUTTI_ASSIGN_(tmp, decl, ...) \
  auto tmp = (__VA_ARGS__);           \
  if (!tmp) return tmp.error();       \
  decl = *std::move(tmp)

// Returns the error of a Status expression from the enclosing function.
#define TUTTI_CHECK(...)                                                \
  do {                                                                  \
    if (auto status_ = (__VA_ARGS__); !status_) return status_.error(); \
  } while (false)
