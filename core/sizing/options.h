// What a sizing question asks, beside the model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "error.h"
#include "sizing/training_options.h"

namespace bitbudget::sizing {

/// `kind`: a TensorRole's name, or "scales", "buffer", "prediction" or "other" (files/ledger.h).
struct KindBytes {
  std::string kind;
  std::uint64_t bytes = 0;
};

struct SizeOptions {
  std::string weight_format = "f16";  // a format id, or a mixture's ("q4_k_m"): see weights.h
  std::string embedding_format;       // empty: as weights.h says
  std::string head_format;            // empty: as weights.h says
  std::string norm_format;            // of all vectors (norms, biases); empty: as weights.h says
  bool store_tied_head = false;       // the file holds a tied head a second time
  std::vector<KindBytes> weight_bytes;  // of a real file, in place of what the formats would give (measured_weights.h); empty: none
  std::string kv_format = "f16";
  std::string k_format;               // empty: kv_format
  std::string v_format;               // empty: kv_format
  std::uint64_t batch = 1;            // sequences
  std::uint64_t context = 2048;       // tokens per sequence
  std::uint64_t prefill_chunk = 512;  // tokens
  bool window_keeps_chunk = false;    // sliding layers hold W + prefill_chunk tokens instead of W (llama.cpp)
  bool flash_attention = true;        // of inference: the scores of a whole chunk are never held
  bool all_logits = false;            // of inference: logits of every token of a prompt, not of the last one
  TrainingOptions training;           // default: all parameters, mixed-precision Adam, on one device
};

/// batch, context and prefill_chunk are 1 .. 2^40, weight_bytes as check_measured says; errors name the field as JavaScript spells it.
Result<void> check_options(const SizeOptions& options);

}  // namespace bitbudget::sizing
