#include "outputs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
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

constexpr int kMostNames = 10000;

// Makes an empty file, so that another process that looks for a name finds this one taken.
Result<std::string> make_new_file(const std::string& wanted) {
  const std::filesystem::path name(wanted);
  const std::string stem = (name.parent_path() / name.stem()).string();
  for (int number = 1; number <= kMostNames; ++number) {
    const std::string path =
        number == 1 ? wanted : stem + "-" + std::to_string(number) + name.extension().string();
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file >= 0) {
      ::close(file);
      return path;
    }
    if (errno != EEXIST) return cannot_write(path, errno);
  }
  return failed("there are " + std::to_string(kMostNames) + " files called " + stem +
                "-NUMBER; name another with -o");
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

Result<std::string> put_output(const std::string& named, const std::string& otherwise,
                               const std::function<Status(const std::string&)>& write) {
  if (!named.empty()) {
    TUTTI_CHECK(write(named));
    return named;
  }
  TUTTI_ASSIGN(const std::string path, make_new_file(otherwise));
  if (const Status written = write(path); !written) {
    ::unlink(path.c_str());
    return written.error();
  }
  return path;
}

void say_written(const std::string& path) {
  if (path != "-") std::fprintf(stderr, "wrote %s\n", path.c_str());
}

std::string json_line(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tutti
