#include "serve/contract/contract.h"

#include <cassert>

#include "serve/contract/fields.h"
#include "serve/contract/tables/tables.h"

namespace tutti {
namespace {

const Shape kNoQuery;

}  // namespace

Contract::Contract(const ApiLimits& limits, const ModelFacts& model) {
  const tables::Facts facts{limits, model};
  for (auto& family :
       {tables::models(), tables::chat(facts), tables::responses(facts), tables::completions(facts),
        tables::embeddings(facts), tables::images(facts), tables::speech(facts),
        tables::transcriptions(facts), tables::realtime(), tables::explain(facts),
        tables::conversations(), tables::files(), tables::health()})
    operations_.insert(operations_.end(), family.begin(), family.end());
  events_ = tables::realtime_event();
}

const Operation& Contract::at(const std::string& id) const {
  for (const Operation& operation : operations_)
    if (operation.id == id) return operation;
  assert(!"an operation that is not in the table");
  return operations_.front();
}

void add_operation(Router& router, const Operation& operation, Handler handler,
                   RouteOptions options) {
  const ShapePtr shape = operation.query;
  router.add(
      operation.method, operation.path,
      [shape, handler = std::move(handler)](const Request& request, const ReplyPtr& reply) {
        Checker checker;
        checker.query(request.query, shape ? *shape : kNoQuery);
        if (checker.problem()) return send_problem(*reply, *checker.problem());
        handler(request, reply);
      },
      options);
}

}  // namespace tutti
