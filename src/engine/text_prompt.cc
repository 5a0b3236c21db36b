#include "engine/text_prompt.h"

#include <algorithm>

#include "format/text/languages.h"

namespace tutti {
namespace {

using Task = TextOptions::Task;

struct Turn {
  Contents contents;
  std::string answer;
};

// The last one has no answer yet.
Result<std::vector<Turn>> turns_of(const Prompt& prompt, const LoadedModel& loaded) {
  std::vector<Turn> turns(1);
  for (const Part& part : prompt) {
    Turn& now = turns.back();
    if (!part.answers()) {
      TUTTI_CHECK(now.contents.add(part, loaded));
    } else if (!now.contents.text.empty() || !now.contents.media.empty()) {
      now.answer = part.text;
      turns.emplace_back();
    } else if (turns.size() > 1 && !part.text.empty()) {  // it went on
      std::string& answer = turns[turns.size() - 2].answer;
      answer += (answer.empty() ? "" : " ") + part.text;
    }
  }
  return turns;
}

// What a turn says and shows.
struct Seen {
  bool words = false, pictures = false, sounds = false;  // clips are pictures

  void add(const Part& part) {
    sounds = sounds || part.sounds();
    words = words || (part.says() && !part.text.empty());
    pictures = pictures || part.shows();
  }
};

Task resolve_task(Task task, const Seen& turn) {
  if (task != Task::automatic) return task;
  if (turn.words) return Task::answer;
  return turn.sounds && !turn.pictures ? Task::transcribe : Task::caption;
}

Task resolve_task(Task task, const Contents& turn) {
  return resolve_task(task, Seen{!turn.text.empty(), turn.pictures, turn.audio});
}

Seen last_turn(const Prompt& prompt) {
  Seen turn;
  for (auto part = prompt.rbegin(); part != prompt.rend(); ++part) {
    if (part->answers()) break;
    turn.add(*part);
  }
  return turn;
}

// The text behind a turn's media, up to where the answer begins.
Result<Tokens> instruction(const Contents& contents, Task task, const std::string& language,
                           const LoadedModel& loaded) {
  switch (task) {
    case Task::name:
    case Task::caption: {
      const auto known =
          task == Task::name ? resolve_language(language) : caption_language(language);
      if (!known) return usage_error("language " + known.error().message());
      TUTTI_ASSIGN(const Tokens code, encode_within_context(loaded, *known, "the language"));
      return describe_prompt(task == Task::name ? token_name : token_caption, code);
    }
    case Task::transcribe:
      return transcribe_prompt();
    default: {
      TUTTI_ASSIGN(const Tokens text, encode_within_context(loaded, contents.text, "the text"));
      return question_prompt(text);
    }
  }
}

// `seen`: what the last turn says, and what all that is read shows.
Status check_seen(Task task, const Seen& seen) {
  const bool describes = task == Task::name || task == Task::caption;
  if (describes && !seen.pictures)
    return usage_error("a name or caption needs something to see in the prompt, such as a picture");
  if (task == Task::transcribe && !seen.sounds)
    return usage_error("to transcribe, put audio in the prompt");
  if (task == Task::answer && !seen.words)
    return usage_error("to answer, put a question in the prompt");
  return {};
}

// What of a conversation fits.
class Fitting {
 public:
  Fitting(const TextOptions& options, const LoadedModel& loaded, int answer)
      : options_(options), loaded_(loaded) {
    const int context = loaded.config.context;
    room_ = context - std::max(answer, std::min(options.max_tokens, context / 4)) - 1;  // <s>
  }

  Status run(const std::vector<Turn>& turns, ResolvedPrompt& resolved) {
    const auto newest = turns.rbegin();
    const int64_t last = rows(resolved.media) + int64_t(resolved.text.size());
    TUTTI_CHECK(check_context(loaded_.config, last, "the prompt"));
    room_ -= last;
    auto pinned = turns.rend();
    if (resolved.media.empty()) {
      pinned = std::find_if(std::next(newest), turns.rend(),
                            [](const Turn& turn) { return !turn.contents.media.empty(); });
      if (pinned != turns.rend() && !take(rows(pinned->contents.media))) pinned = turns.rend();
    }
    bool reached = false;
    for (auto turn = std::next(newest); turn != turns.rend(); ++turn) {
      const auto& media = turn->contents.media;
      const int64_t shown = turn == pinned ? 0 : rows(media);
      if (shown + fewest_tokens(*turn) > room_) break;  // without work for what cannot fit
      Result<Tokens> text = said(*turn);
      if (!text && text.error().code() != ErrorCode::too_long) return text.error();
      if (!text || !take(int64_t(text->size()) + shown)) break;
      reached = reached || turn == pinned;
      if (!media.empty() || !text->empty()) resolved.before.push_back({media, *std::move(text)});
    }
    if (pinned != turns.rend() && !reached) resolved.before.push_back({pinned->contents.media, {}});
    std::reverse(resolved.before.begin(), resolved.before.end());
    return {};
  }

 private:
  bool take(int64_t rows) {
    if (rows > room_) return false;
    room_ -= rows;
    return true;
  }
  int64_t rows(const std::vector<const Part*>& media) const {
    return media_rows(loaded_.config, media);
  }
  int64_t fewest_tokens(const Turn& turn) const {
    if (turn.answer.empty()) return 0;
    return int64_t(loaded_.tokenizer.fewest_tokens(turn.contents.text.size()) +
                   loaded_.tokenizer.fewest_tokens(turn.answer.size()));
  }
  Result<Tokens> said(const Turn& turn) const {
    if (turn.answer.empty()) return Tokens();
    // Earlier turns are written as captions; where captions lack the language, in English.
    const std::string language = caption_language(options_.language) ? options_.language : "en";
    TUTTI_ASSIGN(Tokens text,
                 instruction(turn.contents, resolve_task(Task::automatic, turn.contents), language,
                             loaded_));
    TUTTI_ASSIGN(const Tokens answer, loaded_.tokenizer.encode(turn.answer));
    return joined({text, answer});
  }

  const TextOptions& options_;
  const LoadedModel& loaded_;
  int64_t room_;
};

}  // namespace

Task task_of(const Prompt& prompt, Task asked) {
  return resolve_task(asked, last_turn(prompt));
}

Status check_task(const Prompt& prompt, Task asked) {
  Seen seen;
  for (const Part& part : prompt) seen.add(part);
  const Seen last = last_turn(prompt);
  seen.words = last.words;
  return check_seen(resolve_task(asked, last), seen);
}

bool only_transcribes(const Prompt& prompt, Task asked) {
  const size_t parts = prompt.size();
  return parts > 0 && prompt.back().sounds() && (parts == 1 || prompt[parts - 2].answers()) &&
         (asked == Task::automatic || asked == Task::transcribe);
}

Result<ResolvedPrompt> resolve_text_prompt(const Prompt& prompt, const TextOptions& options,
                                           const LoadedModel& loaded, int answer) {
  ResolvedPrompt resolved;
  if (prompt.empty()) {  // free text, as it begins in training
    resolved.text = mark(token_begin);
    return resolved;
  }
  if (prompt.back().answers())
    return usage_error("the prompt ends with an answer; put behind it what is to be answered");
  TUTTI_CHECK(check_text_length(prompt, loaded));
  TUTTI_ASSIGN(const std::vector<Turn> turns, turns_of(prompt, loaded));
  const Contents& last = turns.back().contents;
  const Task task = resolve_task(options.task, last);
  resolved.media = last.media;
  TUTTI_ASSIGN(resolved.text, instruction(last, task, options.language, loaded));
  TUTTI_CHECK(Fitting(options, loaded, answer).run(turns, resolved));

  std::vector<const Part*> seen = resolved.media;
  for (const ResolvedTurn& turn : resolved.before)
    seen.insert(seen.end(), turn.media.begin(), turn.media.end());
  Seen all;
  for (const Part* part : seen) all.add(*part);
  all.words = !last.text.empty();
  TUTTI_CHECK(check_seen(task, all));
  resolved.unheard = task == Task::transcribe && all_silent(seen);

  const bool alone = resolved.before.empty();
  Tokens& first = alone ? resolved.text : resolved.before.front().text;
  if ((alone ? resolved.media : resolved.before.front().media).empty())
    first.insert(first.begin(), token_begin);
  return resolved;
}

}  // namespace tutti
