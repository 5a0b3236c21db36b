// /healthz: the process runs. /readyz: it takes requests. /metrics: what it has done, for
// Prometheus.
#include <cstdio>

#include "serve/api/api.h"
#include "serve/api/endpoints/endpoints.h"
#include "serve/contract/openapi.h"

namespace tutti {
namespace {

// Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/
class Metrics {
 public:
  void family(const char* name, const char* type, const char* help) {
    text_ += std::string("# HELP ") + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n';
    name_ = name;
  }
  void value(double number, const std::string& labels = {}) {
    char digits[40];
    std::snprintf(digits, sizeof digits, " %.17g\n", number);
    text_ += name_ + (labels.empty() ? "" : '{' + labels + '}') + digits;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_, name_;
};

void add_requests(Metrics& metrics, const Scheduler::Stats& stats) {
  const auto each = [&](auto value) {
    for (const auto& [name, kind] : stats.kinds) value(kind, "kind=\"" + name + '"');
  };
  metrics.family("tutti_jobs_total", "counter",
                 "Jobs of the scheduler by kind and how they ended.");
  each([&](const Scheduler::Stats::Kind& s, const std::string& kind) {
    metrics.value(s.finished, kind + ",end=\"finished\"");
    metrics.value(s.failed, kind + ",end=\"failed\"");
    metrics.value(s.cancelled, kind + ",end=\"cancelled\"");
    metrics.value(s.timed_out, kind + ",end=\"timed_out\"");
    metrics.value(s.rejected, kind + ",end=\"rejected\"");
  });
  metrics.family("tutti_job_wait_seconds_total", "counter", "Time between acceptance and start.");
  each([&](const auto& s, const std::string& kind) { metrics.value(s.wait_seconds, kind); });
  metrics.family("tutti_job_run_seconds_total", "counter", "Time between start and end.");
  each([&](const auto& s, const std::string& kind) { metrics.value(s.run_seconds, kind); });
  metrics.family("tutti_jobs_waiting", "gauge", "Jobs accepted and not started.");
  metrics.value(stats.waiting);
  metrics.family("tutti_jobs_running", "gauge", "Jobs that hold caches.");
  metrics.value(stats.running);
  metrics.family("tutti_decoded_tokens_total", "counter", "Tokens written.");
  metrics.value(stats.decoded_tokens);
  metrics.family("tutti_decode_passes_total", "counter", "Passes that wrote them.");
  metrics.value(stats.decode_passes);
  metrics.family("tutti_shared_steps_total", "counter", "Other steps that may share a pass.");
  metrics.value(stats.shared_steps);
  metrics.family("tutti_shared_passes_total", "counter", "Passes that ran them.");
  metrics.value(stats.shared_passes);
}

void add_connections(Metrics& metrics, const HttpServer::Stats& stats) {
  metrics.family("tutti_http_connections", "gauge", "Open connections.");
  metrics.value(stats.connections);
  metrics.family("tutti_http_connections_accepted_total", "counter", "Connections accepted.");
  metrics.value(stats.accepted);
  metrics.family("tutti_http_connections_refused_total", "counter", "Connections above the limit.");
  metrics.value(stats.refused);
  metrics.family("tutti_http_requests", "gauge", "Requests being handled.");
  metrics.value(stats.requests);
  metrics.family("tutti_http_websockets", "gauge", "Open WebSockets.");
  metrics.value(stats.websockets);
  metrics.family("tutti_http_body_bytes", "gauge",
                 "Bytes held for clients: bodies, messages, answers not read yet.");
  metrics.value(stats.body_bytes);
}

void add_decoder(Metrics& metrics, const IsolatedDecoder::Stats& stats, size_t waiting) {
  metrics.family("tutti_media_uploads_total", "counter", "Uploads given to a media process.");
  metrics.value(stats.uploads);
  metrics.family("tutti_media_waiting", "gauge", "Uploads whose turn to be decoded will come.");
  metrics.value(double(waiting));
  metrics.family("tutti_media_crashes_total", "counter", "Media processes that an upload crashed.");
  metrics.value(stats.crashes);
  metrics.family("tutti_media_timeouts_total", "counter", "Uploads that took too long to decode.");
  metrics.value(stats.timeouts);
}

}  // namespace

void add_health_routes(Router& router, Api& api) {
  const RouteOptions quick = {.open = true, .quick = true};
  add_operation(
      router, api.contract().at("health"),
      [](const Request&, const ReplyPtr& reply) {
        reply->send(200, "application/json", R"({"status":"ok"})");
      },
      quick);
  add_operation(
      router, api.contract().at("ready"),
      [&api](const Request&, const ReplyPtr& reply) {
        if (api.server().stopping())
          return reply->send(503, "application/json", R"({"status":"draining"})");
        reply->send(200, "application/json", R"({"status":"ready"})");
      },
      quick);
  add_operation(
      router, api.contract().at("openapi"),
      [document = openapi(api.contract()).dump()](const Request&, const ReplyPtr& reply) {
        reply->send(200, "application/json", document);
      },
      quick);
  add_operation(router, api.contract().at("metrics"),
                [&api](const Request&, const ReplyPtr& reply) {
                  Metrics metrics;
                  add_requests(metrics, api.scheduler().stats());
                  add_connections(metrics, api.server().stats());
                  add_decoder(metrics, api.decoder().stats(), api.decoding().waiting());
                  const auto& more = api.options().more_metrics;
                  reply->send(200, "text/plain; version=0.0.4",
                              metrics.text() + (more ? more() : ""));
                },
                {.quick = true});
}

}  // namespace tutti
