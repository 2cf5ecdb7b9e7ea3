// A sign of life from computations that take long, for whoever waits for them and wants to tell them from hung ones.
#pragma once

#include <cstddef>

namespace bitbudget {

/// What `beat` calls; nullptr, as it is at first: nothing. Whoever wants to hear sets it once, before the first call of the core.
/// It should return at once, and must not call the core. The only variable of the core that outlives a call: handed down to every
/// loop instead, it would be an argument of nearly every function.
inline void (*beat_hook)() = nullptr;

/// Called by whatever may run for more than a tenth of a second, at least some hundred times a second.
inline void beat() {
  if (beat_hook != nullptr) beat_hook();
}

/// Beats once in so many steps of a loop, for loops whose steps are too small for a call each.
class Beats {
 public:
  void operator()(std::size_t steps) {
    done_ += steps;
    if (done_ < kSteps) return;
    done_ = 0;
    beat();
  }

 private:
  static constexpr std::size_t kSteps = std::size_t{1} << 16;
  std::size_t done_ = 0;
};

}  // namespace bitbudget
