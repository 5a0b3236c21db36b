// What is not done says why, and what to send instead.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "serve/contract/check.h"
#include "tests/helpers/contract.h"

namespace tutti {
namespace {

using Fate = Field::Fate;

// Every "send NAME" of a table.
class Advice {
 public:
  explicit Advice(std::string operation) : operation_(std::move(operation)) {}

  int found = 0;

  // `done` are the fields that are done in the shapes around it, which may be named as well.
  void shape(const Shape& shape, std::set<std::string> done) {
    for (const Field& field : shape.fields)
      if (field.fate == Fate::done) done.insert(field.name);
    for (const std::string& tag : shape.tags()) done.insert(tag);
    for (const Field& field : shape.fields) {
      // Of a refused one there may be values that ask for nothing.
      std::set<std::string> here = done;
      if (!field.harmless.empty()) here.insert(field.name);
      text(field.about, here);
      text(field.hint, here);
      if (field.shape) this->shape(*field.shape, here);
    }
    for (const Variant& variant : shape.variants) {
      std::set<std::string> here = done;
      if (variant.shape) this->shape(*variant.shape, here);
      // What a form is refused for may stand in the others.
      for (const Variant& other : shape.variants)
        for (const Field& field : other.shape ? other.shape->fields : std::vector<Field>())
          if (field.fate == Fate::done) here.insert(field.name);
      text(variant.instead, here);
    }
  }

 private:
  void text(const std::string& text, const std::set<std::string>& done) {
    static const std::regex advised("\\bsend ([a-z_.]*[a-z])");
    static const std::set<std::string> plain = {"a", "its", "the", "theirs", "what"};
    for (std::sregex_iterator at(text.begin(), text.end(), advised), end; at != end; ++at) {
      const std::string name = (*at)[1];
      if (plain.count(name)) continue;
      const bool known = done.count(name) || done.count(name.substr(0, name.find('.')));
      EXPECT_TRUE(known) << operation_ << " does not do " << name << ": " << text;
      ++found;
    }
  }

  const std::string operation_;
};

TEST(Tables, WhatIsAdvisedIsDoneHere) {
  int found = 0;
  const auto look = [&](const std::string& operation, const Shape& shape) {
    Advice advice(operation);
    advice.shape(shape, {});
    found += advice.found;
  };
  for (const Operation& operation : contract().operations())
    for (const ShapePtr& shape : {operation.body, operation.query})
      if (shape) look(operation.id, *shape);
  look("realtime event", contract().events());
  EXPECT_GT(found, 20);
}

// Nobody is told to leave something out, or sent elsewhere, without a reason.
TEST(Tables, WhatIsNotDoneSaysWhy) {
  for (const Operation& operation : contract().operations())
    for (const ShapePtr& shape : {operation.body, operation.query}) {
      if (!shape) continue;
      for (const Field& field : shape->fields)
        EXPECT_FALSE(field.about.empty()) << operation.id << " " << field.name;
    }
}

// Names that other endpoints and servers have for a field, and forms of answers that none has.
TEST(Tables, NeighboursNamesLeadToOurs) {
  const auto said = [](const char* operation, const char* name) {
    const Field* field = contract().at(operation).body->find(Json::object(), name);
    return field && field->fate == Fate::refused ? field->about : "";
  };
  for (const char* name : {"max_output_tokens", "max_new_tokens"})
    EXPECT_EQ(said("chat", name), "send max_completion_tokens");
  EXPECT_EQ(said("chat", "prompt"), "send messages");
  EXPECT_EQ(said("chat", "stop_sequences"), "send stop, which takes texts");
  EXPECT_EQ(said("chat", "random_seed"), "send seed");
  for (const char* name : {"max_tokens", "max_completion_tokens", "n_predict"})
    EXPECT_EQ(said("respond", name), "send max_output_tokens");
  EXPECT_EQ(said("respond", "messages"), "send input");
  EXPECT_EQ(said("complete", "messages"), "send prompt");
  EXPECT_EQ(said("speak", "text"), "send input");
  EXPECT_EQ(said("transcribe", "audio"), "send file");
}

TEST(Tables, StructuredAnswersAreRefusedAsSuch) {
  for (const char* format :
       {R"({"type": "json_schema", "name": "n", "schema": {}, "strict": true})",
        R"({"type": "json_object"})"}) {
    const auto problem =
        check(*contract().at("respond").body,
              {{"model", "m"}, {"input", "x"}, {"text", {{"format", Json::parse(format)}}}}, "");
    ASSERT_TRUE(problem) << format;
    EXPECT_NE(problem->message.find("answers are plain text"), std::string::npos)
        << problem->message;
  }
}

TEST(Tables, TheBetasNamesLeadToTheReleasedOnes) {
  const Json event = {{"type", "session.update"},
                      {"session", {{"turn_detection", nullptr}, {"modalities", {"text"}}}}};
  const auto problem = check(contract().events(), event, "");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->param, "session.modalities");
  EXPECT_NE(problem->message.find("send output_modalities"), std::string::npos);
  EXPECT_NE(problem->message.find("OpenAI-Beta: realtime=v1"), std::string::npos);
}

TEST(Tables, WhatIsNotThereSaysWhatToSend) {
  const auto said = [](const char* operation, const char* body) {
    const auto problem = check(*contract().at(operation).body, Json::parse(body), "");
    return problem ? problem->param + ": " + problem->message : "";
  };
  const std::string reference = said("respond", R"({"model": "m", "input": [
    {"role": "user", "content": "hello"}, {"type": "item_reference", "id": "msg_x"}]})");
  EXPECT_EQ(reference.rfind("input[1].type: ", 0), 0u) << reference;
  EXPECT_NE(reference.find("send the item itself"), std::string::npos) << reference;
  const std::string upload =
      said("chat", R"({"model": "m", "messages": [{"role": "user", "content": [
    {"type": "image_url", "file_id": "file_1"}]}]})");
  EXPECT_EQ(upload.rfind("messages[0].content[0].file_id: ", 0), 0u) << upload;
  EXPECT_NE(upload.find("data:"), std::string::npos) << upload;
  EXPECT_EQ(said("chat", R"({"model": "m", "messages": [], "temprature": 1})"),
            "temprature: temprature is not a parameter that is known here; did you mean "
            "temperature?");
}

}  // namespace
}  // namespace tutti
