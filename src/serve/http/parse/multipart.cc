#include "serve/http/parse/multipart.h"

#include <algorithm>

namespace tutti {
namespace {

constexpr size_t kMostParts = 64, kMostHeaderBytes = 8 << 10;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes `; name="value"` parameters one after another; quoted values may hold \" and ;.
struct Parameters {
  std::string_view rest;

  bool next(std::string_view& name, std::string& value) {
    const size_t semicolon = rest.find(';');
    if (semicolon == rest.npos) return false;
    rest = trim(rest.substr(semicolon + 1));
    const size_t equals = rest.find('=');
    if (equals == rest.npos) return false;
    name = trim(rest.substr(0, equals));
    rest = trim(rest.substr(equals + 1));
    value.clear();
    if (rest.empty() || rest.front() != '"') {
      const std::string_view word = rest.substr(0, rest.find(';'));
      value = std::string(trim(word));
      rest.remove_prefix(word.size());
      return true;
    }
    size_t i = 1;
    for (; i < rest.size() && rest[i] != '"'; ++i) {
      if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
      value += rest[i];
    }
    rest.remove_prefix(std::min(rest.size(), i + 1));
    return true;
  }
};

std::string parameter(std::string_view header, std::string_view wanted) {
  Parameters parameters{header};
  std::string_view name;
  std::string value;
  while (parameters.next(name, value))
    if (same_word(name, wanted)) return value;
  return {};
}

Status read_headers(std::string_view headers, FormPart& part) {
  bool disposed = false;
  while (!headers.empty()) {
    const std::string_view line = headers.substr(0, headers.find("\r\n"));
    headers.remove_prefix(std::min(headers.size(), line.size() + 2));
    const size_t colon = line.find(':');
    if (colon == line.npos) return bad_input("a part of the form has a malformed header");
    const std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
    if (same_word(name, "content-type")) part.content_type = std::string(value);
    if (!same_word(name, "content-disposition")) continue;
    disposed = same_word(trim(value.substr(0, value.find(';'))), "form-data");
    part.name = parameter(value, "name");
    part.file_name = parameter(value, "filename");
  }
  if (!disposed || part.name.empty())
    return bad_input("a part of the form has no Content-Disposition: form-data with a name");
  return {};
}

}  // namespace

const FormPart* Multipart::find(std::string_view name) const {
  for (const FormPart& part : parts)
    if (part.name == name) return &part;
  return nullptr;
}

std::string Multipart::text(std::string_view name, std::string otherwise) const {
  const FormPart* part = find(name);
  return part ? std::string(part->content) : otherwise;
}

Result<Multipart> parse_multipart(std::string_view content_type, std::string_view body) {
  if (!same_word(trim(content_type.substr(0, content_type.find(';'))), "multipart/form-data"))
    return bad_input("send a form as multipart/form-data");
  const std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > 70)
    return bad_input("the form's boundary is missing or longer than 70 characters");
  const std::string open = "--" + boundary, next = "\r\n" + open;
  const auto cut = [] { return bad_input("the form is cut short or does not keep its boundary"); };
  size_t at = body.starts_with(open) ? 0 : body.find(next);
  if (at == body.npos) return cut();
  at += at == 0 ? open.size() : next.size();
  Multipart form;
  while (!body.substr(at).starts_with("--")) {
    at = body.find("\r\n", at);  // what may stand between boundary and line break is blank
    if (at == body.npos) return cut();
    at += 2;
    const size_t blank = body.substr(at).starts_with("\r\n") ? at - 2 : body.find("\r\n\r\n", at);
    if (blank == body.npos || blank > at + kMostHeaderBytes) return cut();
    const size_t content = blank + 4, end = body.find(next, content - 2);
    if (end == body.npos) return cut();
    if (form.parts.size() == kMostParts)
      return bad_input("the form has more than " + std::to_string(kMostParts) + " parts");
    FormPart part;
    TUTTI_CHECK(read_headers(body.substr(at, blank < at ? 0 : blank - at), part));
    if (end >= content) part.content = body.substr(content, end - content);
    form.parts.push_back(std::move(part));
    at = end + next.size();
  }
  return form;
}

}  // namespace tutti
