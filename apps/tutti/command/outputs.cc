#include "outputs.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/joined.h"
#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "process_exit.h"

namespace tutti {
namespace {

template <size_t N>
Status check_extension(const std::string& path, const std::array<const char*, N>& known) {
  if (path == "-") return {};
  const std::string extension = std::filesystem::path(path).extension().string();
  if (std::find(known.begin(), known.end(), extension) != known.end()) return {};
  return usage_error("cannot write " + path + ": the name must end in one of " + joined(known));
}

Status put_stdout(const void* bytes, size_t size) {
  if (isatty(STDOUT_FILENO))
    return usage_error("standard output is a terminal; name a file with -o, or pipe it somewhere");
  print_bytes(bytes, size);
  return {};  // the end of the process looks whether it was written (process_exit.h)
}

}  // namespace

Status check_picture_path(const std::string& path) {
  return check_extension(path, std::array{".png", ".jpg", ".jpeg", ".webp", ".bmp"});
}

Status check_sound_path(const std::string& path) {
  return check_extension(path, std::array{".wav", ".flac", ".mp3", ".ogg", ".m4a"});
}

Status put_picture(const std::string& path, const Picture& picture) {
  if (path != "-") return save_picture(path, picture);
  TUTTI_ASSIGN(const auto bytes, encode_picture(picture, "png"));
  return put_stdout(bytes.data(), bytes.size());
}

Status put_sound(const std::string& path, const Sound& sound) {
  if (path != "-") return save_sound(path, sound);
  TUTTI_ASSIGN(const auto bytes, encode_sound(sound, "wav"));
  return put_stdout(bytes.data(), bytes.size());
}

Status put_text(const std::string& path, const std::string& text) {
  return write_file_atomic(path, text);
}

std::string json_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tutti
