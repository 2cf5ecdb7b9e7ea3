// How fast a format encodes and decodes here and now: time on a clock, so the only figures of the core that differ from run to
// run.
#pragma once

#include <cstdint>
#include <span>

#include "formats/format.h"

namespace bitbudget::measure {

struct ThroughputOptions {
  std::uint64_t row_length = 0;  // 0: one row of all values
  /// A batch repeats its work for at least this long: clocks in browsers tick in steps of up to 1 ms.
  double batch_seconds = 0.05;
  /// The median of so many batches is reported; at least 1.
  int batches = 3;
};

/// Seconds for one pass over the values, median of the batches.
struct Throughput {
  double encode_seconds = 0;
  double decode_seconds = 0;
  double copy_seconds = 0;  // memcpy of the same f32 values: the pace of this machine's memory
};

/// `decoded` (values.size() of them) and `bytes` (encoded_size of them) are the memory to work in; afterwards they hold the
/// result of the last pass. Refuses what encode and decode refuse, before any time is spent. No values: all zero.
Result<Throughput> throughput(const formats::Format& format, std::span<const float> values, std::span<std::byte> bytes,
                              std::span<float> decoded, const ThroughputOptions& options = {});

}  // namespace bitbudget::measure
