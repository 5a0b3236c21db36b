// libtorch, in one place: the precompiled header of this folder.
#pragma once

#include <torch/torch.h>
