// POST /v1/images/generations: pictures from text; previews of each while it is drawn, when
// streaming.
#include "base/quote.h"
#include "format/text/tokenizer.h"
#include "media/encode_video.h"
#include "media/picture_ops.h"
#include "runtime/session_state.h"
#include "serve/api/answer.h"
#include "serve/api/uploads/data_url.h"
#include "serve/api/text_options.h"

namespace tutti {
namespace {

struct ImageRequest {
  std::string prompt, format = "png";
  PaintOptions paint;
  int count = 1, width = 0, height = 0, quality = 92, previews = 0;
  bool stream = false, as_url = false;
};

// "256x256", or "auto" for the model's own 64x64.
void read_size(const Fields& request, const Api& api, ImageRequest& image) {
  const std::string size = request.text("size");
  int width = kPaintSize, height = kPaintSize, end = 0;
  if (size != "auto" && (std::sscanf(size.c_str(), "%5dx%5d%n", &width, &height, &end) != 2 ||
                         size_t(end) != size.size()))
    width = 0;
  const int most = api.limits().most_picture_side;
  if (width < 16 || height < 16 || width > most || height > most)
    request.refuse("size",
                   "must be auto or WIDTHxHEIGHT from 16x16 to " + std::to_string(most) + "x" +
                       std::to_string(most) + ", not " + quote(size, 40),
                   "invalid_value");
  image.width = width;
  image.height = height;
}

ImageRequest read_image(const Fields& request, const Api& api) {
  ImageRequest image;
  check_model(request, api);
  const Status fits = check_length(api.engine().model(), request.bytes("prompt"), "it");
  if (!fits)
    request.refuse("prompt", "cannot be read: " + fits.error().message(),
                   "context_length_exceeded");
  if (!request.refused()) image.prompt = request.text("prompt");
  image.count = int(request.integer("n"));
  image.format = request.text("output_format");
  image.quality = int(request.integer("output_compression"));
  if (image.format == "png" && image.quality < 100 && request.has("output_compression"))
    request.refuse("output_compression", "is of JPEG and WebP; leave it out with output_format png",
                   "invalid_value");
  image.as_url = request.text("response_format") == "url";
  image.stream = request.flag("stream");
  image.previews = int(request.integer("partial_images"));
  image.paint.seed = uint64_t(request.integer("seed"));
  image.paint.steps = int(request.integer("steps"));
  image.paint.guidance_scale = float(request.number("guidance_scale"));
  read_size(request, api, image);
  if (image.previews > 0 && !image.stream)
    request.refuse("partial_images", "come only with \"stream\": true", "invalid_value");
  return image;
}

class Images : public std::enable_shared_from_this<Images> {
 public:
  Images(Api& api, ImageRequest request, ReplyPtr reply, std::shared_ptr<Jobs> jobs)
      : api_(api),
        request_(std::move(request)),
        reply_(std::move(reply)),
        events_(reply_),
        jobs_(std::move(jobs)),
        in_order_(api.server().sequence(jobs_->owner())),
        pictures_(request_.count) {}

  void start() {
    const SharedPrompt prompt = {Part::of_text(request_.prompt)};
    for (int i = 0; i < request_.count; ++i) {
      PaintOptions options = request_.paint;
      options.seed += uint64_t(i);
      PaintEvents events;
      if (request_.previews > 0)
        events.on_preview = [self = shared_from_this(), i](int step, int steps,
                                                           const Picture& preview) {
          self->on_preview(i, step, steps, preview);
        };
      events.done = [self = shared_from_this(), i](Result<Picture> picture) {
        if (!picture) return self->fail(picture.error());
        self->in_order_([self, i, picture = *std::move(picture)] { self->on_picture(i, picture); });
      };
      if (const Status status = jobs_->add(
              api_.scheduler().paint(prompt, options, std::move(events), jobs_->owner()));
          !status)
        return fail(status.error());
    }
  }

 private:
  void fail(const Error& error) {
    jobs_->cancel();
    request_.stream ? events_.fail(api_, error, "prompt")
                    : send_error(*reply_, api_, error, "prompt");
  }

  // Enlarging and encoding take milliseconds, which the scheduler's threads do not have.
  Result<std::string> encode(const Picture& picture) const {
    Picture sized = picture;
    if (picture.width != request_.width || picture.height != request_.height) {
      TUTTI_ASSIGN(sized, resize(picture, request_.width, request_.height, Filter::lanczos));
    }
    TUTTI_ASSIGN(const std::vector<uint8_t> bytes,
                 encode_picture(sized, request_.format, request_.quality));
    return encode_base64(bytes);
  }

  std::string size() const {
    return std::to_string(request_.width) + "x" + std::to_string(request_.height);
  }

  Json event(const char* type, const std::string& base64) const {
    return {{"type", std::string("image_generation.") + type},
            {"b64_json", base64},
            {"created_at", created_},
            {"size", size()},
            {"quality", "auto"},
            {"background", "opaque"},
            {"output_format", request_.format}};
  }

  // `step` is 1 to steps - 1. Of these the asked number is shown, spread evenly.
  void on_preview(int i, int step, int steps, const Picture& preview) {
    const int parts = std::min(request_.previews, steps - 1) + 1;
    const int index = step * parts / steps - 1;
    if (index < 0 || (step - 1) * parts / steps - 1 == index) return;
    in_order_([self = shared_from_this(), i, index, preview] {
      const Result<std::string> base64 = self->encode(preview);
      if (!base64) return;
      Json partial = self->event("partial_image", *base64);
      partial["partial_image_index"] = index;
      if (self->request_.count > 1) partial["image_index"] = i;
      self->events_.send_named(partial);
    });
  }

  void on_picture(int i, const Picture& picture) {
    Result<std::string> base64 = encode(picture);
    if (!base64) return fail(base64.error());
    if (request_.stream) {
      Json completed = event("completed", *base64);
      if (request_.count > 1) completed["image_index"] = i;
      completed["usage"] = usage();
      events_.send_named(completed);
    }
    pictures_[i] = *std::move(base64);
    if (++finished_ < request_.count) return;
    if (request_.stream) return events_.end(false);
    Json data = Json::array();
    for (const std::string& one : pictures_)
      data.push_back(request_.as_url
                         ? Json{{"url", "data:image/" + request_.format + ";base64," + one}}
                         : Json{{"b64_json", one}});
    send_json(*reply_, {{"created", created_},
                        {"background", "opaque"},
                        {"data", data},
                        {"output_format", request_.format},
                        {"quality", "auto"},
                        {"size", size()},
                        {"usage", usage()}});
  }

  // Tokens as the model counts them: those of the text, and of each picture.
  Json usage() const {
    const auto ids = api_.engine().tokenizer().encode(request_.prompt);
    const int input = ids ? int(ids->size()) : 0, output = kPaintTokens * request_.count;
    return {{"input_tokens", input},
            {"input_tokens_details", {{"text_tokens", input}, {"image_tokens", 0}}},
            {"output_tokens", output},
            {"total_tokens", input + output}};
  }

  Api& api_;
  const ImageRequest request_;
  const ReplyPtr reply_;
  EventStream events_;
  const std::shared_ptr<Jobs> jobs_;
  const std::function<void(std::function<void()>)> in_order_;
  std::vector<std::string> pictures_;
  int finished_ = 0;  // counted in order
  const int64_t created_ = unix_time();
};

}  // namespace

void add_images_routes(Router& router, Api& api) {
  add_job_route<Images>(router, api, "draw", read_image);
}

}  // namespace tutti
