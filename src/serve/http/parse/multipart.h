// multipart/form-data (RFC 7578): the fields and files of a form.
//
//   TUTTI_ASSIGN(Multipart form, parse_multipart(request.header("content-type"), request.body));
//   const FormPart* file = form.find("file");
//
// Part contents point into the body, which must outlive them. Input is hostile: at most 64 parts,
// 8 KiB of headers each; file names are labels, never paths.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tutti {

struct FormPart {
  std::string name, file_name, content_type;
  std::string_view content;
};

struct Multipart {
  std::vector<FormPart> parts;

  const FormPart* find(std::string_view name) const;
  // The content of a part, or `otherwise`.
  std::string text(std::string_view name, std::string otherwise = {}) const;
};

Result<Multipart> parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace tutti
