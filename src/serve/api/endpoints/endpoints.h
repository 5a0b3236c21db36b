// The families of endpoints: a source here each, which registers its routes. What a request of them
// may say is in serve/contract/tables/.
#pragma once

#include "serve/http/router.h"

namespace tutti {

class Api;

void add_health_routes(Router& router, Api& api);
void add_models_routes(Router& router, Api& api);
void add_chat_routes(Router& router, Api& api);
void add_responses_routes(Router& router, Api& api);
void add_completions_routes(Router& router, Api& api);
void add_embeddings_routes(Router& router, Api& api);
void add_images_routes(Router& router, Api& api);
void add_speech_routes(Router& router, Api& api);
void add_transcriptions_routes(Router& router, Api& api);
void add_explain_routes(Router& router, Api& api);
void add_score_routes(Router& router, Api& api);
void add_matte_routes(Router& router, Api& api);

inline constexpr void (*kFamilies[])(Router&, Api&) = {
    add_health_routes,         add_models_routes,     add_chat_routes,   add_responses_routes,
    add_completions_routes,    add_embeddings_routes, add_images_routes, add_speech_routes,
    add_transcriptions_routes, add_explain_routes,    add_score_routes,  add_matte_routes};

}  // namespace tutti
