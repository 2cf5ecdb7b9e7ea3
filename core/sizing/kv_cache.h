// What the past of a sequence takes while text is generated: keys and values, or a recurrent state.
#pragma once

#include "error.h"
#include "sizing/breakdown.h"
#include "sizing/model.h"
#include "sizing/options.h"

namespace bitbudget::sizing {

struct KvCache : Breakdown {
  double bytes_per_token = 0;  // one more token of one sequence while no window is full, all layers
};

/// Tokens of a sequence that a layer keeps: the context, or what a window reaches.
std::uint64_t cached_tokens(const Attention& attention, const SizeOptions& options);

/// One term per attention kind of layer (keys and values of k heads, or the latent vector), times min(S, W) for sliding
/// layers (W + chunk with window_keeps_chunk), and one for each recurrent state: constant in the context.
/// K and V may have different formats; a token's keys of one layer are one row. The recurrent state is kept in f32, the
/// convolution's last inputs in the K format, as transformers keeps them.
/// unknown_format, invalid_argument (kFormat, vFormat: rows no multiple of the block), too_large.
Result<KvCache> kv_cache(const ModelDescription& model, const SizeOptions& options);

/// kv_cache's total without its texts: for curves and searches.
Result<double> kv_cache_bytes(const ModelDescription& model, const SizeOptions& options);

}  // namespace bitbudget::sizing
