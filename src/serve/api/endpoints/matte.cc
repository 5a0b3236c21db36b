// POST /v1/matte, an extension: how much of each pixel of a picture is a person.
#include "engine/requests/matte_request.h"
#include "media/encode_picture.h"
#include "media/picture_ops.h"
#include "serve/api/answer.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/endpoints/picture_size.h"
#include "serve/api/text_options.h"
#include "serve/api/uploads/data_url.h"
#include "serve/api/uploads/decode_upload.h"

namespace tutti {
namespace {

struct MatteWish {
  ServedPtr model;
  Draft picture;
  PictureSize size;
  std::string format;
  bool as_url = false;
};

MatteWish read_matte(const Fields& request, const Api& api) {
  MatteWish wish;
  wish.model = read_model(request, api);
  wish.size = read_picture_size(request, api, kImageSize);
  wish.format = request.text("output_format");
  wish.as_url = request.text("response_format") == "url";
  if (request.refused()) return wish;
  Result<std::vector<uint8_t>> bytes =
      read_data_url(request.json("image").get_ref<const std::string&>());
  if (bytes)
    wish.picture = Draft(MediaUpload{&upload_kind("image_url"), *std::move(bytes), "image"});
  else
    request.refuse("image", bytes.error());
  return wish;
}

class Matte : public std::enable_shared_from_this<Matte> {
 public:
  Matte(Api& api, MatteWish request, ReplyPtr reply, std::shared_ptr<Jobs> jobs)
      : api_(api),
        request_(std::move(request)),
        reply_(std::move(reply)),
        jobs_(std::move(jobs)),
        charge_(jobs_->account()) {}

  void start() {
    decode_draft(
        api_, jobs_, std::move(request_.picture), reply_,
        [self = shared_from_this()](SharedPrompt picture) { self->begin(std::move(picture)); });
  }

 private:
  void begin(SharedPrompt picture) {
    const auto done = [self = shared_from_this()](Result<Picture> matte) {
      if (!matte) return self->fail(matte.error());
      // Enlarging and encoding take milliseconds, which the scheduler's threads do not have.
      self->api_.server().post([self, matte = std::make_shared<const Picture>(
                                          *std::move(matte))] { self->answer(*matte); },
                               self->jobs_->owner());
    };
    const Status status = jobs_->add(api_.scheduler().submit(
        std::make_unique<MatteRequest>(request_.model->handle, std::move(picture)), done,
        jobs_->owner()));
    if (!status) fail(status.error());
  }

  void fail(const Error& error) { send_error(*reply_, api_, error, "image"); }

  Result<std::string> encode(const Picture& matte) {
    const auto [width, height] = std::pair(request_.size.width, request_.size.height);
    TUTTI_CHECK(charge_.grow(2 * size_t(width) * size_t(height)));
    TUTTI_ASSIGN(const Picture sized, resize(matte, width, height, Filter::bilinear));
    TUTTI_ASSIGN(const std::vector<uint8_t> bytes, encode_picture(sized, request_.format, 100));
    return encode_base64(bytes);
  }

  void answer(const Picture& matte) {
    const Result<std::string> base64 = encode(matte);
    if (!base64) return fail(base64.error());
    const Json one = request_.as_url
                         ? Json{{"url", "data:image/" + request_.format + ";base64," + *base64}}
                         : Json{{"b64_json", *base64}};
    send_json(*reply_, {{"created", unix_time()},
                        {"model", request_.model->name},
                        {"data", Json::array({one})},
                        {"size", request_.size.text()},
                        {"output_format", request_.format}});
  }

  Api& api_;
  MatteWish request_;
  const ReplyPtr reply_;
  const std::shared_ptr<Jobs> jobs_;
  Charge charge_;  // of the matte in its size
};

}  // namespace

void add_matte_routes(Router& router, Api& api) {
  add_job_route<Matte>(router, api, "matte", read_matte);
}

}  // namespace tutti
