// POST /v1/images/generations: pictures from text; previews of each while it is drawn, when
// streaming.
#include "engine/requests/paint_request.h"
#include "media/encode_picture.h"
#include "media/picture_ops.h"
#include "serve/api/answer.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/api/endpoints/picture_size.h"
#include "serve/api/text_options.h"
#include "serve/api/uploads/data_url.h"

namespace tutti {
namespace {

// Previews of a picture that are made and not read yet. OpenAI's clients ask for no more, so theirs
// all come.
constexpr int kMostAhead = 3;

struct ImageRequest {
  ServedPtr model;
  std::string prompt, format = "png";
  PaintOptions paint;
  PictureSize size;
  int count = 1, quality = 92, previews = 0;
  bool stream = false, as_url = false;
};

ImageRequest read_image(const Fields& request, const Api& api) {
  ImageRequest image;
  image.model = read_model(request, api);
  const Status fits = check_length(*image.model->handle, request.bytes("prompt"), "it");
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
  image.size = read_picture_size(request, api, kPaintSize);
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
        charge_(jobs_->account()),
        in_order_(api.server().sequence(jobs_->owner())),
        pictures_(request_.count) {}

  void start() {
    const SharedPrompt prompt = {Part::of_text(request_.prompt)};
    for (int i = 0; i < request_.count; ++i) {
      PaintOptions options = request_.paint;
      options.seed += uint64_t(i);
      if (request_.previews > 0)
        options.on_preview = [self = shared_from_this(), i](int step, int steps,
                                                            const Picture& preview) {
          self->on_preview(i, step, steps, preview);
          return true;
        };
      const auto done = [self = shared_from_this(), i](Result<Picture> picture) {
        if (!picture) return self->fail(picture.error());
        const auto drawn = self->hold(*std::move(picture));
        drawn->charge.grow_anyway(drawn->picture.pixels.size());
        self->in_order_([self, i, drawn] { self->on_picture(i, drawn->picture); });
      };
      auto request =
          std::make_unique<PaintRequest>(request_.model->handle, prompt, std::move(options));
      if (const Status status =
              jobs_->add(api_.scheduler().submit(std::move(request), done, jobs_->owner()));
          !status)
        return fail(status.error());
    }
  }

 private:
  // One that waits to be encoded.
  struct Drawn {
    Charge charge;
    const Picture picture;
  };
  std::shared_ptr<Drawn> hold(Picture picture) const {
    return std::make_shared<Drawn>(Drawn{Charge(jobs_->account()), std::move(picture)});
  }

  bool wanted() const { return !failed_ && !reply_->gone(); }

  void fail(const Error& error) {
    jobs_->cancel();
    const std::lock_guard lock(mutex_);
    failed_ = true;
    request_.stream ? events_.fail(api_, error, "prompt")
                    : send_error(*reply_, api_, error, "prompt");
  }

  // Enlarging and encoding take milliseconds, which the scheduler's threads do not have.
  Result<std::string> encode(const Picture& picture) const {
    Picture sized = picture;
    if (picture.width != request_.size.width || picture.height != request_.size.height) {
      TUTTI_ASSIGN(sized,
                   resize(picture, request_.size.width, request_.size.height, Filter::lanczos));
    }
    TUTTI_ASSIGN(const std::vector<uint8_t> bytes,
                 encode_picture(sized, request_.format, request_.quality));
    return encode_base64(bytes);
  }

  Json event(const char* type, const std::string& base64) const {
    return {{"type", std::string("image_generation.") + type},
            {"b64_json", base64},
            {"created_at", created_},
            {"size", request_.size.text()},
            {"quality", "auto"},
            {"background", "opaque"},
            {"output_format", request_.format}};
  }

  // `step` is 1 to steps - 1. Of these the asked number is shown, spread evenly; not those for
  // which there is no room, or that a client does not keep up with.
  void on_preview(int i, int step, int steps, const Picture& preview) {
    const int parts = std::min(request_.previews, steps - 1) + 1;
    const int index = step * parts / steps - 1;
    if (index < 0 || (step - 1) * parts / steps - 1 == index) return;
    if (!wanted() || made_ - read_ >= kMostAhead * request_.count) return;
    const auto drawn = hold(preview);
    if (!drawn->charge.grow(preview.pixels.size())) return;
    ++made_;
    in_order_([self = shared_from_this(), i, index, drawn] {
      self->show_preview(i, index, drawn->picture);
    });
  }

  void show_preview(int i, int index, const Picture& preview) {
    ++shown_;
    if (!wanted()) return;
    const Result<std::string> base64 = encode(preview);
    if (!base64) return;
    Json partial = event("partial_image", *base64);
    partial["partial_image_index"] = index;
    if (request_.count > 1) partial["image_index"] = i;
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    events_.send_named(partial);
    reply_->when_read([self = shared_from_this(), shown = shown_] { self->read_ = shown; });
  }

  void on_picture(int i, const Picture& picture) {
    if (!wanted()) return;
    Result<std::string> base64 = encode(picture);
    if (!base64) return fail(base64.error());
    if (request_.stream) {
      Json completed = event("completed", *base64);
      if (request_.count > 1) completed["image_index"] = i;
      completed["usage"] = usage();
      events_.send_named(completed);
    } else {
      if (const Status fits = charge_.grow(base64->size()); !fits) return fail(fits.error());
      pictures_[i] = *std::move(base64);
    }
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
                        {"size", request_.size.text()},
                        {"usage", usage()}});
  }

  // Tokens as the model counts them: those of the text, and of each picture.
  Json usage() const {
    const auto ids = request_.model->handle->tokenizer.encode(request_.prompt);
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
  Charge charge_;  // of pictures_
  const std::function<void(std::function<void()>)> in_order_;
  std::vector<std::string> pictures_;     // encoded; not of streams
  int finished_ = 0, shown_ = 0;          // pictures and previews, counted in order
  std::atomic<int> made_ = 0, read_ = 0;  // previews
  std::mutex mutex_;                      // a failed answer has ended: nothing follows it
  std::atomic<bool> failed_ = false;
  const int64_t created_ = unix_time();
};

}  // namespace

void add_images_routes(Router& router, Api& api) {
  add_job_route<Images>(router, api, "draw", read_image);
}

}  // namespace tutti
