#include "entropy/huffman.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "concat.h"
#include "entropy/entropy.h"
#include "guard_memory.h"
#include "tensor/little_endian.h"

namespace bitbudget::entropy {
namespace {

constexpr std::size_t kHeaderBytes = 10;
constexpr std::size_t kStreams = 4;
constexpr std::size_t kSizesBytes = 4 * (kStreams - 1);
/// What a 64-bit word can take at once beside an unfinished byte.
constexpr unsigned kWordBits = 56;

/// A code word as it stands in the stream, its first bit lowest.
struct CodeWord {
  std::uint16_t bits = 0;
  std::uint16_t length = 0;
};

std::uint16_t reversed(std::uint32_t bits, unsigned length) {
  std::uint32_t out = 0;
  for (unsigned i = 0; i < length; ++i) out |= (bits >> i & 1u) << (length - 1 - i);
  return static_cast<std::uint16_t>(out);
}

/// The code word of each symbol: canonical, by (length, symbol).
std::vector<CodeWord> code_words(std::span<const std::uint8_t> lengths) {
  std::array<std::uint32_t, kMaxCodeLength + 2> next{};
  for (const std::uint8_t length : lengths) {
    if (length > 0) ++next[length + 1u];
  }
  // next[L] becomes the first code word of length L.
  const std::array<std::uint32_t, kMaxCodeLength + 2> count = next;
  next[1] = 0;
  for (unsigned length = 2; length <= kMaxCodeLength; ++length) next[length] = (next[length - 1] + count[length]) << 1;
  std::vector<CodeWord> words(lengths.size());
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    if (lengths[s] > 0) words[s] = {reversed(next[lengths[s]]++, lengths[s]), lengths[s]};
  }
  return words;
}

/// Where each stream's symbols begin: four parts as equal as can be, the last ones smaller.
std::array<std::size_t, kStreams + 1> parts_of(std::size_t count) {
  const std::size_t part = count / kStreams + (count % kStreams != 0);
  return {0, std::min(part, count), std::min(2 * part, count), std::min(3 * part, count), count};
}

/// Symbols that are surely written, or read, between two looks at the memory.
constexpr unsigned symbols_per_word(unsigned longest) { return longest <= 11 ? 5 : longest <= 14 ? 4 : 3; }
static_assert(symbols_per_word(11) * 11 <= kWordBits && symbols_per_word(14) * 14 <= kWordBits && symbols_per_word(kMaxCodeLength) * kMaxCodeLength <= kWordBits);

std::uint64_t load_word(const std::byte* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
  return word;
}

void store_word(std::byte* at, std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
  std::memcpy(at, &word, sizeof word);
}

/// Writes the stream of `symbols` at `out`, where there is room for a word beyond it, and says where it ends.
template <unsigned kAtOnce>
std::byte* write_stream(std::span<const std::uint16_t> symbols, std::span<const CodeWord> words, std::byte* out) {
  std::uint64_t pending = 0;
  unsigned held = 0;
  const auto put = [&](std::uint16_t symbol) {
    const CodeWord word = words[symbol];
    pending |= std::uint64_t{word.bits} << held;
    held += word.length;
  };
  const auto flush = [&] {
    store_word(out, pending);
    out += held / 8;
    pending >>= held & ~7u;
    held %= 8;
  };
  std::size_t i = 0;
  for (; i + kAtOnce <= symbols.size(); i += kAtOnce) {
    for (unsigned j = 0; j < kAtOnce; ++j) put(symbols[i + j]);
    flush();
  }
  for (; i < symbols.size(); ++i) put(symbols[i]);
  flush();
  if (held > 0) *out++ = static_cast<std::byte>(pending);
  return out;
}

struct DecodeEntry {
  std::uint16_t symbol = 0;
  std::uint16_t length = 0;
};

/// For every `longest` bits that may follow, first bit lowest, the symbol that they begin with. The code is complete.
std::vector<DecodeEntry> decode_table(std::span<const std::uint8_t> lengths, unsigned longest) {
  const auto words = code_words(lengths);
  std::vector<DecodeEntry> table(std::size_t{1} << longest);
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    if (lengths[s] == 0) continue;
    for (std::size_t bits = words[s].bits; bits < table.size(); bits += std::size_t{1} << lengths[s]) {
      table[bits] = {static_cast<std::uint16_t>(s), words[s].length};
    }
  }
  return table;
}

class StreamReader {
 public:
  explicit StreamReader(std::span<const std::byte> bytes) : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool has_word() const { return end_ - at_ >= 8; }
  /// At least kWordBits bits are at hand after it; has_word() must hold.
  void refill() {
    pending_ |= load_word(at_) << held_;
    at_ += (63 - held_) / 8;
    held_ |= kWordBits;
  }
  /// The same a byte at a time; zeros past the end.
  void refill_slowly() {
    while (held_ < kWordBits) {
      pending_ |= (at_ < end_ ? std::to_integer<std::uint64_t>(*at_) : 0) << held_;
      ++at_;
      held_ += 8;
    }
  }
  std::uint16_t take(const DecodeEntry* table, std::uint64_t mask) {
    const DecodeEntry entry = table[pending_ & mask];
    pending_ >>= entry.length;
    held_ -= entry.length;
    return entry.symbol;
  }
  /// Bits taken; more than the stream has once a code word went past its end.
  std::uint64_t position() const { return static_cast<std::uint64_t>(at_ - begin_) * 8 - held_; }
  /// The bits between the last code word and the end of its byte.
  bool padding_is_zero() const { return (pending_ & ((std::uint64_t{1} << (held_ % 8)) - 1)) == 0; }

 private:
  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  std::uint64_t pending_ = 0;
  unsigned held_ = 0;
};

/// Four streams at once: while one waits for its table entry the others go on.
template <unsigned kAtOnce>
void read_streams(std::array<StreamReader, kStreams>& streams, std::span<const DecodeEntry> table, std::span<std::uint16_t> symbols) {
  const auto parts = parts_of(symbols.size());
  const DecodeEntry* entries = table.data();
  const std::uint64_t mask = table.size() - 1;
  auto [a, b, c, d] = streams;
  std::uint16_t* out = symbols.data();
  std::size_t i = 0;
  for (const std::size_t least = parts[4] - parts[3]; i + kAtOnce <= least && a.has_word() && b.has_word() && c.has_word() && d.has_word(); i += kAtOnce) {
    a.refill();
    b.refill();
    c.refill();
    d.refill();
    for (unsigned j = 0; j < kAtOnce; ++j) {
      out[i + j] = a.take(entries, mask);
      out[parts[1] + i + j] = b.take(entries, mask);
      out[parts[2] + i + j] = c.take(entries, mask);
      out[parts[3] + i + j] = d.take(entries, mask);
    }
  }
  streams = {a, b, c, d};
  for (std::size_t s = 0; s < kStreams; ++s) {
    for (std::size_t k = parts[s] + i; k < parts[s + 1]; ++k) {
      streams[s].refill_slowly();
      symbols[k] = streams[s].take(entries, mask);
    }
  }
}

/// Runs `f` with the symbols per word as a constant.
template <class F>
auto with_symbols_per_word(unsigned longest, F f) {
  switch (symbols_per_word(longest)) {
    case 5: return f.template operator()<5>();
    case 4: return f.template operator()<4>();
    default: return f.template operator()<3>();
  }
}

Result<std::vector<std::uint8_t>> bounded_lengths(std::span<const std::uint64_t> counts, unsigned max_length) {
  std::vector<std::uint8_t> lengths(counts.size());
  std::vector<std::uint32_t> order;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    if (counts[s] > 0) order.push_back(static_cast<std::uint32_t>(s));
  }
  if (order.empty()) return lengths;
  if (max_length < 1 || max_length > kMaxCodeLength || order.size() > (std::size_t{1} << max_length)) {
    return fail(ErrorCode::invalid_argument, concat({order.size(), " symbols do not fit code words of at most ", max_length, " bits."}));
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

/// Short tables decode faster and cost next to nothing: long words are for alphabets that need them.
unsigned length_bound(std::span<const std::uint64_t> counts) {
  const auto occurring = static_cast<std::uint64_t>(std::count_if(counts.begin(), counts.end(), [](auto count) { return count > 0; }));
  return occurring <= 512 ? 11 : kMaxCodeLength;
}

Result<std::vector<std::byte>> encode(std::span<const std::uint16_t> symbols, std::size_t alphabet) {
  if (alphabet > 0xFFFF) return fail(ErrorCode::invalid_argument, "An alphabet has at most 65,535 symbols.");
  const auto counts = count_symbols(symbols, alphabet);
  const auto lengths = bounded_lengths(counts, length_bound(counts));
  if (!lengths) return std::unexpected(lengths.error());
  const unsigned longest = lengths->empty() ? 0 : *std::max_element(lengths->begin(), lengths->end());
  std::vector<std::byte> out;
  append(out, static_cast<std::uint16_t>(alphabet));
  append(out, static_cast<std::uint64_t>(symbols.size()));
  for (std::size_t s = 0; s < alphabet; s += 2) {
    const unsigned high = s + 1 < alphabet ? (*lengths)[s + 1] : 0u;
    out.push_back(static_cast<std::byte>((*lengths)[s] | high << 4));
  }
  std::uint64_t bits = 0;
  for (std::size_t s = 0; s < alphabet; ++s) bits += counts[s] * (*lengths)[s];
  const std::size_t sizes_at = out.size();
  out.resize(sizes_at + kSizesBytes + static_cast<std::size_t>(bits / 8) + kStreams + sizeof(std::uint64_t));
  const auto words = code_words(*lengths);
  const auto parts = parts_of(symbols.size());
  std::byte* at = out.data() + sizes_at + kSizesBytes;
  for (std::size_t s = 0; s < kStreams; ++s) {
    std::byte* const begin = at;
    const auto part = symbols.subspan(parts[s], parts[s + 1] - parts[s]);
    at = with_symbols_per_word(longest, [&]<unsigned kAtOnce>() { return write_stream<kAtOnce>(part, words, begin); });
    if (static_cast<std::uint64_t>(at - begin) > UINT32_MAX) return fail(ErrorCode::too_large, "A stream of more than 4 GiB: encode fewer symbols at a time.");
    for (unsigned i = 0; s + 1 < kStreams && i < 4; ++i) out[sizes_at + 4 * s + i] = static_cast<std::byte>((at - begin) >> (8 * i));
  }
  out.resize(static_cast<std::size_t>(at - out.data()));
  return out;
}

/// What stands before the streams, checked.
struct Header {
  std::vector<std::uint8_t> lengths;
  std::uint64_t count = 0;
  unsigned longest = 0;
  bool constant = false;  // one symbol only, whose word is a single 0
  std::size_t bytes = 0;
};

Result<Header> read_header(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes) return fail_at(ErrorCode::truncated, bytes.size(), "A Huffman stream has a header of 10 bytes.");
  const std::size_t alphabet = load<std::uint16_t>(bytes.data());
  Header header;
  header.count = load<std::uint64_t>(bytes.data() + 2);
  header.bytes = kHeaderBytes + (alphabet + 1) / 2 + kSizesBytes;
  if (bytes.size() < header.bytes) {
    return fail_at(ErrorCode::truncated, bytes.size(), "The stream ends inside its table of code lengths.");
  }
  header.lengths.resize(alphabet);
  std::uint64_t kraft = 0;
  std::size_t occurring = 0;
  for (std::size_t s = 0; s < alphabet; ++s) {
    const unsigned length = std::to_integer<unsigned>(bytes[kHeaderBytes + s / 2]) >> (s % 2 * 4) & 15u;
    header.lengths[s] = static_cast<std::uint8_t>(length);
    header.longest = std::max(header.longest, length);
    occurring += length > 0;
    if (length > 0) kraft += std::uint64_t{1} << (kMaxCodeLength - length);
  }
  header.constant = occurring == 1 && header.longest == 1;
  const bool complete = kraft == std::uint64_t{1} << kMaxCodeLength;
  if (!complete && !header.constant && !(occurring == 0 && header.count == 0)) {
    return fail_at(ErrorCode::invalid_file, kHeaderBytes, "The code lengths are those of no complete prefix code.");
  }
  if (alphabet % 2 == 1 && (std::to_integer<unsigned>(bytes[kHeaderBytes + alphabet / 2]) >> 4) != 0) {
    return fail_at(ErrorCode::invalid_file, kHeaderBytes + alphabet / 2, "The bits that fill the table of code lengths must be zero.");
  }
  return header;
}

/// A stream with its reader used up: all of it, and nothing beyond.
Result<void> check_end(const StreamReader& reader, std::span<const std::byte> stream, std::size_t offset) {
  const std::uint64_t bytes = (reader.position() + 7) / 8;
  if (bytes > stream.size()) return fail_at(ErrorCode::truncated, offset + stream.size(), "The stream ends inside a code word.");
  if (bytes < stream.size()) return fail_at(ErrorCode::invalid_file, offset + static_cast<std::size_t>(bytes), "Bytes are left over after the last symbol.");
  if (!reader.padding_is_zero()) return fail_at(ErrorCode::invalid_file, offset + stream.size() - 1, "The bits that fill the last byte must be zero.");
  return {};
}

Result<std::vector<std::uint16_t>> decode(std::span<const std::byte> bytes) {
  const auto header = read_header(bytes);
  if (!header) return std::unexpected(header.error());
  // Every symbol takes a bit at least: a count beyond that is refused before memory is taken for it.
  if (header->count > std::uint64_t{bytes.size() - header->bytes} * 8) {
    return fail_at(ErrorCode::truncated, bytes.size(), "The stream announces more symbols than it has bits.");
  }
  std::array<std::span<const std::byte>, kStreams> streams;
  std::array<std::size_t, kStreams> offsets{};
  std::size_t at = header->bytes;
  for (std::size_t s = 0; s < kStreams; ++s) {
    const std::size_t left = bytes.size() - at;
    const std::size_t size = s + 1 < kStreams ? load<std::uint32_t>(bytes.data() + header->bytes - kSizesBytes + 4 * s) : left;
    if (size > left) return fail_at(ErrorCode::truncated, bytes.size(), "The file ends before its streams do.");
    streams[s] = bytes.subspan(at, size);
    offsets[s] = at;
    at += size;
  }
  std::vector<std::uint16_t> symbols(static_cast<std::size_t>(header->count));
  std::array readers{StreamReader(streams[0]), StreamReader(streams[1]), StreamReader(streams[2]), StreamReader(streams[3])};
  if (!header->lengths.empty()) {
    auto table = decode_table(header->lengths, header->longest);
    if (header->constant) table[1] = table[0];
    with_symbols_per_word(header->longest, [&]<unsigned kAtOnce>() { read_streams<kAtOnce>(readers, table, symbols); });
  }
  for (std::size_t s = 0; s < kStreams; ++s) {
    if (const auto end = check_end(readers[s], streams[s], offsets[s]); !end) return std::unexpected(end.error());
    // Of the single word 0 every bit is zero.
    const auto one = std::find_if(streams[s].begin(), streams[s].end(), [](std::byte byte) { return byte != std::byte{0}; });
    if (header->constant && one != streams[s].end()) {
      return fail_at(ErrorCode::invalid_file, offsets[s] + static_cast<std::size_t>(one - streams[s].begin()), "These bits start no code word.");
    }
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
