#include "format/text/tokenizer_trainer.h"

#include <sentencepiece_trainer.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/byte_place.h"
#include "base/utf8.h"
#include "format/text/special_tokens.h"

namespace tutti {
namespace {

class Sentences final : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::vector<std::string>& sentences) : sentences_(sentences) {}

  bool done() const override { return next_ == sentences_.size(); }
  void Next() override { ++next_; }
  const std::string& value() const override { return sentences_[next_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& sentences_;
  size_t next_ = 0;
};

std::string control_symbols() {
  std::string list;
  for (int id = token_text; id < special_token_count; ++id) {
    list += (list.empty() ? "" : ",") + std::string(special_token_names[id]);
  }
  return list;
}

}  // namespace

Result<std::string> train_tokenizer(const std::vector<std::string>& sentences,
                                    int vocabulary_size) {
  for (size_t i = 0; i < sentences.size(); ++i) {
    if (const auto offset = invalid_utf8_at(sentences[i])) {
      return bad_input("sentence " + std::to_string(i) + " is not UTF-8 at " + byte_place(*offset));
    }
  }
  Sentences iterator(sentences);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      {{"model_type", "unigram"},
       {"vocab_size", std::to_string(vocabulary_size)},
       {"character_coverage", "0.9995"},
       {"byte_fallback", "true"},
       {"split_digits", "true"},
       {"normalization_rule_name", "identity"},
       {"remove_extra_whitespaces", "false"},
       // Control symbols, not user-defined ones: those would be recognised inside a user's text.
       {"control_symbols", control_symbols()},
       {"max_sentence_length", "16384"},
       {"num_threads", "2"},  // the partition decides the order of sums, so it is fixed
       {"minloglevel", "3"}},
      &iterator, &model);
  if (status.ok()) return model;
  return failed(std::string("cannot train a tokenizer from ") + std::to_string(sentences.size()) +
                " sentences: " + status.error_message());
}

Status train_tokenizer(const std::vector<std::string>& files, int vocabulary_size,
                       const std::string& out_path) {
  std::vector<std::string> sentences;
  for (const std::string& file : files) {
    std::ifstream in(file);
    if (!in) return bad_input("cannot open the text file " + file);
    for (std::string line; std::getline(in, line);) {
      if (!line.empty()) sentences.push_back(std::move(line));
    }
  }
  TUTTI_ASSIGN(const std::string model, train_tokenizer(sentences, vocabulary_size));
  return write_file_atomic(out_path, model);
}

}  // namespace tutti
