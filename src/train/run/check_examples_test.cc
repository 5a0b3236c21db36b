#include "train/run/check_examples.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

using Kind = Segment::Kind;
using Head = HeadSpec::Kind;

Example example_of(Task task, std::initializer_list<Kind> kinds) {
  Example example{task};
  for (Kind kind : kinds) example.segments.emplace_back().kind = kind;
  return example;
}

ModelSpec without(Stem stem) {
  ModelSpec model;
  std::erase_if(model.modalities, [&](const ModalitySpec& m) { return m.stem == stem; });
  return model;
}

ModelSpec without(Head kind) {
  ModelSpec model;
  std::erase_if(model.heads, [&](const HeadSpec& head) { return head.kind == kind; });
  return model;
}

void expect_refused(const ModelSpec& model, const Example& example,
                    std::initializer_list<const char*> named) {
  EXPECT_TRUE(check_examples({}, {}, {example}));
  const Status status = check_examples(model, {}, {example_of(Task::text, {Kind::text}), example});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::bad_input);
  for (const char* part : named)
    EXPECT_NE(status.error().message().find(part), std::string::npos) << status.error().message();
}

TEST(CheckExamples, AModalityThatIsLackingIsNamed) {
  expect_refused(without(Stem::picture), example_of(Task::caption, {Kind::image, Kind::text}),
                 {"[mix]", "\"caption\"", "stem \"picture\""});
  expect_refused(without(Stem::clip), example_of(Task::clip, {Kind::clip, Kind::text}),
                 {"\"clip\"", "stem \"clip\""});
  expect_refused(without(Stem::sound),
                 example_of(Task::speech_to_picture, {Kind::audio, Kind::paint}),
                 {"\"speech_to_picture\"", "stem \"sound\""});
  expect_refused(without(Stem::noisy), example_of(Task::paint, {Kind::text, Kind::paint}),
                 {"\"paint\"", "stem \"noisy\""});
  expect_refused(without(Stem::spoken), example_of(Task::speak, {Kind::text, Kind::speak}),
                 {"\"speak\"", "stem \"spoken\""});
}

TEST(CheckExamples, RowsNeedTheModalityOfTheirName) {
  const auto model = [](const char* name, int values) {
    ModelSpec spec;
    spec.modalities.insert(spec.modalities.begin() + 4,
                           {.name = name, .group = 2, .stem = Stem::patches, .values = values});
    return spec;
  };
  Example example = example_of(Task::caption, {Kind::rows, Kind::text});
  example.segments[0].rows = {"gauges", {1, 2, 3, 4}, {{}, {}}};
  EXPECT_TRUE(check_examples(model("gauges", 2), {}, {example}));
  for (const ModelSpec& other : {ModelSpec(), model("dials", 2), model("gauges", 4)}) {
    const Status status = check_examples(other, {}, {example});
    ASSERT_FALSE(status);
    EXPECT_NE(status.error().message().find("patches"), std::string::npos);
  }
  const Status status = check_examples(model("gauges", 4), {}, {example});
  EXPECT_NE(status.error().message().find("\"gauges\" with the stem \"patches\" and 2 values"),
            std::string::npos)
      << status.error().message();
}

TEST(CheckExamples, AHeadThatIsLackingIsNamedWhereItWouldLearn) {
  Example paired = example_of(Task::caption, {Kind::image, Kind::text});
  paired.pair = 1;
  Example spelled = example_of(Task::transcribe, {Kind::audio, Kind::text});
  const Example heard = spelled;
  spelled.segments[0].transcript = "a";
  const Example matte = example_of(Task::matte, {Kind::image}),
                vocode = example_of(Task::vocode, {});
  expect_refused(without(Head::matte), matte, {"\"matte\"", "kind \"matte\""});
  expect_refused(without(Head::vocoder), vocode, {"\"vocode\"", "kind \"vocoder\""});
  expect_refused(without(Head::ctc), spelled, {"\"transcribe\"", "kind \"ctc\""});
  expect_refused(without(Head::embedding), paired, {"\"caption\"", "kind \"embedding\""});

  EXPECT_TRUE(check_examples(without(Head::ctc), {}, {heard}));
  ObjectiveOptions options;
  options.matte.weight = options.vocoder.weight = options.ctc.weight = options.contrast.weight = 0;
  EXPECT_TRUE(check_examples(without(Head::matte), options, {matte}));
  EXPECT_TRUE(check_examples(without(Head::vocoder), options, {vocode}));
  EXPECT_TRUE(check_examples(without(Head::ctc), options, {spelled}));
  EXPECT_TRUE(check_examples(without(Head::embedding), options, {paired}));
  options.distill.teacher = "a";
  EXPECT_FALSE(check_examples(without(Head::embedding), options, {paired}));
}

}  // namespace
}  // namespace tutti
