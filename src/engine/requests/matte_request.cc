#include "engine/requests/matte_request.h"

#include "base/rounding.h"
#include "engine/prompt.h"
#include "media/picture/raster.h"

namespace tutti {
namespace {

// Alpha of a 128x128 picture from those of it and of its mirror image: 32x32 patches of 4x4 pixels
// each.
Picture matte_picture(ConstMatrix alpha) {
  Picture picture = make_picture(kImageSize, kImageSize, 1);
  for (int y = 0; y < kImageSize; ++y)
    for (int x = 0; x < kImageSize; ++x) {
      const auto at = [&](int first_row, int column) {
        const int patch = y / kImagePatch * kStemGrid + column / kImagePatch;
        return alpha.row(first_row + patch)[y % kImagePatch * kImagePatch + column % kImagePatch];
      };
      *picture.at(x, y) = to_byte(255 * (at(0, x) + at(kStemRows, kImageSize - 1 - x)) / 2);
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
  for (const Picture& picture : {prompt_->back().picture, mirror(prompt_->back().picture)}) {
    builder.begin_sequence();
    builder.image(picture);
  }
  const Batch batch = builder.build();
  const auto& model = session.loaded().model;
  CpuOps& ops = session.ops;
  TUTTI_CHECK(session.run([&] {
    const CpuTensor alpha =
        ops.sigmoid(model.heads.matte->forward(ops, model.picture_stem->forward(ops, batch), 2));
    if (ops.computing()) result_ = matte_picture(alpha.matrix());
  }));
  return false;
}

}  // namespace tutti
