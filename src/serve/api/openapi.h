// The document that describes the API, as /openapi.json serves it: openapi.json in this folder, put
// into the binary by the build. docs/api.md is made from it (scripts/api_docs.mjs).
#pragma once

#include <string_view>

namespace tutti {

std::string_view openapi_json();

}  // namespace tutti
