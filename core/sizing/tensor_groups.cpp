#include "sizing/tensor_groups.h"

#include <utility>

#include "concat.h"
#include "sizing/checked.h"

namespace bitbudget::sizing {
namespace {

/// Collects groups; the members set what the next ones share.
class Ledger {
 public:
  explicit Ledger(const ModelDescription& model) : model_(model) {}

  std::vector<TensorGroup> groups;
  std::uint64_t total = 0;

  void open_layers(int kind) {
    kind_ = kind;
    layers_ = kind < 0 ? 1 : model_.kinds[static_cast<std::size_t>(kind)].count;
  }
  void open_experts(std::uint64_t experts, std::uint64_t per_token) {
    copies_ = {experts, "E"};
    active_copies_ = per_token;
  }
  /// The image encoder's layers are counted as copies: they are no layers of the text model.
  void open_vision_layers(std::uint64_t layers) {
    copies_ = {layers, "L_v"};
    active_copies_ = layers;
  }
  void close_copies() {
    copies_ = {1, ""};
    active_copies_ = 1;
  }

  TensorGroup& put(TensorRole role, std::string name, std::string label, Extent rows, Extent columns) {
    TensorGroup group;
    group.id = kind_ < 0 ? name : concat({model_.kinds[static_cast<std::size_t>(kind_)].id, ".", name});
    group.label = std::move(label);
    group.name = std::move(name);
    group.role = role;
    group.layer_kind = kind_;
    group.rows = std::move(rows);
    group.columns = std::move(columns);
    group.per_layer = copies_;
    group.layers = layers_;
    group.copies = mul(layers_, copies_.value);
    group.parameters = mul(group.copies, group.rows.value, group.columns.value);
    group.active = mul(layers_, active_copies_, group.rows.value, group.columns.value);
    total = add(total, group.parameters);
    groups.push_back(std::move(group));
    return groups.back();
  }
  /// A linear layer: outputs x inputs, and its bias if it has one.
  void linear(TensorRole role, const std::string& name, const std::string& label, Extent outputs, Extent inputs, bool bias = false) {
    TensorGroup& group = put(role, name, label, outputs, std::move(inputs));
    group.matrix = group.matmul = true;
    if (bias) put(role, name + "_bias", label + ", bias", {1, ""}, std::move(outputs)).bias = true;
  }
  void table(TensorRole role, std::string name, std::string label, Extent rows, Extent columns) {
    put(role, std::move(name), std::move(label), std::move(rows), std::move(columns)).matrix = true;
  }
  void vector(TensorRole role, std::string name, std::string label, Extent length) {
    put(role, std::move(name), std::move(label), {1, ""}, std::move(length));
  }
  void norm(NormKind kind, const std::string& name, const std::string& label, const Extent& length,
            TensorRole role = TensorRole::norm) {
    if (kind == NormKind::none) return;
    vector(role, name, label, length);
    if (kind == NormKind::layer) put(role, name + "_bias", label + ", shift", {1, ""}, length).bias = true;
  }

 private:
  const ModelDescription& model_;
  int kind_ = -1;
  std::uint64_t layers_ = 1;
  Extent copies_ = {1, ""};
  std::uint64_t active_copies_ = 1;
};

void put_head_attention(Ledger& ledger, const Attention& attention, const Extent& d) {
  constexpr TensorRole role = TensorRole::attention;
  const bool one_width = attention.key_dim == attention.value_dim;
  const Extent queries = {mul(attention.query_heads, attention.key_dim), "a h"};
  const Extent keys = {mul(attention.kv_heads, attention.key_dim), "k h"};
  const Extent values = {mul(attention.kv_heads, attention.value_dim), one_width ? "k h" : "k h_v"};
  const Extent mixed = {mul(attention.query_heads, attention.value_dim), one_width ? "a h" : "a h_v"};
  if (attention.fused_qkv) {
    const Extent all = {add(queries.value, keys.value, values.value), one_width ? "(a + 2 k) h" : "(a h + k h + k h_v)"};
    ledger.linear(role, "attn_qkv", "Query, key and value projection", all, d, attention.qkv_bias);
  } else {
    ledger.linear(role, "attn_q", "Query projection", queries, d, attention.qkv_bias);
    ledger.linear(role, "attn_k", "Key projection", keys, d, attention.qkv_bias);
    ledger.linear(role, "attn_v", "Value projection", values, d, attention.qkv_bias);
  }
  ledger.linear(role, "attn_output", "Output projection", d, mixed, attention.output_bias);
  if (attention.sinks) ledger.vector(role, "attn_sinks", "Attention sinks", {attention.query_heads, "a"});
  ledger.norm(attention.qk_norm, "attn_q_norm", "Norm of queries", {attention.key_dim, "h"});
  ledger.norm(attention.qk_norm, "attn_k_norm", "Norm of keys", {attention.key_dim, "h"});
}

/// DeepSeek-V2 (arXiv 2405.04434), section 2.1; names of the tensors as in its published checkpoints.
void put_latent_attention(Ledger& ledger, const Attention& attention, const Extent& d) {
  constexpr TensorRole role = TensorRole::attention;
  const Extent queries = {mul(attention.query_heads, attention.key_dim), "a h"};
  const Extent query_rank = {attention.query_rank, "c_q"};
  const Extent kv_rank = {attention.kv_rank, "c"};
  const Extent compressed = {add(attention.kv_rank, attention.rope_dim), "(c + h_r)"};
  const std::uint64_t plain_key = attention.key_dim - attention.rope_dim;
  const Extent expanded = {mul(attention.query_heads, add(plain_key, attention.value_dim)), "a (h - h_r + h_v)"};
  const Extent mixed = {mul(attention.query_heads, attention.value_dim), "a h_v"};
  if (attention.query_rank == 0) {
    ledger.linear(role, "attn_q", "Query projection", queries, d);
  } else {
    ledger.linear(role, "attn_q_a", "Query compression", query_rank, d, attention.qkv_bias);
    ledger.norm(NormKind::rms, "attn_q_a_norm", "Norm of compressed queries", query_rank);
    ledger.linear(role, "attn_q_b", "Query expansion", queries, query_rank);
  }
  ledger.linear(role, "attn_kv_a_mqa", "Key and value compression", compressed, d, attention.qkv_bias);
  ledger.norm(NormKind::rms, "attn_kv_a_norm", "Norm of compressed keys and values", kv_rank);
  ledger.linear(role, "attn_kv_b", "Key and value expansion", expanded, kv_rank);
  ledger.linear(role, "attn_output", "Output projection", d, mixed, attention.output_bias);
}

struct FeedForwardNames {
  TensorRole role;
  std::string suffix;  // of the tensors' names
  std::string of;      // of the labels
};

void put_feed_forward_matrices(Ledger& ledger, const FeedForward& ffn, const Extent& width, const Extent& d, const FeedForwardNames& names) {
  const auto [role, suffix, of] = names;
  if (ffn.gated && ffn.fused_gate_up) {
    const Extent both = {mul(2, width.value), "2 " + width.symbol};
    ledger.linear(role, "ffn_up" + suffix, "Gate and up projection" + of, both, d, ffn.bias);
  } else {
    if (ffn.gated) ledger.linear(role, "ffn_gate" + suffix, "Gate projection" + of, width, d, ffn.bias);
    ledger.linear(role, "ffn_up" + suffix, "Up projection" + of, width, d, ffn.bias);
  }
  ledger.linear(role, "ffn_down" + suffix, "Down projection" + of, d, width, ffn.bias);
}

void put_feed_forward(Ledger& ledger, const FeedForward& ffn, const Extent& d) {
  if (ffn.kind == FeedForwardKind::none) return;
  if (ffn.kind == FeedForwardKind::dense) {
    put_feed_forward_matrices(ledger, ffn, {ffn.width, "f"}, d, {TensorRole::feed_forward, "", ""});
    return;
  }
  ledger.linear(TensorRole::router, "ffn_gate_inp", "Router", {ffn.experts, "E"}, d, ffn.router_bias);
  if (ffn.router_correction) ledger.vector(TensorRole::router, "exp_probs_b", "Router correction", {ffn.experts, "E"});
  ledger.open_experts(ffn.experts, ffn.experts_per_token);
  put_feed_forward_matrices(ledger, ffn, {ffn.width, "f_e"}, d, {TensorRole::expert, "_exps", " of the experts"});
  ledger.close_copies();
  if (ffn.shared_width == 0) return;
  put_feed_forward_matrices(ledger, ffn, {ffn.shared_width, "f_s"}, d, {TensorRole::shared_expert, "_shexp", " of the shared experts"});
  if (ffn.shared_gate) ledger.linear(TensorRole::shared_expert, "ffn_gate_inp_shexp", "Gate of the shared experts", {1, ""}, d);
}

/// Mamba (arXiv 2312.00752), section 3.4 and figure 3; sizes as in its published checkpoints.
void put_recurrent(Ledger& ledger, const Recurrent& recurrent, const Extent& d) {
  if (recurrent.inner == 0) return;
  constexpr TensorRole role = TensorRole::recurrent;
  const Extent inner = {recurrent.inner, "e"};
  const Extent state = {recurrent.state, "n"};
  const Extent rank = {recurrent.dt_rank, "r"};
  const Extent selected = {add(recurrent.dt_rank, mul(2, recurrent.state)), "(r + 2 n)"};
  ledger.linear(role, "ssm_in", "Input and gate projection", {mul(2, inner.value), "2 e"}, d, recurrent.projection_bias);
  ledger.table(role, "ssm_conv1d", "Short convolution", inner, {recurrent.conv, "m"});
  if (recurrent.conv_bias) ledger.vector(role, "ssm_conv1d_bias", "Short convolution, bias", inner);
  ledger.linear(role, "ssm_x", "Selection of dt, B and C", selected, inner);
  ledger.linear(role, "ssm_dt", "Step size projection", inner, rank, true);
  ledger.table(role, "ssm_a", "State matrix A", inner, state);
  ledger.vector(role, "ssm_d", "Skip D", inner);
  ledger.linear(role, "ssm_out", "Output projection", d, inner, recurrent.projection_bias);
  if (!recurrent.inner_norms) return;
  ledger.norm(NormKind::rms, "ssm_dt_norm", "Norm of dt", rank);
  ledger.norm(NormKind::rms, "ssm_b_norm", "Norm of B", state);
  ledger.norm(NormKind::rms, "ssm_c_norm", "Norm of C", state);
}

void put_layers(Ledger& ledger, const ModelDescription& model, int index, const Extent& d) {
  const LayerKind& kind = model.kinds[static_cast<std::size_t>(index)];
  if (kind.count == 0) return;
  ledger.open_layers(index);
  for (std::uint32_t i = 0; i < kind.norms; ++i) {
    const std::string number = kind.norms == 1 ? "" : " " + std::to_string(i + 1);
    ledger.norm(model.norm, "norm_" + std::to_string(i + 1), "Layer norm" + number, d);
  }
  if (kind.attention.kind == AttentionKind::heads) put_head_attention(ledger, kind.attention, d);
  if (kind.attention.kind == AttentionKind::latent) put_latent_attention(ledger, kind.attention, d);
  put_recurrent(ledger, kind.recurrent, d);
  put_feed_forward(ledger, kind.feed_forward, d);
  ledger.open_layers(-1);
}

void put_start(Ledger& ledger, const ModelDescription& model, const Extent& d) {
  const Extent width = {model.embedding_dim(), model.embedding_width == 0 ? "d" : "d_e"};
  ledger.table(TensorRole::embedding, "token_embd", "Token embedding", {model.vocabulary, "V"}, width);
  ledger.groups.back().matmul = model.tied_head;
  if (model.positions > 0) ledger.table(TensorRole::position, "position_embd", "Learned positions", {model.positions, "P"}, d);
  if (model.embedding_norm) ledger.norm(model.norm, "token_embd_norm", "Norm of the embedding", d);
  if (model.embedding_width != 0) ledger.linear(TensorRole::embedding, "project_in", "Embedding to hidden", d, width);
}

void put_end(Ledger& ledger, const ModelDescription& model, const Extent& d) {
  const Extent width = {model.embedding_dim(), model.embedding_width == 0 ? "d" : "d_e"};
  if (model.final_norm) ledger.norm(model.norm, "output_norm", "Final norm", d);
  if (model.embedding_width != 0) ledger.linear(TensorRole::embedding, "project_out", "Hidden to embedding", width, d);
  const Extent vocabulary = {model.vocabulary, "V"};
  if (!model.tied_head) {
    ledger.linear(TensorRole::head, "output", "Output head", vocabulary, width, model.head_bias);
  } else if (model.head_bias) {
    ledger.vector(TensorRole::head, "output_bias", "Output head, bias", vocabulary);
  }
}

/// SigLIP (arXiv 2303.15343) as Gemma 3 holds it: no head, layer norms with shift, biases everywhere; then the projector.
void put_vision(Ledger& ledger, const VisionTower& vision, const Extent& text) {
  if (vision.hidden == 0) return;
  constexpr TensorRole role = TensorRole::vision;
  const Extent d = {vision.hidden, "d_v"};
  const std::uint64_t pixels = mul(vision.channels, vision.patch, vision.patch);
  ledger.linear(role, "v.patch_embd", "Image patches", d, {pixels, "3 p^2"}, true);
  ledger.table(role, "v.position_embd", "Image positions", {vision.patches, "P_v"}, d);
  ledger.open_vision_layers(vision.layers);
  for (const char* name : {"q", "k", "v", "out"}) {
    ledger.linear(role, std::string("v.attn_") + name, std::string("Image encoder, attention ") + name, d, d, true);
  }
  const Extent width = {vision.intermediate, "f_v"};
  ledger.linear(role, "v.ffn_up", "Image encoder, up projection", width, d, true);
  ledger.linear(role, "v.ffn_down", "Image encoder, down projection", d, width, true);
  for (const char* name : {"v.ln1", "v.ln2"}) ledger.norm(NormKind::layer, name, "Image encoder, norm", d, role);
  ledger.close_copies();
  ledger.norm(NormKind::layer, "v.post_ln", "Image encoder, last norm", d, role);
  ledger.vector(role, "mm.soft_emb_norm", "Norm before the image projector", d);
  ledger.linear(role, "mm.input_projection", "Image projector", text, d);
}

}  // namespace

std::string_view to_string(TensorRole role) {
  switch (role) {
    case TensorRole::embedding: return "embedding";
    case TensorRole::position: return "position";
    case TensorRole::head: return "head";
    case TensorRole::norm: return "norm";
    case TensorRole::attention: return "attention";
    case TensorRole::feed_forward: return "feed_forward";
    case TensorRole::expert: return "expert";
    case TensorRole::shared_expert: return "shared_expert";
    case TensorRole::router: return "router";
    case TensorRole::recurrent: return "recurrent";
    case TensorRole::vision: return "vision";
  }
  return "";
}

Result<std::vector<TensorGroup>> tensor_groups(const ModelDescription& model) {
  if (auto checked = check_model(model); !checked) return std::unexpected(checked.error());
  const Extent d = {model.hidden, "d"};
  Ledger ledger(model);
  put_start(ledger, model, d);
  for (std::size_t i = 0; i < model.kinds.size(); ++i) put_layers(ledger, model, static_cast<int>(i), d);
  put_end(ledger, model, d);
  put_vision(ledger, model.vision, d);
  if (!fits_exactly(ledger.total)) {
    return fail(ErrorCode::too_large, "This model would have more than 2^53 parameters: check its sizes.");
  }
  return std::move(ledger.groups);
}

}  // namespace bitbudget::sizing
