// Memory: every allocation of what can refuse fails once, and no reader takes more than it should. Natively only: operator new
// is replaced here for the whole test program.
#ifndef __EMSCRIPTEN__

#include <malloc.h>

#include <cstdlib>
#include <new>

#include "entropy/huffman.h"
#include "entropy/rans.h"
#include "file_cases.h"
#include "files/gguf.h"
#include "files/inflate.h"
#include "files/npy.h"
#include "files/safetensors.h"
#include "formats/packings.h"
#include "formats/registry.h"
#include "plan/allocate.h"
#include "plan/quantization_config.h"
#include "plan/recipe.h"
#include "prune/sparse_storage.h"
#include "sizing/config.h"
#include "sizing/report.h"

#if defined(__GNUC__) && !defined(__clang__)
// GCC sees free() reached from operator delete and does not see that operator new is ours.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

namespace {

struct Allocations {
  std::int64_t until_failure = -1;  // this many succeed, then one fails; negative: none
  bool all_after = false;           // and every one after it
  bool failed = false;
  std::size_t live = 0;             // bytes
  std::size_t peak = 0;
  std::size_t count = 0;            // live allocations
};
Allocations allocations;

void* allocate(std::size_t size) noexcept {
  if (allocations.until_failure >= 0 && (allocations.until_failure-- == 0 || (allocations.failed && allocations.all_after))) {
    allocations.failed = true;
    allocations.until_failure = allocations.all_after ? 0 : -1;
    return nullptr;
  }
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) return nullptr;
  allocations.live += malloc_usable_size(memory);
  allocations.count += 1;
  if (allocations.live > allocations.peak) allocations.peak = allocations.live;
  return memory;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  allocations.live -= malloc_usable_size(memory);
  allocations.count -= 1;
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { release(memory); }

using namespace bitbudget;
using namespace bitbudget::test;

namespace {

std::string safetensors_of(std::string_view header, std::string_view data) {
  return le(static_cast<std::uint64_t>(header.size())) + std::string(header) + std::string(data);
}

std::string npy_of(std::string_view name, std::string_view data) {
  const std::string header = "{'descr': '" + std::string(name) + "', 'fortran_order': True, 'shape': (2, 2), }";
  return std::string("\x93NUMPY\1\0", 8) + le(static_cast<std::uint16_t>(header.size())) + header + std::string(data);
}

std::string npz_of(std::string_view content) {
  // One member, deflated as a stored block.
  const auto length = static_cast<std::uint16_t>(content.size());
  const std::string data = "\1" + le(length) + le(static_cast<std::uint16_t>(~length)) + std::string(content);
  const std::string name = "a name that is longer than a short string.npy";
  const std::string fields = le(std::uint16_t{20}) + le(std::uint16_t{0}) + le(std::uint16_t{8}) + zeros(4) + le(files::crc32(as_bytes(content))) +
                             le(static_cast<std::uint32_t>(data.size())) + le(static_cast<std::uint32_t>(content.size())) + le(static_cast<std::uint16_t>(name.size())) + zeros(2);
  const std::string local = "PK\3\4" + fields + name + data;
  const std::string directory = "PK\1\2" + le(std::uint16_t{20}) + fields + zeros(10) + le(0u) + name;
  return local + directory + "PK\5\6" + zeros(4) + le(std::uint16_t{1}) + le(std::uint16_t{1}) + le(static_cast<std::uint32_t>(directory.size())) +
         le(static_cast<std::uint32_t>(local.size())) + zeros(2);
}

std::string gguf_of() {
  const std::vector<files::TensorToWrite> tensors = {{"a tensor with a long enough name", files::find_element_type("Q8_0"), {2, 32}},
                                                     {"token_embd.weight", files::find_element_type("F32"), {2, 8}}};
  const std::vector<files::GgufEntryToWrite> metadata = {files::gguf_text("general.architecture", "llama"), files::gguf_u32("llama.embedding_length", 8)};
  const auto layout = files::gguf_layout(tensors, metadata);
  return layout->header + zeros(static_cast<std::size_t>(layout->file_size - layout->header.size()));
}

/// Fails allocation n = 0, 1, ... of `call` in turn, until it meets none any more. Each time the result is out_of_memory and
/// nothing is left behind. Returns how many there were.
template <class Call>
int fail_each(Call call, bool all_after) {
  for (int n = 0; n < 100'000; ++n) {
    const std::size_t before = allocations.count;
    allocations.failed = false;
    allocations.all_after = all_after;
    allocations.until_failure = n;
    bool refused_so = false;
    bool succeeded = false;
    {
      auto result = call();
      allocations.until_failure = -1;
      succeeded = result.has_value();
      refused_so = !succeeded && result.error().code == ErrorCode::out_of_memory && !result.error().message.empty();
    }
    const bool clean = allocations.count == before;
    if (!allocations.failed) {
      CHECK(succeeded);
      return n;
    }
    // std::stable_sort and the like do without memory that they do not get.
    CHECK((refused_so || succeeded));
    CHECK(clean);
  }
  return -1;
}

}  // namespace

TEST_CASE("every allocation of every reader fails in turn: out_of_memory, nothing lost, and the next read works") {
  struct Case { std::string_view what; std::string bytes; std::string tensor; };
  const std::vector<Case> cases = {
      {"safetensors", safetensors_of(R"({"__metadata__":{"a key of more than sixteen":"a text of more than sixteen"},"a tensor with a long enough name":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"U8","shape":[1,1,1],"data_offsets":[16,17]}})", zeros(17)),
       "a tensor with a long enough name"},
      {"gguf", gguf_of(), "a tensor with a long enough name"},
      {"npy", npy_of("<f4", zeros(16)), "array"},
      {"npz", npz_of(npy_of(">i2", zeros(8))), "a name that is longer than a short string"},
      {"index", R"({"metadata":{"total_size":1},"weight_map":{"a tensor with a long enough name":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}})", ""},
      {"config", R"({"model_type":"llama","architectures":["LlamaForCausalLM"],"nested":{"a key of more than sixteen":[1,2,3]}})", ""},
  };
  for (const auto& [what, bytes, tensor] : cases) {
    CAPTURE(what);
    for (const bool all_after : {false, true}) {
      const int inspected = fail_each([&] { return files::inspect(as_bytes(bytes)); }, all_after);
      CHECK(inspected >= 3);
      CHECK(files::inspect(as_bytes(bytes)));
      if (tensor.empty()) continue;
      const int read = fail_each([&] { return files::read_tensor(as_bytes(bytes), tensor); }, all_after);
      CHECK(read > inspected);
      CHECK(files::read_tensor(as_bytes(bytes), tensor));
      MESSAGE(what << ": " << inspected << " allocations to inspect, " << read << " to read a tensor");
    }
  }
}

namespace {

/// Both kinds of failure. `least`: as many allocations there are for certain.
template <class Call>
void check_each(std::string_view what, int least, Call call) {
  CAPTURE(what);
  for (const bool all_after : {false, true}) CHECK(fail_each(call, all_after) >= least);
  CHECK(call());
}

}  // namespace

TEST_CASE("every allocation of every writer fails in turn") {
  const std::vector<files::TensorToWrite> tensors = {{"a tensor with a long enough name", files::find_element_type("F32"), {2, 32}},
                                                     {"token_embd.weight", files::find_element_type("F16"), {2, 8}}};
  const std::vector<std::pair<std::string, std::string>> texts = {{"a key of more than sixteen", "a text of more than sixteen"}};
  const std::vector<files::GgufEntryToWrite> entries = {files::gguf_text("general.architecture", "llama"), files::gguf_u32("general.alignment", 64)};
  check_each("safetensors", 5, [&] { return files::safetensors_layout(tensors, texts); });
  check_each("gguf", 5, [&] { return files::gguf_layout(tensors, entries); });
  check_each("npy", 1, [&] { return files::npy_header(*tensors[0].type, tensors[0].shape); });
}

TEST_CASE("every allocation of the entropy coders fails in turn") {
  std::vector<std::uint16_t> symbols;
  for (std::size_t i = 0; i < 500; ++i) symbols.push_back(static_cast<std::uint16_t>(i * i % 41));
  check_each("huffman_encode", 5, [&] { return entropy::huffman_encode(symbols, 50); });
  check_each("rans_encode", 5, [&] { return entropy::rans_encode(symbols, 50); });
  const auto huffman = *entropy::huffman_encode(symbols, 50), rans = *entropy::rans_encode(symbols, 50);
  check_each("huffman_decode", 3, [&] { return entropy::huffman_decode(huffman); });
  check_each("rans_decode", 3, [&] { return entropy::rans_decode(rans); });
}

TEST_CASE("every allocation of every format fails in turn") {
  std::vector<float> values(512), decoded(512);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(static_cast<int>(i * 37 % 101) - 50) / 16.0f;
  for (const formats::Format* format : formats::all()) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(*formats::encoded_size(*format, values.size(), 256)));
    for (const auto search : {formats::ScaleSearch::absmax, formats::ScaleSearch::percentile, formats::ScaleSearch::mse}) {
      check_each(format->id, 0, [&] { return formats::encode(*format, values, bytes, 256, {.scale_search = search}); });
    }
    check_each(format->id, 0, [&] { return formats::decode(*format, bytes, decoded, 256); });
    // A refusal's message takes memory too.
    CAPTURE(format->id);
    CHECK(fail_each([&]() -> Result<void> {
      const auto refused = formats::decode(*format, std::span(bytes).first(1), decoded, 256);
      if (!refused && refused.error().code == ErrorCode::truncated) return {};
      return refused;
    }, false) >= 1);
  }
}

TEST_CASE("every allocation of the packings fails in turn") {
  std::vector<float> values(64 * 64);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(static_cast<int>(i * 29 % 97) - 48);
  const auto weight = *formats::quantize_uniform(values, 64, 4, 32, formats::UniformRule::compressed_tensors);
  const auto compressed = *formats::to_compressed_tensors(weight, formats::WordFill::dense);
  const auto gptq = *formats::to_gptq(weight, formats::GptqVersion::v2);
  const auto awq = *formats::to_awq(weight);
  check_each("to_compressed_tensors", 3, [&] { return formats::to_compressed_tensors(weight, formats::WordFill::dense); });
  check_each("from_compressed_tensors", 3, [&] { return formats::from_compressed_tensors(compressed, 64, 64, 4, 32, formats::WordFill::dense); });
  check_each("to_gptq", 5, [&] { return formats::to_gptq(weight, formats::GptqVersion::v2); });
  check_each("from_gptq", 5, [&] { return formats::from_gptq(gptq, 64, 64, 4, 32, formats::GptqVersion::v2); });
  check_each("to_awq", 5, [&] { return formats::to_awq(weight); });
  check_each("from_awq", 5, [&] { return formats::from_awq(awq, 64, 64, 32); });
  const std::vector<std::byte> blocks(100);
  check_each("split_blocks", 2, [&] { return formats::split_blocks(blocks, 1, 9); });
  const auto arrays = *formats::split_blocks(blocks, 1, 9);
  check_each("join_blocks", 1, [&] { return formats::join_blocks(arrays, 1, 9); });
}

TEST_CASE("every allocation of the sparse layouts fails in turn") {
  const std::vector<float> weights{0, 5, 6, 0, 1, 0, 0, 7};
  const std::vector<std::uint8_t> mask{0, 1, 1, 0, 1, 0, 0, 1};
  for (const auto layout : {prune::Layout::bitmask, prune::Layout::csr, prune::Layout::two_of_four}) {
    for (const char* id : {"f32", "q8_0", "nf4_dq"}) {
      const auto& format = *formats::find(id);
      check_each(id, 2, [&] { return prune::store(layout, format, weights, mask, 4); });
      const auto bytes = *prune::store(layout, format, weights, mask, 4);
      check_each(id, 3, [&] { return prune::load(layout, format, bytes, 2, 4, 4); });
    }
  }
}

TEST_CASE("every allocation of a plan and of its recipes fails in turn") {
  std::vector<plan::Candidate> candidates;
  std::vector<plan::Assignment> llama, compressed;
  for (int i = 0; i < 5; ++i) {
    const std::string name = "model.layers." + std::to_string(i) + ".mlp.down_proj.weight";
    candidates.push_back({name, {{"q8_0", 34, 0.1}, {"q4_0", 18, 1.5}, {"q2_k", 11, 9.0 + i}}});
    llama.push_back({name, i % 2 ? "q8_0" : "q4_k"});
    compressed.push_back({name, i % 2 ? "bf16" : "int4_sym_g128"});
  }
  check_each("allocate", 5, [&] { return plan::allocate(candidates, 100); });
  check_each("llama_tensor_types", 5, [&] { return plan::llama_tensor_types(llama); });
  check_each("compressed_tensors_recipe", 5, [&] { return plan::compressed_tensors_recipe(compressed); });
  check_each("quantization_config", 5, [&] { return plan::quantization_config(compressed, R"({"model_type": "llama"})"); });
}

// Not of read_config: what the JSON library's documents free they first put on a list, in a destructor, where nothing may fail.
TEST_CASE("every allocation of sizing a model fails in turn") {
  const auto model = sizing::read_config(R"({"model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":96,"vocab_size":100})");
  REQUIRE(model);
  check_each("size_model", 100, [&] { return sizing::size_model(*model); });
}

TEST_CASE("allocations that fail while a broken file is refused leave nothing behind either") {
  for (const std::string& bytes : {safetensors_of(R"({"a tensor with a long enough name":{"dtype":"F32","shape":[2,2],"data_offsets":[0,15]}})", zeros(15)),
                                   gguf_of().substr(0, 150), npy_of("<f4", zeros(15)), npz_of(npy_of("|O", zeros(8))), std::string(R"({"weight_map":{"a":"../../../etc/a name.safetensors"}})")}) {
    for (std::int64_t n = 0; n < 200; ++n) {
      const std::size_t before = allocations.count;
      allocations.failed = false;
      allocations.all_after = false;
      allocations.until_failure = n;
      {
        const auto report = files::inspect(as_bytes(bytes));
        allocations.until_failure = -1;
        CHECK_FALSE(report);
        if (allocations.failed) CHECK(report.error().code == ErrorCode::out_of_memory);
      }
      CHECK(allocations.count == before);
      if (!allocations.failed) break;
    }
  }
}

namespace {

/// The most memory that reading takes beside the header itself, which counts as one of the four.
void check_peak(std::string_view what, std::string_view header, std::uint64_t file_size) {
  CAPTURE(what);
  const std::size_t before = allocations.live;
  allocations.peak = before;
  const auto report = files::inspect(as_bytes(header), {.file_size = file_size});
  CHECK(report);
  const std::size_t peak = allocations.peak - before;
  MESSAGE(what << ": header of " << header.size() << " bytes, " << peak << " more at the peak");
  CHECK(peak <= 3 * header.size() + 16'000'000);
}

}  // namespace

TEST_CASE("memory stays within four times the header and 16 MB") {
  constexpr std::size_t size = 12'000'000;
  std::string header = "{";
  std::uint64_t end = 0;
  for (int i = 0; header.size() < size; ++i, end += 32) {
    header += (i > 0 ? "," : "") + ("\"model.layers." + std::to_string(i)) + ".self_attn.q_proj.weight\":{\"dtype\":\"BF16\",\"shape\":[4,4],\"data_offsets\":[" +
              std::to_string(end) + "," + std::to_string(end + 32) + "]}";
  }
  check_peak("safetensors as they are", safetensors_of(header + "}", ""), 8 + header.size() + 1 + end);

  header = "{";
  for (int i = 0; header.size() < size; ++i) header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  check_peak("safetensors with the shortest entries", safetensors_of(header + "}", ""), 8 + header.size() + 1);

  header = R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0])";
  for (int i = 0; header.size() < size; ++i) header += ",\"" + std::to_string(i) + "\":0";
  check_peak("safetensors with unknown fields", safetensors_of(header + "}}", ""), 8 + header.size() + 2);

  header = R"({"__metadata__":{"x":"x")";
  for (int i = 0; header.size() < size; ++i) header += ",\"" + std::to_string(i) + "\":\"\\u0001\\u0001\"";
  check_peak("safetensors with metadata", safetensors_of(header + "}}", ""), 8 + header.size() + 2);

  header = R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":[)";
  while (header.size() < size) header += "[],";
  check_peak("safetensors with lists", safetensors_of(header + "0]}}", ""), 8 + header.size() + 4);

  std::string tokens;
  std::uint64_t count = 0;
  for (; tokens.size() < size; ++count) tokens += le(std::uint64_t{3}) + "tok";
  const std::vector<files::GgufEntryToWrite> metadata = {{"tokenizer.ggml.tokens", files::GgufType::array, le(8u) + le(count) + tokens}};
  const auto gguf = files::gguf_layout({}, metadata);
  REQUIRE(gguf);
  check_peak("gguf with many tokens", gguf->header, gguf->file_size);

  std::vector<files::TensorToWrite> tensors;
  for (int i = 0; i < 300'000; ++i) tensors.push_back({std::to_string(i), files::find_element_type("F32"), {0}});
  const auto many = files::gguf_layout(tensors, {});
  REQUIRE(many);
  check_peak("gguf with many tensors", many->header, many->file_size);

  std::string index = R"({"weight_map":{"x":"x.safetensors")";
  for (int i = 0; index.size() < size; ++i) {
    index += ",\"model.layers." + std::to_string(i) + ".self_attn.q_proj.weight\":\"model-" + std::to_string(10'000 + i % 50'000) + "-of-50000.safetensors\"";
  }
  index += "}}";
  check_peak("an index", index, index.size());
}

TEST_CASE("a declared count or size takes no memory before the bytes are there") {
  const auto gguf = [](std::uint64_t tensors, std::uint64_t entries) { return "GGUF" + le(3u) + le(tensors) + le(entries); };
  const auto key = [](std::string_view name) { return le(static_cast<std::uint64_t>(name.size())) + std::string(name); };
  const std::string deflated = npz_of(npy_of("<f4", zeros(16)));
  std::string bomb = deflated;  // both sizes of the one member: 1 GiB from a hundred bytes
  for (const std::size_t at : {std::size_t{22}, deflated.size() - 22 - 46 - 45 + 24}) bomb.replace(at, 4, le(0x3FFFFFFFu));
  struct Claim { std::string_view what; std::string bytes; std::uint64_t file_size; };
  const std::vector<Claim> claims = {
      {"a safetensors header of 32 MB", le(std::uint64_t{32'000'000}) + "{\"", 64'000'000},
      {"a million tensors", gguf(1'000'000, 0), std::uint64_t{1} << 40},
      {"100,000 entries", gguf(0, 100'000), std::uint64_t{1} << 40},
      {"an array of 2^24", gguf(0, 1) + key("k") + le(9u) + le(10u) + le(std::uint64_t{1} << 24), std::uint64_t{1} << 40},
      {"2^24 texts", gguf(0, 1) + key("k") + le(9u) + le(8u) + le(std::uint64_t{1} << 24), std::uint64_t{1} << 40},
      {"a text of 64 MB", gguf(0, 1) + key("k") + le(8u) + le(std::uint64_t{64'000'000}), std::uint64_t{1} << 40},
      {"an NPY header of 10,000", std::string("\x93NUMPY\1\0\x10\x27", 10), 20'000},
      {"a member that unpacks to 1 GiB", bomb, 0},
      {"an index of 32 MB", "{\"weight_map\":{", 32'000'000},
  };
  for (const auto& [what, bytes, file_size] : claims) {
    CAPTURE(what);
    const std::size_t before = allocations.live;
    allocations.peak = before;
    CHECK_FALSE(files::inspect(as_bytes(bytes), {.file_size = file_size}));
    CHECK(allocations.peak - before < 4096);
  }
}

#endif  // __EMSCRIPTEN__
