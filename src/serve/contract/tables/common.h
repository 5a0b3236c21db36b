// Fields and shapes that several families of endpoints share.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "serve/contract/contract.h"

namespace tutti::tables {

// Given to every family.
struct Facts {
  const ApiLimits& limits;
};

// Shared ones.
Field model_field(bool needed = true);
std::vector<Field> text_fields();  // of whatever writes text
// Other servers' ways to choose tokens and to end an answer. `longest` is what the endpoint calls
// the longest answer; `has_stop`, whether it has stop.
std::vector<Field> refused_samplers(const std::string& longest, bool has_stop = true);
// What other endpoints and servers call a field of this one; `instead` is that field's name.
std::vector<Field> refused_names(std::initializer_list<const char*> names,
                                 const std::string& instead);
std::vector<Field> refused_tools();
std::vector<Field> harmless_fields();  // nothing that changes an answer
std::vector<Field> harmless_query();   // of every request's query
Field stop();
void append(std::vector<Field>& all, std::vector<Field> more);

ShapePtr stream_options();
ShapePtr anything();   // any object
ShapePtr own_texts();  // 16 texts of the client's own, as OpenAI has it
Field voice();
Field any_voice();  // where it is not even repeated

}  // namespace tutti::tables
