// How large an answer's picture is: "size" of what draws and mattes.
#pragma once

#include <string>

#include "serve/api/api.h"
#include "serve/contract/fields.h"

namespace tutti {

struct PictureSize {
  int width = 0, height = 0;
  std::string text() const { return std::to_string(width) + "x" + std::to_string(height); }
};

// WIDTHxHEIGHT, or "auto" for the model's own square of `side`. What is wrong is told to the
// fields' Checker.
PictureSize read_picture_size(const Fields& request, const Api& api, int side);

}  // namespace tutti
