// How compressed-tensors speaks of a format of weights: its QuantizationArgs (vllm-project/compressed-tensors,
// quantization/quant_args.py).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bitbudget::plan {

struct Scheme {
  int bits = 0;
  bool floating = false;           // "type": "float", otherwise "int"
  bool symmetric = true;
  std::string_view strategy = {};  // what shares a scale: "tensor", "channel" (a row), "group" or "tensor_group"
  unsigned group_size = 0;         // 0: no groups
};

/// Of "int4_asym_g128", "int8_sym_row", "f8_e4m3", "f8_e4m3_row", "mxfp4" and "nvfp4"; nothing for what the library has no
/// scheme for.
std::optional<Scheme> scheme_of(std::string_view format);

/// "{num_bits: 4, type: int, ...}" as YAML has it, or with the quotes of JSON.
std::string scheme_text(const Scheme& scheme, bool json);

/// f32, f16 and bf16: no scheme, weights as they are.
bool is_plain_float(std::string_view format);

}  // namespace bitbudget::plan
