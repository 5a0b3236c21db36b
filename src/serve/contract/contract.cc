#include "serve/contract/contract.h"

#include <cstdio>
#include <cstdlib>

#include "serve/contract/fields.h"
#include "serve/contract/tables/audio.h"
#include "serve/contract/tables/chat.h"
#include "serve/contract/tables/kept.h"
#include "serve/contract/tables/pictures.h"
#include "serve/contract/tables/realtime.h"
#include "serve/contract/tables/responses.h"
#include "serve/contract/tables/service.h"
#include "serve/contract/tables/texts.h"

namespace tutti {
namespace {

ShapePtr with_harmless(const ShapePtr& query) {
  Shape shape = query ? *query : Shape();
  tables::append(shape.fields, tables::harmless_query());
  return share(std::move(shape));
}

}  // namespace

Contract::Contract(const ApiLimits& limits) {
  const tables::Facts facts{limits};
  for (auto& family :
       {tables::models(), tables::chat(facts), tables::responses(), tables::completions(facts),
        tables::embeddings(facts), tables::images(facts), tables::speech(facts),
        tables::transcriptions(facts), tables::realtime(), tables::explain(), tables::score(facts),
        tables::matte(facts), tables::conversations(), tables::files(), tables::health()})
    operations_.insert(operations_.end(), family.begin(), family.end());
  for (Operation& operation : operations_) operation.query = with_harmless(operation.query);
  events_ = tables::realtime_event();
}

const Operation& Contract::at(const std::string& id) const {
  for (const Operation& operation : operations_)
    if (operation.id == id) return operation;
  std::fprintf(stderr, "tutti: the API has no operation %s\n", id.c_str());
  std::abort();
}

void add_operation(Router& router, const Operation& operation, Handler handler,
                   RouteOptions options) {
  router.add(
      operation.method, operation.path,
      [shape = operation.query, handler = std::move(handler)](const Request& request,
                                                              const ReplyPtr& reply) {
        Checker checker;
        checker.query(request.query, *shape);
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        handler(request, reply);
      },
      options);
}

}  // namespace tutti
