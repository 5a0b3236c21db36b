// tutti serve: the model behind OpenAI's HTTP API. `tutti serve keys` manages who may use it.
#include "serve.h"

#include <malloc.h>

#include <cstdio>
#include <filesystem>

#include "../command/process_exit.h"
#include "../command/values.h"
#include "base/quote.h"
#include "runtime/kernels/isa.h"
#include "serve/api/api.h"
#include "serve/contract/openapi.h"
#include "serve/http/admission.h"
#include "serve/realtime/realtime.h"
#include "serve/store/api.h"
#include "serve/studio/studio.h"
#include "serve_models.h"
#include "serve_page.h"
#include "serve_reload.h"
#include "serve_signals.h"

namespace tutti {
namespace {

struct ServeOptions {
  ServeModels models;
  HttpOptions http;
  SchedulerOptions scheduler;
  ApiOptions api;
  StudioOptions studio;
  std::string keys_file, log = "text";
  double drain_seconds = 30;
  bool without_keys = false, print_openapi = false;
};

// What a large body or message took goes back to the system when it is freed: by default the
// allocator keeps up to 64 MiB of such pieces in each thread's arena once it has seen them.
void give_memory_back() {
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  mallopt(M_TRIM_THRESHOLD, 8 << 20);
  mallopt(M_ARENA_MAX, 4);
}

// A line a request on standard error. Neither queries, headers nor bodies are logged, nor that an
// open page or a supervisor has found the server well.
void log_request(const RequestRecord& record) {
  if (record.path == "/healthz" && record.status == 200) return;
  const std::string path = quote(record.path, 300);
  std::fprintf(stderr, "%s %s %s %d %zu B in %zu B out %.1f ms %s%s%s\n", record.peer.c_str(),
               record.method.c_str(), path.c_str(), record.status, record.request_bytes,
               record.answer_bytes, 1e3 * record.seconds, record.id.c_str(),
               record.user.empty() ? "" : " ", record.user.c_str());
}

Status check(const ServeOptions& options) {
  const HttpOptions& http = options.http;
  if (http.address != "localhost" && !is_address(http.address))
    return usage_error("--address " + quote(http.address) +
                       " is not an IP address; use 127.0.0.1 for this machine alone, or 0.0.0.0");
  if (http.certificate_file.empty() != http.private_key_file.empty())
    return usage_error(
        "--certificate and --private-key go together; give both, or neither for HTTP");
  if (options.keys_file.empty() && !options.without_keys && !is_loopback(options.http.address))
    return usage_error("listening on " + options.http.address +
                       " lets others in; give --keys FILE (made by: tutti serve keys add NAME "
                       "--keys FILE), or say --without-keys if the network is trusted");
  return {};
}

// The document of the API, of no model in particular.
Status print_openapi(const ApiLimits& limits) {
  print_line(openapi(Contract(limits)).dump(1));
  return {};
}

Result<KeyRing> load_keys(const std::string& file, bool or_new = false) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return bad_input(file + " is a folder; name the key file in it");
  return KeyRing::load(file, or_new);
}

Status load_all_keys(ServeOptions& options) {
  if (options.keys_file.empty()) return {};
  TUTTI_ASSIGN(options.http.keys, load_keys(options.keys_file));
  if (options.http.keys.empty())
    return usage_error(options.keys_file + " holds no key; add one with: tutti serve keys add");
  return {};
}

Router routes(Api& api, std::optional<Store>& store, bool with_studio) {
  Router router;
  api.add_routes(router);
  add_realtime_routes(router, api);
  if (store)
    add_store_routes(router, *store, api.contract());
  else
    add_storeless_routes(router);
  if (with_studio) add_studio_routes(router);
  return router;
}

std::string url_of(const HttpOptions& http, int port) {
  const bool is_v6 = http.address.find(':') != std::string::npos;
  return std::string(http.certificate_file.empty() ? "http://" : "https://") +
         (is_v6 ? "[" + http.address + "]" : http.address) + ":" + std::to_string(port) + "/";
}

Status run(ServeOptions& options) {
  if (options.print_openapi) return print_openapi(options.api.limits);
  TUTTI_CHECK(check(options));
  TUTTI_CHECK(load_all_keys(options));
  if (options.log == "text") options.http.on_request = log_request;
  options.http.limits.ledger = Ledger::Limits::for_bodies(options.api.limits.most_body_bytes);
  give_memory_back();
  const Terminal terminal;
  const sigset_t signals = prepare_signals();

  TUTTI_CHECK(select_isa());
  Registry models;
  TUTTI_CHECK(options.models.load(models));
  ModelReloader reloader(models);
  options.api.version = TUTTI_VERSION;
  options.scheduler.threads = options.models.threads;
  options.scheduler.most_seconds = options.api.limits.most_seconds;
  Scheduler scheduler(options.scheduler);
  TUTTI_ASSIGN(const IsolatedDecoder decoder, IsolatedDecoder::start({}));
  TUTTI_ASSIGN(std::optional<Store> store,
               open_store(options.studio, options.http.keys.names().size()));
  if (store) options.api.more_metrics = [&store] { return store_metrics(*store); };
  Api api(models, scheduler, decoder, options.api);
  TUTTI_ASSIGN(
      HttpServer server,
      HttpServer::listen(routes(api, store, !options.studio.without_studio), options.http));
  api.attach(server);

  const std::string url = url_of(options.http, server.port());
  std::fprintf(stderr, "tutti: %s on %s\n", models.names(3).c_str(), url.c_str());
  if (options.studio.open) open_browser(url);
  {
    const SignalWaiter waiter(
        signals, {server, [&] { reloader.ask(scheduler); }, options.drain_seconds, terminal});
    server.run();
  }
  reloader.stop();
  api.stop();
  scheduler.drain(0);
  return {};
}

void add_network_options(CLI::App& verb, ServeOptions& options) {
  HttpOptions& http = options.http;
  verb.add_option("--address", http.address, "to listen on (default 127.0.0.1)")->type_name("IP");
  verb.add_option("--port", http.port, "to listen on (default 8080); 0: any free port")
      ->check(whole(0, 65535));
  verb.add_option("--certificate", http.certificate_file, "PEM file: HTTPS instead of HTTP")
      ->type_name("FILE");
  verb.add_option("--private-key", http.private_key_file, "PEM file of the certificate's key")
      ->type_name("FILE");
  CLI::Option* keys =
      verb.add_option("--keys", options.keys_file, "API keys that clients must present")
          ->type_name("FILE");
  verb.add_flag("--without-keys", options.without_keys,
                "allow unauthenticated access on a non-loopback address")
      ->excludes(keys);
  verb.add_option("--cors", http.allowed_origins,
                  "origin whose pages may use the server, e.g. https://example.org; * for any")
      ->type_name("ORIGIN");
  verb.add_option("--host-name", http.host_names,
                  "name that requests may have in their Host header, besides addresses (default: "
                  "localhost; "
                  "with an --address beyond the loopback also this machine's name, or any name "
                  "with --keys)")
      ->type_name("NAME");
  verb.add_option("--drain", options.drain_seconds,
                  "seconds that running requests have left after SIGTERM (default 30)")
      ->check(between(0.0, 3600.0));
  verb.add_flag("--openapi", options.print_openapi, "print the OpenAPI document and exit");
  verb.add_option("--log", options.log, "text, the default: one line per request")
      ->check(one_of({"text", "none"}));
}

void add_limit_options(CLI::App& verb, ServeOptions& options) {
  ApiLimits& limits = options.api.limits;
  verb.add_option("--queue", options.scheduler.most_waiting,
                  "requests that may wait; others get status 429 (default 64)")
      ->check(whole(1, 100000));
  verb.add_option("--max-seconds", limits.most_seconds, "time limit of a request (default 120)")
      ->check(between(0.01, 86400.0));
  verb.add_option("--max-tokens", limits.most_tokens,
                  "most tokens of an answer, whatever a request asks for (default 1024)")
      ->check(whole(1, 1 << 20));
  verb.add_option("--max-body", limits.most_body_bytes,
                  "most bytes of a request (default 32 MiB); above the default, the 192 MiB that "
                  "the server "
                  "holds for all clients grow in proportion")
      ->check(whole(size_t(1) << 10, size_t(1) << 30));
}

struct KeyOptions {
  std::string file, name;
};

Status add_key(const KeyOptions& options) {
  TUTTI_ASSIGN(KeyRing ring, load_keys(options.file, true));
  TUTTI_ASSIGN(const std::string secret, ring.add(options.name));
  TUTTI_CHECK(ring.save(options.file));
  std::fprintf(stderr, "The key of %s; it is not stored and will not be shown again:\n",
               options.name.c_str());
  print_line(secret);
  const Status shown = flush_output();
  if (shown) return {};
  // A key that nobody has seen lets nobody in.
  TUTTI_CHECK(ring.remove(options.name));
  TUTTI_CHECK(ring.save(options.file));
  return shown.error().with_context("the key was taken back");
}

Status list_keys(const KeyOptions& options) {
  TUTTI_ASSIGN(const KeyRing ring, load_keys(options.file));
  for (const std::string& name : ring.names()) print_line(name);
  return {};
}

Status remove_key(const KeyOptions& options) {
  TUTTI_ASSIGN(KeyRing ring, load_keys(options.file));
  TUTTI_CHECK(ring.remove(options.name));
  TUTTI_CHECK(ring.save(options.file));
  std::fprintf(stderr,
               "The key of %s is no longer in %s; a server that runs takes it until it is started "
               "again.\n",
               options.name.c_str(), options.file.c_str());
  return {};
}

void add_keys(CLI::App& serve, Verb& chosen) {
  CLI::App* keys = serve.add_subcommand("keys", "Who may use the server: add, list, remove.");
  keys->require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();
  const auto add = [&](const char* name, const char* help, Status (*work)(const KeyOptions&),
                       bool named) {
    CLI::App* verb = keys->add_subcommand(name, help);
    if (named) verb->add_option("NAME", options->name, "whose key it is")->required();
    verb->add_option("--keys", options->file, "key file")->required()->type_name("FILE");
    verb->callback(
        [options, work, &chosen] { chosen = [options, work] { return work(*options); }; });
  };
  add("add", "Make a key and print it once.", add_key, true);
  add("list", "Print the names.", list_keys, false);
  add("remove", "Remove a key; a running server has to be restarted.", remove_key, true);
}

}  // namespace

void add_serve(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "serve", "Serve the model over HTTP with OpenAI's API, by default to this machine alone.");
  auto options = std::make_shared<ServeOptions>();
  options->models.add_options(*verb);
  add_network_options(*verb, *options);
  add_limit_options(*verb, *options);
  add_studio_options(*verb, options->studio);
  verb->require_subcommand(0, 1);
  verb->callback([options, verb, &chosen] {
    if (verb->get_subcommands().empty()) chosen = [options] { return run(*options); };
  });
  add_keys(*verb, chosen);
}

}  // namespace tutti
