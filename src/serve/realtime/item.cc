#include "serve/realtime/item.h"

#include <algorithm>

#include "media/dsp/mel.h"
#include "serve/api/answer.h"
#include "serve/api/history.h"
#include "serve/api/prompt_reader.h"
#include "serve/api/uploads/data_url.h"
#include "serve/realtime/sample_rate.h"

namespace tutti {
namespace {

using ContentKind = Item::Content::Kind;

constexpr size_t kMostTextBytes = 64 << 10;  // of an item: many times what the model can read
constexpr size_t kItemBytes = 1 << 10;       // besides its content

constexpr size_t kSoundDecoding = 4;  // bytes that one of base64 takes on its way to a mel

Error too_long_sound(double most_seconds) {
  return bad_input("the sound is longer than " + std::to_string(int(most_seconds)) + " s");
}

double seconds_of(std::span<const float> samples) {
  return double(samples.size()) / 16000;
}

Item::Content content_of_sound(std::span<const float> samples) {
  Item::Content content{ContentKind::audio, {}, false, log_mel(samples)};
  content.seconds = seconds_of(samples);
  if (content.mel.values.empty()) content.heard = true;  // shorter than a frame: nothing
  return content;
}

// Its length is looked at first, and what it becomes on its way is charged.
Result<Item::Content> read_sound(const std::string& base64, int rate, double most_seconds,
                                 const Account::Ptr& account) {
  const double most_bytes = (most_seconds + 1) * rate * 2 * 4 / 3;
  if (double(base64.size()) > most_bytes) return too_long_sound(most_seconds);
  Charge decoding(account);
  TUTTI_CHECK(decoding.grow(kSoundDecoding * base64.size()));
  TUTTI_ASSIGN(const std::vector<uint8_t> bytes, decode_base64(base64));
  TUTTI_ASSIGN(PcmReader reader, PcmReader::create(rate));
  TUTTI_ASSIGN(const std::vector<float> samples,
               reader.push({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  if (double(samples.size()) > most_seconds * 16000) return too_long_sound(most_seconds);
  return content_of_sound(samples);
}

Item::Content read_content(const Fields& fields, int rate, const Api& api,
                           const Account::Ptr& account) {
  const std::string type = fields.text("type");
  if (type == "input_audio") {
    const Json& audio = fields.json("audio");
    static const std::string nothing;
    auto content = read_sound(audio.is_string() ? audio.get_ref<const std::string&>() : nothing,
                              rate, api.limits().most_seconds_of_audio, account);
    if (content) return *std::move(content);
    fields.refuse("audio", content.error());
    return {};
  }
  if (type == "output_audio" || type == "audio")
    return {ContentKind::audio, fields.text("transcript")};
  if (type == "input_image") {
    auto draft = read_part(fields);
    if (!draft) return {};
    Item::Content content{ContentKind::picture, {}, false};
    content.upload = std::move(*draft);
    return content;
  }
  return {ContentKind::text, fields.text("text")};
}

Json content_json(const Item::Content& content, bool user) {
  switch (content.kind) {
    case ContentKind::text:
      return {{"type", user ? "input_text" : "output_text"}, {"text", content.text}};
    case ContentKind::audio:
      return {{"type", user ? "input_audio" : "output_audio"},
              {"transcript", content.heard ? Json(content.text) : Json(nullptr)}};
    case ContentKind::picture:
      return {{"type", "input_image"}};
  }
  return nullptr;
}

Prompt said_by_user(const Item& item) {
  Prompt parts;
  for (const Item::Content& content : item.content)
    if (content.kind == ContentKind::picture) {
      if (!content.picture.pixels.empty()) parts.push_back(Part::of_picture(content.picture));
    } else if (!content.text.empty()) {
      parts.push_back(Part::of_text(content.text));
    }
  return parts;
}

Prompt said_by_model(const Item& item) {
  std::string text;
  for (const Item::Content& content : item.content) text += content.text;
  return {Part::of_answer(text)};
}

}  // namespace

size_t bytes_of(const Item& item) {
  size_t bytes = kItemBytes;
  for (const Item::Content& part : item.content) {
    bytes += sizeof part + part.text.size() + part.mel.values.size() * sizeof(float) +
             part.picture.pixels.size();
    for (const Draft::Hole& hole : part.upload.holes) bytes += hole.upload.bytes.size();
  }
  return bytes;
}

bool Item::understood() const {
  return std::all_of(content.begin(), content.end(), [](const auto& c) { return c.heard; });
}

Json Item::json() const {
  Json parts = Json::array();
  for (const Content& part : content) parts.push_back(content_json(part, role != "assistant"));
  return {{"id", id},     {"object", "realtime.item"}, {"type", "message"}, {"status", status},
          {"role", role}, {"content", parts}};
}

Status Item::count() {
  return charge.set(bytes_of(*this));
}

void Item::count_anyway() {
  const size_t bytes = bytes_of(*this), counted = charge.bytes();
  bytes > counted ? charge.grow_anyway(bytes - counted) : charge.shrink(counted - bytes);
}

ItemPtr read_item(const Fields& fields, int input_rate, const Api& api,
                  const Account::Ptr& account) {
  auto item = std::make_shared<Item>();
  item->charge = Charge(account);
  item->id = fields.text("id");
  if (item->id.empty()) item->id = new_id("item_");
  item->role = fields.text("role");
  const std::vector<Fields> parts = fields.objects("content");
  if (int(parts.size()) > api.limits().most_parts) {
    fields.refuse("content",
                  "has more than " + std::to_string(api.limits().most_parts) + " parts, its limit",
                  "array_above_max_length");
    return item;
  }
  size_t text_bytes = 0;
  for (const Fields& part : parts) {
    for (const char* name : {"text", "transcript"})
      if (const Json& text = part.json(name); text.is_string())
        text_bytes += text.get_ref<const std::string&>().size();
    if (text_bytes > kMostTextBytes) {
      fields.refuse("content",
                    "holds more than " + std::to_string(kMostTextBytes) +
                        " bytes of text, which the model could not read; send less",
                    "string_above_max_length");
      return item;
    }
    item->content.push_back(read_content(part, input_rate, api, account));
    if (const Status status = item->count(); !status) fields.refuse("content", status.error());
  }
  return item;
}

ItemPtr item_of_sound(std::string id, std::span<const float> samples, const Account::Ptr& account,
                      bool underway) {
  auto item = std::make_shared<Item>();
  item->charge = Charge(account);
  item->id = std::move(id);
  if (underway) {
    Item::Content content{ContentKind::audio, {}, false};
    content.seconds = seconds_of(samples);
    content.underway = true;
    item->content.push_back(std::move(content));
  } else {
    item->content.push_back(content_of_sound(samples));
  }
  item->count_anyway();  // less than the samples, which were counted
  return item;
}

Prompt prompt_of(std::span<const ItemPtr> items, const LoadedModel& model,
                 const ApiLimits& limits) {
  const auto last = std::find_if(items.rbegin(), items.rend(),
                                 [](const ItemPtr& item) { return item->role == "user"; });
  History history(model, limits);
  for (auto item = last; item != items.rend(); ++item) {
    if ((*item)->role == "system") continue;
    Draft said;
    said.prompt = (*item)->role == "user" ? said_by_user(**item) : said_by_model(**item);
    if (item == last && said.empty()) return {};  // nothing was understood
    size_t bytes = 0;
    for (const Part& part : said.prompt) bytes += part.text.size();
    if (item != last && !history.wants(0, bytes)) break;
    history.add(std::move(said));
  }
  return history.take().prompt;
}

}  // namespace tutti
