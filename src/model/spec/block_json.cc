#include "model/spec/block_json.h"

#include "model/spec/json_fields.h"

namespace tutti {
namespace {

using Json = nlohmann::json;

const Words<Activation> kActivations = {{Activation::relu2, "relu2"},
                                        {Activation::silu, "silu"},
                                        {Activation::gelu, "gelu"},
                                        {Activation::swiglu, "swiglu"},
                                        {Activation::geglu, "geglu"}};
const Words<BlockSpec::Norm> kNorms = {{BlockSpec::Norm::rms, "rms"},
                                       {BlockSpec::Norm::layer, "layer"}};

Status read_axis(Fields& fields, const char* key, const std::string& path, RopeAxis& axis) {
  const Json* json = fields.find(key);
  if (!json) return {};
  TUTTI_CHECK(check_object(*json, path + key + "."));
  return Fields(*json, path + key + ".")
      .integer("pairs", axis.pairs, 0, kHeadWidth / 2)
      .number("first", axis.first, 1e-9f, 100)
      .number("last", axis.last, 1e-9f, 100)
      .finish();
}

Status read_rope(const Json& json, RopeSpec& rope) {
  const std::string path = "block.rope.";
  TUTTI_CHECK(check_object(json, path));
  Fields fields(json, path);
  TUTTI_CHECK(read_axis(fields, "time", path, rope.time));
  TUTTI_CHECK(read_axis(fields, "y", path, rope.y));
  TUTTI_CHECK(read_axis(fields, "x", path, rope.x));
  TUTTI_CHECK(fields.number("factor", rope.factor, 1, 1000)
                  .number("low", rope.low, 0.01f, 1000)
                  .number("high", rope.high, 0.01f, 1000)
                  .integer("original", rope.original, 1, 1 << 24)
                  .finish());
  if (rope.time.pairs + rope.y.pairs + rope.x.pairs != kHeadWidth / 2)
    return bad_field("block.rope",
                     "has " + std::to_string(rope.time.pairs + rope.y.pairs + rope.x.pairs) +
                         " pairs of channels in all; a head has 32");
  if (rope.high <= rope.low)
    return bad_field(path + "high", "is no more than \"low\"; expected more");
  return {};
}

Json axis_json(const RopeAxis& axis) {
  return {{"pairs", axis.pairs}, {"first", axis.first}, {"last", axis.last}};
}

}  // namespace

Status read_block(const Json& json, BlockSpec& block) {
  TUTTI_CHECK(check_object(json, "block."));
  Fields fields(json, "block.");
  fields.choice("norm", block.norm, kNorms)
      .number("eps", block.eps, 1e-12f, 0.1f)
      .flag("qk_norm", block.qk_norm)
      .integer("kv_heads", block.kv_heads, 0, 1 << 14)
      .choice("activation", block.activation, kActivations)
      .flag("qkv_bias", block.qkv_bias)
      .flag("bias", block.bias)
      .flag("skips", block.skips)
      .flag("routed", block.routed)
      .flag("tied", block.tied);
  if (const Json* rope = fields.find("rope")) TUTTI_CHECK(read_rope(*rope, block.rope));
  return fields.finish();
}

Json block_json(const BlockSpec& b) {
  return {{"norm", word_for(b.norm, kNorms)},
          {"eps", b.eps},
          {"qk_norm", b.qk_norm},
          {"kv_heads", b.kv_heads},
          {"activation", word_for(b.activation, kActivations)},
          {"qkv_bias", b.qkv_bias},
          {"bias", b.bias},
          {"rope",
           {{"time", axis_json(b.rope.time)},
            {"y", axis_json(b.rope.y)},
            {"x", axis_json(b.rope.x)},
            {"factor", b.rope.factor},
            {"low", b.rope.low},
            {"high", b.rope.high},
            {"original", b.rope.original}}},
          {"skips", b.skips},
          {"routed", b.routed},
          {"tied", b.tied}};
}

}  // namespace tutti
