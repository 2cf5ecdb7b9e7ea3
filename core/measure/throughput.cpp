#include "measure/throughput.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "formats/registry.h"

namespace bitbudget::measure {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Seconds for one call of `pass`. The first call, not timed, warms caches and finds how many calls fill a batch.
template <class Pass>
double median_seconds(const ThroughputOptions& options, Pass pass) {
  std::uint64_t calls = 1;
  for (;;) {
    const auto start = Clock::now();
    for (std::uint64_t i = 0; i < calls; ++i) pass();
    const double elapsed = seconds_since(start);
    if (elapsed >= options.batch_seconds / 4) {
      calls = static_cast<std::uint64_t>(static_cast<double>(calls) * options.batch_seconds / elapsed) + 1;
      break;
    }
    calls *= 4;
  }
  std::vector<double> times(static_cast<std::size_t>(std::max(1, options.batches)));
  for (double& time : times) {
    const auto start = Clock::now();
    std::uint64_t done = 0;
    do {
      for (std::uint64_t i = 0; i < calls; ++i) pass();
      done += calls;
    } while (seconds_since(start) < options.batch_seconds);
    time = seconds_since(start) / static_cast<double>(done);
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

}  // namespace

Result<Throughput> throughput(const formats::Format& format, std::span<const float> values, std::span<std::byte> bytes,
                              std::span<float> decoded, const ThroughputOptions& options) {
  if (auto encoded = formats::encode(format, values, bytes, options.row_length); !encoded) {
    return std::unexpected(std::move(encoded.error()));
  }
  if (auto read = formats::decode(format, bytes, decoded, options.row_length); !read) {
    return std::unexpected(std::move(read.error()));
  }
  if (values.empty()) return Throughput{};

  Throughput out;
  out.copy_seconds = median_seconds(options, [&] {
    std::memcpy(decoded.data(), values.data(), values.size_bytes());
    asm volatile("" : : "r"(decoded.data()) : "memory");  // or the copies before the last would be dropped
  });
  out.encode_seconds = median_seconds(options, [&] { (void)formats::encode(format, values, bytes, options.row_length); });
  out.decode_seconds = median_seconds(options, [&] { (void)formats::decode(format, bytes, decoded, options.row_length); });
  return out;
}

}  // namespace bitbudget::measure
