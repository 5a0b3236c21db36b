#include "data/mix/mixer.h"

#include <algorithm>
#include <cmath>

#include "data/scene/augment.h"
#include "data/scene/clip.h"
#include "data/scene/matte.h"
#include "data/scene/raster.h"
#include "data/scene/scene.h"
#include "format/prompts.h"

namespace tutti {
namespace {

constexpr int kSeenSide = 128, kPaintedSide = 64;
constexpr int kMostSpokenFrames = 600;  // 6 s: longer speech is left to later versions
constexpr int kMostHeardFrames = 1000;
constexpr size_t kMostCaptionTokens = 60;

using Pool = std::vector<const SpeechRecord*>;

}  // namespace

struct Mixer::State {
  const ShardSet& shards;
  SceneLibrary library;
  std::vector<const PictureRecord*> pictograms, icons, photos, cifar, labels, persons;
  Pool digits, commands, recorded, synthetic, sounds, spoken, vocoder;
  // Spoken names of pictograms: a record and the pictograms that it names.
  std::vector<std::pair<const SpeechRecord*, std::vector<const PictureRecord*>>> spoken_names;
  std::vector<std::pair<std::string, const QuestionRecord*>> questions;
  std::vector<const TextRecord*> texts;
  std::vector<std::pair<void (State::*)(std::vector<Example>&, Rng&) const, int>> plan;

  explicit State(const ShardSet& set) : shards(set) {
    gather_pictures();
    gather_speech();
    for (const char* source : {"easyvqa", "nlvr"})
      for (const QuestionRecord& question : set.questions(source))
        questions.push_back({source, &question});
    for (const std::string& source : set.text_sources())
      for (const TextRecord& text : set.texts(source))
        if (text.kind != "prefer") texts.push_back(&text);
  }

  // ---- what the shards have, by use

  static void append(std::vector<const PictureRecord*>& list,
                     const std::vector<PictureRecord>& records) {
    for (const PictureRecord& record : records) list.push_back(&record);
  }
  static void append(Pool& pool, const std::vector<SpeechRecord>& records, int most_frames) {
    for (const SpeechRecord& record : records)
      if (record.mel.frames() <= most_frames && record.mel.frames() > 0) pool.push_back(&record);
  }

  void gather_pictures() {
    for (const char* source : {"emoji_noto", "emoji_fluent3d"})
      append(pictograms, shards.pictures(source));
    for (const char* source : {"icons_mdi", "icons_game"}) append(icons, shards.pictures(source));
    append(photos, shards.pictures("flickr8k"));
    append(cifar, shards.pictures("cifar10"));
    for (const char* source :
         {"tinyimagenet", "imagenet_samples", "flowers", "sign_digits", "mnist"})
      append(labels, shards.pictures(source));
    for (const char* source : {"persons_ccp", "persons_hseg", "persons_grid"})
      append(persons, shards.pictures(source));
    for (const PictureRecord* record : pictograms) {
      if (record->captions.empty() || record->picture.channels != 4) continue;
      Sprite sprite;
      sprite.name_en = record->label;
      for (const Caption& caption : record->captions)
        sprite.names.emplace(caption.language, caption.text);
      if (sprite.names.count("en")) sprite.name_en = sprite.names["en"];
      sprite.rgba = record->picture;
      if (!sprite.name_en.empty()) library.sprites.push_back(std::move(sprite));
    }
    for (const char* source : {"backgrounds_bsds", "cutout_scenes"})
      for (const PictureRecord& record : shards.pictures(source))
        library.backgrounds.push_back(record.picture);
    for (const PictureRecord& record : shards.pictures("persons_cutout"))
      library.cutouts.push_back(record.picture);
  }

  void gather_speech() {
    append(digits, shards.speech("fsdd"), kMostHeardFrames);
    append(commands, shards.speech("speech_commands"), kMostHeardFrames);
    for (const char* source : {"grid_av", "lj_reread", "wake_words", "emodb", "coffee_intents"})
      append(recorded, shards.speech(source), kMostHeardFrames);
    std::erase_if(recorded, [](const SpeechRecord* r) { return r->transcript.ids.empty(); });
    append(sounds, shards.speech("esc10"), kMostHeardFrames);
    for (const SpeechRecord& record : shards.speech("vocoder")) vocoder.push_back(&record);
    std::map<std::string, std::vector<const PictureRecord*>> named;
    for (const PictureRecord* record : pictograms)
      for (const Caption& caption : record->captions) named[caption.text].push_back(record);
    for (const std::string& source : shards.speech_sources())
      for (const SpeechRecord& record : shards.speech(source)) {
        if (!record.synthetic || record.mel.frames() > kMostHeardFrames) continue;
        synthetic.push_back(&record);
        if (!record.timing.empty() && record.mel.frames() <= kMostSpokenFrames)
          spoken.push_back(&record);
        if (const auto at = named.find(record.transcript.text); at != named.end())
          spoken_names.push_back({&record, at->second});
      }
    for (const SpeechRecord& record : shards.speech("lj_reread"))
      if (!record.timing.empty() && record.mel.frames() <= kMostSpokenFrames)
        spoken.push_back(&record);
  }

  // ---- pieces of examples

  template <class T>
  static const T& pick(const std::vector<T>& list, Rng& rng) {
    return list[rng.below(int(list.size()))];
  }

  // English half of the time, else any language that the record has.
  static const Caption* pick_caption(const PictureRecord& record, Rng& rng) {
    std::vector<const Caption*> english, all;
    for (const Caption& caption : record.captions) {
      if (caption.ids.empty() || caption.language == "keywords") continue;
      all.push_back(&caption);
      if (caption.language == "en") english.push_back(&caption);
    }
    if (all.empty()) return nullptr;
    const bool use_english = rng.uniform() < 0.5 && !english.empty();
    return pick(use_english ? english : all, rng);
  }

  static Tokens clipped(const Tokens& ids) {
    return {ids.begin(), ids.begin() + std::min(ids.size(), kMostCaptionTokens)};
  }

  static Segment text(Tokens tokens, bool target = false) {
    Segment segment;
    segment.tokens = std::move(tokens);
    segment.target = target;
    return segment;
  }

  Segment seen(const PictureRecord& record, Rng& rng, bool flip) const {
    Segment segment;
    segment.kind = Segment::Kind::image;
    AugmentLimits limits;
    limits.flip = flip;
    segment.image = augment_picture(on_backdrop(record.picture, kSeenSide, rng), rng, limits);
    return segment;
  }

  // Transparent pictures go on white, or one time in three on a colour or a photograph; grey icons
  // may be inverted.
  Picture on_backdrop(const Picture& picture, int side, Rng& rng) const {
    Picture fitted = fit_picture(picture, side);
    const double draw = rng.uniform();
    if (picture.channels == 1 && draw < 0.3)
      for (uint8_t& value : fitted.pixels) value = uint8_t(255 - value);
    if (picture.channels != 4 || draw >= 0.34) return fitted;
    Picture backdrop = make_picture(side, side, 3);
    if (draw < 0.17 && !library.backgrounds.empty()) {
      backdrop = resize_picture(pick(library.backgrounds, rng), side, side);
    } else {
      uint8_t colour[3];
      for (uint8_t& value : colour) value = uint8_t(rng.below(256));
      for (int i = 0; i < side * side; ++i) std::copy_n(colour, 3, backdrop.pixels.data() + i * 3);
    }
    return over(resize_picture(picture, side, side), backdrop);
  }

  static Picture over(const Picture& rgba, Picture backdrop) {
    for (int i = 0; i < rgba.width * rgba.height; ++i) {
      const uint8_t* source = rgba.pixels.data() + i * 4;
      uint8_t* target = backdrop.pixels.data() + i * 3;
      for (int c = 0; c < 3; ++c)
        target[c] = uint8_t(divide_by_255(source[c] * source[3] + target[c] * (255 - source[3])));
    }
    return backdrop;
  }

  static Segment painted(const Picture& picture) {
    Segment segment;
    segment.kind = Segment::Kind::paint;
    segment.image = fit_picture(picture, kPaintedSide);
    return segment;
  }

  // Noise and level changes on the spectrogram; recordings vary more than the few we have.
  static Mel heard_mel(const Mel& mel, Rng& rng) {
    Mel heard = mel;
    const float level = float(rng.normal()) * 0.25f, grain = float(rng.uniform()) * 0.12f;
    const float floor = -2.17f + 0.9f * float(rng.uniform() * rng.uniform());
    for (float& value : heard.values)
      value = std::max(value + level + grain * float(rng.normal()), floor);
    mask_bands(heard, rng);
    return heard;
  }

  // SpecAugment (arXiv 1904.08779), lightly: one band of bins and one stretch of time fall silent.
  static void mask_bands(Mel& mel, Rng& rng) {
    const int frames = mel.frames();
    if (rng.uniform() < 0.5) return;
    const int bin = rng.below(mel.bins), bins = rng.below(12);
    const int frame = rng.below(std::max(1, frames)),
              length = rng.below(std::max(1, std::min(12, frames / 8)));
    for (int f = 0; f < frames; ++f)
      for (int b = 0; b < mel.bins; ++b)
        if ((b >= bin && b < bin + bins) || (f >= frame && f < frame + length))
          mel.values[size_t(f) * mel.bins + b] = -1.5f;
  }

  static Segment heard(const SpeechRecord& record, Rng& rng) {
    Segment segment;
    segment.kind = Segment::Kind::audio;
    segment.mel = heard_mel(record.mel, rng);
    segment.transcript = record.transcript.text;
    return segment;
  }

  Tokens language_ids(const std::string& language) const {
    return shards.pieces().encode(language);
  }

  static int new_pair(const std::vector<Example>& out) { return int(out.size()); }

  // The other half of a contrastive pair: the text alone, as it stands in front of a painting.
  static Example text_alone(const Tokens& ids, int pair) {
    Example example;
    example.task = Task::text;
    example.pair = pair;
    example.segments = {text(generation_prompt(clipped(ids), token_paint))};
    return example;
  }

  Example described(Segment segment, Task task, SpecialToken how, const std::string& language,
                    const Tokens& ids) const {
    Example example;
    example.task = task;
    example.segments = {std::move(segment), text(describe_prompt(how, language_ids(language))),
                        text(clipped(ids), true)};
    return example;
  }

  // ---- one draw function a kind

  void draw_pictogram(std::vector<Example>& out, Rng& rng) const {
    const PictureRecord& record = *pick(pictograms, rng);
    const Caption* caption = pick_caption(record, rng);
    if (!caption) return;
    const int pair = new_pair(out);
    Example named = described(seen(record, rng, /*flip=*/false), Task::caption, token_name,
                              caption->language, caption->ids);
    named.pair = pair;
    Example drawn;
    drawn.task = Task::paint;
    drawn.pair = pair;
    drawn.segments = {text(generation_prompt(clipped(caption->ids), token_paint)),
                      painted(record.picture)};
    out.push_back(std::move(named));
    out.push_back(std::move(drawn));
  }

  void draw_icon(std::vector<Example>& out, Rng& rng) const {
    const PictureRecord& record = *pick(icons, rng);
    if (const Caption* caption = pick_caption(record, rng))
      out.push_back(described(seen(record, rng, false), Task::caption, token_name,
                              caption->language, caption->ids));
  }

  void draw_paint(std::vector<Example>& out, Rng& rng) const {
    Example example;
    example.task = Task::paint;
    if (rng.uniform() < 0.6) {
      const PictureRecord& record = *pick(pictograms, rng);
      const Caption* caption = pick_caption(record, rng);
      if (!caption) return;
      example.segments = {text(generation_prompt(clipped(caption->ids), token_paint)),
                          painted(record.picture)};
    } else {
      const PaintSample sample = make_paint(library, rng);
      const auto at = sample.captions.find("en");
      if (at == sample.captions.end()) return;
      example.segments = {text(generation_prompt(shards.pieces().encode(at->second), token_paint)),
                          painted(sample.image)};
    }
    out.push_back(std::move(example));
  }

  void draw_photo(std::vector<Example>& out, Rng& rng) const {
    const PictureRecord& record = *pick(photos, rng);
    const Caption* caption = pick_caption(record, rng);
    if (!caption) return;
    const int pair = new_pair(out);
    Example example = described(seen(record, rng, true), Task::caption, token_caption,
                                caption->language, caption->ids);
    example.pair = pair;
    out.push_back(std::move(example));
    out.push_back(text_alone(caption->ids, pair));
  }

  void draw_label(const PictureRecord& record, std::vector<Example>& out, Rng& rng) const {
    const bool flip = record.source != "mnist" && record.source != "sign_digits";
    if (!record.captions.empty())
      out.push_back(described(seen(record, rng, flip), Task::caption, token_name, "en",
                              record.captions[0].ids));
  }
  void draw_cifar(std::vector<Example>& out, Rng& rng) const {
    draw_label(*pick(cifar, rng), out, rng);
  }
  void draw_labelled(std::vector<Example>& out, Rng& rng) const {
    draw_label(*pick(labels, rng), out, rng);
  }

  void draw_heard(const Pool& pool, std::vector<Example>& out, Rng& rng) const {
    const SpeechRecord& record = *pick(pool, rng);
    if (record.transcript.ids.empty()) return;
    const int pair = new_pair(out);
    Example example;
    example.task = Task::transcribe;
    example.pair = pair;
    example.segments = {heard(record, rng), text(transcribe_prompt()),
                        text(clipped(record.transcript.ids), true)};
    out.push_back(std::move(example));
    out.push_back(text_alone(record.transcript.ids, pair));
  }
  void draw_digit(std::vector<Example>& out, Rng& rng) const { draw_heard(digits, out, rng); }
  void draw_command(std::vector<Example>& out, Rng& rng) const { draw_heard(commands, out, rng); }
  void draw_recorded(std::vector<Example>& out, Rng& rng) const { draw_heard(recorded, out, rng); }
  void draw_synthetic(std::vector<Example>& out, Rng& rng) const {
    draw_heard(synthetic, out, rng);
  }

  void draw_sound(std::vector<Example>& out, Rng& rng) const {
    const SpeechRecord& record = *pick(sounds, rng);
    Segment segment = heard(record, rng);
    segment.transcript.clear();
    out.push_back(described(std::move(segment), Task::caption, token_name, "en",
                            shards.pieces().encode(record.label)));
  }

  void draw_speak(std::vector<Example>& out, Rng& rng) const {
    const SpeechRecord& record = *pick(spoken, rng);
    Example example;
    example.task = Task::speak;
    Segment speech;
    speech.kind = Segment::Kind::speak;
    speech.mel = record.mel;
    speech.transcript = record.transcript.text;
    speech.timing = record.timing;
    example.segments = {text(generation_prompt(clipped(record.transcript.ids), token_speak)),
                        std::move(speech)};
    out.push_back(std::move(example));
  }

  void draw_speech_to_picture(std::vector<Example>& out, Rng& rng) const {
    const auto& [record, pictures] = pick(spoken_names, rng);
    Example example;
    example.task = Task::speech_to_picture;
    example.segments = {heard(*record, rng), text(mark(token_paint)),
                        painted(pick(pictures, rng)->picture)};
    out.push_back(std::move(example));
  }

  Example asked(Segment segment, const std::string& question, const std::string& answer) const {
    Example example;
    example.task = Task::question;
    example.segments = {std::move(segment), text(question_prompt(shards.pieces().encode(question))),
                        text(shards.pieces().encode(answer), true)};
    return example;
  }

  static Segment image_segment(Picture picture) {
    Segment segment;
    segment.kind = Segment::Kind::image;
    segment.image = std::move(picture);
    return segment;
  }

  void draw_question(std::vector<Example>& out, Rng& rng) const {
    const Scene scene = make_scene(library, SceneKind(rng.below(kSceneKindCount)), rng);
    std::vector<const QuestionAnswer*> usable;
    for (const QuestionAnswer& q : scene.questions)
      if (q.language == "en" || rng.uniform() < 0.15) usable.push_back(&q);
    if (usable.empty()) return;
    const QuestionAnswer& q = *pick(usable, rng);
    out.push_back(asked(image_segment(scene.image), q.question, q.answer));
  }

  void draw_recorded_question(std::vector<Example>& out, Rng& rng) const {
    const auto& [source, question] = pick(questions, rng);
    const PictureRecord& record = shards.pictures(source)[question->picture];
    out.push_back(asked(image_segment(fit_picture(record.picture, kSeenSide)),
                        question->question.text, question->answer.text));
  }

  void draw_scene(std::vector<Example>& out, Rng& rng) const {
    const Scene scene = make_scene(library, SceneKind(rng.below(kSceneKindCount)), rng);
    if (scene.captions.empty()) return;
    auto caption = scene.captions.find("en");
    if (caption == scene.captions.end() || rng.uniform() < 0.3)
      caption = std::next(scene.captions.begin(), rng.below(int(scene.captions.size())));
    out.push_back(described(image_segment(scene.image), Task::caption, token_caption,
                            caption->first, shards.pieces().encode(caption->second)));
  }

  void draw_clip(std::vector<Example>& out, Rng& rng) const {
    ClipSample sample = make_clip(library, rng);
    Segment segment;
    segment.kind = Segment::Kind::clip;
    segment.clip = std::move(sample.clip);
    const auto caption = sample.captions.find("en");
    if (!sample.questions.empty() && (rng.uniform() < 0.4 || caption == sample.captions.end())) {
      const QuestionAnswer& q = pick(sample.questions, rng);
      out.push_back(asked(std::move(segment), q.question, q.answer));
      out.back().task = Task::clip;
      return;
    }
    if (caption == sample.captions.end()) return;
    const Tokens ids = shards.pieces().encode(caption->second);
    const int pair = new_pair(out);
    Example example = described(std::move(segment), Task::clip, token_caption, "en", ids);
    example.pair = pair;
    out.push_back(std::move(example));
    out.push_back(text_alone(ids, pair));
  }

  void draw_matte(std::vector<Example>& out, Rng& rng) const {
    Example example;
    example.task = Task::matte;
    if (rng.uniform() < 0.35 || persons.empty()) {
      MatteSample sample = make_matte(library, rng);
      example.segments = {image_segment(std::move(sample.image))};
      example.alpha = std::move(sample.alpha);
    } else {
      add_person(example, *pick(persons, rng), rng);
    }
    out.push_back(std::move(example));
  }

  // A random square of a photographed person, and the same square of the mask.
  static void add_person(Example& example, const PictureRecord& record, Rng& rng) {
    const Picture& picture = record.picture;
    const int shorter = std::min(picture.width, picture.height);
    const int side = std::max(32, int(shorter * (0.6 + 0.4 * rng.uniform())));
    const int left = rng.below(picture.width - side + 1),
              top = rng.below(picture.height - side + 1);
    const Box box{left, top, left + side, top + side};
    Picture image = resize_picture(picture, box, kSeenSide, kSeenSide);
    Picture alpha = resize_picture(*record.mask, box, kSeenSide, kSeenSide);
    if (rng.uniform() < 0.5) {
      image = mirror(image);
      alpha = mirror(alpha);
    }
    change_light(image, random_light(0.5, rng));
    example.segments = {image_segment(std::move(image))};
    example.alpha = std::move(alpha);
  }

  void draw_text(std::vector<Example>& out, Rng& rng) const {
    const TextRecord& record = *pick(texts, rng);
    Example example;
    example.task = Task::text;
    const auto cut = [](const Tokens& ids, size_t most) {
      return Tokens(ids.begin(), ids.begin() + std::min(ids.size(), most));
    };
    if (record.kind == "plain") {
      example.segments = {text(joined({mark(token_begin), cut(record.text, 200)}), true)};
    } else {
      example.segments = {text(chat_prompt(cut(record.prompt, 120))),
                          text(cut(record.text, 120), true)};
    }
    out.push_back(std::move(example));
  }

  // Two thirds of a second of sound.
  void draw_vocoder(std::vector<Example>& out, Rng& rng) const {
    const Sound& sound = pick(vocoder, rng)->sound;
    constexpr int kSamples = 64 * 160;
    if (int(sound.samples.size()) < kSamples) return;
    const int begin = rng.below(int(sound.samples.size()) - kSamples + 1);
    Example example;
    example.task = Task::vocode;
    example.sound.samples.assign(sound.samples.begin() + begin,
                                 sound.samples.begin() + begin + kSamples);
    out.push_back(std::move(example));
  }
};

Mixer::Mixer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mixer::Mixer(Mixer&&) noexcept = default;
Mixer& Mixer::operator=(Mixer&&) noexcept = default;
Mixer::~Mixer() = default;

Result<Mixer> Mixer::create(const ShardSet& shards, const std::map<std::string, int>& mix) {
  auto state = std::make_unique<State>(shards);
  using S = State;
  struct Kind {
    void (S::*draw)(std::vector<Example>&, Rng&) const;
    bool available;
  };
  const S& s = *state;
  const std::map<std::string, Kind> kinds = {
      {"pictograms", {&S::draw_pictogram, !s.pictograms.empty()}},
      {"icons", {&S::draw_icon, !s.icons.empty()}},
      {"paint", {&S::draw_paint, !s.pictograms.empty()}},
      {"photos", {&S::draw_photo, !s.photos.empty()}},
      {"cifar", {&S::draw_cifar, !s.cifar.empty()}},
      {"labels", {&S::draw_labelled, !s.labels.empty()}},
      {"digits", {&S::draw_digit, !s.digits.empty()}},
      {"commands", {&S::draw_command, !s.commands.empty()}},
      {"recorded", {&S::draw_recorded, !s.recorded.empty()}},
      {"synthetic", {&S::draw_synthetic, !s.synthetic.empty()}},
      {"sounds", {&S::draw_sound, !s.sounds.empty()}},
      {"speak", {&S::draw_speak, !s.spoken.empty()}},
      {"speech_to_picture", {&S::draw_speech_to_picture, !s.spoken_names.empty()}},
      {"questions", {&S::draw_question, true}},
      {"recorded_questions", {&S::draw_recorded_question, !s.questions.empty()}},
      {"scenes", {&S::draw_scene, true}},
      {"clips", {&S::draw_clip, true}},
      {"mattes", {&S::draw_matte, !s.persons.empty() || !s.library.cutouts.empty()}},
      {"text", {&S::draw_text, !s.texts.empty()}},
      {"vocoder", {&S::draw_vocoder, !s.vocoder.empty()}},
  };
  TUTTI_CHECK(check_library(s.library));
  for (const auto& [name, count] : mix) {
    const auto kind = kinds.find(name);
    if (kind == kinds.end()) {
      std::string known;
      for (const auto& [key, value] : kinds) known += (known.empty() ? "" : ", ") + key;
      return bad_input("[mix] " + name + " is not a known kind of example; known: " + known);
    }
    if (count > 0 && !kind->second.available)
      return bad_input("[mix] " + name +
                       ": the shards hold nothing for it; set it to 0 or rebuild the shards");
    state->plan.push_back({kind->second.draw, count});
  }
  return Mixer(std::move(state));
}

std::vector<Example> Mixer::draw(Rng& rng) const {
  std::vector<Example> examples;
  for (const auto& [draw, count] : state_->plan)
    for (int i = 0; i < count; ++i) (*state_.*draw)(examples, rng);
  return examples;
}

Picture fit_picture(const Picture& picture, int side) {
  Picture fitted = resize_picture(picture, side, side);
  if (fitted.channels == 3) return fitted;
  Picture rgb = make_picture(side, side, 3);
  for (int i = 0; i < side * side; ++i) {
    const uint8_t* source = fitted.pixels.data() + size_t(i) * fitted.channels;
    for (int c = 0; c < 3; ++c)
      rgb.pixels[i * 3 + c] =
          fitted.channels == 1
              ? source[0]
              : uint8_t(divide_by_255(source[c] * source[3] + 255 * (255 - source[3])));
  }
  return rgb;
}

}  // namespace tutti
