// What read_config refuses, each with its code and field, and what it takes although it looks odd.
#include "sizing/config.h"

#include <doctest/doctest.h>

#include <string>

#include "sizing/known_models.h"
#include "sizing/report.h"

using namespace bitbudget;
using namespace bitbudget::sizing;

namespace {

/// A small Llama with `fields` in place of its own or beside them: `"vocab_size": 5`.
std::string llama(const std::string& name, const std::string& value) {
  const std::pair<const char*, const char*> own[] = {{"model_type", "\"llama\""},      {"hidden_size", "64"},         {"num_hidden_layers", "2"},
                                                     {"num_attention_heads", "4"},     {"num_key_value_heads", "2"},  {"intermediate_size", "96"},
                                                     {"vocab_size", "100"},            {"max_position_embeddings", "128"}};
  std::string text = "{";
  bool replaced = false;
  for (const auto& [key, content] : own) {
    const bool here = name == key;
    replaced = replaced || here;
    if (here && value.empty()) continue;  // left out
    text += std::string(text.size() > 1 ? ", " : "") + "\"" + key + "\": " + (here ? value : content);
  }
  if (!replaced && !name.empty()) text += ", \"" + name + "\": " + value;
  return text + "}";
}

/// The config of a known model with one more text before its closing brace.
std::string known_with(std::string_view id, const std::string& more) {
  for (const KnownModel& model : known_models()) {
    if (model.id == id) return std::string(model.config.substr(0, model.config.size() - 1)) + more + "}";
  }
  return "";
}

/// The config of a known model with the first `from` replaced.
std::string known_replacing(std::string_view id, std::string_view from, std::string_view to) {
  std::string text = known_with(id, "");
  const std::size_t at = text.find(from);
  CAPTURE(std::string(from));
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void check_refused(const std::string& text, ErrorCode code, const std::string& field) {
  CAPTURE(text);
  const auto model = read_config(text);
  REQUIRE_FALSE(model.has_value());
  CHECK(to_string(model.error().code) == to_string(code));
  CHECK(model.error().field == field);
  CHECK(model.error().message.size() > 20);
}

}  // namespace

TEST_CASE("a config that is no strict JSON object is refused with the offset") {
  const std::string open(200, '[');
  for (const std::string& text : {std::string(""), std::string("{"), std::string("[]"), std::string("null"), std::string("\"llama\""),
                                  std::string("{\"model_type\": \"llama\",}"), std::string("{'model_type': 'llama'}"), std::string("{\"a\": NaN}"),
                                  std::string("\xEF\xBB\xBF{}"), std::string("{\"a\": \"\xC3\x28\"}"), std::string("{\"a\": 01}"),
                                  std::string("{\"model_type\": \"llama\", \"model_type\": \"llama\"}"), std::string("{} {}"), "{\"a\": " + open + "}"}) {
    CAPTURE(text);
    const auto model = read_config(text);
    REQUIRE_FALSE(model.has_value());
    CHECK(model.error().code == ErrorCode::invalid_json);
    CHECK(model.error().offset.has_value());
  }
  const auto large = read_config("{\"a\": \"" + std::string(1 << 20, 'x') + "\"}");
  REQUIRE_FALSE(large.has_value());
  CHECK(large.error().code == ErrorCode::too_large);
}

TEST_CASE("bad fields are refused by name") {
  struct Case { std::string name; std::string value; ErrorCode code; std::string field; };
  const auto bad = ErrorCode::invalid_field;
  const auto missing = ErrorCode::missing_field;
  const Case cases[] = {
      {"model_type", "", missing, "model_type"},
      {"model_type", "null", missing, "model_type"},
      {"model_type", "7", bad, "model_type"},
      {"model_type", "\"unheard_of\"", ErrorCode::unknown_model, "model_type"},
      {"model_type", "\"Llama\"", ErrorCode::unknown_model, "model_type"},
      {"hidden_size", "", missing, "hidden_size"},
      {"hidden_size", "null", missing, "hidden_size"},
      {"hidden_size", "0", bad, "hidden_size"},
      {"hidden_size", "-64", bad, "hidden_size"},
      {"hidden_size", "64.5", bad, "hidden_size"},
      {"hidden_size", "\"64\"", bad, "hidden_size"},
      {"hidden_size", "true", bad, "hidden_size"},
      {"hidden_size", "[64]", bad, "hidden_size"},
      {"hidden_size", "{}", bad, "hidden_size"},
      {"hidden_size", "1048577", bad, "hidden_size"},
      {"hidden_size", "1e300", bad, "hidden_size"},
      {"hidden_size", "18446744073709551616", bad, "hidden_size"},
      {"hidden_size", "9007199254740993", bad, "hidden_size"},
      {"hidden_size", "66", bad, "num_attention_heads"},
      {"num_hidden_layers", "", missing, "num_hidden_layers"},
      {"num_hidden_layers", "0", bad, "num_hidden_layers"},
      {"num_hidden_layers", "10001", bad, "num_hidden_layers"},
      {"num_hidden_layers", "4294967297", bad, "num_hidden_layers"},
      {"num_attention_heads", "", missing, "num_attention_heads"},
      {"num_attention_heads", "0", bad, "num_attention_heads"},
      {"num_attention_heads", "65537", bad, "num_attention_heads"},
      {"num_key_value_heads", "0", bad, "num_key_value_heads"},
      {"num_key_value_heads", "3", bad, "num_key_value_heads"},
      {"num_key_value_heads", "8", bad, "num_key_value_heads"},
      {"num_key_value_heads", "-1", bad, "num_key_value_heads"},
      {"intermediate_size", "", missing, "intermediate_size"},
      {"intermediate_size", "16777217", bad, "intermediate_size"},
      {"vocab_size", "", missing, "vocab_size"},
      {"vocab_size", "16777217", bad, "vocab_size"},
      {"head_dim", "0", bad, "head_dim"},
      {"head_dim", "\"auto\"", bad, "head_dim"},
      {"max_position_embeddings", "0", bad, "max_position_embeddings"},
      {"tie_word_embeddings", "1", bad, "tie_word_embeddings"},
      {"tie_word_embeddings", "\"yes\"", bad, "tie_word_embeddings"},
      {"attention_bias", "0", bad, "attention_bias"},
      {"text_config", "7", bad, "text_config"},
      {"text_config", "null", bad, "text_config"},
      {"layer_types", "[]", bad, "layer_types"},
      {"layer_types", "[\"full_attention\"]", bad, "layer_types"},
      {"layer_types", "[\"full_attention\", \"full_attention\", \"full_attention\"]", bad, "layer_types"},
      {"layer_types", "{\"0\": \"full_attention\"}", bad, "layer_types"},
      {"hidden_size", "-0.0", bad, "hidden_size"},
      {"hidden_size", "1e-999", bad, "hidden_size"},
      {"num_hidden_layers", "2.5", bad, "num_hidden_layers"},
      {"num_key_value_heads", "[]", bad, "num_key_value_heads"},
      {"vocab_size", "9007199254740992", bad, "vocab_size"},
      {"text_config", "[]", bad, "text_config"},
      {"text_config", "{}", missing,
       "text_config.hidden_size, text_config.num_hidden_layers, text_config.num_attention_heads, text_config.vocab_size, text_config.intermediate_size"},
  };
  for (const auto& [name, value, code, field] : cases) check_refused(llama(name, value), code, field);
}

TEST_CASE("all missing fields are named at once") {
  check_refused(R"({"model_type": "llama"})", ErrorCode::missing_field,
                "hidden_size, num_hidden_layers, num_attention_heads, vocab_size, intermediate_size");
  check_refused(R"({"model_type": "gpt2", "n_embd": 768})", ErrorCode::missing_field, "n_layer, n_head, vocab_size, n_positions");
  check_refused(R"({"model_type": "opt", "hidden_size": 8, "num_attention_heads": 2})", ErrorCode::missing_field,
                "num_hidden_layers, vocab_size, ffn_dim");
  check_refused(R"({"model_type": "mamba"})", ErrorCode::missing_field, "hidden_size, num_hidden_layers, vocab_size");
  check_refused(R"({"model_type": "deepseek_v3", "hidden_size": 8, "vocab_size": 9})", ErrorCode::missing_field,
                "num_hidden_layers, num_attention_heads, intermediate_size, n_routed_experts, num_experts_per_tok, moe_intermediate_size");
}

TEST_CASE("bad fields of single families are refused by name") {
  const auto bad = ErrorCode::invalid_field;
  check_refused(known_replacing("mistralai/Mixtral-8x7B-v0.1", "\"num_experts_per_tok\":2", "\"num_experts_per_tok\":9"), bad, "num_experts_per_tok");
  check_refused(known_replacing("mistralai/Mixtral-8x7B-v0.1", "\"num_local_experts\":8", "\"num_local_experts\":65537"), bad, "num_local_experts");
  check_refused(known_replacing("mistralai/Mistral-7B-v0.1", "\"sliding_window\":4096", "\"sliding_window\":0"), bad, "sliding_window");
  check_refused(known_replacing("mistralai/Mistral-7B-v0.1", "\"sliding_window\":4096", "\"sliding_window\":\"4096\""), bad, "sliding_window");
  check_refused(known_with("Qwen/Qwen3-8B", ",\"layer_types\":[\"full_attention\"]"), bad, "layer_types");
  check_refused(known_with("Qwen/Qwen3-8B", ",\"layer_types\":\"full_attention\""), bad, "layer_types");
  check_refused(known_replacing("openai/gpt-oss-20b", "\"sliding_attention\"", "\"linear_attention\""), bad, "layer_types");
  check_refused(known_replacing("openai/gpt-oss-20b", "\"sliding_attention\"", "7"), bad, "layer_types");
  check_refused(known_replacing("google/gemma-3-4b-pt", "\"num_hidden_layers\":34", "\"num_hidden_layers\":0"), bad, "text_config.num_hidden_layers");
  check_refused(known_replacing("google/gemma-3-4b-pt", "\"patch_size\":14", "\"patch_size\":900"), bad, "vision_config.image_size");
  check_refused(known_replacing("google/gemma-3-4b-pt", "\"num_hidden_layers\":27", "\"layers\":27"), ErrorCode::missing_field, "vision_config.num_hidden_layers");
  check_refused(known_replacing("ai21labs/Jamba-v0.1", "\"attn_layer_offset\":4", "\"attn_layer_offset\":8"), bad, "attn_layer_offset");
  check_refused(known_replacing("ai21labs/Jamba-v0.1", "\"mamba_dt_rank\":256", "\"mamba_dt_rank\":\"some\""), bad, "mamba_dt_rank");
  check_refused(known_replacing("state-spaces/mamba-2.8b-hf", "\"state_size\":16", "\"state_size\":-16"), bad, "state_size");
  check_refused(known_replacing("deepseek-ai/DeepSeek-V3", "[128,128]", "[128]"), bad, "quantization_config.weight_block_size");
  check_refused(known_replacing("deepseek-ai/DeepSeek-V3", "\"kv_lora_rank\":512", "\"kv_lora_rank\":0"), bad, "kv_lora_rank");
  check_refused(known_replacing("EleutherAI/pythia-70m", "\"rotary_pct\":0.25", "\"rotary_pct\":2"), bad, "rotary_pct");
}

TEST_CASE("odd but legal configs are taken") {
  const auto whole = read_config(llama("hidden_size", "64.0"));
  REQUIRE(whole);
  CHECK(whole->hidden == 64);
  // null stands for absent: as many key/value heads as heads, no explicit head dimension.
  const auto many = read_config(llama("num_key_value_heads", "null"));
  REQUIRE(many);
  CHECK(many->kinds[0].attention.kv_heads == 4);
  // An explicit head dimension frees the heads from dividing the hidden size.
  const auto wide = read_config(known_with("Qwen/Qwen3-0.6B", ""));
  REQUIRE(wide);
  CHECK(wide->kinds[0].attention.query_heads * wide->kinds[0].attention.key_dim == 2048);
  CHECK(read_config(llama("some_new_field", "{\"a\": [1, null]}")));
  CHECK(read_config(llama("layer_types", "[\"full_attention\", \"full_attention\"]")));
  // Names that mean something elsewhere are names like any other, and no source of sizes.
  CHECK(read_config(llama("__proto__", "{\"hidden_size\": 1}"))->hidden == 64);
  check_refused(R"({"model_type": "llama", "__proto__": {"hidden_size": 64}})", ErrorCode::missing_field,
                "hidden_size, num_hidden_layers, num_attention_heads, vocab_size, intermediate_size");
  // 64 levels, the object's own among them.
  CHECK(read_config(llama("deep", std::string(63, '[') + std::string(63, ']'))));
  CHECK(read_config(llama("deep", std::string(64, '[') + std::string(64, ']'))).error().code == ErrorCode::invalid_json);
}

TEST_CASE("defaults that were taken are said") {
  const auto gemma = read_config(known_with("google/gemma-3-4b-pt", ""));
  REQUIRE(gemma);
  CHECK(gemma->vocabulary == 262208);
  CHECK(gemma->kinds[0].attention.kv_heads == 4);
  CHECK(gemma->notes.size() == 4);  // vocabulary, heads, key/value heads, head dimension
  const auto llama_model = read_config(llama("", ""));
  REQUIRE(llama_model);
  CHECK(llama_model->notes.empty());
}

TEST_CASE("patterns of sliding layers") {
  const auto sliding_layers = [](const std::string& text) {
    const auto model = read_config(text);
    REQUIRE(model.has_value());
    std::string pattern;
    for (const std::uint32_t kind : model->order) pattern += model->kinds[kind].attention.window == 0 ? 'f' : 's';
    return pattern;
  };
  CHECK(sliding_layers(known_with("google/gemma-2-2b", "")) == "sfsfsfsfsfsfsfsfsfsfsfsfsf");
  CHECK(sliding_layers(known_with("google/gemma-3-1b-pt", "")) == "sssssfsssssfsssssfsssssfss");
  CHECK(sliding_layers(known_with("openai/gpt-oss-20b", "")) == "sfsfsfsfsfsfsfsfsfsfsfsf");
  const std::string base = R"("hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 96, "vocab_size": 100)";
  // layer_types wins over every pattern.
  const std::string types = R"(, "layer_types": ["full_attention", "sliding_attention", "sliding_attention", "full_attention"])";
  CHECK(sliding_layers("{\"model_type\": \"gemma3_text\", \"sliding_window_pattern\": 2, " + base + types + "}") == "fssf");
  CHECK(sliding_layers("{\"model_type\": \"gemma2\", " + base + types + "}") == "fssf");
  CHECK(sliding_layers("{\"model_type\": \"gemma3_text\", \"sliding_window_pattern\": 2, " + base + "}") == "sfsf");
  // Qwen2 slides only where use_sliding_window says so, from layer max_window_layers on.
  const std::string qwen = "{\"model_type\": \"qwen2\", \"sliding_window\": 32, \"max_window_layers\": 3, " + base;
  CHECK(sliding_layers(qwen + "}") == "ffff");
  CHECK(sliding_layers(qwen + ", \"use_sliding_window\": true}") == "fffs");
  // Mistral: 4,096 if absent, none if null.
  CHECK(sliding_layers("{\"model_type\": \"mistral\", " + base + "}") == "ssss");
  CHECK(sliding_layers("{\"model_type\": \"mistral\", \"sliding_window\": null, " + base + "}") == "ffff");
}

TEST_CASE("absurd but legal sizes neither overflow nor hang") {
  const auto report = [](const std::string& text, const SizeOptions& options = {}) { return size_model(text, options); };
  // As large as every cap allows: 2^20 x 2^24 x 10,000 is past 2^53 parameters.
  const std::string huge = R"({"model_type": "llama", "hidden_size": 1048576, "num_hidden_layers": 10000, "num_attention_heads": 65536,
    "intermediate_size": 16777216, "vocab_size": 16777216})";
  const auto refused = report(huge);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::too_large);
  const std::string experts = R"({"model_type": "mixtral", "hidden_size": 1048576, "num_hidden_layers": 10000, "num_attention_heads": 1,
    "intermediate_size": 16777216, "vocab_size": 1, "num_local_experts": 65536, "num_experts_per_tok": 65536})";
  REQUIRE_FALSE(report(experts).has_value());
  CHECK(report(experts).error().code == ErrorCode::too_large);
  // 10,000 layers of a small model are fine.
  const auto deep = report(llama("num_hidden_layers", "10000"));
  REQUIRE(deep.has_value());
  CHECK(deep->parameters.total == 10000 * (64 * 64 * 2 + 64 * 32 * 2 + 3 * 64 * 96 + 128) + 2 * 6400 + 64);
  SizeOptions options;
  options.context = std::uint64_t{1} << 40;
  options.batch = std::uint64_t{1} << 40;
  const auto long_context = report(llama("", ""), options);
  REQUIRE_FALSE(long_context.has_value());
  CHECK(long_context.error().code == ErrorCode::too_large);
  options.batch = 0;
  CHECK(report(llama("", ""), options).error().field == "batch");
}

TEST_CASE("a model described by hand has the same sizes as the one that its family reads") {
  const auto same = [](const std::string& custom, std::string_view id) {
    const auto by_hand = size_model(custom);
    const auto read = size_model(known_with(id, ""));
    REQUIRE(by_hand.has_value());
    REQUIRE(read.has_value());
    CHECK(by_hand->parameters.total == read->parameters.total);
    CHECK(by_hand->parameters.active == read->parameters.active);
    CHECK(by_hand->kv_cache.total == read->kv_cache.total);
    CHECK(by_hand->flops_prefill.total == read->flops_prefill.total);
  };
  same(R"({"model_type": "custom", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
    "vocab_size": 50257, "norm": "layer", "gated": false, "attention_bias": true, "attention_output_bias": true, "mlp_bias": true,
    "learned_positions": 1024, "tie_word_embeddings": true})", "openai-community/gpt2");
  same(R"({"model_type": "custom", "hidden_size": 1152, "num_hidden_layers": 26, "num_attention_heads": 4, "num_key_value_heads": 1,
    "head_dim": 256, "intermediate_size": 6912, "vocab_size": 262144, "norms_per_layer": 4, "qk_norm": true, "sliding_window": 512,
    "sliding_window_pattern": 6, "tie_word_embeddings": true})", "google/gemma-3-1b-pt");
  same(R"({"model_type": "custom", "hidden_size": 5120, "num_hidden_layers": 60, "num_attention_heads": 128, "intermediate_size": 12288,
    "vocab_size": 102400, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
    "num_experts": 160, "num_experts_per_tok": 6, "moe_intermediate_size": 1536, "shared_expert_intermediate_size": 3072,
    "first_k_dense_replace": 1})", "deepseek-ai/DeepSeek-V2");
  check_refused(R"({"model_type": "custom", "norm": "batch", "hidden_size": 8})", ErrorCode::invalid_field, "norm");
  check_refused(R"({"model_type": "custom"})", ErrorCode::missing_field,
                "hidden_size, num_hidden_layers, num_attention_heads, vocab_size, intermediate_size");
}
