// Scenes, clips and their questions for evaluation, from fixed seeds and held-out drawings, as
// plain values.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "eval/eval_data.h"

namespace tutti {

struct AskedPicture {
  Picture picture;  // 128x128 RGB
  std::string question, answer;
};

struct SeenClip {
  std::vector<Picture> frames;  // 16 of 128x128 RGB
  std::string caption;          // English
};

class EvalScenes {
 public:
  // Sprites are the pictograms of `data` with plain names; without any, built-in shapes are drawn.
  static Result<EvalScenes> create(const EvalData& data);
  EvalScenes(EvalScenes&&) noexcept;
  ~EvalScenes();

  // English questions of one kind ("count", "colour", "relation", ...; see data/scene/scene.h).
  // Every answer of a closed set occurs equally often, up to one.
  std::vector<AskedPicture> questions(const std::string& kind, int count, uint64_t seed) const;
  std::vector<SeenClip> clips(int count, uint64_t seed) const;

  // What actors do in captions: "moves left", "grows", ... The first four are directions.
  static std::vector<std::string> actions();

 private:
  struct Library;
  explicit EvalScenes(std::unique_ptr<Library> library);
  std::unique_ptr<Library> library_;
};

}  // namespace tutti
