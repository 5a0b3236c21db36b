#include "command/inputs.h"

#include <cstdio>
#include <map>

#include "base/plain_text.h"
#include "base/quote.h"
#include "media/picture/fit_picture.h"
#include "media/decode.h"
#include "media/dsp/mel.h"

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
  const auto fit = [](const Picture& frame) { return fit_picture(frame, kImageSize); };
  TUTTI_ASSIGN(std::vector<Picture> frames, even_frames(reader, kClipFrames, fit));
  return Part::of_clip(std::move(frames));
}

void PromptOptions::add_options(CLI::App& verb) {
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* help) {
    verb.add_option(name, values, help)->allow_extra_args(false)->take_all();
  };
  add("--text", texts_, "text, or - for standard input");
  add("--image", images_, "picture file");
  add("--audio", audios_, "sound file, or a video for its sound");
  add("--video", videos_, "video file: 16 frames of it, without its sound");
}

Result<Part> PromptOptions::read_text(const std::string& given) const {
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

Result<Part> PromptOptions::read_image(const std::string& file) {
  TUTTI_ASSIGN(const Source source, Source::open(file));
  TUTTI_ASSIGN(Picture picture, load_picture(source.input()));
  Part part = Part::of_picture(fit_picture(picture, kImageSize));
  if (!original_) original_ = std::move(picture);
  return part;
}

Result<Prompt> PromptOptions::read(const CLI::App& verb) {
  if (empty()) return usage_error("nothing to read; give --text, --image, --audio or --video");
  int piped = 0;
  for (const auto* list : {&texts_, &images_, &audios_, &videos_})
    for (const std::string& value : *list) piped += value == "-";
  if (piped > 1)
    return usage_error("standard input (-) can be read once; save the others to files");
  Prompt prompt;
  std::map<std::string, size_t> next;
  for (const CLI::Option* option : verb.parse_order()) {
    const std::string name = option->get_name();
    const size_t i = next[name];
    std::optional<Result<Part>> part;
    if (name == "--text" && i < texts_.size()) part = read_text(texts_[i]);
    if (name == "--image" && i < images_.size()) part = read_image(images_[i]);
    if (name == "--audio" && i < audios_.size()) part = read_audio(audios_[i]);
    if (name == "--video" && i < videos_.size()) part = read_video(videos_[i]);
    if (!part) continue;
    ++next[name];
    if (!*part) return part->error().with_context("reading the prompt");
    prompt.push_back(**std::move(part));
  }
  return prompt;
}

}  // namespace tutti
