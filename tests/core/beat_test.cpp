#include "beat.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "file_cases.h"
#include "files/inflate.h"
#include "files/json_scan.h"
#include "files/ledger.h"
#include "files/read_tensor.h"
#include "formats/hadamard.h"
#include "formats/registry.h"
#include "lowrank/svd.h"
#include "measure/line_errors.h"
#include "plan/allocate.h"
#include "prune/mask.h"
#include "tensor/random.h"
#include "tensor/statistics.h"
#include "theory/blahut_arimoto.h"
#include "theory/scalar_quantizer.h"

using namespace bitbudget;

namespace {

int beats = 0;

/// Beats while `work` runs.
template <class Work>
int beats_of(Work work) {
  beats = 0;
  beat_hook = [] { ++beats; };
  work();
  beat_hook = nullptr;
  return beats;
}

std::vector<float> some_values(std::size_t count) {
  std::vector<float> values(count);
  tensor::fill_random({.distribution = tensor::Distribution::student_t, .seed = 17, .nu = 4}, 0, values);
  return values;
}

/// Encodes as the registry does, with beats, and by the format's own function in one go; and so back. Returns the beats of both.
int check_equal_to_one_go(const formats::Format& format, std::span<const float> values, std::size_t row, const formats::EncodeOptions& options) {
  CAPTURE(format.id);
  CAPTURE(row);
  const auto size = static_cast<std::size_t>(formats::encoded_size(format, values.size(), row).value());
  std::vector<std::byte> bytes(size), at_once(size);
  std::vector<float> decoded(values.size()), decoded_at_once(values.size());
  const int heard = beats_of([&] {
    REQUIRE(formats::encode(format, values, bytes, row, options));
    REQUIRE(formats::decode(format, bytes, decoded, row));
  });
  REQUIRE(format.encode(values, row, options, at_once));
  REQUIRE(format.decode(bytes, row, decoded_at_once));
  CHECK(bytes == at_once);
  CHECK(std::equal(decoded.begin(), decoded.end(), decoded_at_once.begin(), [](float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }));
  return heard;
}

}  // namespace

TEST_CASE("without a hook a beat does nothing, and a hook is called by each") {
  CHECK(beat_hook == nullptr);
  beat();
  CHECK(beats_of([] { beat(); beat(); }) == 2);
  CHECK(beats_of([] {
          Beats steps;
          for (int i = 0; i < 1'000'000; ++i) steps(1);
        }) == 15);
}

TEST_CASE("every format encodes and decodes a large tensor with beats, to the same bytes and values as in one go") {
  constexpr std::size_t kRow = 3 * 1024, kRows = 66;  // three stretches and a rest
  const auto values = some_values(kRow * kRows);
  for (const formats::Format* format : formats::all()) {
    CHECK_MESSAGE((check_equal_to_one_go(*format, values, kRow, {}) >= 3 || format->tensor_bytes != 0), format->id);
    check_equal_to_one_go(*format, values, values.size(), {});
  }
}

TEST_CASE("rows that are no whole blocks, or longer than a stretch, keep their bytes") {
  const auto values = some_values(100 * 2'101);  // rows and blocks of 64 meet only every 16 rows
  const auto long_rows = some_values(3 * 70'001);
  for (const formats::Format* format : formats::all()) {
    if (format->row_multiple != 1) continue;
    check_equal_to_one_go(*format, values, 100, {});
    check_equal_to_one_go(*format, long_rows, 70'001, {});
  }
}

TEST_CASE("importance stays with its columns, whatever is cut") {
  constexpr std::size_t kRow = 5 * 256;
  const auto values = some_values(kRow * 120);
  auto importance = some_values(kRow);
  for (float& weight : importance) weight = std::abs(weight);
  for (const formats::Format* format : formats::all()) {
    if (!format->takes_importance) continue;
    CHECK_MESSAGE(check_equal_to_one_go(*format, values, kRow, {.importance = importance}) >= 3, format->id);
  }
}

TEST_CASE("the searches for a scale beat, over a whole tensor too") {
  const auto values = some_values(4 * 65'536);
  for (const auto search : {formats::ScaleSearch::mse, formats::ScaleSearch::percentile}) {
    for (const auto* id : {"int3_asym_tensor", "int8_sym_tensor", "int4_sym_row", "int4_asym_g32"}) {
      CHECK(check_equal_to_one_go(*formats::find(id), values, values.size() / 2, {.scale_search = search}) >= 4);
    }
  }
}

TEST_CASE("what takes long beats") {
  constexpr std::size_t kCount = 1 << 20;
  auto values = some_values(kCount);
  const std::vector<std::byte> bytes(4 * kCount);
  std::vector<float> out(kCount);

  CHECK(beats_of([&] { REQUIRE(formats::rotate(values, 1024)); }) >= 16);
  CHECK(beats_of([&] { REQUIRE(formats::rotate(values, kCount)); }) >= 16);
  CHECK(beats_of([&] { tensor::statistics(values); }) >= 16);
  std::vector<std::uint64_t> bins(8);
  CHECK(beats_of([&] { tensor::add_to_histogram(values, -1, 1, bins); }) >= 1);
  std::vector<measure::LineErrors> lines(1024);
  CHECK(beats_of([&] { measure::row_errors(values, values, 1024, lines); }) >= 16);
  CHECK(beats_of([&] { measure::column_errors(values, values, lines); }) >= 16);
  CHECK(beats_of([&] { prune::prune_global(values, 0.5, prune::Search::sort); }) >= 16);
  const std::vector<float> factor(256 * 256, 0.5f);
  CHECK(beats_of([&] { lowrank::multiply({256, 256, 256, factor, factor}); }) >= 16);
  CHECK(beats_of([&] { REQUIRE(theory::lloyd_max(tensor::Distribution::normal, 6)); }) >= 16);
  CHECK(beats_of([&] { REQUIRE(theory::lloyd_max(std::span(values).first(4096), 6)); }) >= 16);
  const std::vector<double> equal(64, 1.0 / 64);
  std::vector<double> points(64);
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = static_cast<double>(i);
  CHECK(beats_of([&] { theory::blahut_arimoto(equal, points, points, 0.5, 1e-6); }) >= 16);

  CHECK(beats_of([&] { files::crc32(bytes); }) >= 4);
  // A last block with the fixed codes: 3 bits of head, 200,000 times the literal 0 as 00110000 from the highest bit, 7 zero bits.
  std::vector<std::byte> deflated(200'002, std::byte{0b01100000});
  deflated.front() = std::byte{0b01100011};
  deflated[200'000] = deflated.back() = std::byte{0};
  std::vector<std::byte> inflated(200'000, std::byte{1});
  CHECK(beats_of([&] { REQUIRE(files::inflate(deflated, inflated, true)); }) >= 3);
  CHECK(std::ranges::count(inflated, std::byte{0}) == 200'000);
  for (const bool turned : {false, true}) {
    const files::TensorInfo tensor{.name = "", .type = files::find_element_type("F32"), .shape = {kCount}, .byte_length = bytes.size(), .big_endian = turned};
    CHECK(beats_of([&] { REQUIRE(files::decode_tensor(tensor, bytes, out)); }) >= 1);
  }
}

TEST_CASE("long lists and texts beat") {
  std::string text = "[";
  for (int i = 0; i < 100'000; ++i) text += "{\"a\":1},";
  text += "0]";
  struct Deaf final : files::JsonHandler {
    Result<void> on(const files::JsonEvent&) override { return {}; }
  } deaf;
  CHECK(beats_of([&] { REQUIRE(files::scan_json(text, {.max_bytes = text.size()}, deaf)); }) >= 16);

  constexpr std::size_t kTensors = 20'000;
  std::vector<files::TensorInfo> tensors(kTensors);
  std::vector<plan::Candidate> candidates(kTensors);
  for (std::size_t i = 0; i < kTensors; ++i) {
    tensors[i] = {.name = "layers." + std::to_string(i) + ".mlp.up_proj.weight", .shape = {4}, .byte_length = 16};
    candidates[i] = {tensors[i].name, {{"q4_0", 5, 2.0}, {"q8_0", 9, 1.0}}};
  }
  CHECK(beats_of([&] { files::make_ledger(tensors); }) >= 16);
  CHECK(beats_of([&] { REQUIRE(plan::allocate(candidates, 6 * kTensors)); }) >= 16);
}
