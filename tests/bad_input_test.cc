// Bad input and bad usage: the right exit code, a message that helps, and nothing left behind.
#include <cstring>

#include "media/encode_picture.h"
#include "media/encode_sound.h"
#include "media/encode_video.h"
#include "tests/helpers/program.h"

namespace tutti::program {
namespace {

class BadInputTest : public ProgramTest {
 protected:
  // Half of a file that was good.
  void cut(const std::string& from, const std::string& to, double share = 0.5) const {
    const std::string whole = read_text(path(from));
    write_text(path(to), whole.substr(0, size_t(double(whole.size()) * share)));
  }

  Outcome ask_model(const std::string& bytes) const {
    write_text(path("bad.safetensors"), bytes);
    return run(
        {"run", "--model", "bad.safetensors", "--text", "ta", "--to", "image", "-o", "answer.png"});
  }
};

// A safetensors file of this header and `data` zero bytes.
std::string safetensors(const std::string& header, size_t data = 16) {
  const uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, '\0');
}

TEST_F(BadInputTest, Models) {
  expect_refused(run({"run", "--model", "none.safetensors", "--text", "ta"}), "none.safetensors");
  expect_refused(ask_model(""), "bad.safetensors");
  expect_refused(ask_model("nonsense"), "bad.safetensors");
  const std::string good = read_text(path("model.safetensors"));
  for (const double share : {0.001, 0.1, 0.5, 0.999})
    expect_refused(ask_model(good.substr(0, size_t(double(good.size()) * share))),
                   "bad.safetensors");
  expect_refused(ask_model(std::string(8, '\xff') + "{}"), "bad.safetensors");
  expect_refused(
      ask_model(safetensors(R"({"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,99]}})")),
      "bad.safetensors");
  expect_refused(
      ask_model(safetensors(
          R"({"a":{"dtype":"F32","shape":[99999999999,99999999999],"data_offsets":[0,16]}})")),
      "bad.safetensors");
  expect_refused(
      ask_model(safetensors(R"({"a":{"dtype":"F99","shape":[4],"data_offsets":[0,16]}})")),
      "bad.safetensors");
  expect_refused(
      ask_model(safetensors(
          R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})")),
      "bad.safetensors");
  std::string nan = good;
  std::fill(nan.end() - 4096, nan.end(), '\xff');  // BF16 0xffff
  expect_refused(ask_model(nan), "bad.safetensors");
}

TEST_F(BadInputTest, Pictures) {
  ASSERT_TRUE(save_picture(path("good.png"), make_picture(80, 60, 3, 90)));
  ASSERT_TRUE(save_picture(path("good.jpg"), make_picture(80, 60, 3, 90)));
  cut("good.png", "cut.png");
  cut("good.jpg", "cut.jpg");
  write_text(path("empty.png"), "");
  write_text(path("text.png"), "no picture at all");
  for (const char* file : {"cut.png", "cut.jpg", "empty.png", "text.png", "missing.png", "."})
    expect_refused(run_model({"run", "--image", file, "--to", "mask", "-o", "answer.png"}), file);
}

TEST_F(BadInputTest, SoundsAndVideos) {
  Sound sound;
  sound.samples.assign(8000, 0.1f);
  ASSERT_TRUE(save_sound(path("good.wav"), sound));
  ASSERT_TRUE(
      save_clip(path("good.mp4"), {30, std::vector<Picture>(20, make_picture(64, 64, 3, 50))}));
  cut("good.wav", "cut.wav", 0.002);
  cut("good.mp4", "cut.mp4", 0.1);
  sound.samples.resize(100);
  ASSERT_TRUE(save_sound(path("short.wav"), sound));
  write_text(path("empty.wav"), "");
  for (const char* file : {"cut.wav", "short.wav", "empty.wav", "missing.wav"})
    expect_refused(run_model({"run", "--audio", file, "--json", "-o", "answer.txt"}), file);
  write_text(path("empty.mp4"), "");
  for (const char* file : {"cut.mp4", "empty.mp4", "missing.mp4", "good.wav"})
    expect_refused(run_model({"run", "--video", file, "-o", "answer.txt"}), file);
}

TEST_F(BadInputTest, Texts) {
  for (const char* kind : {"text", "image", "speech", "embedding"}) {
    const std::string output = std::string(kind) == "speech" ? "answer.wav" : "answer.png";
    expect_refused(run_model({"run", "--text", "a\xff\xfe", "--to", kind, "-o", output}), "UTF-8");
    expect_refused(run_model({"run", "--text", " \n", "--to", kind, "-o", output}), "empty");
    std::string longer;
    for (int i = 0; i < 2000; ++i) longer += "ta ";
    if (std::string(kind) == "speech") continue;  // long texts are spoken piece by piece
    expect_refused(run_model({"run", "--text", longer, "--to", kind, "-o", output}), "192");
  }
  expect_refused(run_model({"run", "--text", "-"}), "empty");
  for (const char* nothing : {"\n", "\r\n", "\xef\xbb\xbf", "\xef\xbb\xbf\n"}) {
    write_text(path("text.txt"), nothing);
    expect_refused(run_model({"run", "--text", "-"}, path("text.txt")), "empty");
  }
  write_text(path("text.txt"), std::string("\xff\xfe"
                                           "a\0 \0",
                                           6));
  expect_refused(run_model({"run", "--text", "-"}, path("text.txt")), "UTF-16");
  write_text(path("text.txt"), std::string("a\0 \0", 4));
  expect_refused(run_model({"run", "--text", "-"}, path("text.txt")), "zero byte");
}

TEST_F(BadInputTest, TextThatTheVoiceCannotSay) {
  const std::pair<const char*, const char*> texts[] = {
      {"\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7", "Arabic"},
      {"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d", "Hebrew"},
      {"red \xe4\xbd\xa0\xe5\xa5\xbd", "Chinese"},
      {"\xd0\xbf\xd1\x80\xd0\xb8", "Cyrillic"},
      {"\xf0\x9f\x98\x80", "nothing to say"},
      {"?!", "nothing to say"}};
  for (const auto& [text, what] : texts)
    expect_refused(run_model({"run", "--text", text, "--to", "speech", "-o", "answer.wav"}), what);
}

TEST_F(BadInputTest, SoundWhoseSamplesAreNoNumbers) {
  std::string wav = "RIFF    WAVEfmt ";
  const auto put = [&](uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) wav += char(value >> (8 * i));
  };
  // 1,600 floats, one channel at 16 kHz.
  put(16, 4), put(3, 2), put(1, 2), put(16000, 4), put(64000, 4), put(4, 2), put(32, 2);
  wav += "data";
  put(6400, 4);
  for (int i = 0; i < 1600; ++i) put(i == 900 ? 0x7fc00000 : 0x3dcccccd, 4);
  write_text(path("nan.wav"), wav);
  expect_refused(run_model({"run", "--audio", "nan.wav", "-o", "answer.txt"}), "no numbers");
}

TEST_F(BadInputTest, EvaluationFolders) {
  expect_refused(run_model({"eval", "--data", "nowhere"}), "nowhere");
  fs::create_directories(folder_ / "folder");
  const Outcome unwritable = run_model({"eval", "--data", "nowhere", "-o", "folder"});
  EXPECT_EQ(unwritable.code, 1);  // before anything is evaluated
  EXPECT_NE(unwritable.err.find("cannot write"), std::string::npos) << unwritable.err;
  expect_refused(run({"data", "build", "--data", "folder", "-o", "shards"}), "no data set");
  fs::create_directories(folder_ / "bare");
  expect_refused(run_model({"eval", "--data", "bare"}), "labels.tsv");
  write_text(folder_ / "climbs/labels.tsv", "file\tlabel\n../../etc/passwd\tsecret\n");
  expect_refused(run_model({"eval", "--data", "climbs"}), "stay in it");
  write_text(folder_ / "lacks/labels.tsv", "file\tlabel\nnone.png\tcat\n");
  expect_refused(run_model({"eval", "--data", "lacks"}), "none.png");
  write_text(folder_ / "ragged/labels.tsv", "file\tlabel\nx.png\n");
  expect_refused(run_model({"eval", "--data", "ragged"}), "labels.tsv");
  write_text(folder_ / "broken/index.json", "{");
  expect_refused(run_model({"eval", "--data", "broken"}), "index.json");
}

TEST_F(BadInputTest, Usage) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"dance"},
      {"run", "--no-such-flag"},
      {"run", "--to", "smell", "--text", "a"},
      {"run", "--top-p", "2", "--text", "a"},
      {"run", "--max-tokens", "many", "--text", "a"},
      {"run"},
      {"run", "--text", "-", "--image", "-"},
      {"run", "--text", "a", "--to", "image", "-o", "picture.txt"},
      {"run", "--text", "a", "--json", "--to", "speech", "-o", "-"},
      {"train"},
      {"data"},
      {"data", "build"},
      {"eval"},
      {"run", "--temperature", "nan", "--text", "a"},
      {"run", "--guidance", "nan", "--text", "a", "--to", "image"},
      {"run", "--speed", "1x", "--text", "a", "--to", "speech"},
      {"serve", "--drain", "nan"},
      {"serve", "--store", "a.sqlite3", "--no-store"},
      {"serve", "--keys", "keys.json", "--without-keys"},
      {"serve", "--open", "--no-studio"},
  };
  for (const auto& arguments : wrong) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << (arguments.empty() ? "nothing" : arguments.back()) << ": "
                               << outcome.err;
    EXPECT_NE(outcome.err, "");
  }
  EXPECT_EQ(run_model({"run", "--text", "ta", "--to", "mask", "-o", "answer.png"}).code, 2);
  EXPECT_EQ(run_model({"eval", "--data", ".", "--tasks", "singing"}).code, 2);
}

// Unknown ones are refused before a model is looked for, with the list.
TEST_F(BadInputTest, Languages) {
  ASSERT_TRUE(save_picture(path("photo.png"), make_picture(80, 60, 3, 90)));
  for (const char* tag : {"klingon", "tlh", "e n", "en-"}) {
    const Outcome outcome = run({"run", "--image", "photo.png", "--language", tag});
    EXPECT_EQ(outcome.code, 2) << tag;
    EXPECT_NE(outcome.err.find("de, el, en, es"), std::string::npos) << outcome.err;
  }
  const Outcome caption = run({"run", "--image", "photo.png", "--language", "it"});
  EXPECT_EQ(caption.code, 2);
  EXPECT_NE(caption.err.find("de, en, es, fr, zh"), std::string::npos) << caption.err;
  EXPECT_EQ(run({"explain", "--image", "photo.png", "--language", "klingon"}).code, 2);
}

// A flag that would change nothing is a mistake; its message names it.
TEST_F(BadInputTest, FlagsThatWouldChangeNothing) {
  const std::pair<const char*, std::vector<std::string>> wrong[] = {
      {"--size", {"run", "--text", "a", "--size", "128"}},
      {"--size", {"run", "--text", "a", "--to", "speech", "--size", "128"}},
      {"--speed", {"run", "--text", "a", "--to", "image", "--speed", "2"}},
      {"--steps", {"run", "--text", "a", "--steps", "4"}},
      {"--guidance", {"run", "--text", "a", "--to", "embedding", "--guidance", "2"}},
      {"--top-k", {"run", "--text", "a", "--top-k", "4"}},
      {"--top-p", {"run", "--text", "a", "--top-p", "0.5"}},
      {"--temperature", {"run", "--text", "a", "--to", "image", "--temperature", "1"}},
      {"--max-tokens", {"run", "--audio", "a.wav", "--max-tokens", "4"}},
      {"--max-tokens", {"run", "--text", "a", "--to", "speech", "--max-tokens", "4"}},
      {"--task", {"run", "--image", "a.png", "--to", "mask", "--task", "name"}},
      {"--language", {"run", "--text", "a", "--language", "de"}},
      {"--language", {"run", "--audio", "a.wav", "--language", "de"}},
      {"--language", {"explain", "--text", "a", "--language", "de"}}};
  for (const auto& [flag, arguments] : wrong) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << flag;
    EXPECT_NE(outcome.err.find(std::string(flag) + " would change nothing"), std::string::npos)
        << outcome.err;
  }
}

#ifdef TRAIN_BINARY
TEST_F(BadInputTest, Recipes) {
  const std::string trainer = std::string("TUTTI_TRAIN=") + TRAIN_BINARY;
  write_text(path("unknown.toml"), "[run]\nsteps = 3\nstep_size = 1\n");
  expect_refused(run({"train", "unknown.toml"}, trainer), "step_size");
  write_text(path("broken.toml"), "[run\n");
  expect_refused(run({"train", "broken.toml"}, trainer), "broken.toml");
  expect_refused(run({"train", "none.toml"}, trainer), "there is no recipe none.toml");
  expect_refused(run({"train", "."}, trainer), "there is no recipe .");
}
#endif

}  // namespace
}  // namespace tutti::program
