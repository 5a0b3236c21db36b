#include "train/run/check_examples.h"

#include <gtest/gtest.h>

namespace tutti {
namespace {

using Head = HeadSpec::Kind;

Example example_of(Task task, std::initializer_list<Stem> stems) {
  Example example{task};
  for (Stem stem : stems) example.segments.emplace_back().stem = stem;
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
  const Status status =
      check_examples(model, {}, {example_of(Task::text, {Stem::pieces}), example});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::bad_input);
  for (const char* part : named)
    EXPECT_NE(status.error().message().find(part), std::string::npos) << status.error().message();
}

TEST(CheckExamples, AModalityThatIsLackingIsNamed) {
  expect_refused(without(Stem::picture), example_of(Task::caption, {Stem::picture, Stem::pieces}),
                 {"[mix]", "\"caption\"", "stem \"picture\""});
  expect_refused(without(Stem::clip), example_of(Task::clip, {Stem::clip, Stem::pieces}),
                 {"\"clip\"", "stem \"clip\""});
  expect_refused(without(Stem::sound),
                 example_of(Task::speech_to_picture, {Stem::sound, Stem::noisy}),
                 {"\"speech_to_picture\"", "stem \"sound\""});
  expect_refused(without(Stem::noisy), example_of(Task::paint, {Stem::pieces, Stem::noisy}),
                 {"\"paint\"", "stem \"noisy\""});
  expect_refused(without(Stem::spoken), example_of(Task::speak, {Stem::pieces, Stem::spoken}),
                 {"\"speak\"", "stem \"spoken\""});
}

TEST(CheckExamples, RowsNeedTheModalityOfTheirName) {
  const auto model = [](const char* name, int values) {
    ModelSpec spec;
    spec.modalities.insert(spec.modalities.begin() + 4,
                           {.name = name, .group = 2, .stem = Stem::patches, .values = values});
    return spec;
  };
  Example example = example_of(Task::caption, {Stem::patches, Stem::pieces});
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
  Example paired = example_of(Task::caption, {Stem::picture, Stem::pieces});
  paired.pair = 1;
  Example spelled = example_of(Task::transcribe, {Stem::sound, Stem::pieces});
  const Example heard = spelled;
  spelled.segments[0].transcript = "a";
  const Example matte = example_of(Task::matte, {Stem::picture}),
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
