#include "train/objectives/teach/teacher.h"

#include "model/spec/spec_json.h"

namespace tutti {
namespace {

std::string shown_field(int value) {
  return std::to_string(value);
}
std::string shown_field(bool value) {
  return value ? "true" : "false";
}
std::string shown_field(const std::string& value) {
  return '"' + value + '"';
}

// Compares what both models say, field by field, and keeps the first that differs.
class Comparison {
 public:
  explicit Comparison(const std::string& teacher) : teacher_(teacher) {}

  template <class Value>
  void equal(const std::string& field, const Value& teacher, const Value& student) {
    if (!status_ || teacher == student) return;
    status_ =
        bad_input(teacher_ + ": a teacher reads the student's batches, but its " + field + " is " +
                  shown_field(teacher) + " and the student's is " + shown_field(student) +
                  "; make them equal in [model], or name another "
                  "teacher");
  }
  void equal_modality(size_t index, const ModelSpec& teacher, const ModelSpec& student) {
    const ModalitySpec &a = teacher.modalities[index], &b = student.modalities[index];
    equal("modality " + std::to_string(index + 1), a.name, b.name);
    const std::string of = a.name + "'s ";
    equal(of + "group", teacher.groups[size_t(a.group)].name, student.groups[size_t(b.group)].name);
    equal(of + "stem", std::string(name_of(a.stem)), std::string(name_of(b.stem)));
    equal(of + "values", a.values, b.values);
    equal(of + "tokens", a.tokens, b.tokens);
    equal(of + "merge", a.merge, b.merge);
  }
  const Status& status() const { return status_; }

 private:
  const std::string& teacher_;
  Status status_;
};

Status check_fits(const std::string& path, const ModelSpec& teacher, const ModelSpec& student) {
  Comparison all(path);
  all.equal("vocabulary", teacher.vocabulary, student.vocabulary);
  all.equal("hierarchy", teacher.hierarchy, student.hierarchy);
  all.equal("merged", teacher.merged, student.merged);
  all.equal("number of groups", int(teacher.groups.size()), int(student.groups.size()));
  all.equal("number of modalities", int(teacher.modalities.size()), int(student.modalities.size()));
  if (!all.status()) return all.status();
  for (size_t g = 0; g < teacher.groups.size(); ++g)
    all.equal("group " + std::to_string(g + 1), teacher.groups[g].name, student.groups[g].name);
  for (size_t m = 0; m < teacher.modalities.size(); ++m) all.equal_modality(m, teacher, student);
  return all.status();
}

}  // namespace

Result<std::unique_ptr<Teacher>> Teacher::open(const std::string& path, torch::Device device,
                                               torch::ScalarType compute) {
  TUTTI_ASSIGN(const ModelPackage package, ModelPackage::open(path));
  TUTTI_ASSIGN(const ModelSpec config, parse_model_spec(package.config_json));
  auto teacher = std::make_unique<Teacher>(config, device, compute);
  TUTTI_CHECK(teacher->weights.load(package));
  return teacher;
}

Result<std::unique_ptr<Teacher>> Teacher::open_for(const ModelSpec& student,
                                                   const std::string& path, torch::Device device,
                                                   torch::ScalarType compute) {
  TUTTI_ASSIGN(auto teacher, open(path, device, compute));
  TUTTI_CHECK(check_fits(path, teacher->config, student));
  return teacher;
}

}  // namespace tutti
