// Readers of the JSON-lines sets of text_instruct: instructions, arithmetic, preferences, cause and
// effect.
#pragma once

#include "data/build/data_root.h"
#include "data/build/read/raw_records.h"

namespace tutti {

TextList read_gsm8k(const DataRoot& root);
TextList read_seed_tasks(const DataRoot& root);
TextList read_alpaca_zh(const DataRoot& root);
TextList read_t0_prompts(const DataRoot& root);
TextList read_hh_pairs(const DataRoot& root);
TextList read_ecare(const DataRoot& root);
TextList read_xcopa(const DataRoot& root);

}  // namespace tutti
