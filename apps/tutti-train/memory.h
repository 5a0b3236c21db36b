// How this program's allocator treats freed memory.
#pragma once

namespace tutti {

// To be called with the number of every step: once in a hundred, what is not in use goes back to
// the system.
void return_unused_memory(int step);

}  // namespace tutti
