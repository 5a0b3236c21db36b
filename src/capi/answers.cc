// What a prompt can be answered with.
#include <chrono>

#include "capi/handles.h"
#include "engine/text_prompt.h"
#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "media/picture_ops.h"

using namespace tutti;
using namespace tutti::capi;

namespace {

using Task = TextOptions::Task;

Result<TextOptions> text_options(const tutti_text_options& given) {
  constexpr Task tasks[] = {Task::automatic, Task::name, Task::caption, Task::answer,
                            Task::transcribe};
  if (given.task < 0 || given.task >= int(std::size(tasks)))
    return usage_error("task is " + std::to_string(given.task) + ", which is none of tutti_task");
  TextOptions options;
  options.task = tasks[given.task];
  if (given.language) options.language = given.language;
  if (given.max_tokens != 0) options.max_tokens = given.max_tokens;
  options.temperature = given.temperature;
  options.top_k = given.top_k;
  if (given.top_p != 0) options.top_p = given.top_p;
  options.seed = given.seed;
  if (given.on_text)
    options.on_text = [given](const std::string& piece) {
      return given.on_text(given.user, piece.data(), piece.size()) == 0;
    };
  return options;
}

Result<TextResult> transcribe(const Engine& engine, const Mel& mel, const TextOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  TextResult result;
  TUTTI_ASSIGN(result.text, engine.transcribe(mel));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  result.seconds = result.seconds_to_first_token = seconds.count();
  if (options.on_text && !result.text.empty()) (void)options.on_text(result.text);
  return result;
}

SpeakOptions speak_options(const tutti_speak_options& given) {
  SpeakOptions options;
  options.steps = given.steps;
  if (given.guidance_scale != 0) options.guidance_scale = given.guidance_scale;
  if (given.speed != 0) options.speed = given.speed;
  options.seed = given.seed;
  if (given.on_audio)
    options.on_audio = [given](const std::vector<float>& samples) {
      return given.on_audio(given.user, samples.data(), samples.size()) == 0;
    };
  return options;
}

Result<std::string> words_of(const Prompt& prompt) {
  std::string words;
  for (const Part& part : prompt) {
    if (!part.says())
      return usage_error(
          "only text can be spoken; get an answer with tutti_write, then speak that");
    words += (words.empty() ? "" : " ") + part.text;
  }
  return words;
}

tutti_picture view_of(const Picture& picture) {
  return {0, picture.pixels.data(), picture.width, picture.height, picture.channels};
}

Status check_format(const char* format) {
  if (format && *format) return {};
  return usage_error("format is empty; give one, for example \"png\" or \"wav\"");
}

void hand_out(const std::vector<uint8_t>& encoded, const void** bytes, size_t* size) {
  *bytes = encoded.data();
  *size = encoded.size();
}

}  // namespace

tutti_status tutti_write(tutti_session* session, const tutti_text_options* given,
                         tutti_text* text) {
  return with_session(session, [&]() -> Status {
    TUTTI_CHECK(check_size(text));
    TUTTI_ASSIGN(const tutti_text_options copy, read_options(given));
    TUTTI_ASSIGN(const TextOptions options, text_options(copy));
    const Prompt& prompt = session->prompt;
    const bool heard = only_transcribes(prompt, options.task);
    TUTTI_ASSIGN(session->text, heard ? transcribe(*session->engine, prompt.back().mel, options)
                                      : session->engine->describe(prompt, options));
    const TextResult& result = session->text;
    write_answer(text, {0, result.text.c_str(), result.text.size(), result.prompt_tokens,
                        result.tokens, result.seconds_to_first_token, result.seconds});
    return {};
  });
}

tutti_status tutti_paint(tutti_session* session, const tutti_paint_options* given,
                         tutti_picture* picture) {
  return with_session(session, [&]() -> Status {
    TUTTI_CHECK(check_size(picture));
    TUTTI_ASSIGN(const tutti_paint_options options, read_options(given));
    const float guidance = options.guidance_scale != 0 ? options.guidance_scale : -1;
    TUTTI_ASSIGN(session->picture,
                 session->engine->paint(session->prompt, {options.steps, guidance, options.seed}));
    write_answer(picture, view_of(session->picture));
    return {};
  });
}

tutti_status tutti_matte(tutti_session* session, tutti_picture* matte) {
  return with_session(session, [&]() -> Status {
    TUTTI_CHECK(check_size(matte));
    if (session->prompt.size() != 1 || session->prompt[0].kind != Part::Kind::picture)
      return usage_error("a matte needs a prompt of one picture and nothing else");
    TUTTI_ASSIGN(const Picture fitted, session->engine->matte(session->prompt[0].picture));
    TUTTI_ASSIGN(session->picture,
                 resize(fitted, session->picture_width, session->picture_height, Filter::bilinear));
    write_answer(matte, view_of(session->picture));
    return {};
  });
}

tutti_status tutti_speak(tutti_session* session, const tutti_speak_options* given,
                         tutti_sound* sound) {
  return with_session(session, [&]() -> Status {
    TUTTI_CHECK(check_size(sound));
    TUTTI_ASSIGN(const tutti_speak_options options, read_options(given));
    TUTTI_ASSIGN(const std::string words, words_of(session->prompt));
    TUTTI_ASSIGN(session->speech, session->engine->speak(words, speak_options(options)));
    const SpeakResult& speech = session->speech;
    write_answer(sound, {0, speech.sound.samples.data(), speech.sound.samples.size(),
                         speech.sound.sample_rate, speech.seconds_to_first_audio, speech.seconds});
    return {};
  });
}

tutti_status tutti_embed(tutti_session* session, const float** values, size_t* count) {
  return with_session(session, [&]() -> Status {
    if (!values || !count) return usage_error("values and count say where the vector goes");
    if (session->prompt.size() != 1)
      return usage_error("an embedding needs a prompt of one part; call it once for each");
    TUTTI_ASSIGN(session->embedding, session->engine->embed(session->prompt[0]));
    *values = session->embedding.data();
    *count = session->embedding.size();
    return {};
  });
}

tutti_status tutti_score(tutti_session* session, const char* const* answers, size_t count,
                         const tutti_text_options* given, const double** scores) {
  return with_session(session, [&]() -> Status {
    if (!answers || count == 0 || !scores)
      return usage_error("answers, their count and scores must be given; give at least one answer");
    TUTTI_ASSIGN(const tutti_text_options copy, read_options(given));
    TUTTI_ASSIGN(const TextOptions options, text_options(copy));
    std::vector<std::string> candidates;
    for (size_t i = 0; i < count; ++i) {
      if (!answers[i]) return usage_error("answer " + std::to_string(i) + " is NULL; give a text");
      candidates.emplace_back(answers[i]);
    }
    TUTTI_ASSIGN(session->scores, session->engine->score(session->prompt, candidates, options));
    *scores = session->scores.data();
    return {};
  });
}

tutti_status tutti_encode_picture(tutti_session* session, const tutti_picture* picture,
                                  const char* format, const void** bytes, size_t* size) {
  return with_session(session, [&]() -> Status {
    if (!picture || !bytes || !size) return usage_error("picture, bytes and size must be given");
    TUTTI_CHECK(check_format(format));
    TUTTI_ASSIGN(const tutti_picture view, read_options(picture));
    if (!view.pixels || view.width < 1 || view.height < 1 || view.channels < 1 || view.channels > 4)
      return usage_error("the picture is empty; encode one that tutti_paint gave");
    const size_t count = size_t(view.width) * size_t(view.height) * size_t(view.channels);
    const Picture copy{view.width, view.height, view.channels, {view.pixels, view.pixels + count}};
    TUTTI_ASSIGN(session->encoded, encode_picture(copy, format));
    hand_out(session->encoded, bytes, size);
    return {};
  });
}

tutti_status tutti_encode_sound(tutti_session* session, const tutti_sound* sound,
                                const char* format, const void** bytes, size_t* size) {
  return with_session(session, [&]() -> Status {
    if (!sound || !bytes || !size) return usage_error("sound, bytes and size must be given");
    TUTTI_CHECK(check_format(format));
    TUTTI_ASSIGN(const tutti_sound view, read_options(sound));
    if (!view.samples || view.count == 0 || view.sample_rate < 1)
      return usage_error("the sound is empty; encode one that tutti_speak gave");
    const Sound copy{view.sample_rate, {view.samples, view.samples + view.count}};
    TUTTI_ASSIGN(session->encoded, encode_sound(copy, format));
    hand_out(session->encoded, bytes, size);
    return {};
  });
}
