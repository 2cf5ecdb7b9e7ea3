// Mixtures laid over real tensor names, and stretches transcoded, against published sizes and the functions apart.
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "files/element_type.h"
#include "files/read_tensor.h"
#include "formats/registry.h"
#include "plan/llama_names.h"
#include "plan/mixture_plan.h"
#include "plan/recipe.h"
#include "plan/transcode.h"
#include "sizing/weights.h"
#include "tensor/random.h"

using namespace bitbudget;
using plan::TensorShape;

namespace {

/// Llama-3.1-8B as transformers names it.
std::vector<TensorShape> llama_8b() {
  std::vector<TensorShape> tensors = {{"model.embed_tokens.weight", {128256, 4096}}, {"model.norm.weight", {4096}}, {"lm_head.weight", {128256, 4096}}};
  for (int layer = 0; layer < 32; ++layer) {
    const std::string before = "model.layers." + std::to_string(layer) + ".";
    const std::pair<const char*, std::vector<std::uint64_t>> own[] = {
        {"input_layernorm.weight", {4096}},       {"post_attention_layernorm.weight", {4096}}, {"self_attn.q_proj.weight", {4096, 4096}},
        {"self_attn.k_proj.weight", {1024, 4096}}, {"self_attn.v_proj.weight", {1024, 4096}},   {"self_attn.o_proj.weight", {4096, 4096}},
        {"mlp.gate_proj.weight", {14336, 4096}},   {"mlp.up_proj.weight", {14336, 4096}},       {"mlp.down_proj.weight", {4096, 14336}}};
    for (const auto& [name, shape] : own) tensors.push_back({before + name, shape});
  }
  return tensors;
}

/// The same tensors under llama.cpp's names.
std::vector<TensorShape> llama_8b_gguf() {
  auto tensors = llama_8b();
  const std::pair<const char*, const char*> names[] = {
      {"input_layernorm", "attn_norm"}, {"post_attention_layernorm", "ffn_norm"}, {"self_attn.q_proj", "attn_q"}, {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"},   {"self_attn.o_proj", "attn_output"},      {"mlp.gate_proj", "ffn_gate"},  {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"},    {"model.layers", "blk"},                  {"model.embed_tokens", "token_embd"}, {"model.norm", "output_norm"},
      {"lm_head", "output"}};
  for (TensorShape& tensor : tensors) {
    for (const auto& [from, to] : names) {
      if (const auto at = tensor.name.find(from); at != std::string::npos) tensor.name.replace(at, std::strlen(from), to);
    }
  }
  return tensors;
}

double bits_per_weight(std::string_view mixture, const std::vector<TensorShape>& tensors) {
  const auto formats = plan::mixture_formats(mixture, tensors);
  REQUIRE(formats);
  std::uint64_t bytes = 0, count = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::uint64_t row = tensors[i].shape.back();
    const std::uint64_t elements = tensors[i].shape.size() == 2 ? tensors[i].shape[0] * row : row;
    const auto format = sizing::fitting_format((*formats)[i].empty() ? "f32" : (*formats)[i], row);
    REQUIRE(format);
    bytes += *formats::encoded_size(**format, elements, row);
    count += elements;
  }
  return static_cast<double>(bytes) * 8 / static_cast<double>(count);
}

}  // namespace

TEST_CASE("a mixture over tensor names has the published bits per weight of Llama-3.1-8B") {
  const std::pair<const char*, double> published[] = {{"q2_k_mix", 3.1593}, {"q3_k_s", 3.6429}, {"q4_k_s", 4.6672}, {"q4_k_m", 4.8944},
                                                      {"q5_k_m", 5.7036},   {"q6_k_mix", 6.5633}, {"q8_0_mix", 8.5008}};
  for (const auto& [id, bits] : published) {
    CAPTURE(std::string(id));
    CHECK(bits_per_weight(id, llama_8b()) == doctest::Approx(bits).epsilon(0.00005));
    CHECK(bits_per_weight(id, llama_8b_gguf()) == doctest::Approx(bits).epsilon(0.00005));
  }
  CHECK(plan::mixture_formats("q9", llama_8b()).error().code == ErrorCode::not_found);
}

TEST_CASE("a mixture leaves vectors, routers and biases alone, and takes a tied embedding for the head") {
  const std::vector<TensorShape> tensors = {{"model.embed_tokens.weight", {1000, 256}}, {"model.layers.0.input_layernorm.weight", {256}},
                                            {"model.layers.0.block_sparse_moe.gate.weight", {8, 256}},
                                            {"model.layers.0.self_attn.v_proj.weight", {256, 256}},
                                            {"model.layers.0.self_attn.q_proj.bias", {256}},
                                            {"model.layers.0.block_sparse_moe.experts.3.w2.weight", {256, 512}}, {"unknown", {256, 256}}};
  const auto formats = plan::mixture_formats("q4_k_m", tensors);
  REQUIRE(formats);
  // Eight experts share one attention: llama.cpp spends 8 bits on its values. The only layer is one of the last eighth.
  CHECK(*formats == std::vector<std::string_view>{"q6_k", "", "", "q8_0", "", "q6_k", ""});
}

TEST_CASE("names of transformers are translated to llama.cpp's") {
  const std::pair<const char*, const char*> names[] = {
      {"model.layers.31.self_attn.q_proj.weight", "blk.31.attn_q.weight"},
      {"model.layers.0.self_attn.o_proj.bias", "blk.0.attn_output.bias"},
      {"transformer.h.3.mlp.c_proj.weight", "blk.3.ffn_down.weight"},
      {"transformer.h.3.attn.c_proj.weight", "blk.3.attn_output.weight"},
      {"model.layers.2.mlp.experts.17.down_proj.weight", "blk.2.ffn_down_exps.weight"},
      {"model.layers.2.mlp.shared_expert.down_proj.weight", "blk.2.ffn_down_shexp.weight"},
      {"model.layers.2.mlp.shared_expert_gate.weight", "blk.2.ffn_gate_inp_shexp.weight"},
      {"model.layers.2.mlp.gate.weight", "blk.2.ffn_gate_inp.weight"},
      {"model.embed_tokens.weight", "token_embd.weight"},
      {"lm_head.weight", "output.weight"},
      {"blk.7.ffn_down_exps.weight", "blk.7.ffn_down_exps.weight"},
      {"output.weight", "output.weight"},
      {"model.layers.2.something_else.weight", ""},
      {"adapter.weight", ""},
      {"", ""}};
  for (const auto& [from, to] : names) {
    CAPTURE(std::string(from));
    CHECK(plan::full_name(plan::llama_name(from)) == to);
  }
}

TEST_CASE("a command for llama-quantize names the experts of a layer once, and refuses to split them") {
  const std::string expert = "model.layers.0.mlp.experts.";
  const auto same = plan::llama_tensor_types(std::vector<plan::Assignment>{{expert + "0.up_proj.weight", "q4_k"}, {expert + "1.up_proj.weight", "q4_k"}});
  REQUIRE(same);
  CHECK(*same == "--tensor-type '^blk\\.0\\.ffn_up_exps\\.weight$=q4_k'\n");
  const auto split = plan::llama_tensor_types(std::vector<plan::Assignment>{{expert + "0.up_proj.weight", "q4_k"}, {expert + "1.up_proj.weight", "q5_k"}});
  CHECK(split.error().code == ErrorCode::invalid_argument);
  CHECK(split.error().field == expert + "1.up_proj.weight");
}

TEST_CASE("a stretch transcoded is what decode, encode and decode give apart") {
  constexpr std::size_t kCount = 2048;
  std::vector<float> values(kCount);
  tensor::fill_random({.distribution = tensor::Distribution::normal, .seed = 5, .scale = 0.02}, 0, values);
  const formats::Format& stored_as = *formats::find("bf16");
  std::vector<std::byte> stored(kCount * 2);
  REQUIRE(formats::encode(stored_as, values, stored));
  std::vector<float> read(kCount);
  REQUIRE(formats::decode(stored_as, stored, read));
  const files::TensorInfo stretch{.name = "w", .type = files::find_element_type("BF16"), .shape = {2, 1024}, .byte_length = stored.size()};
  for (const formats::Format* format : formats::all()) {
    CAPTURE(std::string(format->id));
    if (1024 % format->row_multiple != 0) continue;
    std::vector<std::byte> expected(static_cast<std::size_t>(*formats::encoded_size(*format, kCount, 1024))), out(expected.size());
    REQUIRE(formats::encode(*format, read, expected, 1024));
    std::vector<float> back(kCount), scratch_values(kCount), scratch_decoded(kCount);
    REQUIRE(formats::decode(*format, expected, back, 1024));
    const auto sums = plan::transcode(stretch, stored, *format, 1024, {}, {scratch_values, scratch_decoded}, out);
    REQUIRE(sums);
    CHECK(out == expected);
    CHECK(measure::report(*sums).mse == measure::compare(read, back).mse);
    CHECK(measure::report(*sums).sqnr_db == measure::compare(read, back).sqnr_db);
  }
}

TEST_CASE("a stretch with a NaN is refused by formats that have none, with its place") {
  std::vector<float> values(256, 1.0f);
  values[77] = std::numeric_limits<float>::quiet_NaN();
  const files::TensorInfo stretch{.name = "w", .type = files::find_element_type("F32"), .shape = {256}, .byte_length = 1024};
  std::vector<float> a(256), b(256);
  std::vector<std::byte> out(272);
  const auto refused = plan::transcode(stretch, std::as_bytes(std::span(values)), *formats::find("q8_0"), 256, {}, {a, b}, out);
  CHECK(refused.error().code == ErrorCode::non_finite);
  CHECK(refused.error().offset == 77);
  const auto short_of = plan::transcode(stretch, std::as_bytes(std::span(values)).first(1020), *formats::find("q8_0"), 256, {}, {a, b}, out);
  CHECK(short_of.error().code == ErrorCode::invalid_argument);
}
