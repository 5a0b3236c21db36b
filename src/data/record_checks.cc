#include "data/record_checks.h"

#include <algorithm>
#include <array>

#include "base/quote.h"

namespace tutti {
namespace {

struct PicturePromise {
  const char* set;
  int channels;    // 3: RGB; 4: with alpha
  int least_side;  // pixels
  bool masked;
};

// Sets that are not named here promise nothing but a picture: every use fits it to its own size and
// to RGB first.
constexpr PicturePromise kPicturePromises[] = {
    // A square of at least 32 pixels is cut out of a person's picture and mask.
    {"persons_ccp", 3, 32, true},      {"persons_hseg", 3, 32, true},
    {"persons_grid", 3, 32, true},     {"persons_cutout", 4, 1, false},
    {"backgrounds_bsds", 3, 1, false}, {"cutout_scenes", 3, 1, false},
};

Error broken(const std::string& key, const std::string& what) {
  return bad_input("record " + quote(key) + " " + what + "; build the shards again");
}

Status check_length(const std::string& key, const char* what, const std::string& text,
                    size_t most) {
  if (text.size() <= most) return {};
  return broken(key.substr(0, 80), "has a " + std::string(what) + " of " +
                                       std::to_string(text.size()) + " bytes, at most " +
                                       std::to_string(most) + " are read");
}

Status check_caption(const std::string& key, const char* what, const Caption& caption) {
  TUTTI_CHECK(check_length(key, "language", caption.language, kMostRecordName));
  return check_length(key, what, caption.text, kMostRecordText);
}

Status check_names(const std::string& key, const std::string& label) {
  TUTTI_CHECK(check_length(key, "key", key, kMostRecordName));
  return check_length(key, "label", label, kMostRecordText);
}

Status check_promise(const PicturePromise& promise, PictureRecord& record) {
  Picture& picture = record.picture;
  if (picture.channels == 1 && promise.channels == 3)
    picture = with_channels(std::move(picture), 3);
  if (picture.channels != promise.channels)
    return broken(record.key, "has " + std::to_string(picture.channels) + " channels; the set " +
                                  promise.set + " has " + std::to_string(promise.channels));
  if (std::min(picture.width, picture.height) < promise.least_side)
    return broken(record.key, "is " + std::to_string(picture.width) + "x" +
                                  std::to_string(picture.height) + " pixels; the set " +
                                  promise.set + " has sides of at least " +
                                  std::to_string(promise.least_side));
  if (promise.masked && !record.mask)
    return broken(record.key,
                  "has no mask; every picture of the set " + std::string(promise.set) + " has one");
  return {};
}

}  // namespace

Status check_picture_record(const std::string& set, PictureRecord& record) {
  TUTTI_CHECK(check_names(record.key, record.label));
  for (const Caption& caption : record.captions)
    TUTTI_CHECK(check_caption(record.key, "caption", caption));
  const Picture& picture = record.picture;
  if (record.mask && (record.mask->width != picture.width ||
                      record.mask->height != picture.height || record.mask->channels != 1))
    return broken(record.key, "has a mask of another shape than its picture");
  if (std::max(picture.width, picture.height) > kMostPictureSide)
    return broken(record.key, "is " + std::to_string(picture.width) + "x" +
                                  std::to_string(picture.height) + " pixels, at most " +
                                  std::to_string(kMostPictureSide) + " a side are read");
  for (const PicturePromise& promise : kPicturePromises)
    if (set == promise.set) return check_promise(promise, record);
  return {};
}

Status check_speech_record(const SpeechRecord& record, double seconds) {
  constexpr double kSpare = 1;  // times are rounded, and the last word may ring on
  TUTTI_CHECK(check_names(record.key, record.label));
  TUTTI_CHECK(check_length(record.key, "speaker", record.speaker, kMostRecordName));
  TUTTI_CHECK(check_caption(record.key, "transcript", record.transcript));
  const int bytes = int(record.transcript.text.size());
  for (const SpokenPart& part : record.timing) {
    const bool in_text =
        part.byte_begin >= 0 && part.byte_begin <= part.byte_end && part.byte_end <= bytes;
    // Not a number fails every comparison.
    const bool in_time = part.seconds_begin >= 0 && part.seconds_begin <= part.seconds_end &&
                         double(part.seconds_end) <= seconds + kSpare;
    if (!in_text || !in_time)
      return broken(record.key, "has word times outside its transcript or its recording");
  }
  return {};
}

Status check_text_record(const TextRecord& record) {
  static constexpr std::array kKinds = {"plain", "pair", "instruct", "prefer"};
  if (std::find(kKinds.begin(), kKinds.end(), record.kind) == kKinds.end())
    return bad_input("a text is of the kind " + quote(record.kind) +
                     "; known: plain, pair, instruct, prefer");
  TUTTI_CHECK(check_length(record.kind, "language", record.language, kMostRecordName));
  for (const auto* part : {&record.prompt, &record.text, &record.rejected})
    if (part->size() > kMostTextTokens)
      return bad_input("a text has " + std::to_string(part->size()) + " tokens, at most " +
                       std::to_string(kMostTextTokens) + " are read");
  return {};
}

Status check_question_record(const QuestionRecord& record) {
  TUTTI_CHECK(check_length("question", "question", record.question.text, kMostQuestionText));
  return check_length("question", "answer", record.answer.text, kMostQuestionText);
}

Status check_voxel_record(const VoxelRecord& record) {
  TUTTI_CHECK(check_names(record.key, record.label));
  if (record.cells.size() == VoxelRecord::kBytes) return {};
  return broken(record.key, "has " + std::to_string(record.cells.size()) + " bytes of cells, " +
                                std::to_string(VoxelRecord::kBytes) + " are wanted");
}

Status check_cloud_record(const CloudRecord& record) {
  TUTTI_CHECK(check_names(record.key, record.label));
  return check_length(record.key, "name", record.name, kMostRecordText);
}

Status check_series_record(const SeriesRecord& record) {
  TUTTI_CHECK(check_names(record.key, ""));
  if (record.class_names.size() > kMostClassNames)
    return broken(record.key, "has " + std::to_string(record.class_names.size()) +
                                  " names of classes, at most " + std::to_string(kMostClassNames) +
                                  " are read");
  for (const std::string& name : record.class_names)
    TUTTI_CHECK(check_length(record.key, "class name", name, kMostRecordName));
  return {};
}

Picture with_channels(Picture picture, int channels) {
  if (picture.channels == channels) return picture;
  Picture out = make_picture(picture.width, picture.height, channels);
  const size_t count = size_t(picture.width) * picture.height;
  for (size_t i = 0; i < count; ++i) {
    for (int c = 0; c < channels; ++c) {
      out.pixels[i * channels + c] =
          picture.pixels[i * picture.channels + std::min(c, picture.channels - 1)];
    }
  }
  return out;
}

}  // namespace tutti
