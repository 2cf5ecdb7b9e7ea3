// Every format of the registry against bytes that were made elsewhere. The data and its layout: tests/golden/README.md.
// Another format: add its vectors to a file there, and the file to kVectorFiles.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>

#include "files/json.h"
#include "formats/registry.h"
#include "golden_inputs.h"
#include "sha256.h"

using namespace bitbudget;
using namespace bitbudget::testing;
using files::Json;

namespace {

constexpr std::array kVectorFiles = {
    "ieee.json",
    "uniform.json",
    "floats.json",
    "hqq.json",
};

std::vector<std::byte> read_golden(const std::string& name) {
  std::ifstream file(std::string(BITBUDGET_TEST_DATA "/golden/") + name, std::ios::binary);
  REQUIRE_MESSAGE(file, name);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::byte> bytes(text.size());
  std::ranges::transform(text, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  return bytes;
}

Json read_json(const std::string& name) {
  const auto bytes = read_golden(name);
  auto parsed = files::parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  REQUIRE_MESSAGE(parsed, name);
  return *parsed;
}

/// Format ids are lower case; ggml writes "q4_K" and "Q4_0".
std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<float> as_floats(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / 4);
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * 4);
  return values;
}

std::vector<std::byte> encoded(const formats::Format& format, std::span<const float> values, std::uint64_t row_length,
                               std::span<const float> importance = {}) {
  const auto size = formats::encoded_size(format, values.size(), row_length);
  REQUIRE(size);
  std::vector<std::byte> bytes(static_cast<std::size_t>(*size));
  REQUIRE(formats::encode(format, values, bytes, row_length, {.importance = importance}));
  return bytes;
}

std::vector<std::byte> decoded(const formats::Format& format, std::span<const std::byte> bytes, std::size_t count,
                               std::uint64_t row_length) {
  std::vector<float> values(count);
  REQUIRE(formats::decode(format, bytes, values, row_length));
  const auto raw = std::as_bytes(std::span(values));
  return {raw.begin(), raw.end()};
}

/// Where two byte strings first differ: more useful in a report than either of them.
std::size_t first_difference(std::span<const std::byte> a, std::span<const std::byte> b) {
  const auto at = std::ranges::mismatch(a, b);
  return at.in1 == a.end() && at.in2 == b.end() ? a.size() : static_cast<std::size_t>(at.in1 - a.begin());
}

/// True where either the vector gives no such member, or the bytes have that hex text or digest.
bool agrees(const Json& vector, const std::string& member, std::span<const std::byte> bytes) {
  if (vector.contains(member)) return vector[member].get<std::string>() == to_hex(bytes);
  if (vector.contains(member + "_sha256")) return vector[member + "_sha256"].get<std::string>() == sha256_hex(bytes);
  return true;
}

}  // namespace

TEST_CASE("sha256 gives the published digests") {
  CHECK(sha256_hex({}) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const std::array abc{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
  CHECK(sha256_hex(abc) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("golden inputs are rebuilt exactly") {
  const auto manifest = read_json("ggml/manifest.json");
  for (const auto& [name, digest] : manifest["inputs"].items()) {
    CAPTURE(name);
    const auto values = golden_case(name);
    CHECK(sha256_hex(std::as_bytes(std::span(values))) == digest.get<std::string>());
  }
}

TEST_CASE("golden: ggml's bytes, plain and importance-weighted, and what they decode to") {
  const auto manifest = read_json("ggml/manifest.json");
  const auto importance = golden_importance();
  for (const Json& output : manifest["outputs"]) {
    const auto file = output["file"].get<std::string>();
    CAPTURE(file);
    const formats::Format* format = formats::find(lower(output["type"].get<std::string>()));
    REQUIRE(format);
    const auto values = golden_case(output["case"].get<std::string>());
    const bool weighted = output["kind"] == "imatrix";
    const auto expected = read_golden("ggml/" + file);
    REQUIRE(sha256_hex(expected) == output["sha256"].get<std::string>());
    const auto bytes = encoded(*format, values, kGoldenColumns, weighted ? std::span<const float>(importance) : std::span<const float>());
    REQUIRE(bytes.size() == expected.size());
    CHECK(first_difference(bytes, expected) == expected.size());
    if (output.contains("deq_sha256")) {
      CHECK(sha256_hex(decoded(*format, expected, values.size(), kGoldenColumns)) == output["deq_sha256"].get<std::string>());
    }
  }
}

TEST_CASE("golden: ggml's short blocks") {
  const auto blocks = read_json("ggml/short_blocks.json");
  for (const Json& vector : blocks["vectors"]) {
    const auto id = lower(vector["format"].get<std::string>());
    const auto seed = vector["seed"].get<std::uint32_t>();
    CAPTURE(id);
    CAPTURE(seed);
    const formats::Format* format = formats::find(id);
    REQUIRE(format);
    const auto values = short_block_inputs(seed);
    const auto expected = from_hex(vector["hex"].get<std::string>());
    const auto bytes = encoded(*format, values, 0);
    REQUIRE(bytes.size() == expected.size());
    CHECK(first_difference(bytes, expected) == expected.size());
    // The published squared error of the decoded block, to the digits it is given with.
    const auto back = as_floats(decoded(*format, expected, values.size(), 0));
    double error = 0;
    for (std::size_t i = 0; i < values.size(); ++i) error += (double{values[i]} - back[i]) * (double{values[i]} - back[i]);
    CHECK(error == doctest::Approx(vector["sse"].get<double>()).epsilon(1e-8));
  }
}

TEST_CASE("golden: vectors of the other formats") {
  for (const char* file : kVectorFiles) {
    const auto data = read_json(file);
    for (const Json& vector : data["vectors"]) {
      const auto id = vector["format"].get<std::string>();
      CAPTURE(file);
      CAPTURE(id);
      const formats::Format* format = formats::find(id);
      REQUIRE(format);
      const auto row_length = vector.value("row_length", std::uint64_t{0});
      if (vector.contains("case") || vector.contains("values")) {
        const auto values = vector.contains("case") ? golden_case(vector["case"].get<std::string>())
                                                    : as_floats(from_hex(vector["values"].get<std::string>()));
        REQUIRE_FALSE(values.empty());
        const auto bytes = encoded(*format, values, row_length);
        CHECK(agrees(vector, "encoded", bytes));
        CHECK(agrees(vector, "decoded", decoded(*format, bytes, values.size(), row_length)));
      } else {  // only to be decoded
        const auto expected = vector["decoded"].get<std::string>();
        const auto bytes = from_hex(vector["encoded"].get<std::string>());
        CHECK(to_hex(decoded(*format, bytes, expected.size() / 8, row_length)) == expected);
      }
    }
  }
}

TEST_CASE("golden: no format without vectors") {
  std::set<std::string> covered;
  const auto manifest = read_json("ggml/manifest.json");
  for (const Json& output : manifest["outputs"]) covered.insert(lower(output["type"].get<std::string>()));
  const auto blocks = read_json("ggml/short_blocks.json");
  for (const Json& vector : blocks["vectors"]) covered.insert(lower(vector["format"].get<std::string>()));
  for (const char* file : kVectorFiles) {
    const auto data = read_json(file);
    for (const Json& vector : data["vectors"]) {
      CHECK_MESSAGE((vector.contains("encoded") || vector.contains("encoded_sha256")), file);
      covered.insert(vector["format"].get<std::string>());
    }
  }
  for (const formats::Format* format : formats::all()) CHECK_MESSAGE(covered.contains(std::string(format->id)), format->id);
}
