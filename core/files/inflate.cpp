#include "files/inflate.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "beat.h"
#include "concat.h"

namespace bitbudget::files {
namespace {

constexpr unsigned kMaxBits = 15;

/// Bits from the lowest of each byte up. Beyond the end there are zeros: `overrun` tells.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> in) : in_(in) {}

  /// At least 32 bits are then at hand.
  void fill() {
    while (count_ <= 56) {
      const std::uint64_t next = at_ < in_.size() ? std::to_integer<std::uint64_t>(in_[at_]) : 0;
      hold_ |= next << count_;
      ++at_;
      count_ += 8;
    }
  }
  std::uint32_t peek(unsigned bits) const { return static_cast<std::uint32_t>(hold_ & ((std::uint64_t{1} << bits) - 1)); }
  void drop(unsigned bits) {
    hold_ >>= bits;
    count_ -= bits;
  }
  std::uint32_t take(unsigned bits) {
    fill();
    const std::uint32_t value = peek(bits);
    drop(bits);
    return value;
  }
  /// The first byte of which no bit is taken.
  std::size_t position() const { return at_ - count_ / 8; }
  bool overrun() const { return position() > in_.size(); }
  /// Moves to the next byte and takes `size` bytes as they are; false if there are fewer.
  bool copy(std::span<std::byte> out) {
    drop(count_ % 8);
    const std::size_t from = position();
    if (from > in_.size() || out.size() > in_.size() - from) return false;
    if (!out.empty()) std::memcpy(out.data(), in_.data() + from, out.size());
    at_ = from + out.size();
    hold_ = 0;
    count_ = 0;
    return true;
  }

 private:
  std::span<const std::byte> in_;
  std::size_t at_ = 0;
  std::uint64_t hold_ = 0;
  unsigned count_ = 0;
};

/// A canonical Huffman code as one table: the next kMaxBits bits of the stream give the symbol and its length.
class Code {
 public:
  /// False if the lengths are over-subscribed, or incomplete other than by a lone code of one bit (or none at all).
  bool build(std::span<const std::uint8_t> lengths) {
    std::array<unsigned, kMaxBits + 1> counts{};
    for (const std::uint8_t length : lengths) ++counts[length];
    counts[0] = 0;
    int left = 1;
    std::array<unsigned, kMaxBits + 2> next{};
    for (unsigned bits = 1; bits <= kMaxBits; ++bits) {
      left = left * 2 - static_cast<int>(counts[bits]);
      if (left < 0) return false;
      next[bits + 1] = (next[bits] + counts[bits]) << 1;
    }
    const unsigned used = static_cast<unsigned>(lengths.size()) - static_cast<unsigned>(std::count(lengths.begin(), lengths.end(), std::uint8_t{0}));
    if (left > 0 && !(used == 0 || (used == 1 && counts[1] == 1))) return false;
    table_.fill(0);
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
      const unsigned length = lengths[symbol];
      if (length == 0) continue;
      const auto entry = static_cast<std::uint16_t>(symbol << 4 | length);
      for (unsigned at = reversed(next[length]++, length); at < table_.size(); at += 1u << length) table_[at] = entry;
    }
    return true;
  }

  /// The next symbol, or -1 for bits that are no code.
  int take(BitReader& in) const {
    const std::uint16_t entry = table_[in.peek(kMaxBits)];
    if (entry == 0) return -1;
    in.drop(entry & 15u);
    return entry >> 4;
  }

 private:
  static unsigned reversed(unsigned code, unsigned length) {
    unsigned out = 0;
    for (unsigned i = 0; i < length; ++i) out |= (code >> i & 1u) << (length - 1 - i);
    return out;
  }

  std::array<std::uint16_t, 1u << kMaxBits> table_{};
};

/// RFC 1951, 3.2.5.
struct Extra {
  std::uint16_t base;
  std::uint8_t bits;
};
constexpr std::array<Extra, 29> kLengths = {{{3, 0}, {4, 0}, {5, 0}, {6, 0}, {7, 0}, {8, 0}, {9, 0}, {10, 0}, {11, 1}, {13, 1},
                                             {15, 1}, {17, 1}, {19, 2}, {23, 2}, {27, 2}, {31, 2}, {35, 3}, {43, 3}, {51, 3}, {59, 3},
                                             {67, 4}, {83, 4}, {99, 4}, {115, 4}, {131, 5}, {163, 5}, {195, 5}, {227, 5}, {258, 0}}};
constexpr std::array<Extra, 30> kDistances = {{{1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 1}, {7, 1}, {9, 2}, {13, 2}, {17, 3}, {25, 3},
                                               {33, 4}, {49, 4}, {65, 5}, {97, 5}, {129, 6}, {193, 6}, {257, 7}, {385, 7}, {513, 8}, {769, 8},
                                               {1025, 9}, {1537, 9}, {2049, 10}, {3073, 10}, {4097, 11}, {6145, 11}, {8193, 12}, {12289, 12}, {16385, 13}, {24577, 13}}};

class Inflater {
 public:
  Inflater(std::span<const std::byte> in, std::span<std::byte> out, bool to_end) : size_(in.size()), bits_(in), out_(out), to_end_(to_end) {}

  Result<Inflated> run() {
    for (bool last = false; !last && !full();) {
      last = bits_.take(1) == 1;
      const std::uint32_t kind = bits_.take(2);
      Result<void> done;
      if (kind == 0) done = stored();
      else if (kind == 1) done = fixed();
      else if (kind == 2) done = dynamic();
      else done = refuse("there is no block of kind 3");
      if (bits_.overrun()) return early();  // zeros past the end may have looked like a fault
      if (!done) return std::unexpected(std::move(done.error()));
    }
    return Inflated{done_, bits_.position()};
  }

 private:
  std::unexpected<Error> refuse(std::string_view what) const {
    return fail_at(ErrorCode::invalid_file, bits_.position(), concat({"The compressed data is damaged: ", what, "."}));
  }
  std::unexpected<Error> early() const { return fail_at(ErrorCode::truncated, size_, "The compressed data ends too early."); }

  bool full() const { return !to_end_ && done_ == out_.size(); }

  Result<void> stored() {
    std::array<std::byte, 4> lengths;
    if (!bits_.copy(lengths)) return early();
    const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(lengths[i]); };
    const std::uint32_t length = byte(0) | byte(1) << 8;
    if ((length ^ (byte(2) | byte(3) << 8)) != 0xFFFF) return refuse("the length of a stored block is not confirmed");
    std::size_t count = length;
    if (count > out_.size() - done_) {
      if (to_end_) return refuse("it holds more than declared");
      count = out_.size() - done_;
    }
    if (!bits_.copy(out_.subspan(done_, count))) return early();
    done_ += count;
    return {};
  }

  Result<void> fixed() {
    std::array<std::uint8_t, 288> lengths;
    for (std::size_t i = 0; i < lengths.size(); ++i) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    literals_.build(lengths);
    std::array<std::uint8_t, 32> distances;
    distances.fill(5);
    distances_.build(distances);
    return symbols();
  }

  Result<void> dynamic() {
    constexpr std::array<std::uint8_t, 19> order = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    const std::size_t literals = bits_.take(5) + 257;
    const std::size_t distances = bits_.take(5) + 1;
    const std::size_t lengths_of_lengths = bits_.take(4) + 4;
    if (literals > 286 || distances > 30) return refuse("a block declares too many symbols");
    std::array<std::uint8_t, 320> lengths{};
    for (std::size_t i = 0; i < lengths_of_lengths; ++i) lengths[order[i]] = static_cast<std::uint8_t>(bits_.take(3));
    if (!literals_.build(std::span(lengths).first(19))) return refuse("a table of code lengths is not a prefix code");
    lengths.fill(0);
    for (std::size_t i = 0; i < literals + distances;) {
      bits_.fill();
      const int symbol = literals_.take(bits_);
      if (symbol < 0) return refuse("a code length is no code");
      if (symbol < 16) {
        lengths[i++] = static_cast<std::uint8_t>(symbol);
        continue;
      }
      if (symbol == 16 && i == 0) return refuse("a code length repeats nothing");
      const std::uint8_t value = symbol == 16 ? lengths[i - 1] : std::uint8_t{0};
      std::size_t repeat = symbol == 16 ? 3 + bits_.take(2) : symbol == 17 ? 3 + bits_.take(3) : 11 + bits_.take(7);
      if (repeat > literals + distances - i) return refuse("code lengths run over");
      for (; repeat > 0; --repeat) lengths[i++] = value;
    }
    if (lengths[256] == 0) return refuse("a block has no end");
    if (!literals_.build(std::span(lengths).first(literals)) || !distances_.build(std::span(lengths).subspan(literals, distances))) {
      return refuse("a table is not a prefix code");
    }
    return symbols();
  }

  Result<void> symbols() {
    for (;;) {
      bits_.fill();  // 15 + 5 + 15 + 13 bits are the most that one step takes
      const int symbol = literals_.take(bits_);
      beats_(1);
      if (symbol < 0 || symbol > 285) return refuse("a symbol is no code");
      if (symbol == 256) return {};
      if (bits_.overrun()) return early();
      if (symbol < 256) {
        if (done_ == out_.size()) return to_end_ ? Result<void>(refuse("it holds more than declared")) : Result<void>();
        out_[done_++] = static_cast<std::byte>(symbol);
        continue;
      }
      if (auto done = match(static_cast<std::size_t>(symbol) - 257); !done) return done;
      if (full()) return {};
    }
  }

  Result<void> match(std::size_t length_symbol) {
    const Extra length_code = kLengths[length_symbol];
    std::size_t length = length_code.base + bits_.peek(length_code.bits);
    bits_.drop(length_code.bits);
    const int symbol = distances_.take(bits_);
    if (symbol < 0 || symbol >= 30) return refuse("a distance is no code");
    const Extra distance_code = kDistances[static_cast<std::size_t>(symbol)];
    const std::size_t distance = distance_code.base + bits_.peek(distance_code.bits);
    bits_.drop(distance_code.bits);
    if (distance > done_) return refuse("a distance reaches before the start");
    if (length > out_.size() - done_) {
      if (to_end_) return refuse("it holds more than declared");
      length = out_.size() - done_;
    }
    // Byte by byte: the source may overlap what is being written.
    for (; length > 0; --length, ++done_) out_[done_] = out_[done_ - distance];
    return {};
  }

  std::size_t size_;
  BitReader bits_;
  std::span<std::byte> out_;
  bool to_end_;
  std::size_t done_ = 0;
  Code literals_;
  Code distances_;
  Beats beats_;
};

constexpr auto kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1u) != 0 ? 0xEDB88320u : 0u);
    table[i] = value;
  }
  return table;
}();

}  // namespace

Result<Inflated> inflate(std::span<const std::byte> in, std::span<std::byte> out, bool to_end) { return Inflater(in, out, to_end).run(); }

std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFFu;
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(kPiece, bytes.size()))) {
    for (const std::byte byte : bytes.first(std::min(kPiece, bytes.size()))) crc = (crc >> 8) ^ kCrcTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFu];
    beat();
  }
  return ~crc;
}

}  // namespace bitbudget::files
