// The contract as an OpenAPI 3.1 document: what GET /openapi.json answers, `tutti serve --openapi`
// prints, and scripts/api_docs.mjs writes docs/api.md from.
//
// Beyond OpenAPI, a parameter that is not done says so: "x-fate": "ignored" or "refused", the
// latter with "x-harmless", the values of it that ask for nothing.
#pragma once

#include "serve/contract/contract.h"

namespace tutti {

Json openapi(const Contract& contract);

}  // namespace tutti
