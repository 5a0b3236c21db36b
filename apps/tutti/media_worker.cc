// The process in which a server decodes uploads; not for people, so --help does not name it.
#include "media_worker.h"

#include "serve/media/serve_media.h"

namespace tutti {

void add_media_worker(CLI::App& app, Verb& chosen) {
  CLI::App* verb = app.add_subcommand("media-worker", "Decodes uploads sent by `tutti serve`.");
  verb->group("");
  verb->callback([&chosen] {
    chosen = []() -> Status {
      if (serve_media(0) == 0) return {};
      return failed("media-worker is started by a server, on a socket");
    };
  });
}

}  // namespace tutti
