#include "inputs.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "base/joined.h"
#include "base/plain_text.h"
#include "base/quote.h"
#include "media/decode_picture.h"
#include "media/decode_sound.h"
#include "media/decode_video.h"
#include "media/dsp/mel.h"
#include "media/picture/fit_picture.h"
#include "media/points/read_cloud.h"
#include "values.h"

namespace tutti {
namespace {

// Bytes of standard input, read once: two parts that both say "-" are a mistake.
Result<std::vector<uint8_t>> read_stdin(size_t most_bytes) {
  std::vector<uint8_t> bytes;
  uint8_t buffer[1 << 16];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, stdin)) {
    bytes.insert(bytes.end(), buffer, buffer + got);
    if (bytes.size() > most_bytes)
      return bad_input("standard input holds more than " + std::to_string(most_bytes) +
                       " bytes; save it to a file and cut it first");
  }
  if (bytes.empty()) return bad_input("standard input is empty; pipe a file into it");
  return bytes;
}

// A file, or standard input for "-".
class Source {
 public:
  static Result<Source> open(const std::string& file) {
    Source source;
    source.file_ = file;
    if (file == "-") {
      TUTTI_ASSIGN(source.bytes_, read_stdin(MediaLimits().max_bytes));
    }
    return source;
  }
  MediaInput input() const {
    return file_ == "-" ? MediaInput(std::span<const uint8_t>(bytes_), "standard input")
                        : MediaInput(file_);
  }

 private:
  std::string file_;
  std::vector<uint8_t> bytes_;
};

// How parts are read, and what else of them is wanted.
struct ReadHow {
  std::optional<Picture>& original;  // gets a picture as it was read, unless it has one
  UpAxis up;                         // of clouds
};

Result<Part> read_text(const std::string& given, const ReadHow&) {
  std::vector<uint8_t> piped;
  if (given == "-") {
    TUTTI_ASSIGN(piped, read_stdin(size_t(1) << 20));
  }
  const std::string bytes = given == "-" ? std::string(piped.begin(), piped.end()) : given;
  if (const Status text = check_text(bytes); !text)
    return bad_input("the text " + quote(bytes) + " " + text.error().message());
  if (plain_text(bytes).find_first_not_of(" \t\r\n") == std::string::npos)
    return bad_input("the text is empty; say something, or leave --text out");
  return Part::of_text(bytes);
}

Result<Part> read_image(const std::string& file, const ReadHow& how) {
  TUTTI_ASSIGN(const Source source, Source::open(file));
  TUTTI_ASSIGN(Picture picture, load_picture(source.input()));
  Part part = Part::of_picture(fit_picture(picture, kImageSize));
  if (!how.original) how.original = std::move(picture);
  return part;
}

// A part of a prompt by its flag.
struct PartFlag {
  const char* name;
  const char* type;  // of its value
  const char* help;
  size_t PromptKinds::*count;
  Result<Part> (*read)(const std::string& value, const ReadHow& how);
};

Result<Part> read_points(const std::string& file, const ReadHow& how) {
  TUTTI_ASSIGN(const Source source, Source::open(file));
  const MediaInput input = source.input();
  TUTTI_CHECK(check_input(input, PointLimits().most_bytes));
  TUTTI_ASSIGN(Rows rows, file == "-" ? read_cloud(input.bytes(), input.name(), {}, how.up)
                                      : load_cloud(file, how.up));
  return Part::of_rows(std::move(rows));
}

template <Result<Part> (*kRead)(const std::string&)>
Result<Part> file(const std::string& value, const ReadHow&) {
  return kRead(value);
}

constexpr PartFlag kPartFlags[] = {
    {"--text", "TEXT", "text, or - for standard input", &PromptKinds::texts, read_text},
    {"--image", "FILE", "picture file", &PromptKinds::pictures, read_image},
    {"--audio", "FILE", "sound file, or a video for its sound", &PromptKinds::sounds,
     file<read_audio>},
    {"--video", "FILE", "video file: 16 frames of it, without its sound", &PromptKinds::pictures,
     file<read_video>},
    {"--points", "FILE", "cloud or mesh: a PLY, OBJ, OFF or PCD file", &PromptKinds::clouds,
     read_points},
};

}  // namespace

Result<Part> read_audio(const std::string& file) {
  TUTTI_ASSIGN(const Source source, Source::open(file));
  TUTTI_ASSIGN(const Sound sound, load_sound(source.input()));
  TUTTI_ASSIGN(Mel mel, log_mel(sound));
  if (mel.frames() == 0)
    return bad_input(file + " lasts " + std::to_string(sound.seconds()) +
                     " s; a sound must have at least 10 ms");
  return Part::of_audio(std::move(mel));
}

Result<Part> read_video(const std::string& file) {
  TUTTI_ASSIGN(const Source source, Source::open(file));
  TUTTI_ASSIGN(VideoReader reader, VideoReader::open(source.input()));
  TUTTI_ASSIGN(std::vector<Picture> frames, even_frames(reader, kClipFrames, kImageSize));
  return Part::of_clip(std::move(frames));
}

PromptOptions::PromptOptions() : given_(std::size(kPartFlags)) {}

void PromptOptions::add_options(CLI::App& verb) {
  for (size_t i = 0; i < given_.size(); ++i)
    verb.add_option(kPartFlags[i].name, given_[i], kPartFlags[i].help)
        ->type_name(kPartFlags[i].type)
        ->allow_extra_args(false)
        ->take_all();
  verb.add_option("--up", up_,
                  "which axis of clouds points up: z (default), or y as in most OBJ files")
      ->check(one_of({"y", "z"}))
      ->type_name("AXIS");
}

PromptKinds PromptOptions::kinds() const {
  PromptKinds kinds;
  for (size_t i = 0; i < given_.size(); ++i) kinds.*kPartFlags[i].count += given_[i].size();
  return kinds;
}

Result<Prompt> PromptOptions::read(const CLI::App& verb) {
  if (empty())
    return usage_error("nothing to read; give one or several of " +
                       joined(kPartFlags, &PartFlag::name));
  ptrdiff_t piped = 0;
  for (const auto& list : given_) piped += std::count(list.begin(), list.end(), "-");
  if (piped > 1)
    return usage_error("standard input (-) can be read once; save the others to files");
  Prompt prompt;
  std::vector<size_t> next(given_.size());
  const ReadHow how{original_, up_ == "y" ? UpAxis::y : UpAxis::z};
  for (const CLI::Option* option : verb.parse_order())
    for (size_t i = 0; i < given_.size(); ++i) {
      if (option->get_name() != kPartFlags[i].name || next[i] == given_[i].size()) continue;
      Result<Part> part = kPartFlags[i].read(given_[i][next[i]++], how);
      if (!part) return part.error().with_context("reading the prompt");
      prompt.push_back(*std::move(part));
    }
  return prompt;
}

}  // namespace tutti
