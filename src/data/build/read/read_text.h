// Readers of the text sets. 6 % of the lines are held out by a hash of what parallel texts share.
#pragma once

#include "data/build/data_root.h"
#include "data/build/read/raw_records.h"

namespace tutti {

TextList read_tatoeba(const DataRoot& root);
TextList read_udhr(const DataRoot& root);
TextList read_bible(const DataRoot& root);
// Captions of held-out flickr8k pictures are held out here too: Multi30K describes them again.
TextList read_multi30k(const DataRoot& root);
TextList read_shakespeare(const DataRoot& root);
TextList read_state_union(const DataRoot& root);
TextList read_brown(const DataRoot& root);
TextList read_movie_reviews(const DataRoot& root);

}  // namespace tutti
