// The messages of chats and responses: roles, parts, what was answered before.
#pragma once

#include "serve/contract/tables/common.h"

namespace tutti::tables {

ShapePtr content_part();  // of a chat's or response's message
ShapePtr chat_message();
ShapePtr response_item();

}  // namespace tutti::tables
