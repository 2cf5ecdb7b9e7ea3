// A language model as plain numbers: everything that the sizes follow from. families/ reads it from a config.json;
// it can as well be filled in by hand (append_layers, then check_model).
// Symbols in formulas: d hidden, V vocabulary, L layers, a query heads, k key/value heads, h head dimension,
// f feed-forward width, E experts, K experts per token, W window.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "error.h"

namespace bitbudget::sizing {

/// none: no norm here. layer: scale and shift (2 d). rms, layer_without_bias: scale only (d).
enum class NormKind { none, rms, layer, layer_without_bias };

enum class AttentionKind {
  none,
  heads,   // queries, keys and values by head: multi-head (k = a), grouped (k < a) or multi-query (k = 1)
  latent,  // multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): keys and values from a shared compressed vector
};

struct Attention {
  AttentionKind kind = AttentionKind::none;
  std::uint64_t query_heads = 0;
  std::uint64_t kv_heads = 0;    // divides query_heads
  std::uint64_t key_dim = 0;     // of one head of queries and keys; latent: with rope_dim in
  std::uint64_t value_dim = 0;   // of one head of values
  std::uint64_t window = 0;      // tokens that a query sees, itself among them; 0: all
  bool qkv_bias = false;
  bool output_bias = false;
  bool fused_qkv = false;        // one stored matrix for queries, keys and values
  NormKind qk_norm = NormKind::none;  // over each head of queries and of keys, weights shared by the heads
  bool sinks = false;            // one learned logit per query head (gpt-oss)
  std::uint64_t query_rank = 0;  // latent: 0 if queries are not compressed
  std::uint64_t kv_rank = 0;     // latent: width of the shared compressed vector
  std::uint64_t rope_dim = 0;    // latent: width of the shared rotary key
  bool operator==(const Attention&) const = default;
};

enum class FeedForwardKind { none, dense, experts };

struct FeedForward {
  FeedForwardKind kind = FeedForwardKind::none;
  bool gated = false;                   // three matrices (gate, up, down) instead of two
  bool bias = false;
  bool fused_gate_up = false;           // one stored matrix for gate and up
  std::uint64_t width = 0;              // f: of the dense layer or of one expert
  std::uint64_t experts = 0;            // routed
  std::uint64_t experts_per_token = 0;
  std::uint64_t shared_width = 0;       // of all always-on experts together; 0 if there are none
  bool shared_gate = false;             // a d x 1 gate on the shared experts (Qwen2-MoE)
  bool router_bias = false;
  bool router_correction = false;       // one more learned number per expert (DeepSeek-V3)
  bool operator==(const FeedForward&) const = default;
};

/// A selective state-space layer (Mamba, arXiv 2312.00752). inner = 0: none.
struct Recurrent {
  std::uint64_t inner = 0;
  std::uint64_t state = 0;
  std::uint64_t conv = 0;     // taps of the short convolution
  std::uint64_t dt_rank = 0;
  bool conv_bias = true;
  bool projection_bias = false;
  bool inner_norms = false;   // RMS norms on dt, B and C (Jamba)
  bool operator==(const Recurrent&) const = default;
};

/// Identical layers. attention, recurrent and feed_forward stand one after another, as far as they are there.
struct LayerKind {
  std::string id;             // "full", "sliding", "dense", "moe", "mamba" ...; unique in its model
  std::string label;          // "Sliding-window layers"
  std::uint64_t count = 0;    // kept by append_layers
  std::uint32_t norms = 2;    // norms over d in each layer, those of queries and keys apart
  bool parallel = false;      // attention and feed-forward read the same input
  Attention attention;
  FeedForward feed_forward;
  Recurrent recurrent;
};

/// A SigLIP-like image encoder and its projector into the text model.
struct VisionTower {
  std::uint64_t hidden = 0;
  std::uint64_t layers = 0;
  std::uint64_t intermediate = 0;
  std::uint64_t channels = 3;
  std::uint64_t patch = 0;    // side of one patch, pixels
  std::uint64_t patches = 0;  // positions: (image / patch)^2
};

/// Scales that a quantized checkpoint stores, one for each block of rows x columns weights. rows = 0: none.
struct StoredScales {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  bool experts_only = false;  // otherwise of all linear layers but routers and head
};

/// Elements that files of this model hold beyond its parameters, or may hold.
struct StoredExtra {
  std::string id;
  std::string label;
  std::uint64_t elements = 0;
  bool always = false;  // published files hold it; otherwise some do (older conversions, tied heads written out)
};

struct ModelDescription {
  std::string model_type;
  std::string family;                 // "Llama"
  std::uint64_t hidden = 0;
  std::uint64_t vocabulary = 0;
  std::uint64_t embedding_width = 0;  // 0: hidden. Otherwise with two projections (OPT-350M)
  std::uint64_t positions = 0;        // rows of a learned position table; 0: none
  std::uint64_t max_context = 0;      // tokens the model was made for; 0: unknown
  NormKind norm = NormKind::rms;
  bool embedding_norm = false;        // a norm right after the embedding (BLOOM)
  bool final_norm = true;
  bool tied_head = false;
  bool head_bias = false;
  std::vector<LayerKind> kinds;
  std::vector<std::uint32_t> order;   // for each layer from the first, its index in kinds
  VisionTower vision;                 // hidden = 0: none
  std::uint64_t prediction_layers = 0;  // multi-token prediction modules: in files, not among the parameters (DeepSeek-V3)
  StoredScales scales;                // of its published checkpoint
  std::uint64_t rotary_table = 0;     // numbers in each attention layer that older conversions write out
  std::uint64_t mask_context = 0;     // side of the causal mask in each layer that older conversions write out
  std::vector<std::string> notes;     // sentences: which defaults were taken, what is left out

  std::uint64_t layers() const { return order.size(); }
  std::uint64_t embedding_dim() const { return embedding_width == 0 ? hidden : embedding_width; }
};

constexpr std::uint64_t kMaxHidden = std::uint64_t{1} << 20;
constexpr std::uint64_t kMaxLayers = 10'000;
constexpr std::uint64_t kMaxHeads = std::uint64_t{1} << 16;
constexpr std::uint64_t kMaxVocabulary = std::uint64_t{1} << 24;
constexpr std::uint64_t kMaxIntermediate = std::uint64_t{1} << 24;
constexpr std::uint64_t kMaxExperts = std::uint64_t{1} << 16;
constexpr std::uint64_t kMaxTokens = std::uint64_t{1} << 40;  // of a context or a window

/// Puts `count` (<= kMaxLayers) layers of a kind after those there are. A kind that is already there (all but id, label and count
/// equal) is counted on, so that patterns give few kinds.
void append_layers(ModelDescription& model, const LayerKind& kind, std::uint64_t count = 1);

/// The rules that every description obeys, read or made by hand: sizes >= 1 and within the caps above, kv heads divide
/// heads, top-k <= experts, order and counts agree. invalid_field names the first broken one.
Result<void> check_model(const ModelDescription& model);

}  // namespace bitbudget::sizing
