#include "entropy/rans.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <queue>
#include <string>

#include "concat.h"
#include "entropy/entropy.h"
#include "guard_memory.h"
#include "tensor/little_endian.h"

namespace bitbudget::entropy {
namespace {

constexpr std::uint32_t kTotal = std::uint32_t{1} << kRansBits;
constexpr std::uint32_t kLow = std::uint32_t{1} << 23;
constexpr std::size_t kFixedBytes = 2 + 8;

/// start[s] = sum of the frequencies before s.
std::vector<std::uint32_t> starts(std::span<const std::uint16_t> frequencies) {
  std::vector<std::uint32_t> start(frequencies.size());
  std::exclusive_scan(frequencies.begin(), frequencies.end(), start.begin(), std::uint32_t{0});
  return start;
}

Result<std::vector<std::uint16_t>> fit_frequencies(std::span<const std::uint64_t> counts) {
  const auto total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  const auto occurring = static_cast<std::size_t>(std::count_if(counts.begin(), counts.end(), [](auto count) { return count > 0; }));
  if (total == 0 || occurring > kTotal) {
    return fail(ErrorCode::invalid_argument, std::to_string(occurring) + " symbols occur; between 1 and 16,384 can be coded.");
  }
  std::vector<std::uint16_t> frequencies(counts.size());
  std::int64_t left = kTotal;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    if (counts[s] == 0) continue;
    const double share = static_cast<double>(counts[s]) / static_cast<double>(total) * kTotal;
    frequencies[s] = static_cast<std::uint16_t>(std::max(1.0, std::floor(share)));
    left -= frequencies[s];
  }
  // One slot more or less at a time, where it changes sum count log2(frequency) most (least), until the sum is right.
  struct Move {
    double gain;
    std::size_t symbol;
    bool operator<(const Move& other) const { return gain < other.gain || (gain == other.gain && symbol > other.symbol); }
  };
  const int direction = left > 0 ? 1 : -1;
  const auto gain = [&](std::size_t s) {
    return static_cast<double>(counts[s]) * std::log2((frequencies[s] + direction) / static_cast<double>(frequencies[s]));
  };
  std::priority_queue<Move> moves;
  const auto offer = [&](std::size_t s) {
    if (direction > 0 || frequencies[s] > 1) moves.push({gain(s), s});
  };
  for (std::size_t s = 0; s < counts.size(); ++s) {
    if (counts[s] > 0) offer(s);
  }
  for (; left != 0; left -= direction) {
    const std::size_t s = moves.top().symbol;
    moves.pop();
    frequencies[s] = static_cast<std::uint16_t>(frequencies[s] + direction);
    offer(s);
  }
  return frequencies;
}

Result<std::vector<std::byte>> encode(std::span<const std::uint16_t> symbols, std::size_t alphabet) {
  if (alphabet > kTotal) return fail(ErrorCode::invalid_argument, "An alphabet has at most 16,384 symbols.");
  std::vector<std::uint16_t> frequencies(alphabet);
  if (!symbols.empty()) {
    auto fitted = rans_frequencies(count_symbols(symbols, alphabet));
    if (!fitted) return std::unexpected(fitted.error());
    frequencies = std::move(*fitted);
  }
  const auto start = starts(frequencies);
  std::vector<std::byte> reversed;
  std::uint32_t state = kLow;
  for (std::size_t i = symbols.size(); i-- > 0;) {
    const std::uint32_t frequency = frequencies[symbols[i]];
    while (state >= ((kLow >> kRansBits) << 8) * frequency) {
      reversed.push_back(static_cast<std::byte>(state));
      state >>= 8;
    }
    state = ((state / frequency) << kRansBits) + state % frequency + start[symbols[i]];
  }
  std::vector<std::byte> out;
  append(out, static_cast<std::uint16_t>(alphabet));
  append(out, static_cast<std::uint64_t>(symbols.size()));
  for (const std::uint16_t frequency : frequencies) append(out, frequency);
  append(out, state);
  out.insert(out.end(), reversed.rbegin(), reversed.rend());
  return out;
}

Result<std::vector<std::uint16_t>> decode(std::span<const std::byte> bytes, std::uint64_t max_symbols) {
  if (bytes.size() < kFixedBytes) return fail_at(ErrorCode::truncated, bytes.size(), "An rANS stream has a header of 10 bytes.");
  const std::size_t alphabet = load<std::uint16_t>(bytes.data());
  const auto count = load<std::uint64_t>(bytes.data() + 2);
  if (bytes.size() - kFixedBytes < alphabet * 2 + 4) {
    return fail_at(ErrorCode::truncated, bytes.size(), "The stream ends inside its table of frequencies.");
  }
  std::vector<std::uint16_t> frequencies(alphabet);
  for (std::size_t s = 0; s < alphabet; ++s) frequencies[s] = load<std::uint16_t>(bytes.data() + kFixedBytes + 2 * s);
  const auto sum = std::accumulate(frequencies.begin(), frequencies.end(), std::uint64_t{0});
  std::size_t at = kFixedBytes + 2 * alphabet;
  auto state = load<std::uint32_t>(bytes.data() + at);
  at += 4;
  if (count == 0) {
    if (at != bytes.size() || state != kLow) return fail_at(ErrorCode::invalid_file, at, "An empty stream holds nothing but its header.");
    return std::vector<std::uint16_t>{};
  }
  if (sum != kTotal || state < kLow || state >= kLow << 8) {
    return fail_at(ErrorCode::invalid_file, kFixedBytes, "The frequencies do not sum to 16,384, or the state is out of range.");
  }
  // A symbol of frequency 2^14 costs nothing; any other takes at least log2(1 + 2^-14) bits: without this bound a short
  // stream could announce more symbols than memory holds.
  constexpr std::uint64_t kMostPerByte = 100'000;
  const bool constant = std::find(frequencies.begin(), frequencies.end(), kTotal) != frequencies.end();
  if (!constant && count > (std::uint64_t{bytes.size()} - at + 4) * kMostPerByte) {
    return fail_at(ErrorCode::invalid_file, 2, "The stream announces more symbols than it can hold.");
  }
  if (count > max_symbols) {
    return fail_at(ErrorCode::too_large, 2, concat({"The stream holds ", count, " symbols; at most ", max_symbols, " are decoded."}));
  }
  const auto start = starts(frequencies);
  std::vector<std::uint16_t> symbol_of(kTotal);
  for (std::size_t s = 0; s < alphabet; ++s) {
    std::fill_n(symbol_of.begin() + start[s], frequencies[s], static_cast<std::uint16_t>(s));
  }
  std::vector<std::uint16_t> symbols(static_cast<std::size_t>(count));
  for (auto& symbol : symbols) {
    const std::uint32_t slot = state & (kTotal - 1);
    symbol = symbol_of[slot];
    state = frequencies[symbol] * (state >> kRansBits) + slot - start[symbol];
    while (state < kLow) {
      if (at == bytes.size()) return fail_at(ErrorCode::truncated, at, "The stream ends before its last symbol.");
      state = state << 8 | std::to_integer<std::uint32_t>(bytes[at++]);
    }
  }
  if (at != bytes.size() || state != kLow) return fail_at(ErrorCode::invalid_file, at, "The stream does not end where its last symbol does.");
  return symbols;
}

}  // namespace

Result<std::vector<std::uint16_t>> rans_frequencies(std::span<const std::uint64_t> counts) {
  return guard_memory([&] { return fit_frequencies(counts); });
}

Result<std::vector<std::byte>> rans_encode(std::span<const std::uint16_t> symbols, std::size_t alphabet) {
  return guard_memory([&] { return encode(symbols, alphabet); });
}

Result<std::vector<std::uint16_t>> rans_decode(std::span<const std::byte> bytes, std::uint64_t max_symbols) {
  return guard_memory([&] { return decode(bytes, max_symbols); });
}

}  // namespace bitbudget::entropy
