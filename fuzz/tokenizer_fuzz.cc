// A tokenizer from a stranger's model file: it is refused, or any text is encoded into ids of its
// vocabulary and decoded again. Both readers: SentencePiece behind its checks, and PieceTable.
#include <cstdlib>

#include "format/text/piece_table.h"
#include "format/text/special_tokens.h"
#include "format/text/tokenizer.h"
#include "fuzz_target.h"
#include "tests/helpers/shard_fixture.h"

namespace {

using namespace tutti;

constexpr std::string_view kTexts[] = {"", " ", "a dog and one star", "\xe2\x96\x81\xe2\x96\x81",
                                       "gr\xc3\xbc\xc3\x9f\xe4\xbd\xa0\xe5\xa5\xbd\n\t"};

// Special tokens first, as Tutti's tokenizers have them.
std::string small_model() {
  std::string model;
  for (int id = 0; id < special_token_count; ++id)
    model += fixture::proto_piece(std::string(special_token_names[size_t(id)]), 0, id ? 3 : 2);
  return model + fixture::byte_and_word_pieces();
}

}  // namespace

std::vector<std::string> fuzz_seeds() {
  const std::string model = small_model();
  const std::string unigram = fixture::proto_field(2, std::string("\x18\x01", 2));
  const std::string identity = fixture::proto_field(3, fixture::proto_field(1, "identity"));
  return {model, model + unigram + identity, fixture::tokenizer_model(),
          model + fixture::proto_field(2, std::string("\x18\x02", 2))};
}

int fuzz_mutations() {
  return 3000;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto tokenizer = Tokenizer::open(kSentencePiece, std::as_bytes(std::span(data, size))))
    for (std::string_view text : kTexts) {
      const auto ids = tokenizer->encode(text);
      if (!ids) continue;
      for (int32_t id : *ids)
        if (id < special_token_count || id >= tokenizer->vocabulary_size()) std::abort();
      (void)tokenizer->decode(*ids);
    }
  const auto pieces = PieceTable::parse(bytes);
  if (!pieces) return 0;
  for (std::string_view text : kTexts) {
    const std::vector<int32_t> ids = pieces->encode(text);
    for (int32_t id : ids)
      if (id < 0 || id >= pieces->size()) std::abort();
    (void)pieces->decode(ids);
  }
  return 0;
}
