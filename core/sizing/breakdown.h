// A total as the sum of named terms, each with its formula: what every sizing function returns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bitbudget::sizing {

enum class Unit { parameters, bytes, flops, seconds };

/// exact: follows from tensor shapes. formula: a model that engines agree with closely. assumed: a figure that the user may edit.
enum class Certainty { exact, formula, assumed };

struct Term {
  std::string id;           // stable: "attention", "kv_full" ...; unique within its breakdown
  std::string label;        // for people: "Attention projections"
  double value = 0;         // exact for whole numbers up to 2^53
  Unit unit = Unit::bytes;
  std::string formula;      // LaTeX in symbols
  std::string substituted;  // LaTeX with this case's numbers in
  Certainty certainty = Certainty::exact;
};

/// total is the sum of the terms' values, in their order.
struct Breakdown {
  double total = 0;
  std::vector<Term> terms;

  void add(Term term) {
    total += term.value;
    terms.push_back(std::move(term));
  }
};

}  // namespace bitbudget::sizing
