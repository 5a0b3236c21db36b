// tutti bench hear: an hour of sound through the audio encoder as it comes, then at once. Says how
// fast that is, what memory it takes, and whether both are the same bits.
#include "hear.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>

#include "../../command/models.h"
#include "../../command/outputs.h"
#include "../../command/process_exit.h"
#include "../../command/values.h"
#include "base/rng.h"
#include "common.h"
#include "engine/streams/audio_encoder_stream.h"
#include "runtime/kernels/isa.h"

namespace tutti::bench {
namespace {

struct HearOptions {
  CommonOptions common;
  std::string model;
  int seconds = 3600;
};

constexpr int kFrames = 100;  // a second
constexpr int kPiece = 10;    // frames pushed at once

std::vector<float> second_of_sound(int second) {
  Rng rng(second);
  std::vector<float> mel(size_t(kFrames) * kMelBins);
  for (float& value : mel) value = float(rng.normal());
  return mel;
}

// Of rows [begin, end) (FNV-1a), so that hours can be compared without being kept.
uint64_t hash_rows(ConstMatrix x, int begin, int end, uint64_t hash = 0xcbf29ce484222325) {
  for (int r = begin; r < end; ++r) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(x.row(r));
    for (size_t i = 0; i < size_t(x.cols) * sizeof(float); ++i)
      hash = (hash ^ bytes[i]) * 0x100000001b3;
  }
  return hash;
}

uint64_t hash_chunk(const EncodedAudio& all, int begin, int end) {
  return hash_rows(all.logits, begin * kCtcPerToken, end * kCtcPerToken,
                   hash_rows(all.tokens, begin, end));
}

// Bytes of this process that are in memory.
double resident() {
  size_t pages = 0, in_memory = 0;
  std::ifstream("/proc/self/statm") >> pages >> in_memory;
  return double(in_memory) * double(sysconf(_SC_PAGESIZE));
}

struct Memory {
  double process = 0, arena = 0, stream = 0;

  Memory() = default;
  Memory(const Session& session, const AudioEncoderStream& all)
      : process(resident()), arena(double(session.arena.capacity())), stream(double(all.bytes())) {}
  Json to_json() const { return {{"process", process}, {"arena", arena}, {"stream", stream}}; }
};

struct Heard {
  std::vector<uint64_t> chunks;
  Timing chunk;  // seconds of each
  double seconds = 0;
  Memory minute, end;
};

// As it comes.
Result<Heard> hear_pieces(const ModelHandle& model, int seconds, int threads) {
  Heard heard;
  TUTTI_ASSIGN(const auto session, Session::create(model, threads));
  TUTTI_ASSIGN(AudioEncoderStream stream, AudioEncoderStream::create(*model));
  const auto step_all = [&]() -> Status {
    while (stream.ready()) {
      const double start = now();
      TUTTI_CHECK(step(*session, stream, [&](size_t, const EncodedAudio& chunk) {
        heard.chunk.seconds.push_back(now() - start);
        heard.chunks.push_back(hash_chunk(chunk, 0, chunk.tokens.rows));
      }));
    }
    return {};
  };
  heard.chunks.reserve(size_t(seconds) * 2);  // so that the memory is the encoder's
  heard.chunk.seconds.reserve(size_t(seconds) * 2);
  for (int second = 0; second < seconds; ++second) {
    if (second == std::min(60, seconds - 1)) heard.minute = Memory(*session, stream);
    const std::vector<float> mel = second_of_sound(second);
    for (int frame = 0; frame < kFrames; frame += kPiece) {
      TUTTI_CHECK(
          stream.push(std::span(mel).subspan(size_t(frame) * kMelBins, size_t(kPiece) * kMelBins)));
      TUTTI_CHECK(step_all());
    }
  }
  stream.finish();
  TUTTI_CHECK(step_all());
  heard.end = Memory(*session, stream);
  for (const double chunk : heard.chunk.seconds) heard.seconds += chunk;
  std::sort(heard.chunk.seconds.begin(), heard.chunk.seconds.end());
  return heard;
}

// The whole sound at once.
Result<Heard> hear_whole(const ModelHandle& model, int seconds, int threads) {
  Heard heard;
  TUTTI_ASSIGN(const auto session, Session::create(model, threads));
  Mel mel;
  for (int second = 0; second < seconds; ++second) {
    const std::vector<float> part = second_of_sound(second);
    mel.values.insert(mel.values.end(), part.begin(), part.end());
  }
  BatchBuilder builder(model->config);
  builder.begin_sequence();
  builder.audio(mel);
  const Batch batch = builder.build();
  const double start = now();
  TUTTI_CHECK(session->run([&] {
    const CpuTensor tokens = model->model.audio_stem->forward(session->ops, batch.audio);
    const CpuTensor logits = model->model.heads.ctc_logits(session->ops, tokens);
    if (!session->ops.computing()) return;
    heard.seconds = now() - start;
    const EncodedAudio all = {0, tokens.matrix(), logits.matrix()};
    for (int begin = 0; begin < tokens.rows(); begin += kAudioSegment)
      heard.chunks.push_back(
          hash_chunk(all, begin, std::min(begin + kAudioSegment, tokens.rows())));
  }));
  heard.end.process = resident();
  heard.end.arena = double(session->arena.capacity());
  return heard;
}

double p99(const Timing& timing) {
  return timing.seconds[timing.seconds.size() * 99 / 100];
}

void print(const HearOptions& options, const Heard& pieces, const Heard& whole) {
  std::printf("%s on %s, %d s of sound\n", options.common.dtype.c_str(), isa_name(),
              options.seconds);
  std::printf("%-16s %10s %12s %10s %10s\n", "", "real time", "process MB", "arena KB",
              "stream KB");
  const auto line = [&](const char* name, const Heard& heard, const Memory& memory) {
    std::printf("%-16s %9.0fx %12.1f %10.0f %10.0f\n", name, options.seconds / heard.seconds,
                memory.process / 1e6, memory.arena / 1e3, memory.stream / 1e3);
  };
  line("after a minute", pieces, pieces.minute);
  line("at the end", pieces, pieces.end);
  line("at once", whole, whole.end);
  std::printf("a chunk of 0.96 s: p50 %.2f ms, p99 %.2f ms\n", 1e3 * pieces.chunk.median(),
              1e3 * p99(pieces.chunk));
}

Json to_json(const HearOptions& options, const Heard& pieces, const Heard& whole) {
  return {{"bench", "hear"},
          {"model", options.model},
          {"dtype", options.common.dtype},
          {"isa", isa_name()},
          {"seconds", options.seconds},
          {"chunks", pieces.chunks.size()},
          {"chunk_p50", pieces.chunk.median()},
          {"chunk_p99", p99(pieces.chunk)},
          {"pieces_seconds", pieces.seconds},
          {"whole_seconds", whole.seconds},
          {"after_a_minute", pieces.minute.to_json()},
          {"at_the_end", pieces.end.to_json()},
          {"whole", whole.end.to_json()}};
}

Status same_bits(const Heard& pieces, const Heard& whole) {
  const size_t chunks = whole.chunks.size();
  size_t same = 0;
  for (size_t i = 0; i < std::min(chunks, pieces.chunks.size()); ++i)
    same += pieces.chunks[i] == whole.chunks[i];
  if (same == chunks && pieces.chunks.size() == chunks) return {};
  return failed(std::to_string(chunks - same) + " of " + std::to_string(chunks) +
                " chunks are other bits than at once; please report it");
}

Status run_hear(HearOptions options) {
  TUTTI_ASSIGN(options.model, find_model(options.model));
  const int threads = options.common.threads;
  EngineOptions engine;
  engine.threads = threads;
  engine.dtype = dtype_named(options.common.dtype);
  TUTTI_ASSIGN(const ModelHandle model, load_model(options.model, engine));
  TUTTI_CHECK(require(*model, HeadSpec::Kind::ctc, "transcribe"));
  TUTTI_ASSIGN(const Heard pieces, hear_pieces(model, options.seconds, threads));
  TUTTI_ASSIGN(const Heard whole, hear_whole(model, options.seconds, threads));
  TUTTI_CHECK(same_bits(pieces, whole));
  if (options.common.json)
    print_line(json_line(to_json(options, pieces, whole)));
  else
    print(options, pieces, whole);
  return {};
}

}  // namespace

void add_hear(CLI::App& verb, Verb& chosen) {
  CLI::App* hear = verb.add_subcommand(
      "hear", "Time hearing sound as it comes, and compare it with hearing it at once.");
  auto options = std::make_shared<HearOptions>();
  hear->add_option("-m,--model", options->model, kModelHelp)->type_name("FILE");
  options->common.add_options(*hear);
  hear->add_option("--seconds", options->seconds, "of sound (default 3600)")
      ->check(whole(1, 100000));
  hear->callback([options, &chosen] { chosen = [options] { return run_hear(*options); }; });
}

}  // namespace tutti::bench
