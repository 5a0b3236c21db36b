// A matte as a request: 128x128, 1 channel, how much of each pixel is a person. It is the mean of
// what the network says of the picture and of its mirror image, in one pass. A picture that is not
// square is squashed by its caller (fit_picture), as pictures were in training.
#pragma once

#include "engine/requests/model_request.h"
#include "engine/shared_prompt.h"

namespace tutti {

class MatteRequest : public RequestFor<Picture> {
 public:
  // The last part of the prompt is the picture.
  MatteRequest(ModelHandle model, SharedPrompt prompt)
      : RequestFor(std::move(model), {.name = "matte", .brief = true}),
        prompt_(std::move(prompt)) {}

  Status check() const override;
  Result<bool> step(Session& session) override;

 private:
  const SharedPrompt prompt_;
};

}  // namespace tutti
