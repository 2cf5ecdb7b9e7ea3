#include "plan/allocate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "beat.h"
#include "concat.h"
#include "guard_memory.h"
#include "heap_sort.h"

namespace bitbudget::plan {
namespace {

/// From one corner of a candidate's hull to the next.
struct Step {
  std::size_t candidate;
  std::size_t to;            // the choice
  std::uint64_t bytes;       // more
  double saved;              // error
  double slope() const { return saved / static_cast<double>(bytes); }
};

/// The corners of the lower convex hull of a candidate's choices, from the fewest bytes to the least error.
std::vector<std::size_t> hull_of(std::span<const Choice> choices) {
  std::vector<std::size_t> order(choices.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  heap_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (choices[a].bytes != choices[b].bytes) return choices[a].bytes < choices[b].bytes;
    return choices[a].error != choices[b].error ? choices[a].error < choices[b].error : a < b;
  });
  const auto slope = [&](std::size_t a, std::size_t b) {
    return (choices[a].error - choices[b].error) / static_cast<double>(choices[b].bytes - choices[a].bytes);
  };
  std::vector<std::size_t> hull;
  for (const std::size_t index : order) {
    if (!hull.empty() && choices[index].error >= choices[hull.back()].error) continue;  // more bytes for nothing
    while (hull.size() >= 2 && slope(hull[hull.size() - 2], hull.back()) <= slope(hull.back(), index)) hull.pop_back();
    hull.push_back(index);
  }
  return hull;
}

Result<void> check(std::span<const Candidate> candidates) {
  for (const Candidate& candidate : candidates) {
    if (candidate.choices.empty()) return fail_field(ErrorCode::invalid_argument, candidate.name, "The tensor has no format to choose from.");
    for (const Choice& choice : candidate.choices) {
      if (!std::isfinite(choice.error) || choice.error < 0) {
        return fail_field(ErrorCode::invalid_argument, candidate.name, concat({"The error of ", choice.format,
                                                                               " must be a finite number of 0 or above."}));
      }
    }
  }
  return {};
}

Result<Plan> fill_budget(std::span<const Candidate> candidates, std::uint64_t budget) {
  if (auto checked = check(candidates); !checked) return std::unexpected(std::move(checked.error()));
  Plan plan;
  std::vector<Step> steps;
  Beats beats;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    beats(1024);
    const auto& choices = candidates[i].choices;
    const auto hull = hull_of(choices);
    plan.choice.push_back(hull[0]);
    if (__builtin_add_overflow(plan.bytes, choices[hull[0]].bytes, &plan.bytes)) return fail(ErrorCode::too_large, "The tensors take more than 2^64 bytes.");
    for (std::size_t k = 1; k < hull.size(); ++k) {
      steps.push_back({i, hull[k], choices[hull[k]].bytes - choices[hull[k - 1]].bytes, choices[hull[k - 1]].error - choices[hull[k]].error});
    }
  }
  if (plan.bytes > budget) {
    return fail_field(ErrorCode::too_large, "budget", concat({"Even the smallest formats take ", plan.bytes, " bytes, ",
                                                              plan.bytes - budget, " more than the budget."}));
  }
  // Along one hull slopes fall strictly, so a candidate's steps keep their order.
  heap_sort(steps.begin(), steps.end(), [&](const Step& a, const Step& b) {
    beats(1);
    return a.slope() != b.slope() ? a.slope() > b.slope() : a.candidate < b.candidate;
  });
  std::vector<bool> stopped(candidates.size());
  for (const Step& step : steps) {
    // A step that does not fit closes its candidate: the ones behind it start from there.
    if (stopped[step.candidate]) continue;
    if (step.bytes > budget - plan.bytes) {
      stopped[step.candidate] = true;
      continue;
    }
    plan.bytes += step.bytes;
    plan.choice[step.candidate] = step.to;
    plan.lambda = step.slope();
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) plan.error += candidates[i].choices[plan.choice[i]].error;
  return plan;
}

}  // namespace

Result<Plan> allocate(std::span<const Candidate> candidates, std::uint64_t budget) {
  return guard_memory([&] { return fill_budget(candidates, budget); });
}

}  // namespace bitbudget::plan
