// What a media worker gives up before it sees the first byte of an upload.
//
// From then on it may compute, allocate, start threads of its own and use the descriptors it holds.
// Every other system call fails with EPERM: no file, no socket, no process, no signal to another,
// no change of limits, no executable memory. It holds for all threads and cannot be undone. No root
// is needed: no_new_privs and a seccomp filter (Linux 3.5 and later; every Debian kernel).
#pragma once

#include "base/result.h"

namespace tutti {

Status enter_sandbox();

}  // namespace tutti
