// Draws single examples: one public function a kind, each appending to `out` one example, or the
// two of a contrastive pair, or none where the drawn record does not suit.
#pragma once

#include "data/example.h"
#include "data/mix/pools.h"
#include "data/recorded/recorded.h"
#include "format/text/prompts.h"

namespace tutti {

// Only reads the pools: any number of threads may share it, each with its own Rng.
class Drawer {
 public:
  using Examples = std::vector<Example>;

  explicit Drawer(const ShardSet& shards) : pools_(shards) {}
  const Pools& pools() const { return pools_; }

  // Pictures: drawer_pictures.cc.
  void pictogram(Examples& out, Rng& rng) const;  // named and painted, as a pair
  void icon(Examples& out, Rng& rng) const;
  void paint(Examples& out, Rng& rng) const;
  void paint_plain(Examples& out, Rng& rng) const;  // pictograms named by one English word
  void photo(Examples& out, Rng& rng) const;
  void cifar(Examples& out, Rng& rng) const;
  void labelled(Examples& out, Rng& rng) const;
  void matte(Examples& out, Rng& rng) const;

  // Sound and text: drawer_speech.cc.
  void digit(Examples& out, Rng& rng) const;
  void command(Examples& out, Rng& rng) const;
  void recorded(Examples& out, Rng& rng) const;
  void synthetic(Examples& out, Rng& rng) const;
  void spelled(Examples& out, Rng& rng) const;  // for the CTC head alone: half the work
  void sound(Examples& out, Rng& rng) const;
  void speak(Examples& out, Rng& rng) const;
  void speech_to_picture(Examples& out, Rng& rng) const;
  void text(Examples& out, Rng& rng) const;
  void vocoder(Examples& out, Rng& rng) const;

  // Generated scenes and questions: drawer_scenes.cc.
  void questions(Examples& out, Rng& rng) const;  // several about one scene
  void recorded_question(Examples& out, Rng& rng) const;
  void scene(Examples& out, Rng& rng) const;
  void clip(Examples& out, Rng& rng) const;

  // Recorded series and voxels: drawer_recorded.cc.
  void recorded_clip(Examples& out, Rng& rng) const;  // street or radar, one as often as the other
  void street_questions(Examples& out, Rng& rng) const;  // several about one frame
  void turning_clip(Examples& out, Rng& rng) const;      // voxels

 private:
  // Pieces of examples: drawer.cc.
  static const Caption* pick_caption(const PictureRecord& record, Rng& rng);
  Segment seen(const PictureRecord& record, Rng& rng, bool flip) const;
  Picture on_backdrop(const Picture& picture, int side, Rng& rng) const;
  Tokens ids(const std::string& text) const { return pools_.shards.pieces().encode(text); }
  Example described(Segment segment, Task task, SpecialToken how, const std::string& language,
                    const Tokens& answer) const;
  // `located`: of the question's own pieces.
  void ask(Example& example, const std::string& question, const std::string& answer,
           std::vector<Located> located = {}) const;

  void told_clip(ToldClip told, Examples& out, Rng& rng) const;
  void voxel_view(Examples& out, Rng& rng) const;
  void labels(const PictureRecord& record, Examples& out, Rng& rng) const;
  void heard(const SpeechPool& pool, Examples& out, Rng& rng) const;
  void named_painting(const PictureRecord& record, const Caption& caption, Examples& out) const;

  Pools pools_;
};

// A text segment; `target`: the model learns to say it.
Segment text_segment(Tokens tokens, bool target = false);
Segment image_segment(Picture picture);         // 128x128 RGB
Segment paint_segment(const Picture& picture);  // any size
Segment heard_segment(const SpeechRecord& record, Rng& rng);
// The other half of a contrastive pair: the text alone, as it stands in front of a painting.
Example text_alone(const Tokens& ids, int pair);
// At most 60 tokens, the length of a caption.
Tokens clipped(const Tokens& ids);

template <class T>
const T& pick(const std::vector<T>& list, Rng& rng) {
  return list[rng.below(int(list.size()))];
}

}  // namespace tutti
