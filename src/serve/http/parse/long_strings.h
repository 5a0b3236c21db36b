// Long strings of a JSON text, kept out of the lexer's way: a picture in base64 is most of its
// request. The lexer copies each byte twice, one at a time, with buffers that double meanwhile;
// these are copied once, whole.
//
//   const LongStrings strings(text);
//   WithLongStrings events(strings, tree);
//   Json::sax_parse(strings.rest(), &events);   // the tree gets what it gets of `text`
//
// Strings of ASCII without escapes only, so that nothing of them is for the lexer to undo or to
// refuse. `text` outlives them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tutti {

class LongStrings {
 public:
  static constexpr size_t kLeast = 4 << 10;  // what is shorter stays where it is

  explicit LongStrings(std::string_view text);

  // The text, each of them being empty there. The text itself where there are none.
  std::string_view rest() const { return all_.empty() ? text_ : rest_; }
  // Where the byte `at` of the rest is in the text.
  size_t place_in_text(size_t at) const;

  struct One {
    size_t number;  // how many strings are before it, keys included
    size_t at;      // in the rest
    std::string_view content;
  };
  const std::vector<One>& all() const { return all_; }

 private:
  std::string_view text_;
  std::string rest_;
  std::vector<One> all_;
};

// The lexer's events for `tree`, with what was kept out put in.
template <class Tree>
class WithLongStrings {
 public:
  WithLongStrings(const LongStrings& strings, Tree& tree) : strings_(strings), tree_(tree) {}

  bool string(std::string& value) { return tree_.string(put_in(value)); }
  bool key(std::string& name) { return tree_.key(put_in(name)); }
  template <class Exception>
  bool parse_error(size_t at, const std::string& token, const Exception& error) {
    return tree_.parse_error(strings_.place_in_text(at), token, error);
  }

  bool null() { return tree_.null(); }
  bool boolean(bool value) { return tree_.boolean(value); }
  template <class Number>
  bool number_integer(Number value) {
    return tree_.number_integer(value);
  }
  template <class Number>
  bool number_unsigned(Number value) {
    return tree_.number_unsigned(value);
  }
  template <class Number>
  bool number_float(Number value, const std::string& text) {
    return tree_.number_float(value, text);
  }
  template <class Bytes>
  bool binary(Bytes& value) {
    return tree_.binary(value);
  }
  bool start_object(size_t size) { return tree_.start_object(size); }
  bool end_object() { return tree_.end_object(); }
  bool start_array(size_t size) { return tree_.start_array(size); }
  bool end_array() { return tree_.end_array(); }

 private:
  std::string& put_in(std::string& value) {
    const auto& all = strings_.all();
    if (next_ < all.size() && all[next_].number == number_) value = all[next_++].content;
    ++number_;
    return value;
  }

  const LongStrings& strings_;
  Tree& tree_;
  size_t number_ = 0, next_ = 0;
};

}  // namespace tutti
