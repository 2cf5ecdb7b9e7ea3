#include "entropy/huffman.h"

#include <algorithm>
#include <array>
#include <string>

#include "entropy/bit_stream.h"
#include "entropy/entropy.h"
#include "guard_memory.h"
#include "tensor/little_endian.h"

namespace bitbudget::entropy {
namespace {

constexpr std::size_t kHeaderBytes = 10;

/// code word of each symbol: canonical, by (length, symbol).
std::vector<std::uint32_t> canonical_codes(std::span<const std::uint8_t> lengths) {
  std::array<std::uint32_t, kMaxCodeLength + 2> next{};
  for (const std::uint8_t length : lengths) {
    if (length > 0) ++next[length + 1u];
  }
  // next[L] becomes the first code word of length L.
  std::array<std::uint32_t, kMaxCodeLength + 2> count = next;
  next[1] = 0;
  for (unsigned length = 2; length <= kMaxCodeLength; ++length) next[length] = (next[length - 1] + count[length]) << 1;
  std::vector<std::uint32_t> codes(lengths.size());
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    if (lengths[s] > 0) codes[s] = next[lengths[s]]++;
  }
  return codes;
}

struct DecodeEntry {
  std::uint16_t symbol = 0;
  std::uint8_t length = 0;  // 0: no code word starts like this
};

/// For every kMaxCodeLength-bit prefix, its symbol. The lengths must satisfy Kraft's inequality.
std::vector<DecodeEntry> decode_table(std::span<const std::uint8_t> lengths) {
  const auto codes = canonical_codes(lengths);
  std::vector<DecodeEntry> table(std::size_t{1} << kMaxCodeLength);
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    if (lengths[s] == 0) continue;
    const unsigned spare = kMaxCodeLength - lengths[s];
    const auto first = static_cast<std::size_t>(codes[s]) << spare;
    std::fill_n(table.begin() + static_cast<std::ptrdiff_t>(first), std::size_t{1} << spare,
                DecodeEntry{static_cast<std::uint16_t>(s), lengths[s]});
  }
  return table;
}

Result<std::vector<std::uint8_t>> bounded_lengths(std::span<const std::uint64_t> counts, unsigned max_length) {
  std::vector<std::uint8_t> lengths(counts.size());
  std::vector<std::uint32_t> order;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    if (counts[s] > 0) order.push_back(static_cast<std::uint32_t>(s));
  }
  if (order.empty()) return lengths;
  if (max_length < 1 || max_length > kMaxCodeLength || order.size() > (std::size_t{1} << max_length)) {
    return fail(ErrorCode::invalid_argument, std::to_string(order.size()) + " symbols do not fit code words of at most " +
                                                 std::to_string(max_length) + " bits.");
  }
  if (order.size() == 1) {
    lengths[order[0]] = 1;
    return lengths;
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return counts[a] < counts[b]; });

  // Package-merge: in each of max_length rounds the packages (pairs of the round before) are merged with the leaves by
  // weight. A symbol's length is how often its leaf is in the first 2 n - 2 items of the last round; each round keeps for
  // every item whether it is a leaf, and walking back through the rounds counts them.
  const std::size_t n = order.size();
  std::vector<std::vector<bool>> is_leaf(max_length);
  std::vector<std::uint64_t> previous;
  for (unsigned round = 0; round < max_length; ++round) {
    std::vector<std::uint64_t> items;
    std::size_t leaf = 0;
    std::size_t package = 0;
    while (leaf < n || 2 * package + 1 < previous.size()) {
      const bool has_package = 2 * package + 1 < previous.size();
      const std::uint64_t pair = has_package ? previous[2 * package] + previous[2 * package + 1] : 0;
      if (leaf < n && (!has_package || counts[order[leaf]] <= pair)) {
        items.push_back(counts[order[leaf++]]);
        is_leaf[round].push_back(true);
      } else {
        items.push_back(pair);
        is_leaf[round].push_back(false);
        ++package;
      }
    }
    previous = std::move(items);
  }
  std::size_t taken = 2 * n - 2;
  for (unsigned round = max_length; round-- > 0 && taken > 0;) {
    std::size_t leaves = 0;
    for (std::size_t i = 0; i < taken; ++i) leaves += is_leaf[round][i];
    for (std::size_t i = 0; i < leaves; ++i) ++lengths[order[i]];
    taken = 2 * (taken - leaves);
  }
  return lengths;
}

Result<std::vector<std::byte>> encode(std::span<const std::uint16_t> symbols, std::size_t alphabet) {
  if (alphabet > 0xFFFF) return fail(ErrorCode::invalid_argument, "An alphabet has at most 65,535 symbols.");
  const auto lengths = huffman_lengths(count_symbols(symbols, alphabet));
  if (!lengths) return std::unexpected(lengths.error());
  const auto codes = canonical_codes(*lengths);
  std::vector<std::byte> out;
  append(out, static_cast<std::uint16_t>(alphabet));
  append(out, static_cast<std::uint64_t>(symbols.size()));
  for (std::size_t s = 0; s < alphabet; s += 2) {
    const unsigned high = s + 1 < alphabet ? (*lengths)[s + 1] : 0u;
    out.push_back(static_cast<std::byte>((*lengths)[s] | high << 4));
  }
  BitWriter writer;
  for (const std::uint16_t symbol : symbols) writer.put(codes[symbol], (*lengths)[symbol]);
  const auto bits = writer.finish();
  out.insert(out.end(), bits.begin(), bits.end());
  return out;
}

Result<std::vector<std::uint16_t>> decode(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes) return fail_at(ErrorCode::truncated, bytes.size(), "A Huffman stream has a header of 10 bytes.");
  const std::size_t alphabet = load<std::uint16_t>(bytes.data());
  const auto count = load<std::uint64_t>(bytes.data() + 2);
  const std::size_t table_bytes = (alphabet + 1) / 2;
  if (bytes.size() - kHeaderBytes < table_bytes) {
    return fail_at(ErrorCode::truncated, bytes.size(), "The stream ends inside its table of code lengths.");
  }
  std::vector<std::uint8_t> lengths(alphabet);
  std::uint64_t kraft = 0;
  for (std::size_t s = 0; s < alphabet; ++s) {
    lengths[s] = std::to_integer<std::uint8_t>(bytes[kHeaderBytes + s / 2]) >> (s % 2 * 4) & 15;
    if (lengths[s] > 0) kraft += std::uint64_t{1} << (kMaxCodeLength - lengths[s]);
  }
  if (kraft > std::uint64_t{1} << kMaxCodeLength) {
    return fail_at(ErrorCode::invalid_file, kHeaderBytes, "The code lengths are those of no prefix code.");
  }
  const auto data = bytes.subspan(kHeaderBytes + table_bytes);
  // Every symbol takes a bit at least: a count beyond that is refused before memory is taken for it.
  if (count > std::uint64_t{data.size()} * 8) {
    return fail_at(ErrorCode::truncated, bytes.size(), "The stream announces more symbols than it has bits.");
  }
  const auto table = decode_table(lengths);
  std::vector<std::uint16_t> symbols(static_cast<std::size_t>(count));
  BitReader reader(data);
  for (auto& symbol : symbols) {
    const DecodeEntry entry = table[reader.peek(kMaxCodeLength)];
    const auto offset = kHeaderBytes + table_bytes + reader.position() / 8;
    if (entry.length == 0) return fail_at(ErrorCode::invalid_file, offset, "These bits start no code word.");
    reader.skip(entry.length);
    if (reader.position() > std::uint64_t{data.size()} * 8) {
      return fail_at(ErrorCode::truncated, bytes.size(), "The stream ends inside a code word.");
    }
    symbol = entry.symbol;
  }
  if ((reader.position() + 7) / 8 != data.size()) {
    return fail_at(ErrorCode::invalid_file, kHeaderBytes + table_bytes + (reader.position() + 7) / 8, "Bytes are left over after the last symbol.");
  }
  const auto spare = static_cast<unsigned>(std::uint64_t{data.size()} * 8 - reader.position());
  if (reader.peek(spare) != 0) {
    return fail_at(ErrorCode::invalid_file, bytes.size() - 1, "The bits that fill the last byte must be zero.");
  }
  return symbols;
}

}  // namespace

Result<std::vector<std::uint8_t>> huffman_lengths(std::span<const std::uint64_t> counts, unsigned max_length) {
  return guard_memory([&] { return bounded_lengths(counts, max_length); });
}

Result<std::vector<std::byte>> huffman_encode(std::span<const std::uint16_t> symbols, std::size_t alphabet) {
  return guard_memory([&] { return encode(symbols, alphabet); });
}

Result<std::vector<std::uint16_t>> huffman_decode(std::span<const std::byte> bytes) {
  return guard_memory([&] { return decode(bytes); });
}

}  // namespace bitbudget::entropy
