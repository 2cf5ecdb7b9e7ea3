// What engines must be told of a safetensors file with compressed-tensors' packed integers or scaled FP8.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "error.h"
#include "plan/recipe.h"

namespace bitbudget::plan {

/// The `quantization_config` of a config.json as compressed-tensors has it (quantization/quant_config.py), JSON on lines of
/// its own: a group for each format with the modules of that format by their exact names, the others in `ignore`.
///   int<bits>_<sym|asym>_<row|gN>   "pack-quantized": weight_packed, weight_scale, weight_shape and weight_zero_point
///   f8_e4m3, f8_e4m3_row            "float-quantized": weight and weight_scale
/// A file with both is "mixed-precision". Tensors in f32, f16 or bf16, or with an empty format, were left alone.
///
/// With the text of a config.json, that text with the quantization_config in, and all else as it stands; without one,
/// { "quantization_config": ... } alone. unsupported for another format, for a tensor whose name does not end in ".weight"
/// (a scale is found beside a weight only), and for a config.json that has a quantization_config already;
/// invalid_argument if every tensor was left alone; and what scan_json (files/json_scan.h) refuses.
Result<std::string> quantization_config(std::span<const Assignment> assignments, std::string_view config = {});

}  // namespace bitbudget::plan
