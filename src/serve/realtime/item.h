// One item of a realtime conversation: a message of the user's or of the model's.
#pragma once

#include <memory>
#include <optional>

#include "engine/engine.h"
#include "serve/api/uploads/draft.h"
#include "serve/contract/fields.h"
#include "serve/contract/limits.h"
#include "serve/http/limits/ledger.h"

namespace tutti {

class Api;

struct Item {
  struct Content {
    enum class Kind { text, audio, picture };
    Kind kind = Kind::text;
    std::string text;       // of sound: what was heard or is said
    bool heard = true;      // false: a sound still being transcribed, a picture still being decoded
    Mel mel;                // until then, unless it is
    bool underway = false;  // being heard already (hearing.h)
    size_t told = 0;        // bytes of what was heard that the client has been sent
    double seconds = 0;
    Draft upload;  // of a picture, until it is being decoded
    Picture picture;
    std::optional<Error> lost;  // why it was not understood
  };

  std::string id, role = "user", status = "completed";
  std::vector<Content> content;
  Charge charge;  // what it holds, to the account of its client

  // Counts what it holds now: refused, or whatever it is.
  Status count();
  void count_anyway();
  bool understood() const;  // nothing is still being transcribed or decoded
  Json json() const;
};
using ItemPtr = std::shared_ptr<Item>;

// A client's item of type "message". Sounds are base64 PCM of `input_rate`. Pictures are decoded
// later (Dialogue). What is wrong is told to the fields' Checker.
ItemPtr read_item(const Fields& fields, int input_rate, const Api& api,
                  const Account::Ptr& account);
// A sound that was recorded, at 16 kHz. `underway`: its transcript comes from elsewhere.
ItemPtr item_of_sound(std::string id, std::span<const float> samples, const Account::Ptr& account,
                      bool underway);

// What the model is asked: the last user message, spoken or written, and what led to it
// (history.h).
Prompt prompt_of(std::span<const ItemPtr> items, const LoadedModel& model, const ApiLimits& limits);

}  // namespace tutti
