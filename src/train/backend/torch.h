// libtorch, in one place: the precompiled header of the trainer.
#pragma once

#include <torch/torch.h>
