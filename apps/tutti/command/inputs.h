// The prompt of a command line: --text, --image and the others (kPartFlags) in the order they were
// given. "-" reads standard input.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"

namespace tutti {

// A sound file, or a video for its sound; and 16 frames of a video.
Result<Part> read_audio(const std::string& file);
Result<Part> read_video(const std::string& file);

// How many parts of each kind a prompt has.
struct PromptKinds {
  size_t texts = 0, pictures = 0, sounds = 0, clouds = 0;  // clips are pictures
  size_t all() const { return texts + pictures + sounds + clouds; }
};

class PromptOptions {
 public:
  PromptOptions();
  void add_options(CLI::App& verb);

  bool empty() const { return kinds().all() == 0; }
  PromptKinds kinds() const;

  // Reads and fits every part. bad_input names the file that cannot be used.
  Result<Prompt> read(const CLI::App& verb);

  // The first picture as it was read, before it was fitted: mattes are given back in its size.
  const std::optional<Picture>& original() const { return original_; }

 private:
  std::vector<std::vector<std::string>> given_;  // of each of kPartFlags
  std::string up_ = "z";                         // of clouds
  std::optional<Picture> original_;
};

}  // namespace tutti
