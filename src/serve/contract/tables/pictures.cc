// POST /v1/images/generations and /v1/matte.
#include "serve/contract/tables/pictures.h"

namespace tutti::tables {
namespace {

std::vector<Field> refused_pictures() {
  const char* size = "send size: WIDTHxHEIGHT";
  return {field::refused("background", R"(["auto", "opaque"])", "pictures are opaque"),
          field::refused("negative_prompt", R"([""])",
                         "the model draws what is said, and cannot leave out what is not wanted"),
          field::refused("quality", R"(["auto", "standard"])",
                         "there is one; steps says how many steps are drawn"),
          field::refused("style", R"(["vivid"])", "there is one; say in the prompt what to draw"),
          field::refused("input_fidelity", R"(["low"])", "no picture is read here"),
          field::refused("width", "[]", size),
          field::refused("height", "[]", size),
          field::refused("aspect_ratio", "[]", size),
          field::refused("num_inference_steps", "[]", "send steps"),
          field::refused("cfg_scale", "[]", "send guidance_scale"),
          field::refused("image", "[]", "no picture is read here; /v1/chat/completions sees them"),
          field::refused("mask", "[]", "no picture is read here; /v1/chat/completions sees them"),
          field::ignored("moderation", "This server judges nothing."),
          field::ignored("metadata", "Nothing is kept that it could describe.")};
}

Field size_field(const std::string& side, const std::string& own) {
  Field size = field::text(
      "size", "WIDTHxHEIGHT from 16x16 to " + side + "x" + side + ", or auto: " + own + ".");
  size.at_most_bytes(32).advise("send WIDTHxHEIGHT").otherwise = "auto";
  return size;
}

}  // namespace

std::vector<Operation> images(const Facts& facts) {
  const std::string side = std::to_string(facts.limits.most_picture_side);
  std::vector<Field> fields = {
      field::text("prompt", "What to draw.").need(),
      model_field(false),
      field::integer("n", 1, facts.limits.most_pictures, 1, "Pictures; each has its own seed."),
      size_field(side, "64x64"),
      field::integer("seed", -field::kUnbounded, field::kUnbounded, 0,
                     "The same seed gives the same picture."),
      field::integer("steps", 0, 256, 0,
                     "Steps of drawing; 0: as many as the model was made for. Beyond OpenAI's "
                     "API."),
      field::number("guidance_scale", -1, 100, -1,
                    "How closely to follow the text; negative: as the model was made for. Beyond "
                    "OpenAI's API."),
      field::choice("output_format", {"png", "jpeg", "webp"}, "png", "Of the file."),
      field::integer("output_compression", 1, 100, 92, "Quality of JPEG and WebP."),
      field::choice("response_format", {"b64_json", "url"}, "b64_json", "url gives a data URL."),
      field::flag("stream", false, "Answer as server-sent events, as it comes about."),
      field::integer("partial_images", 0, 64, 0,
                     "Previews of each picture in a stream. Up to 3 all come; of more, those that "
                     "the client keeps up with.")};
  append(fields, refused_pictures());
  append(fields, harmless_fields());
  Operation draw{"draw", "POST", "/v1/images/generations", "Draw",
                 "Pictures from text, 64x64 as the model draws, enlarged to the asked size "
                 "(Lanczos). A stream sends image_generation.partial_image events while drawing "
                 "and image_generation.completed for each picture."};
  draw.body = share({"", std::move(fields)});
  draw.answers = {{"application/json",
                   share({"",
                          {field::integer("created", 0, field::kLargest, {}, "Unix time."),
                           field::list("data", type::object, "b64_json or url of each picture."),
                           field::text("size", "WIDTHxHEIGHT of each."),
                           field::text("output_format", "Of each."),
                           field::text("background", "opaque"), field::text("quality", "auto"),
                           field::object("usage", nullptr, "Tokens read and drawn.")}})},
                  {"text/event-stream", nullptr}};
  draw.computes = true;
  return {draw};
}

std::vector<Operation> matte(const Facts& facts) {
  const std::string side = std::to_string(facts.limits.most_picture_side);
  std::vector<Field> fields = {
      field::text("image", "The picture as a data URL. The model sees it fitted to 128x128.")
          .need(),
      model_field(false),
      size_field(side, "128x128"),
      field::choice("output_format", {"png", "webp"}, "png", "Of the file."),
      field::choice("response_format", {"b64_json", "url"}, "b64_json", "url gives a data URL."),
      field::refused("n", "[1]", "a picture has one matte; leave it out"),
      field::refused("prompt", "[]",
                     "the matte is that of the people in the picture; leave it out"),
      field::ignored("metadata", "Nothing is kept that it could describe.")};
  append(fields, harmless_fields());
  Operation matte{"matte", "POST", "/v1/matte", "Matte",
                  "An extension: how much of each pixel of a picture is a person, as a grey "
                  "picture, white where it is all of it."};
  matte.body = share({"", std::move(fields)});
  matte.answers = {
      {"application/json",
       share({"",
              {field::integer("created", 0, field::kLargest, {}, "Unix time."),
               field::text("model", "The one that answered, by its own name."),
               field::list("data", type::object, "b64_json or url of the matte."),
               field::text("size", "WIDTHxHEIGHT of it."), field::text("output_format", "")}})}};
  matte.computes = true;
  return {matte};
}

}  // namespace tutti::tables
