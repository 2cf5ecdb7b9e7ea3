// Bits in and out of bytes, most significant bit first: what prefix codes are written with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace bitbudget::entropy {

class BitWriter {
 public:
  /// The lowest `count` (0 to 32) bits of `bits`, the highest of them first.
  void put(std::uint32_t bits, unsigned count) {
    pending_ = (pending_ << count) | (count == 0 ? 0 : bits & (~std::uint32_t{0} >> (32 - count)));
    held_ += count;
    while (held_ >= 8) {
      held_ -= 8;
      bytes_.push_back(static_cast<std::byte>(pending_ >> held_));
    }
  }

  /// Fills the last byte with zeros and hands the bytes over.
  std::vector<std::byte> finish() {
    if (held_ > 0) put(0, 8 - held_);
    return std::move(bytes_);
  }

 private:
  std::vector<std::byte> bytes_;
  std::uint64_t pending_ = 0;
  unsigned held_ = 0;
};

class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// The next `count` (0 to 32) bits without taking them; zeros past the end.
  std::uint32_t peek(unsigned count) {
    while (held_ < count) {
      pending_ = (pending_ << 8) | (at_ < bytes_.size() ? std::to_integer<std::uint64_t>(bytes_[at_]) : 0);
      ++at_;
      held_ += 8;
    }
    return count == 0 ? 0 : static_cast<std::uint32_t>(pending_ >> (held_ - count)) & (~std::uint32_t{0} >> (32 - count));
  }
  void skip(unsigned count) { held_ -= count; }

  /// Whole bits taken so far; more than the input holds once a read went past its end.
  std::uint64_t position() const { return std::uint64_t{at_} * 8 - held_; }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  std::uint64_t pending_ = 0;
  unsigned held_ = 0;
};

}  // namespace bitbudget::entropy
