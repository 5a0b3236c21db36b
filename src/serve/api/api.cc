#include "serve/api/api.h"

namespace tutti {

Api::Api(const Engine& engine, Scheduler& scheduler, ApiOptions options)
    : engine_(engine), scheduler_(scheduler), options_(std::move(options)) {}

void Api::add_routes(Router& router) {
  add_health_routes(router, *this);
}

}  // namespace tutti
