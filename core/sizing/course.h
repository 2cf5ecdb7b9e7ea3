// The course's own formulas for parameters, memory and FLOPs, beside the exact figures, with the difference explained.
// They describe a GPT-2-like layer: as many key/value heads as heads, a feed-forward of two matrices of width 4 d, two layer norms
// with shift, no biases.
#pragma once

#include <string>
#include <vector>

#include "error.h"
#include "sizing/breakdown.h"
#include "sizing/model.h"
#include "sizing/options.h"

namespace bitbudget::sizing {

/// One reason why the exact figure is another one.
struct CourseDifference {
  std::string id;
  std::string label;  // a short sentence
  double value = 0;   // what it adds to the course's figure
};

struct CourseFigure {
  std::string id;     // "parameters", "weights", "kv_cache", "training", "flops_layers", "flops_total"
  Term course;        // the course's figure for this model
  double exact = 0;
  std::vector<CourseDifference> differences;  // course.value + their sum = exact; none is 0
};

/// - parameters: V d + L (12 d^2 + 4 d), and V d for an own head;
/// - weights: P b_w with the format's plain bits (4 for q4_0), without scales;
/// - kv_cache: 2 B S L d b_a;
/// - training: (1 + 1 + 2) x weights in 32 bits, and the activations of the exact figure;
/// - flops_layers: L (2 B S^2 d + 4 B S d^2 + 4 B S d f); flops_total: 2 P B S. Exact: a forward pass over the prompts with the
///   logits of every token, 2 FLOPs for every multiply-add.
/// Errors as size_model's.
Result<std::vector<CourseFigure>> course_figures(const ModelDescription& model, const SizeOptions& options);

}  // namespace bitbudget::sizing
