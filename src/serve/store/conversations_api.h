// /v1/conversations and their items (api.h).
#pragma once

#include "serve/contract/contract.h"
#include "serve/store/store.h"

namespace tutti::store_api {

void add_conversation_routes(Router& router, Store& store, const Contract& contract);

}  // namespace tutti::store_api
