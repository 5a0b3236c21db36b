#include "engine/requests/matte_request.h"

#include "base/rounding.h"
#include "engine/prompt.h"

namespace tutti {
namespace {

// Alpha of a 128x128 picture from logits of 32x32 patches of 4x4 pixels.
Picture matte_picture(ConstMatrix alpha) {
  Picture picture = make_picture(kImageSize, kImageSize, 1);
  for (int patch = 0; patch < kStemRows; ++patch)
    for (int i = 0; i < kImagePatch * kImagePatch; ++i) {
      const int x = patch % kStemGrid * kImagePatch + i % kImagePatch;
      const int y = patch / kStemGrid * kImagePatch + i / kImagePatch;
      *picture.at(x, y) = to_byte(255 * alpha.row(patch)[i]);
    }
  return picture;
}

}  // namespace

Status MatteRequest::check() const {
  if (prompt_->empty() || prompt_->back().kind != Part::Kind::picture)
    return usage_error("a matte is of a picture; give one");
  return require(*model(), HeadSpec::Kind::matte, "outline people");
}

Result<bool> MatteRequest::step(Session& session) {
  TUTTI_CHECK(check_part(prompt_->back()));
  BatchBuilder builder(session.loaded().config);
  builder.begin_sequence();
  builder.image(prompt_->back().picture);
  const Batch batch = builder.build();
  const auto& model = session.loaded().model;
  CpuOps& ops = session.ops;
  TUTTI_CHECK(session.run([&] {
    const CpuTensor alpha =
        ops.sigmoid(model.heads.matte->forward(ops, model.picture_stem->forward(ops, batch), 1));
    if (ops.computing()) result_ = matte_picture(alpha.matrix());
  }));
  return false;
}

}  // namespace tutti
