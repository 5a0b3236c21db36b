// A prompt that several requests may read: made from a Prompt where it is one's own.
#pragma once

#include <initializer_list>
#include <memory>
#include <utility>

#include "engine/engine.h"

namespace tutti {

class SharedPrompt {
 public:
  SharedPrompt() : SharedPrompt(Prompt()) {}
  SharedPrompt(Prompt prompt) : prompt_(std::make_shared<const Prompt>(std::move(prompt))) {}
  SharedPrompt(std::shared_ptr<const Prompt> prompt) : prompt_(std::move(prompt)) {}
  SharedPrompt(std::initializer_list<Part> parts) : SharedPrompt(Prompt(parts)) {}
  // One that outlives whoever reads it.
  static SharedPrompt borrowed(const Prompt& prompt) {
    return std::shared_ptr<const Prompt>(std::shared_ptr<void>(), &prompt);
  }

  const Prompt& operator*() const { return *prompt_; }
  const Prompt* operator->() const { return prompt_.get(); }
  // Something of it, which keeps all of it.
  template <class T>
  std::shared_ptr<const T> keep(const T& piece) const {
    return {prompt_, &piece};
  }

 private:
  std::shared_ptr<const Prompt> prompt_;
};

}  // namespace tutti
