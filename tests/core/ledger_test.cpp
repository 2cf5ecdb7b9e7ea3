#include "files/ledger.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "sizing/config.h"

using namespace bitbudget;

namespace {

constexpr std::string_view kConfig = R"({"model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,)"
                                     R"("intermediate_size":128,"vocab_size":100,"tie_word_embeddings":TIED})";

sizing::ModelDescription model(bool tied) {
  std::string text(kConfig);
  text.replace(text.find("TIED"), 4, tied ? "true" : "false");
  return *sizing::read_config(text);
}

files::TensorInfo tensor(std::string name, std::vector<std::uint64_t> shape) {
  files::TensorInfo info;
  info.name = std::move(name);
  info.type = files::find_element_type("F16");
  info.shape = std::move(shape);
  info.byte_length = *files::element_count(info.shape) * 2;
  return info;
}

/// The checkpoint of that config as transformers saves it.
std::vector<files::TensorInfo> checkpoint(bool head) {
  std::vector<files::TensorInfo> out = {tensor("model.embed_tokens.weight", {100, 64}), tensor("model.norm.weight", {64})};
  if (head) out.push_back(tensor("lm_head.weight", {100, 64}));
  for (int layer = 0; layer < 2; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    out.push_back(tensor(prefix + "self_attn.q_proj.weight", {64, 64}));
    out.push_back(tensor(prefix + "self_attn.k_proj.weight", {32, 64}));
    out.push_back(tensor(prefix + "self_attn.v_proj.weight", {32, 64}));
    out.push_back(tensor(prefix + "self_attn.o_proj.weight", {64, 64}));
    for (const char* name : {"gate_proj", "up_proj"}) out.push_back(tensor(prefix + "mlp." + name + ".weight", {128, 64}));
    out.push_back(tensor(prefix + "mlp.down_proj.weight", {64, 128}));
    for (const char* name : {"input_layernorm", "post_attention_layernorm"}) out.push_back(tensor(prefix + name + ".weight", {64}));
  }
  return out;
}

// 2 x 100 x 64, and in each layer 2 x 64^2 + 2 x 32 x 64 + 3 x 64 x 128 + 2 x 64, and 64 at the end.
constexpr std::uint64_t kParameters = 2 * 6400 + 2 * (8192 + 4096 + 24576 + 128) + 64;

files::TieOut tie(std::span<const files::TensorInfo> tensors, const sizing::ModelDescription& description) {
  return files::tie_out(files::make_ledger(tensors), description, *sizing::tensor_groups(description));
}

}  // namespace

TEST_CASE("ledger: names of transformers and of llama.cpp are placed alike") {
  struct Case { std::string_view name; int layer; std::string_view kind; };
  for (const auto& [name, layer, kind] : std::vector<Case>{
           {"model.embed_tokens.weight", -1, "embedding"}, {"token_embd.weight", -1, "embedding"}, {"transformer.wte.weight", -1, "embedding"},
           {"lm_head.weight", -1, "head"}, {"output.weight", -1, "head"}, {"output_norm.weight", -1, "norm"}, {"model.norm.weight", -1, "norm"},
           {"h.11.attn.bias", 11, "buffer"}, {"h.11.attn.c_attn.bias", 11, "attention"}, {"h.3.ln_1.weight", 3, "norm"}, {"wpe.weight", -1, "position"},
           {"model.layers.7.self_attn.q_norm.weight", 7, "norm"}, {"blk.7.attn_q.weight", 7, "attention"}, {"blk.7.attn_norm.weight", 7, "norm"},
           {"model.layers.0.self_attn.rotary_emb.inv_freq", 0, "buffer"}, {"rope_freqs.weight", -1, "buffer"}, {"blk.5.ffn_down_exps.weight", 5, "expert"},
           {"blk.5.ffn_gate_inp.weight", 5, "router"}, {"model.layers.5.mlp.gate.weight", 5, "router"}, {"model.layers.5.mlp.gate_proj.weight", 5, "feed_forward"},
           {"model.layers.5.mlp.experts.63.up_proj.weight", 5, "expert"}, {"model.layers.5.mlp.shared_experts.up_proj.weight", 5, "shared_expert"},
           {"model.layers.5.mlp.down_proj.weight_scale_inv", 5, "scales"}, {"vision_tower.encoder.layers.3.mlp.fc1.weight", 3, "vision"},
           {"something", -1, "other"}, {"", -1, "other"}, {"layers.99999999999.x", -1, "other"}}) {
    CAPTURE(name);
    CHECK(files::place_of(name).layer == layer);
    CHECK(files::place_of(name).kind == kind);
  }
}

TEST_CASE("ledger: totals by layer and kind") {
  const auto ledger = files::make_ledger(checkpoint(true));
  CHECK(ledger.tensors == 21);
  CHECK(ledger.elements == kParameters);
  CHECK(ledger.bytes == 2 * kParameters);
  std::uint64_t sum = 0;
  for (const auto& row : ledger.rows) sum += row.bytes;
  CHECK(sum == ledger.bytes);
  const auto found = std::find_if(ledger.rows.begin(), ledger.rows.end(), [](const auto& row) { return row.layer == 1 && row.kind == "attention"; });
  REQUIRE(found != ledger.rows.end());
  CHECK(found->tensors == 4);
  CHECK(found->elements == 8192 + 4096);
}

TEST_CASE("tie-out: a whole checkpoint agrees with its config") {
  const auto result = tie(checkpoint(true), model(false));
  CHECK(result.differences.empty());
  CHECK(result.file_elements == kParameters);
  CHECK(result.config_parameters == kParameters);
  CHECK(tie(checkpoint(false), model(true)).differences.empty());
}

TEST_CASE("tie-out: differences are named and explained") {
  const auto only = [](const files::TieOut& result) {
    CHECK(result.differences.size() == 1);
    return result.differences.empty() ? files::Difference{} : result.differences[0];
  };
  const auto stored_twice = only(tie(checkpoint(true), model(true)));
  CHECK(stored_twice.kind == "head");
  CHECK(stored_twice.in_file == 6400);
  CHECK(stored_twice.explained);

  const auto headless = only(tie(checkpoint(false), model(false)));
  CHECK(headless.kind == "head");
  CHECK_FALSE(headless.explained);

  auto tensors = checkpoint(true);
  tensors.push_back(tensor("model.layers.0.self_attn.rotary_emb.inv_freq", {8}));
  CHECK(only(tie(tensors, model(false))).explained);
  tensors.back() = tensor("model.layers.2.mlp.up_proj.weight", {128, 64});
  CHECK(only(tie(tensors, model(false))).kind == "prediction");
  tensors.back() = tensor("vision_tower.layers.5.x", {8});
  CHECK(only(tie(tensors, model(false))).in_config == 0);
  tensors.back() = tensor("what.is.this", {8});
  const auto unknown = only(tie(tensors, model(false)));
  CHECK(unknown.explanation.find("nothing that is known") != std::string::npos);
  CHECK_FALSE(unknown.explained);
  tensors.pop_back();

  // A head of another size than the embedding that it is said to be.
  auto headed = checkpoint(true);
  std::find_if(headed.begin(), headed.end(), [](const auto& each) { return each.name == "lm_head.weight"; })->shape = {99, 64};
  const auto other_head = only(tie(headed, model(true)));
  CHECK(other_head.kind == "head");
  CHECK_FALSE(other_head.explained);

  // All of one kind gone.
  auto bare = checkpoint(true);
  std::erase_if(bare, [](const auto& each) { return each.name.find(".mlp.") != std::string::npos; });
  const auto gone = only(tie(bare, model(false)));
  CHECK(gone.in_file == 0);
  CHECK(gone.explanation.find("the file none") != std::string::npos);

  tensors.erase(std::find_if(tensors.begin(), tensors.end(), [](const auto& each) { return each.name == "model.layers.1.mlp.down_proj.weight"; }));
  const auto missing = only(tie(tensors, model(false)));
  CHECK(missing.kind == "feed_forward");
  CHECK(missing.in_config - missing.in_file == 8192);
  CHECK_FALSE(missing.explained);
}

TEST_CASE("ledger: by kind alone the sums are the same, and layers beyond the model's are predictions") {
  auto tensors = checkpoint(true);
  tensors.push_back(tensor("model.layers.2.mlp.up_proj.weight", {128, 64}));
  const auto ledger = files::make_ledger(tensors);
  const auto find = [](const std::vector<files::LedgerRow>& rows, std::string_view kind) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.kind == kind; });
    return found == rows.end() ? files::LedgerRow{} : *found;
  };
  const auto all = files::rows_by_kind(ledger);
  CHECK(find(all, "feed_forward").elements == 7 * 8192);
  CHECK(find(all, "feed_forward").tensors == 7);
  CHECK(find(all, "norm").bytes == 2 * 5 * 64);
  CHECK(find(all, "prediction").tensors == 0);
  const auto known = files::rows_by_kind(ledger, 2);
  CHECK(find(known, "feed_forward").elements == 6 * 8192);
  CHECK(find(known, "prediction").bytes == 2 * 8192);
  for (const auto& rows : {all, known}) {
    std::uint64_t bytes = 0;
    for (const auto& row : rows) bytes += row.bytes;
    CHECK(bytes == ledger.bytes);
  }
}
