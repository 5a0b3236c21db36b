// The page at "/". It is a client of the public API like any other, so it needs no key to be
// loaded, and asks for one where the API does.
#pragma once

#include "serve/http/router.h"

namespace tutti {

void add_studio_routes(Router& router);

}  // namespace tutti
