// tutti-train passes: the forward passes of model/task_passes.h in libtorch, for `tutti bench
// model`.
#pragma once

namespace tutti {

// `tutti-train passes --model FILE [--threads N]`: prints seconds by name, as one JSON object.
int passes_main(int argc, char** argv);

}  // namespace tutti
