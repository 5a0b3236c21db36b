#include "serve/http/parse/multipart.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

const std::string kType = "multipart/form-data; boundary=\"x y\"";

std::string part(const std::string& headers, const std::string& content) {
  return "--x y\r\n" + headers + "\r\n\r\n" + content + "\r\n";
}

TEST(Multipart, FieldsAndFiles) {
  const std::string body =
      part("Content-Disposition: form-data; name=\"model\"", "nano") +
      part(
          "content-disposition: form-data; name=\"file\"; filename=\"a;\\\"b.wav\"\r\n"
          "Content-Type: audio/wav",
          std::string("RIFF\0\r\n--x", 10)) +
      part("Content-Disposition: form-data; name=empty", "") + "--x y--\r\n";
  const Result<Multipart> form = parse_multipart(kType, body);
  ASSERT_TRUE(form) << form.error().message();
  ASSERT_EQ(form->parts.size(), 3u);
  EXPECT_EQ(form->text("model"), "nano");
  EXPECT_EQ(form->text("missing", "default"), "default");
  const FormPart* file = form->find("file");
  EXPECT_EQ(file->file_name, "a;\"b.wav");
  EXPECT_EQ(file->content_type, "audio/wav");
  EXPECT_EQ(file->content, std::string_view("RIFF\0\r\n--x", 10));
  EXPECT_EQ(form->find("empty")->content, "");
}

TEST(Multipart, EveryTruncationIsRefused) {
  const std::string body = part("Content-Disposition: form-data; name=\"a\"", "1") + "--x y--";
  ASSERT_TRUE(parse_multipart(kType, body));
  for (size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(parse_multipart(kType, body.substr(0, size))) << size;
}

TEST(Multipart, WhatIsNoFormIsRefused) {
  EXPECT_FALSE(parse_multipart("application/json", "{}"));
  EXPECT_FALSE(parse_multipart("multipart/form-data", "--x--"));
  EXPECT_FALSE(parse_multipart(kType, part("Content-Type: text/plain", "1") + "--x y--"));
  EXPECT_FALSE(parse_multipart(kType, part("nonsense", "1") + "--x y--"));
  std::string many;
  for (int i = 0; i < 65; ++i) many += part("Content-Disposition: form-data; name=a", "1");
  EXPECT_FALSE(parse_multipart(kType, many + "--x y--"));
}

}  // namespace
}  // namespace tutti
