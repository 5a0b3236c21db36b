// The events of /v1/realtime.
#pragma once

#include "serve/contract/tables/common.h"

namespace tutti::tables {

ShapePtr realtime_event();

}  // namespace tutti::tables
