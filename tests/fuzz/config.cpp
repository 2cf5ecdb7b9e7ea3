#include "fuzz.h"
#include "sizing/report.h"

using namespace bitbudget;

// A config is refused, or every breakdown is the sum of its terms.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto report = sizing::size_model(fuzz::as_text(std::as_bytes(std::span(data, size))));
  if (!report) return 0;
  for (const sizing::Breakdown* breakdown : {static_cast<const sizing::Breakdown*>(&report->kv_cache), &report->weights, &report->activations, &report->inference}) {
    double total = 0;
    for (const auto& term : breakdown->terms) total += term.value;
    fuzz::require(total == breakdown->total, "a total that is not the sum of its terms");
  }
  return 0;
}
