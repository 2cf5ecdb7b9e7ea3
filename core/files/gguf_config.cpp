#include "files/gguf_config.h"

#include <algorithm>
#include <array>

#include "concat.h"
#include "files/gguf.h"
#include "files/json_scan.h"

namespace bitbudget::files {
namespace {

struct Architecture {
  std::string_view name;        // general.architecture
  std::string_view model_type;  // transformers'
  std::string_view with_experts;
};
constexpr std::array kArchitectures = {
    Architecture{"llama", "llama", "mixtral"},
    Architecture{"mistral3", "mistral", "mistral"},
    Architecture{"qwen2", "qwen2", "qwen2"},
    Architecture{"qwen2moe", "qwen2_moe", "qwen2_moe"},
    Architecture{"qwen3", "qwen3", "qwen3"},
    Architecture{"qwen3moe", "qwen3_moe", "qwen3_moe"},
    Architecture{"gemma", "gemma", "gemma"},
    Architecture{"gemma2", "gemma2", "gemma2"},
    Architecture{"gemma3", "gemma3_text", "gemma3_text"},
    Architecture{"phi2", "phi", "phi"},
    Architecture{"phi3", "phi3", "phi3"},
    Architecture{"gpt2", "gpt2", "gpt2"},
    Architecture{"gptneox", "gpt_neox", "gpt_neox"},
    Architecture{"bloom", "bloom", "bloom"},
    Architecture{"opt", "opt", "opt"},
    Architecture{"falcon", "falcon", "falcon"},
    Architecture{"deepseek2", "deepseek_v2", "deepseek_v2"},
    Architecture{"gpt-oss", "gpt_oss", "gpt_oss"},
};

/// Metadata that is a size: its key after "<architecture>." and config.json's field.
struct SizeName {
  std::string_view key;
  std::string_view field;
};
constexpr std::array kSizeNames = {
    SizeName{"embedding_length", "hidden_size"},
    SizeName{"block_count", "num_hidden_layers"},
    SizeName{"attention.head_count", "num_attention_heads"},
    SizeName{"attention.head_count_kv", "num_key_value_heads"},
    SizeName{"feed_forward_length", "intermediate_size"},
    SizeName{"context_length", "max_position_embeddings"},
    SizeName{"attention.sliding_window", "sliding_window"},
    SizeName{"expert_count", "num_local_experts"},
    SizeName{"expert_used_count", "num_experts_per_tok"},
    SizeName{"expert_feed_forward_length", "moe_intermediate_size"},
    SizeName{"expert_shared_feed_forward_length", "shared_expert_intermediate_size"},
    SizeName{"expert_shared_count", "n_shared_experts"},
    SizeName{"leading_dense_block_count", "first_k_dense_replace"},
    SizeName{"attention.q_lora_rank", "q_lora_rank"},
    SizeName{"attention.kv_lora_rank", "kv_lora_rank"},
};

class ConfigWriter {
 public:
  explicit ConfigWriter(const GgufHeader& header) : header_(header) {}

  std::string write() {
    const GgufValue* name = find(header_, "general.architecture");
    if (name == nullptr) return {};
    prefix_ = std::string(text_value(*name)) + ".";
    const auto known = std::find_if(kArchitectures.begin(), kArchitectures.end(), [&](const Architecture& each) { return each.name == text_value(*name); });
    if (known == kArchitectures.end()) return {};
    std::uint64_t experts = 0;
    number("expert_count", experts);
    put("model_type", json_string(experts > 0 ? known->with_experts : known->model_type));
    for (const SizeName& size : kSizeNames) {
      std::uint64_t value = 0;
      // A window or an expert count of 0 means that there is none.
      if (number(size.key, value) && value > 0) put(size.field, std::to_string(value));
    }
    if (experts > 0) {  // the families of Qwen and DeepSeek call them otherwise
      put("num_experts", std::to_string(experts));
      put("n_routed_experts", std::to_string(experts));
    }
    head_sizes(known->model_type);
    vocabulary();
    put("tie_word_embeddings", has_tensor("output.weight") ? "false" : "true");
    if (has_tensor("blk.0.attn_q.bias")) put("attention_bias", "true");
    return out_ + "}";
  }

 private:
  void put(std::string_view field, std::string_view value) {
    out_ += concat({out_.size() > 1 ? "," : "", json_string(field), ":", value});
  }

  /// Of an array with one number for each layer: the first that is not 0.
  bool number(std::string_view key, std::uint64_t& out) const {
    const GgufValue* value = find(header_, prefix_ + std::string(key));
    if (value == nullptr) return false;
    if (value->type != GgufType::array) return natural_value(*value, out);
    if (value->element == GgufType::string) return false;
    for (std::uint64_t i = 0; i < value->count; ++i) {
      if (!natural_value(element_of(*value, i), out)) return false;
      if (out > 0) return true;
    }
    return false;
  }

  bool has_tensor(std::string_view name) const {
    return std::any_of(header_.tensors.begin(), header_.tensors.end(), [&](const TensorInfo& tensor) { return tensor.name == name; });
  }

  void head_sizes(std::string_view model_type) {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
    std::uint64_t rope = 0;
    if (model_type != "deepseek_v2") {
      if (number("attention.key_length", key)) put("head_dim", std::to_string(key));
      return;
    }
    // A model whose queries are not compressed leaves this out: the family's default would stand for a rank that is not there.
    std::uint64_t rank = 0;
    if (!number("attention.q_lora_rank", rank)) put("q_lora_rank", "null");
    // Files made since latent attention is computed in its compressed form keep the heads' own sizes under *_mla.
    if (!number("attention.key_length_mla", key)) number("attention.key_length", key);
    if (!number("attention.value_length_mla", value)) number("attention.value_length", value);
    if (!number("rope.dimension_count", rope) || key <= rope) return;
    put("qk_nope_head_dim", std::to_string(key - rope));
    put("qk_rope_head_dim", std::to_string(rope));
    put("v_head_dim", std::to_string(value));
  }

  /// Its own key, or the number of tokens, or the rows of the embedding.
  void vocabulary() {
    std::uint64_t size = 0;
    const GgufValue* tokens = find(header_, "tokenizer.ggml.tokens");
    const auto embedding = std::find_if(header_.tensors.begin(), header_.tensors.end(), [](const TensorInfo& tensor) { return tensor.name == "token_embd.weight"; });
    if (embedding != header_.tensors.end() && embedding->shape.size() == 2) size = embedding->shape[0];
    else if (!number("vocab_size", size) && tokens != nullptr && tokens->type == GgufType::array) size = tokens->count;
    if (size > 0) put("vocab_size", std::to_string(size));
  }

  const GgufHeader& header_;
  std::string prefix_;
  std::string out_ = "{";
};

}  // namespace

std::string gguf_config(const GgufHeader& header) { return ConfigWriter(header).write(); }

}  // namespace bitbudget::files
