#include "serve/realtime/realtime.h"

#include "serve/realtime/beta.h"
#include "serve/realtime/client.h"

namespace tutti {

void add_realtime_routes(Router& router, Api& api) {
  RouteOptions options = api.route_options();
  router.add_websocket(
      "/v1/realtime",
      [&api](const Request& request, const std::shared_ptr<WebSocket>& socket) {
        const auto client =
            std::make_shared<RealtimeClient>(api, request, socket, asks_for_beta(request));
        socket->on_message(
            [client](std::string message, bool binary) { client->take(message, binary); });
        socket->on_close([client] { client->close(); });
        client->open();
      },
      options);
}

}  // namespace tutti
