#include "prune/saliency.h"

#include <cassert>
#include <cmath>

namespace bitbudget::prune {

std::vector<float> magnitude(std::span<const float> weights) {
  std::vector<float> scores(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) scores[i] = std::abs(weights[i]);
  return scores;
}

std::vector<float> wanda(std::span<const float> weights, std::span<const float> input_norms) {
  assert(!input_norms.empty() && weights.size() % input_norms.size() == 0);
  std::vector<float> scores(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) scores[i] = std::abs(weights[i]) * input_norms[i % input_norms.size()];
  return scores;
}

std::vector<float> brain_damage(std::span<const float> weights, std::span<const float> hessian_diagonal) {
  assert(!hessian_diagonal.empty() && weights.size() % hessian_diagonal.size() == 0);
  std::vector<float> scores(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    scores[i] = 0.5f * hessian_diagonal[i % hessian_diagonal.size()] * weights[i] * weights[i];
  }
  return scores;
}

}  // namespace bitbudget::prune
