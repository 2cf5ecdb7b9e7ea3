// Low-rank correction of a quantization error: W is close to Q + L R, where Q is W in a number format and L R takes up what it
// lost. LQER (Zhang et al., arXiv 2402.02446) and ZeroQuant-V2 (Yao et al., arXiv 2303.08302) decompose the error once; LoftQ (Li
// et al., arXiv 2310.08659) then quantizes W - L R instead of W, and so on in turn.
#pragma once

#include <span>

#include "error.h"
#include "lowrank/svd.h"

namespace bitbudget::lowrank {

/// L and R of the given rank that bring Q + L R nearest to W; the singular values are those of the error W - Q, weighted.
/// `column_weights` (one positive number per column, or none for 1): what is least is the sum of squares of
/// (W - Q - L R) diag(column_weights), e.g. with the mean size of each input (LQER's activation-induced scaling).
/// Errors as truncated_svd's; invalid_argument for weights that are not one per column and positive.
Result<Svd> correct_error(std::span<const float> weights, std::span<const float> quantized, std::size_t columns, std::size_t rank,
                          std::span<const float> column_weights = {});

}  // namespace bitbudget::lowrank
