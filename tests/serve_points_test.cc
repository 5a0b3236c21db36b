// A cloud of points from a file to an answer, as a user and as a client would; and files that lie.
#include <tuple>

#include "tests/helpers/point_files.h"
#include "tests/helpers/server.h"

namespace tutti::program {
namespace {

class Points : public ServerTest {
 protected:
  void SetUp() override {
    ServerTest::SetUp();
    write_text(path("tent.ply"), ascii_ply(test_mesh()));
    write_text(path("tent.obj"), obj_file(test_mesh()));
  }
  Outcome ask_about(const std::string& file, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"run", "--points", path(file)});
    return run_model(more);
  }
  static Json part(const std::string& bytes) {
    return {{"type", "points_url"},
            {"points_url", {{"url", "data:model/ply;base64," + base64(bytes)}}}};
  }
  // As a file with y up has the same points.
  static TestMesh y_up(TestMesh cloud) {
    for (auto& [x, y, z] : cloud.points) std::tie(y, z) = std::pair(z, -y);
    return cloud;
  }
  static double cosine(const Json& a, const Json& b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += a[i].get<double>() * b[i].get<double>();
    return sum;
  }
};

TEST_F(Points, AFileIsNamedAndEmbedded) {
  const Outcome name = ask_about("tent.ply", {"--task", "name", "--max-tokens", "5"});
  EXPECT_EQ(name.code, 0) << name.err;
  EXPECT_FALSE(name.out.empty());
  const Outcome ply = ask_about("tent.ply", {"--to", "embedding"});
  EXPECT_EQ(ply.code, 0) << ply.err;
  EXPECT_EQ(ask_about("tent.obj", {"--to", "embedding"}).out, ply.out) << "the same mesh";
  write_text(path("other.ply"), ascii_ply({{{0, 0, 0}, {1, 2, 3}, {2, 0, 1}}, {}}));
  EXPECT_NE(ask_about("other.ply", {"--to", "embedding"}).out, ply.out);
  const Outcome piped = run_model({"run", "--points", "-", "--to", "embedding"}, path("tent.ply"));
  EXPECT_EQ(piped.out, ply.out) << piped.err;
}

TEST_F(Points, TheServerAnswersAsTheProgramDoes) {
  const std::string file = ascii_ply(test_mesh());
  const Outcome alone = ask_about("tent.ply", {"--max-tokens", "8"});
  start({"--log", "none"});
  const TestAnswer answer = post("/v1/chat/completions", chat(Json::array({part(file)})));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(Json::parse(answer.body)["choices"][0]["message"]["content"].get<std::string>() + "\n",
            alone.out);
  const TestAnswer vector =
      post("/v1/embeddings", Json{{"model", "model"}, {"input", Json::array({part(file)})}}.dump());
  EXPECT_EQ(vector.status, 200) << vector.body;
  // What lies is refused by the part that it came in.
  for (const std::string& bad :
       {std::string("ply\nformat ascii 1.0\nelement vertex 1000000000\nproperty float x\n"
                    "property float y\nproperty float z\nend_header\n1 2 3\n"),
        std::string("no cloud")}) {
    const TestAnswer refused = post("/v1/chat/completions", chat(Json::array({part(bad)})));
    EXPECT_EQ(refused.status, 400) << refused.body;
    EXPECT_NE(refused.body.find("points_url"), std::string::npos) << refused.body;
  }
  EXPECT_EQ(stop(SIGTERM), 0);
}

// Turning moves the points' last bits, so the vectors are near each other and not the same.
TEST_F(Points, AFileWithYUpIsTurnedWhereTheUserSaysSo) {
  write_text(path("z.ply"), ascii_ply(test_cloud()));
  write_text(path("y.ply"), ascii_ply(y_up(test_cloud())));
  const auto embed = [&](const char* file, std::vector<std::string> more) {
    more.insert(more.end(), {"--to", "embedding"});
    const Outcome outcome = ask_about(file, more);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return Json::parse(outcome.out);
  };
  const Json standing = embed("z.ply", {}), turned = embed("y.ply", {"--up", "y"});
  EXPECT_GT(cosine(standing, turned), 0.9999);
  EXPECT_LT(cosine(standing, embed("y.ply", {})), 0.9999);
  EXPECT_EQ(embed("z.ply", {"--up", "z"}), standing);

  start({"--log", "none"});
  const auto post_part = [&](const char* up) {
    Json cloud = part(ascii_ply(y_up(test_cloud())));
    cloud["up"] = up;
    return post("/v1/embeddings", Json{{"model", "model"}, {"input", Json::array({cloud})}}.dump());
  };
  const TestAnswer answer = post_part("y");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_GT(cosine(Json::parse(answer.body)["data"][0]["embedding"], turned), 0.9999);
  EXPECT_EQ(post_part("x").status, 400);
  EXPECT_EQ(stop(SIGTERM), 0);
}

TEST_F(Points, FilesThatLieAreBadInput) {
  const std::string head = "ply\nformat ascii 1.0\nelement vertex ";
  const std::string fields = "\nproperty float x\nproperty float y\nproperty float z\nend_header\n";
  const std::pair<const char*, std::string> files[] = {
      {"empty.ply", head + "0" + fields},
      {"nan.ply", head + "2" + fields + "0 0 nan\n1 2 3\n"},
      {"many.ply", head + "1000000000" + fields + "0 0 0\n"},
      {"binary.ply", "ply\nformat binary_little_endian 1.0\nelement vertex 2" + fields + "0 0 0\n"},
      {"words.obj", "v one two three\n"},
      {"cut.off", "OFF 5 0 0\n0 0 0\n"},
      {"wide.pcd",
       "# .PCD v0.7\nVERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\n"
       "COUNT 1 1 1\nWIDTH 1000000000\nHEIGHT 1\nPOINTS 1000000000\nDATA ascii\n0 0 0\n"},
  };
  for (const auto& [name, content] : files) {
    write_text(path(name), content);
    ProgramTest::expect_refused(ask_about(name), name);
  }
  // A texture that is named is never opened.
  write_text(path("tent.obj"), "mtllib /dev/zero\nusemtl x\n" + obj_file(test_mesh()));
  EXPECT_EQ(ask_about("tent.obj", {"--to", "embedding"}).code, 0);
}

}  // namespace
}  // namespace tutti::program
