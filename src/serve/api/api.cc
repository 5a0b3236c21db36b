#include "serve/api/api.h"

#include "engine/loaded_model.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/uploads/decode_upload.h"

namespace tutti {

Api::Api(const Registry& models, Scheduler& scheduler, const IsolatedDecoder& decoder,
         ApiOptions options)
    : models_(models),
      scheduler_(scheduler),
      decoder_(decoder),
      options_(std::move(options)),
      contract_(options_.limits),
      decoding_(decoder, media_limits(options_.limits), {.threads = decoder.workers()}) {}

void Api::add_routes(Router& router) {
  for (const auto add : kFamilies) add(router, *this);
}

}  // namespace tutti
