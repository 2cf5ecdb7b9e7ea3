#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "formats/registry.h"
#include "prune/mask.h"
#include "prune/saliency.h"
#include "prune/sparse_storage.h"
#include "tensor/random.h"

using namespace bitbudget;
using namespace bitbudget::prune;

namespace {

std::vector<float> normal(std::size_t count, std::uint64_t seed = 1) {
  std::vector<float> values(count);
  tensor::fill_random({.seed = seed}, 0, values);
  return values;
}

}  // namespace

TEST_CASE("a mask keeps the largest scores and drops exactly the share asked for") {
  const auto weights = normal(4096);
  const auto scores = magnitude(weights);
  for (const double sparsity : {0.0, 0.25, 0.5, 0.9, 1.0}) {
    const Mask mask = prune_global(scores, sparsity);
    CHECK(count_kept(mask) == 4096 - static_cast<std::uint64_t>(std::llround(sparsity * 4096)));
    float least_kept = INFINITY, most_dropped = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (mask[i]) least_kept = std::min(least_kept, scores[i]);
      else most_dropped = std::max(most_dropped, scores[i]);
    }
    CHECK(most_dropped <= least_kept);
    CHECK(mask == prune_global(scores, sparsity, Search::sort));
  }
  // Ties: the later weights go, with either search.
  const std::vector<float> equal(10, 1.0f);
  const Mask half = prune_global(equal, 0.5);
  CHECK(half == Mask{1, 1, 1, 1, 1, 0, 0, 0, 0, 0});
  CHECK(half == prune_global(equal, 0.5, Search::sort));
}

TEST_CASE("rows, blocks and n of m drop their share each") {
  const auto scores = magnitude(normal(64 * 128));
  const Mask rows = prune_rows(scores, 128, 0.75);
  for (std::size_t row = 0; row < 64; ++row) CHECK(count_kept(std::span(rows).subspan(row * 128, 128)) == 32);

  const auto blocks = prune_blocks(scores, 128, 8, 16, 0.5);
  REQUIRE(blocks);
  for (std::size_t i = 0; i < blocks->size(); ++i) {
    const std::size_t row = i / 128, column = i % 128;
    CHECK((*blocks)[i] == (*blocks)[row / 8 * 8 * 128 + column / 16 * 16]);
  }
  CHECK(count_kept(*blocks) == 64 * 128 / 2);
  CHECK_FALSE(prune_blocks(scores, 128, 7, 16, 0.5));

  const auto pairs = prune_n_of_m(scores, 128, 2, 4);
  REQUIRE(pairs);
  for (std::size_t i = 0; i < pairs->size(); i += 4) CHECK(count_kept(std::span(*pairs).subspan(i, 4)) == 2);
  CHECK_FALSE(prune_n_of_m(scores, 126, 2, 4));
}

TEST_CASE("saliencies: Wanda and OBD weigh a small weight on a loud input above a larger one on a quiet input") {
  const std::vector<float> weights{1, 2};
  CHECK(wanda(weights, std::vector<float>{10, 1}) == std::vector<float>{10, 2});
  CHECK(brain_damage(weights, std::vector<float>{8, 1}) == std::vector<float>{4, 2});
}

TEST_CASE("OBD's score is the rise of a quadratic loss when one weight goes") {
  // L = 1/2 sum h (w - w*)^2 at its minimum w = w*: deleting weight i raises it by h_i w_i^2 / 2.
  const auto optimum = normal(16);
  auto curvature = magnitude(normal(16, 2));
  const auto scores = brain_damage(optimum, curvature);
  for (std::size_t i = 0; i < 16; ++i) {
    const double rise = 0.5 * curvature[i] * (0 - static_cast<double>(optimum[i])) * (0 - static_cast<double>(optimum[i]));
    CHECK(scores[i] == doctest::Approx(rise).epsilon(1e-6));
  }
}

TEST_CASE("sparse layouts give back what was kept, in their stated sizes") {
  const std::size_t rows = 16, columns = 256;
  const auto weights = normal(rows * columns);
  for (const char* id : {"f32", "f16", "q8_0"}) {
    const auto& format = *formats::find(id);
    for (const auto layout : {Layout::bitmask, Layout::csr, Layout::two_of_four}) {
      CAPTURE(id);
      CAPTURE(to_string(layout));
      const Mask mask = layout == Layout::two_of_four ? *prune_n_of_m(magnitude(weights), columns, 2, 4) : prune_global(magnitude(weights), 0.7);
      const auto kept = static_cast<std::size_t>(count_kept(mask));
      const auto bytes = store(layout, format, weights, mask, columns);
      REQUIRE(bytes);
      CHECK(bytes->size() == stored_size(layout, format, rows, columns, kept));
      const auto dense = load(layout, format, *bytes, rows, columns, kept);
      REQUIRE(dense);
      for (std::size_t i = 0; i < dense->size(); ++i) {
        CHECK(std::abs((*dense)[i] - (mask[i] ? weights[i] : 0.0f)) <= (format.id == "f32" ? 0.0f : 0.02f));
      }
      CHECK_FALSE(load(layout, format, std::span(*bytes).first(bytes->size() - 1), rows, columns, kept));
      auto damaged = *bytes;
      damaged[0] = layout == Layout::two_of_four ? std::byte{0} : damaged[0] ^ std::byte{0x55};  // 2:4: position 0 twice
      CHECK_FALSE(load(layout, format, damaged, rows, columns, kept));
    }
  }
  CHECK_FALSE(store(Layout::two_of_four, *formats::find("f32"), weights, prune_global(magnitude(weights), 0.5), columns));
}

TEST_CASE("sparse layouts refuse shapes and structures that lie") {
  const auto& f32 = *formats::find("f32");
  const std::vector<std::byte> none;
  const auto code = [&](Layout layout, std::span<const std::byte> bytes, std::size_t rows, std::size_t columns, std::size_t kept) {
    const auto dense = load(layout, f32, bytes, rows, columns, kept);
    CHECK_FALSE(dense);
    return dense ? ErrorCode::not_found : dense.error().code;
  };
  // Products of the sizes that wrap, rows that are no groups of four, more kept than there are.
  const std::size_t half = std::numeric_limits<std::size_t>::max() / 2 + 1;
  for (const auto layout : {Layout::bitmask, Layout::csr, Layout::two_of_four}) {
    CHECK(code(layout, none, half, 4, 0) == ErrorCode::invalid_argument);
    CHECK(code(layout, none, half, half, 0) == ErrorCode::invalid_argument);
    CHECK(code(layout, none, half, 0, 0) == ErrorCode::invalid_argument);
    CHECK(code(layout, none, 2, 4, 9) == ErrorCode::invalid_argument);
    CHECK(code(layout, none, 0, 4, half) == ErrorCode::invalid_argument);
  }
  const std::vector<std::byte> three(1 + 3 * 4, std::byte{0xFF});
  CHECK(code(Layout::two_of_four, three, 1, 6, 3) == ErrorCode::invalid_argument);
  // CSR of 2 x 4: row starts 0, 1, 2; columns 1 and 3; values. Every number of the structure changed in turn.
  const std::vector<float> weights{0, 5, 0, 0, 0, 0, 0, 7};
  const Mask mask{0, 1, 0, 0, 0, 0, 0, 1};
  const auto good = *store(Layout::csr, f32, weights, mask, 4);
  CHECK(load(Layout::csr, f32, good, 2, 4, 2).value() == weights);
  for (const auto& [at, value] : {std::pair<std::size_t, int>{0, 1}, {4, 3}, {4, 255}, {7, 255}, {8, 1}, {8, 3}, {12, 4}, {13, 1}, {14, 255}}) {
    auto broken = good;
    broken[at] = static_cast<std::byte>(value);
    CAPTURE(at);
    const auto dense = load(Layout::csr, f32, broken, 2, 4, 2);
    REQUIRE_FALSE(dense);
    CHECK(dense.error().code == ErrorCode::invalid_file);
    CHECK(dense.error().offset.value() <= at);
  }
  // A column twice in one row.
  const auto pair = *store(Layout::csr, f32, weights, Mask{0, 1, 0, 1, 0, 0, 0, 0}, 4);
  auto twice = pair;
  twice[14] = std::byte{1};
  CHECK(code(Layout::csr, twice, 2, 4, 2) == ErrorCode::invalid_file);
}

TEST_CASE("break-even sparsities are those of the arithmetic by hand") {
  const auto& f16 = *formats::find("f16");
  const std::uint64_t rows = 1024, columns = 1024, count = rows * columns;
  // Bitmask over f16: count/8 + 2 kept < 2 count, so kept < 15/16 count. CSR: 4 (rows + 1) + 4 kept < 2 count.
  CHECK(break_even_sparsity(Layout::bitmask, f16, rows, columns) == doctest::Approx(1.0 / 16).epsilon(1e-5));
  const double csr = 1 - (2.0 * count - 4.0 * (rows + 1)) / 4 / count;
  CHECK(break_even_sparsity(Layout::csr, f16, rows, columns) == doctest::Approx(csr).epsilon(1e-5));
  CHECK(break_even_sparsity(Layout::two_of_four, f16, rows, columns) == 0.5);
  for (const auto layout : {Layout::bitmask, Layout::csr}) {
    const double s = break_even_sparsity(layout, f16, rows, columns);
    const auto kept = static_cast<std::uint64_t>(std::llround((1 - s) * count));
    CHECK(stored_size(layout, f16, rows, columns, kept) < 2 * count);
    CHECK(stored_size(layout, f16, rows, columns, kept + 1) >= 2 * count);
  }
}

TEST_CASE("vectors are multiplied from the bytes as by the dense matrix") {
  const auto f32 = formats::get("f32");
  REQUIRE(f32);
  for (const std::size_t columns : {4u, 20u, 64u, 129u, 70'000u}) {
    CAPTURE(columns);
    const std::size_t rows = 3;
    const auto weights = normal(rows * columns);
    const auto vectors = normal(2 * columns, 7);
    const auto check = [&](const Mask& mask, std::span<const float> found) {
      for (std::size_t v = 0; v < 2; ++v) {
        for (std::size_t row = 0; row < rows; ++row) {
          double sum = 0, magnitude = 0;
          for (std::size_t i = 0; i < columns; ++i) {
            const double product = mask[row * columns + i] ? double{weights[row * columns + i]} * vectors[v * columns + i] : 0;
            sum += product;
            magnitude += std::abs(product);
          }
          CHECK(std::abs(found[v * rows + row] - sum) <= 1e-6 * magnitude);
        }
      }
    };
    std::vector<float> out(2 * rows);
    multiply_dense(weights, columns, vectors, out);
    check(Mask(weights.size(), 1), out);
    for (const Layout layout : {Layout::csr, Layout::two_of_four}) {
      if (layout == Layout::two_of_four && columns % 4 != 0) continue;
      const Mask mask = layout == Layout::csr ? prune_global(magnitude(weights), 0.7) : prune_n_of_m(magnitude(weights), columns, 2, 4).value();
      const auto kept = static_cast<std::size_t>(count_kept(mask));
      const auto stored = store(layout, **f32, weights, mask, columns);
      REQUIRE(stored);
      REQUIRE(multiply(layout, *stored, rows, columns, kept, vectors, out));
      check(mask, out);
      CHECK(multiply(layout, std::span(*stored).first(stored->size() - 1), rows, columns, kept, vectors, out).error().code == ErrorCode::truncated);
    }
    CHECK(multiply(Layout::bitmask, {}, rows, columns, 0, vectors, out).error().field == "layout");
  }
  // A column beyond the row is found before it is read from.
  const std::vector<std::uint8_t> outside{0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 128, 63};
  std::vector<float> out(1);
  CHECK(multiply(Layout::csr, std::as_bytes(std::span(outside)), 1, 4, 1, std::vector<float>(4), out).error().offset == 8);
}
