#include "format/text/tokenizer_settings.h"

#include <string>

#include "format/text/proto_reader.h"

namespace tutti {

// SentencePiece 0.1.97 reads a normaliser's compiled table without checking its offsets. We use
// identity normalisation, which has none, so a model with a table is refused unread. So is every
// type but unigram: others merge pieces by rules that nobody checked against a stranger's. Fields,
// from sentencepiece_model.proto: ModelProto.trainer_spec 2, in it TrainerSpec.model_type 3, 1 for
// unigram; normalizer_spec 3 and denormalizer_spec 5, in them
// NormalizerSpec.precompiled_charsmap 2.
Status check_tokenizer_settings(std::string_view model) {
  ProtoReader fields(model);
  for (ProtoField field; fields.next(field);) {
    const bool trainer = field.number == 2;
    if (!trainer && field.number != 3 && field.number != 5) continue;
    ProtoReader settings(field.bytes);
    for (ProtoField inner; settings.next(inner);) {
      if (trainer && inner.number == 3 && inner.value != 1)
        return bad_input("the tokenizer is of type " + std::to_string(inner.value) +
                         "; only unigram (1) is supported");
      if (!trainer && inner.number == 2 && !inner.bytes.empty())
        return bad_input("the tokenizer changes its text; train it with identity normalisation");
    }
    if (!settings.ok()) return bad_input("the tokenizer is damaged in its settings");
  }
  if (fields.ok()) return {};
  return bad_input("the tokenizer is not a SentencePiece model, or is damaged");
}

}  // namespace tutti
