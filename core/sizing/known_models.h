// Models that people name: what a page offers before anything is pasted.
#pragma once

#include <span>
#include <string_view>

namespace bitbudget::sizing {

struct KnownModel {
  std::string_view id;      // of its repository: "meta-llama/Llama-3.1-8B"
  std::string_view label;   // "Llama 3.1 8B"
  std::string_view config;  // the text that read_config takes
};

/// By family and size. Static storage.
std::span<const KnownModel> known_models();

}  // namespace bitbudget::sizing
