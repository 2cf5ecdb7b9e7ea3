// How the options of encode cross: five arguments after the values and the row length.
#pragma once

#include <span>

#include "convert.h"
#include "formats/format.h"

namespace bitbudget::wasm {

/// `low` is NaN where there is no tensor range; `search` is the index of the ScaleSearch.
inline formats::EncodeOptions encode_options(std::span<const float> importance, double low, double high, int search, double percentile) {
  formats::EncodeOptions out{.importance = importance,
                             .scale_search = static_cast<formats::ScaleSearch>(search),
                             .percentile = static_cast<float>(percentile)};
  if (low == low) out.tensor_range = formats::Range{static_cast<float>(low), static_cast<float>(high)};
  return out;
}

}  // namespace bitbudget::wasm
