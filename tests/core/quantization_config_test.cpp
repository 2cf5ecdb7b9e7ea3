#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "files/json.h"
#include "plan/quantization_config.h"

using namespace bitbudget;
using plan::Assignment;

namespace {

files::Json parsed(const Result<std::string>& text) {
  REQUIRE(text);
  auto json = files::parse_json(*text);
  REQUIRE(json);
  return std::move(*json);
}

const std::vector<Assignment> kPacked{{"model.layers.0.mlp.up_proj.weight", "int4_asym_g32"}, {"lm_head.weight", "bf16"}};

}  // namespace

TEST_CASE("quantization_config: one layout, word for word") {
  const auto text = plan::quantization_config(kPacked);
  REQUIRE(text);
  CHECK(*text == R"({
  "quantization_config": {
    "quant_method": "compressed-tensors",
    "config_groups": {
      "group_0": {
        "format": "pack-quantized",
        "weights": {"num_bits": 4, "type": "int", "symmetric": false, "strategy": "group", "group_size": 32},
        "input_activations": null,
        "output_activations": null,
        "targets": [
          "model.layers.0.mlp.up_proj"
        ]
      }
    },
    "format": "pack-quantized",
    "quantization_status": "compressed",
    "kv_cache_scheme": null,
    "ignore": [
      "lm_head"
    ]
  }
}
)");
}

TEST_CASE("quantization_config: a group for each format; two layouts are mixed precision") {
  const std::vector<Assignment> mixed{{"a.weight", "int8_sym_row"}, {"b.weight", "f8_e4m3_row"}, {"c.weight", "int8_sym_row"}, {"d.weight", "f8_e4m3"}, {"e.weight", "int4_sym_g128"}, {"f.experts", ""}};
  const auto config = parsed(plan::quantization_config(mixed))["quantization_config"];
  CHECK(config["format"] == "mixed-precision");
  CHECK(config["ignore"] == files::Json{"f.experts"});
  struct Expected { std::string_view format, strategy, type; int bits; files::Json targets; };
  const std::vector<Expected> expected{{"float-quantized", "channel", "float", 8, {"b"}},
                                       {"float-quantized", "tensor", "float", 8, {"d"}},
                                       {"pack-quantized", "group", "int", 4, {"e"}},
                                       {"pack-quantized", "channel", "int", 8, {"a", "c"}}};
  REQUIRE(config["config_groups"].size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    const auto& group = config["config_groups"]["group_" + std::to_string(i)];
    CHECK(group["format"] == expected[i].format);
    CHECK(group["weights"]["strategy"] == expected[i].strategy);
    CHECK(group["weights"]["type"] == expected[i].type);
    CHECK(group["weights"]["num_bits"] == expected[i].bits);
    CHECK(group["weights"]["symmetric"] == true);
    CHECK(group["weights"].contains("group_size") == (expected[i].strategy == "group"));
    CHECK(group["targets"] == expected[i].targets);
  }
  const auto scaled = parsed(plan::quantization_config(std::vector<Assignment>{{"a.weight", "f8_e4m3"}}))["quantization_config"];
  CHECK(scaled["format"] == "float-quantized");
  CHECK(scaled["ignore"].empty());
}

TEST_CASE("quantization_config: the config.json around it stays byte for byte") {
  const auto alone = parsed(plan::quantization_config(kPacked))["quantization_config"];
  // Numbers, escapes, spaces and the order are the model's own.
  const std::string_view before = "{\r\n  \"rms_norm_eps\": 1e-05, \"name\": \"\\u0041\",\n\t\"deep\": {\"quantization_config\": {}, \"list\": [1, {\"a\": []}]}";
  for (const std::string_view after : {"}", "\n}\n", " \r\n } \n\n"}) {
    const auto text = plan::quantization_config(kPacked, std::string(before) + std::string(after));
    CHECK(text->starts_with(std::string(before) + ",\n  \"quantization_config\": {\n"));
    CHECK(text->ends_with("\n  }\n" + std::string(after.substr(after.find('}')))));
    CHECK(parsed(text)["quantization_config"] == alone);
  }
  for (const std::string_view empty : {"{}", "{ \n }"}) CHECK(parsed(plan::quantization_config(kPacked, empty)).size() == 1);
}

TEST_CASE("quantization_config: a null is replaced where it stands, another one is refused") {
  const auto text = plan::quantization_config(kPacked, R"({"quantization_config" : null , "quantization_config2": null})");
  REQUIRE(text);
  CHECK(text->starts_with(R"({"quantization_config" : {)"));
  CHECK(text->ends_with(R"(} , "quantization_config2": null})"));
  CHECK(parsed(text)["quantization_config"] == parsed(plan::quantization_config(kPacked))["quantization_config"]);
  for (const std::string_view own : {R"({"quantization_config": {"quant_method": "fp8"}})", R"({"a": 1, "quantization_config": false})", R"({"quantization\u005fconfig": []})"}) {
    const auto refused = plan::quantization_config(kPacked, own);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unsupported);
    CHECK(refused.error().field == "quantization_config");
  }
}

TEST_CASE("quantization_config: names become JSON strings") {
  const auto config = parsed(plan::quantization_config(std::vector<Assignment>{{"a\"\n\\.weight", "int4_sym_row"}, {"\t", "f32"}}))["quantization_config"];
  CHECK(config["config_groups"]["group_0"]["targets"] == files::Json{"a\"\n\\"});
  CHECK(config["ignore"] == files::Json{"\t"});
}

TEST_CASE("quantization_config: what cannot be told to engines is refused, with its tensor") {
  for (const char* format : {"q4_k", "f8_e5m2", "f8_e5m2_row", "int8_sym_tensor", "mxfp4", "nvfp4", "int9_sym_row", "none"}) {
    CAPTURE(format);
    const auto refused = plan::quantization_config(std::vector<Assignment>{{"fine.weight", "int8_sym_row"}, {"a.weight", format}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unsupported);
    CHECK(refused.error().field == "a.weight");
  }
  CHECK(plan::quantization_config(std::vector<Assignment>{{"experts.down", "f8_e4m3"}}).error().field == "experts.down");
  CHECK(plan::quantization_config(std::vector<Assignment>{{"a.weight", "bf16"}}).error().code == ErrorCode::invalid_argument);
  CHECK(plan::quantization_config({}).error().code == ErrorCode::invalid_argument);
  CHECK(plan::quantization_config(kPacked, "[]").error().code == ErrorCode::invalid_file);
  CHECK(plan::quantization_config(kPacked, "{\"a\": }").error().code == ErrorCode::invalid_json);
  CHECK(plan::quantization_config(kPacked, "{\"a\": 1").error().offset == 7);
}
