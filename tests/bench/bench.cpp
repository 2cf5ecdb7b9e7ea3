// One table of throughputs: bitbudget_bench [--rounds N] [--size BYTES]... [--cpu] [NAME PART]...
//
// GB/s counts the f32 side of a loop (4 bytes per value) over its time. "x copy" is that loop's speed over memcpy's of as many
// bytes: each is timed beside the loop in every round, and the median of the rounds' ratios is shown, so that a noisy machine
// slows both. "best" is the fastest round, over the fastest copy: on a machine that is busy otherwise it says more than the
// medians. "plain" is the fastest round of the scalar loop that the vector one equals. --cpu counts the processor's time of this process, which other
// work does not enter (under Node.js node.mjs sees to it). Rounds go over all loops in turn.
//
// A loop is the format's own function: no allocation, no check for NaN (that is the registry's) and no copy is timed, and all
// memory has been written before. At sizes beyond the second-level cache the runs, the copies among them, go over several sets
// of buffers in turn, so that what a run reads and writes comes from memory and not from what ran before it.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "formats/registry.h"
#include "kernels/error_sums.h"
#include "kernels/histogram.h"
#include "kernels/simd.h"
#include "kernels/statistics.h"
#include "measure/error_report.h"
#include "tensor/random.h"
#include "tensor/statistics.h"

namespace {

using namespace bitbudget;

// Formats whose loops differ from one another; the uniform integers and the microscaling formats are families.
constexpr std::array kFormats = {
    "f16",           "bf16",          "f8_e4m3",       "f8_e5m2",         "f8_e4m3_row",   "q8_0",            "q4_0",
    "q4_1",          "q5_0",          "q5_1",          "iq4_nl",          "q2_k",          "q3_k",            "q4_k",
    "q5_k",          "q6_k",          "nf4",           "nf4_dq",          "fp4",           "mxfp4",           "mxfp4_even",
    "mxfp6_e2m3",    "mxfp6_e3m2",    "mxfp8_e4m3",    "mxfp8_e5m2",      "nvfp4",         "nvfp4_tensor",    "int8_sym_g128",
    "int8_sym_g32",  "int8_asym_g128", "int8_sym_tensor", "int8_asym_row", "int4_sym_g128", "int4_asym_g128",  "int4_sym_tensor",
    "int3_sym_g64",
};

/// What a loop reads and writes.
struct Buffers {
  std::vector<float> values, decoded;
  std::vector<std::byte> bytes, copy;
};
using Run = std::function<void(Buffers&)>;

struct Loop {
  std::string name;
  Run run;
  Run plain = {};    // empty: run is plain itself
  Run prepare = {};  // untimed, once on every set of buffers before each round
  std::vector<double> seconds = {}, ratios = {}, plain_seconds = {};
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double least(const std::vector<double>& values) { return values.empty() ? 0 : *std::min_element(values.begin(), values.end()); }

bool count_cpu_time = false;

double now() {
  if (count_cpu_time) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The sets of buffers, taken in turn.
struct Turns {
  std::vector<Buffers> sets;
  std::size_t next = 0;

  Buffers& take() { return sets[next++ % sets.size()]; }
};

double seconds_of(const Run& run, Turns& turns, int times) {
  const double start = now();
  for (int i = 0; i < times; ++i) run(turns.take());
  return (now() - start) / times;
}

/// So many runs that a measurement takes about 2 ms: a browser's clock has steps of 5 to 100 microseconds. Before that, runs
/// for a tenth of a second: an engine compiles a function well only once it has seen it run for a while.
int times_for(const Run& run, Turns& turns) {
  for (double spent = 0; spent < 0.1;) spent += std::max(seconds_of(run, turns, 1), 1e-5);
  int times = 1;
  while (times < 10'000 && seconds_of(run, turns, times) * times < 0.0015) times *= 2;
  return times;
}

// The optimizer must not see that a result is unused.
volatile double sink;

void add_format(std::vector<Loop>& loops, const formats::Format& format, std::size_t count) {
  const auto row = std::min<std::size_t>(count, 4096);
  const auto size = formats::encoded_size(format, count, row);
  if (!size) return;
  const auto bytes = static_cast<std::size_t>(*size);
  const auto encode = [=](auto function) {
    return [=](Buffers& b) { (void)function(b.values, row, {}, std::span(b.bytes).first(bytes)); };
  };
  const auto decode = [=](auto function) {
    return [=](Buffers& b) { (void)function(std::span(b.bytes).first(bytes), row, b.decoded); };
  };
  const std::string id(format.id);
  loops.push_back({.name = id + " encode", .run = encode(format.encode)});
  if (format.plain_encode) loops.back().plain = encode(format.plain_encode);
  loops.push_back({.name = id + " decode", .run = decode(format.decode), .prepare = encode(format.encode)});
  if (format.plain_decode) loops.back().plain = decode(format.plain_decode);
}

void add_measures(std::vector<Loop>& loops) {
  using kernels::Arch;
  const auto values_of = [](Buffers& b) { return std::pair(b.values.data(), b.values.size()); };
  loops.push_back({.name = "largest magnitude", .run = [=](Buffers& b) { sink = std::apply(kernels::abs_max<Arch>, values_of(b)); }});
  loops.push_back({.name = "least and largest", .run = [=](Buffers& b) { sink = std::apply(kernels::extremes_with_zero<Arch>, values_of(b)).low; }});
  loops.push_back({.name = "check for NaN", .run = [=](Buffers& b) { sink = static_cast<double>(std::apply(kernels::first_non_finite<Arch>, values_of(b))); }});
  loops.push_back({.name = "error report",
                   .run = [](Buffers& b) { sink = measure::compare(b.values, b.decoded).mse; },
                   .plain = [](Buffers& b) { sink = kernels::scalar::sum_error_block(b.values.data(), b.decoded.data(), b.values.size()).error; }});
  loops.push_back({.name = "statistics", .run = [](Buffers& b) { sink = tensor::statistics(b.values).variance(); }});
  static std::vector<std::uint64_t> bins(256);
  static std::vector<std::uint32_t> slots(bins.size() + kernels::kExtraSlots);
  loops.push_back({.name = "histogram of 256",
                   .run = [](Buffers& b) { sink = static_cast<double>(tensor::add_to_histogram(b.values, -4, 4, bins).above); },
                   .plain = [](Buffers& b) { kernels::scalar::histogram(b.values.data(), b.values.size(), -4, 32, 256, slots.data()); }});
}

/// The times of all copies.
std::vector<double> measure_all(std::vector<Loop>& loops, Turns& turns, int rounds) {
  const Run copy = [](Buffers& b) { std::memcpy(b.copy.data(), b.values.data(), b.copy.size()); };
  const auto prepare = [&](const Loop& loop) {
    if (loop.prepare) for (Buffers& set : turns.sets) loop.prepare(set);
  };
  const int copy_times = times_for(copy, turns);
  std::vector<double> copies;
  std::vector<int> times, plain_times;
  for (const Loop& loop : loops) {
    prepare(loop);
    times.push_back(times_for(loop.run, turns));
    plain_times.push_back(loop.plain ? times_for(loop.plain, turns) : 0);
  }
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      Loop& loop = loops[i];
      // A slow loop needs fewer rounds: its noise is small beside its time.
      const auto enough = [&](const std::vector<double>& seconds) { return round >= 3 && seconds[0] > 0.05; };
      const bool run = !enough(loop.seconds), plain = loop.plain && !enough(loop.plain_seconds);
      if (run || plain) prepare(loop);
      if (run) {
        copies.push_back(seconds_of(copy, turns, copy_times));
        loop.seconds.push_back(seconds_of(loop.run, turns, times[i]));
        loop.ratios.push_back(copies.back() / loop.seconds.back());
      }
      if (plain) loop.plain_seconds.push_back(seconds_of(loop.plain, turns, plain_times[i]));
    }
  }
  return copies;
}

void print(const std::vector<Loop>& loops, std::size_t bytes, const std::vector<double>& copies) {
  const double size = static_cast<double>(bytes);
  std::printf("%-33s %8s %8s %8s %8s %8s   (%zu KiB of f32)\n", kernels::kArchName, "GB/s", "x copy", "best", "x copy", "plain", bytes / 1024);
  std::printf("%-33s %8.2f %8.2f %8.2f %8.2f\n", "memcpy", size / median(copies) / 1e9, 1.0, size / least(copies) / 1e9, 1.0);
  for (const Loop& loop : loops) {
    std::printf("%-33s %8.2f %8.2f %8.2f %8.2f", loop.name.c_str(), size / median(loop.seconds) / 1e9, median(loop.ratios),
                size / least(loop.seconds) / 1e9, least(copies) / least(loop.seconds));
    if (loop.plain) std::printf(" %8.2f", size / least(loop.plain_seconds) / 1e9);
    std::printf("\n");
  }
  std::fflush(stdout);
}

bool wanted(const std::string& name, const std::vector<std::string_view>& parts) {
  return parts.empty() || std::any_of(parts.begin(), parts.end(), [&](auto part) { return name.find(part) != name.npos; });
}

void bench(std::size_t bytes, int rounds, const std::vector<std::string_view>& parts) {
  Turns turns;
  turns.sets.resize(bytes > 1u << 20 ? 4 : 1);
  for (Buffers& set : turns.sets) {
    set.values.resize(bytes / sizeof(float));
    tensor::fill_random({.seed = 1}, 0, set.values);
    set.decoded = set.values;
    set.bytes.resize(bytes / 2 + bytes / 16);  // no format of the table takes more than half of f32 and its heads
    set.copy.resize(bytes);
  }
  std::vector<Loop> loops;
  for (const char* id : kFormats) {
    if (const formats::Format* format = formats::find(id)) add_format(loops, *format, bytes / sizeof(float));
  }
  add_measures(loops);
  std::erase_if(loops, [&](const Loop& loop) { return !wanted(loop.name, parts); });
  print(loops, bytes, measure_all(loops, turns, rounds));
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 9;
  std::vector<std::size_t> sizes;
  std::vector<std::string_view> parts;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--rounds" && i + 1 < argc) rounds = std::atoi(argv[++i]);
    else if (argument == "--size" && i + 1 < argc) sizes.push_back(static_cast<std::size_t>(std::atoll(argv[++i])));
    else if (argument == "--cpu") count_cpu_time = true;
    else parts.push_back(argument);
  }
  if (sizes.empty()) sizes = {16u << 20, 256u << 10};
  for (const std::size_t size : sizes) bench(size, std::max(rounds, 1), parts);
  return 0;
}
