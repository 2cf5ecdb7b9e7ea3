// Which format each tensor takes when all of them together may take so many bytes: the least error under a budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "error.h"

namespace bitbudget::plan {

/// One format that a tensor may take.
struct Choice {
  std::string format;
  std::uint64_t bytes = 0;
  double error = 0;  // what is minimised in sum: squared error, times whatever the tensor's errors weigh; finite, not negative
};

/// At least one choice, in any order.
struct Candidate {
  std::string name;
  std::vector<Choice> choices;
};

struct Plan {
  std::vector<std::size_t> choice;  // for each candidate, the index of its choice
  std::uint64_t bytes = 0;
  double error = 0;
  double lambda = 0;                // error that the last byte spent has saved: the multiplier
};

/// Lagrange multipliers (Everett 1963; Shoham and Gersho 1988, "Efficient bit allocation for an arbitrary set of
/// quantizers"): at a price of lambda per byte every tensor takes the choice of least error + lambda x bytes, which lies on
/// the lower convex hull of its choices; the price falls until the budget is spent. No other plan of the bytes so spent has
/// less error. What is left over then goes, in the order of gain per byte, to steps that still fit.
/// invalid_argument (a candidate without choices, an error that is negative or not finite); too_large if even the smallest
/// choices pass the budget: the message says by how much.
Result<Plan> allocate(std::span<const Candidate> candidates, std::uint64_t budget);

}  // namespace bitbudget::plan
