#include "engine/requests/embed_request.h"

#include <span>

#include "engine/prompt.h"

namespace tutti {
namespace {

constexpr char kEmbed = 0;         // its address is the key of a pass
constexpr int kMostRows = 256;     // of a pass, unless one part has more
constexpr int kBytesOfAToken = 3;  // about
constexpr std::chrono::milliseconds kVectorTime{50};

// About how many rows a part costs.
int rows_of(const LoadedModel& loaded, const Part& part) {
  if (part.says()) return int(part.text.size()) / kBytesOfAToken + 1;
  return int(std::min<int64_t>(local_rows(loaded.config, part), kMostRows));
}

// Appends the part as a sequence; how many rows of the trunk it takes at most is checked before.
Status add_part(BatchBuilder& builder, const Part& part, const LoadedModel& loaded, int adapter) {
  TUTTI_CHECK(check_part(part));
  TUTTI_CHECK(require(loaded, part));
  if (part.answers()) return usage_error("an answer has no embedding; give it as text");
  if (part.says()) {
    TUTTI_ASSIGN(const Tokens ids, encode_within_context(loaded, part.text, "the text"));
    TUTTI_CHECK(check_context(loaded.config, int64_t(ids.size()) + 1, "what to embed"));
    builder.begin_sequence({.adapter = adapter});
    builder.text(joined({mark(token_begin), ids}));
    return {};
  }
  TUTTI_CHECK(check_context(loaded.config, media_rows(loaded.config, part), "what to embed"));
  builder.begin_sequence({.adapter = adapter});
  add_media(builder, part);
  return {};
}

bool has_unit_length(std::span<const float> row) {
  double square = 0;
  for (const float value : row) square += double(value) * double(value);
  return square > 0.9 && square < 1.1;  // false where it is not finite
}

}  // namespace

// Sequences of several requests, a part each.
class EmbedRequest::Pass {
 public:
  Pass(const LoadedModel& loaded, std::span<ModelRequest* const> requests)
      : loaded_(loaded), builder_(loaded.config), errors_(requests.size()) {
    for (ModelRequest* request : requests) requests_.push_back(static_cast<EmbedRequest*>(request));
    // A part of each in turn while there is room; the first of each in any case.
    int rows = 0;
    for (size_t round = 0, added = 1; added > 0; ++round) {
      added = 0;
      for (size_t i = 0; i < requests_.size(); ++i)
        if (round == 0 || rows < kMostRows) added += add(i, round, rows);
    }
  }

  Status run(Session& session) {
    if (owners_.empty()) return {};
    const Batch batch = builder_.build();
    std::vector<int32_t> index, bounds = {0};
    for (const Span& span : batch.spans) {
      for (int row = 0; row < span.rows; ++row) index.push_back(span.first_row + row);
      bounds.push_back(int32_t(index.size()));
    }
    CpuOps& ops = session.ops;
    return session.run([&] {
      const auto out = loaded_.forward(ops, batch);
      const CpuTensor unit = loaded_.model.heads.embeddings(ops, out.trunk.x_ND, index, bounds);
      if (ops.computing()) hand_out(unit, batch);
    });
  }

  Result<bool> result(size_t i) const {
    if (errors_[i]) return *errors_[i];
    return requests_[i]->next_ < requests_[i]->parts_->size();
  }

 private:
  bool add(size_t i, size_t round, int& rows) {
    const EmbedRequest& request = *requests_[i];
    if (errors_[i] || request.next_ + round >= request.parts_->size()) return false;
    const Part& part = (*request.parts_)[request.next_ + round];
    if (const Status status = add_part(builder_, part, loaded_, request.model().adapter); !status) {
      errors_[i] = status.error();
      return false;
    }
    rows += rows_of(loaded_, part);
    owners_.push_back(i);
    return true;
  }

  // Sequences of one request are in the order of its parts: those before one without a vector are
  // handed out, those behind it are not.
  void hand_out(const CpuTensor& unit, const Batch& batch) {
    std::vector<bool> lacks(requests_.size());
    for (size_t s = 0; s < owners_.size(); ++s) {
      const size_t owner = owners_[s];
      if (lacks[owner]) continue;
      const Span& span = batch.spans[s];
      const float* row = unit.row(int(s));
      if (!has_unit_length({row, row + unit.cols()})) {
        lacks[owner] = true;
        errors_[owner] = failed(
            "the model's numbers leave the range of floats on this input, so there is no vector; "
            "scale it, or look whether the model file is what it was");
        continue;
      }
      requests_[owner]->take(
          {row, row + unit.cols()},
          span.modality == loaded_.config.find(Stem::pieces) ? span.rows - 1 : 0);
    }
  }

  const LoadedModel& loaded_;
  BatchBuilder builder_;
  std::vector<EmbedRequest*> requests_;
  std::vector<size_t> owners_;  // of each sequence
  std::vector<std::optional<Error>> errors_;
};

EmbedRequest::EmbedRequest(ModelHandle model, SharedPrompt parts, OnVector on_vector)
    : RequestFor(std::move(model), {.name = "embed", .brief = parts->size() <= 1}),
      parts_(std::move(parts)),
      on_vector_(std::move(on_vector)) {}

Status EmbedRequest::check() const {
  TUTTI_CHECK(require(*model(), HeadSpec::Kind::embedding, "embed"));
  TUTTI_CHECK(check_kinds(*parts_, *model()));
  const char* const what = parts_->size() == 1 ? "the text" : "a text";
  for (const Part& part : *parts_) TUTTI_CHECK(check_length(*model(), part.text.size(), what));
  return {};
}

Sharing EmbedRequest::sharing() const {
  const bool any = next_ < parts_->size();
  return {.key = &kEmbed, .rows = any ? rows_of(*model(), (*parts_)[next_]) : 0};
}

Result<bool> EmbedRequest::step(Session& session) {
  ModelRequest* const alone = this;
  Result<bool> result = false;
  step_together(session, {&alone, 1}, {&result, 1});
  return result;
}

void EmbedRequest::step_together(Session& session, std::span<ModelRequest* const> requests,
                                 std::span<Result<bool>> results) {
  Pass pass(session.loaded(), requests);
  const Status status = pass.run(session);
  for (size_t i = 0; i < requests.size(); ++i)
    results[i] = status ? pass.result(i) : Result<bool>(status.error());
}

void EmbedRequest::take(std::vector<float> vector, int tokens) {
  const size_t index = next_++;
  if (!on_vector_)
    result_.push_back(std::move(vector));
  else if (!*cancelled)
    on_vector_(index, std::move(vector), tokens);
}

SteadyTime EmbedRequest::due(SteadyTime, SteadyTime now) {
  return now + kVectorTime;
}

}  // namespace tutti
