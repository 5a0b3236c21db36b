#include "serve/studio/studio.h"

#include "serve/studio/assets.h"

namespace tutti {
namespace {

// Nothing but the studio's own files runs, nothing but this server is spoken to, and no text can
// become markup or code (trusted types with no policy).
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'";

constexpr const char* kMissing =
    "This tutti was built without the studio; the API is at /v1. Build it with the page: install "
    "npm, then cmake -DTUTTI_STUDIO=ON.\n";

std::string content_type(const std::string& path) {
  const std::string end = path.substr(path.rfind('.') + 1);
  if (end == "html") return "text/html; charset=utf-8";
  if (end == "js") return "text/javascript; charset=utf-8";
  if (end == "css") return "text/css; charset=utf-8";
  if (end == "svg") return "image/svg+xml";
  return "application/octet-stream";
}

Headers headers_of(const std::string& path) {
  // Names of assets change with their content, the page's does not.
  const bool fixed = path.rfind("/assets/", 0) == 0;
  return {{"Content-Security-Policy", kPolicy},
          {"Permissions-Policy", "camera=(self), microphone=(self), geolocation=()"},
          {"Referrer-Policy", "no-referrer"},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Cross-Origin-Resource-Policy", "same-origin"},
          {"Cache-Control", fixed ? "public, max-age=31536000, immutable" : "no-cache"}};
}

}  // namespace

void add_studio_routes(Router& router) {
  const RouteOptions page = {.open = true, .quick = true};
  const std::vector<Asset> assets = studio_assets();
  for (const Asset& asset : assets) {
    const std::string path = asset.path == "/index.html" ? "/" : asset.path;
    const std::string body(asset.bytes.begin(), asset.bytes.end());
    router.add(
        "GET", path,
        [body, type = content_type(asset.path), headers = headers_of(asset.path)](
            const Request&, const ReplyPtr& reply) { reply->send(200, type, body, headers); },
        page);
  }
  if (assets.empty())
    router.add(
        "GET", "/",
        [](const Request&, const ReplyPtr& reply) {
          reply->send(404, "text/plain; charset=utf-8", kMissing);
        },
        page);
}

}  // namespace tutti
