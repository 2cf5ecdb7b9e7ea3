// What every target shares: the check of a report that a reader has accepted, and numbers drawn from the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "files/file_report.h"
#include "files/json.h"
#include "files/read_tensor.h"
#include "files/source.h"

namespace bitbudget::fuzz {

/// Stops the run with a crash that libFuzzer keeps.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

inline std::string_view as_text(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Takes numbers from the front of the input; zeros at its end.
class Input {
 public:
  explicit Input(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  T take() {
    T value{};
    const std::size_t size = bytes_.size() < sizeof value ? bytes_.size() : sizeof value;
    if (size > 0) std::memcpy(&value, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return value;
  }
  std::span<const std::byte> rest() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

 private:
  std::span<const std::byte> bytes_;
};

/// Whatever is accepted is consistent: tensors lie within the file, are as long as their shapes say, and decode or are said
/// not to; the metadata is JSON.
inline void check_report(const files::FileReport& report, const files::Source& source) {
  require(files::parse_json(report.metadata, {.max_bytes = std::size_t{1} << 28}).has_value(), "metadata is no JSON");
  if (!report.config.empty() && report.format != files::FileFormat::config) require(files::parse_json(report.config).has_value(), "config is no JSON");
  std::size_t budget = 1 << 16;
  for (const files::TensorInfo& tensor : report.tensors) {
    if (tensor.type == nullptr) {
      require(tensor.shard < report.shards.size(), "a shard that is not listed");
      continue;
    }
    const auto count = files::element_count(tensor.shape);
    require(count.has_value(), "a shape that cannot be counted");
    require(files::stored_bytes(*tensor.type, *count) == tensor.byte_length, "a length that is not the shape's");
    if (tensor.deflated) continue;
    require(tensor.offset <= source.file_size && tensor.byte_length <= source.file_size - tensor.offset, "a tensor outside the file");
    if (*count > budget || tensor.offset + tensor.byte_length > source.size()) continue;
    budget -= static_cast<std::size_t>(*count);
    std::vector<float> values(static_cast<std::size_t>(*count));
    const auto stored = source.bytes.subspan(static_cast<std::size_t>(tensor.offset), static_cast<std::size_t>(tensor.byte_length));
    const auto done = files::decode_tensor(tensor, stored, values);
    require(done || done.error().code == ErrorCode::unsupported, "a tensor that does not decode");
  }
}

/// Reads the input as a whole file and as a slice of one twice as long. A refusal says something, and a short slice
/// asks for more than it has, but not for more than there is.
template <class Read>
int check_reader(const std::uint8_t* data, std::size_t size, Read read) {
  const auto bytes = std::as_bytes(std::span(data, size));
  for (const std::uint64_t file_size : {std::uint64_t{size}, std::uint64_t{size} * 2 + 1}) {
    const files::Source source{bytes, file_size};
    const Result<files::FileReport> report = read(source);
    if (report) {
      check_report(*report, source);
      continue;
    }
    require(!report.error().message.empty() && report.error().message.size() < 1000, "a refusal without a message");
    if (report.error().code == ErrorCode::truncated) {
      require(report.error().offset && *report.error().offset <= file_size, "a slice is asked for beyond the file");
    }
  }
  return 0;
}

}  // namespace bitbudget::fuzz
