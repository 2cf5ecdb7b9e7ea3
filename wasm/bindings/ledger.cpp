// The ledger of a checkpoint (core/files/ledger.h) and its plan (core/plan) for JavaScript.
#include "error_sums.h"

#include <span>
#include <vector>

#include "files/ledger.h"
#include "formats/registry.h"
#include "plan/allocate.h"
#include "plan/mixture_plan.h"
#include "plan/quantization_config.h"
#include "plan/recipe.h"
#include "plan/transcode.h"
#include "sizing/config.h"
#include "sizing/weights.h"

namespace bitbudget::wasm {
namespace {

template <class Item, class Convert>
std::vector<Item> list_of(const val& array, Convert convert) {
  std::vector<Item> out;
  const auto count = array["length"].as<std::size_t>();
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    beat();
    out.push_back(convert(array[i]));
  }
  return out;
}

std::uint64_t natural(const val& number) { return static_cast<std::uint64_t>(number.as<double>()); }
val number(std::uint64_t n) { return val(static_cast<double>(n)); }

files::TensorInfo to_tensor(const val& each) {
  files::TensorInfo tensor;
  tensor.name = each["name"].as<std::string>();
  tensor.shape = list_of<std::uint64_t>(each["shape"], natural);
  tensor.byte_length = natural(each["byteLength"]);
  return tensor;
}

val to_val(const files::TieOut& tie) {
  val out = val::object();
  out.set("parameters", number(tie.config_parameters));
  out.set("differences", to_array(tie.differences, [](const files::Difference& difference) {
    val each = val::object();
    each.set("kind", std::string(difference.kind));
    each.set("inFile", number(difference.in_file));
    each.set("inConfig", number(difference.in_config));
    each.set("explanation", difference.explanation);
    each.set("explained", difference.explained);
    return each;
  }));
  return out;
}

val to_val(std::span<const files::LedgerRow> rows) {
  return to_array(rows, [](const files::LedgerRow& row) {
    val each = val::object();
    if (row.layer >= 0) each.set("layer", row.layer);
    each.set("kind", std::string(row.kind));
    each.set("tensors", number(row.tensors));
    each.set("elements", number(row.elements));
    each.set("bytes", number(row.bytes));
    return each;
  });
}

/// `config`: the text of a config.json, or empty.
val ledger(const val& list, const std::string& config) {
  const auto tensors = list_of<files::TensorInfo>(list, to_tensor);
  const files::Ledger made = files::make_ledger(tensors);
  val out = val::object();
  out.set("tensors", number(made.tensors));
  out.set("elements", number(made.elements));
  out.set("bytes", number(made.bytes));
  out.set("rows", to_val(made.rows));
  out.set("places", to_array(tensors, [](const files::TensorInfo& tensor) {
    const files::TensorPlace place = files::place_of(tensor.name);
    val each = val::object();
    if (place.layer >= 0) each.set("layer", place.layer);
    each.set("kind", std::string(place.kind));
    return each;
  }));
  out.set("kinds", to_val(files::rows_by_kind(made)));
  if (config.empty()) return success(out);
  const auto model = sizing::read_config(config);
  if (!model) return failure(model.error());
  const auto groups = sizing::tensor_groups(*model);
  if (!groups) return failure(groups.error());
  out.set("kinds", to_val(files::rows_by_kind(made, model->order.size())));
  out.set("config", to_val(files::tie_out(made, *model, *groups)));
  return success(out);
}

val allocate(const val& list, double budget) {
  const auto candidates = list_of<plan::Candidate>(list, [](const val& each) {
    return plan::Candidate{each["name"].as<std::string>(), list_of<plan::Choice>(each["choices"], [](const val& choice) {
      return plan::Choice{choice["format"].as<std::string>(), natural(choice["bytes"]), choice["error"].as<double>()};
    })};
  });
  return settle(plan::allocate(candidates, static_cast<std::uint64_t>(budget)), [](const plan::Plan& result) {
    val out = val::object();
    out.set("choice", to_array(result.choice, [](std::size_t index) { return val(static_cast<double>(index)); }));
    out.set("bytes", number(result.bytes));
    out.set("error", result.error);
    out.set("lambda", result.lambda);
    return out;
  });
}

/// `config`: the text of a config.json, or nothing.
val recipe(const std::string& tool, const val& list, const std::string& config) {
  const auto assignments = list_of<plan::Assignment>(list, [](const val& each) {
    return plan::Assignment{each["tensor"].as<std::string>(), each["format"].as<std::string>()};
  });
  const auto text = tool == "llama-quantize"   ? plan::llama_tensor_types(assignments)
                    : tool == "llm-compressor" ? plan::compressed_tensors_recipe(assignments)
                                               : plan::quantization_config(assignments, config);
  return settle(text, [](const std::string& result) { return val(result); });
}

val mixture_formats(const std::string& mixture, const val& list, const std::string& architecture) {
  const auto tensors = list_of<plan::TensorShape>(list, [](const val& each) {
    return plan::TensorShape{each["name"].as<std::string>(), list_of<std::uint64_t>(each["shape"], natural)};
  });
  return settle(plan::mixture_formats(mixture, tensors, architecture), [](const std::vector<std::string_view>& formats) {
    return to_array(formats, [](std::string_view format) { return val(std::string(format)); });
  });
}

val fitting_format(const std::string& wanted, double row) {
  return settle(sizing::fitting_format(wanted, static_cast<std::uint64_t>(row)), [](const formats::Format* format) { return val(std::string(format->id)); });
}

/// `low` and `high`: the whole tensor's range; NaN: that of the stretch.
val transcode(const std::string& type_name, const val& shape, const val& stored, const std::string& format_id, double row_length, double low, double high) {
  const auto format = formats::get(format_id);
  if (!format) return failure(format.error());
  files::TensorInfo stretch{.name = "", .type = files::find_element_type(type_name), .shape = list_of<std::uint64_t>(shape, natural)};
  if (stretch.type == nullptr) {
    return failure(fail_field(ErrorCode::unsupported, "type", concat({"There is no element type \"", type_name, "\"."})).error());
  }
  const auto in = Buffer<std::uint8_t>::copy_of(stored);
  if (!in) return failure(in.error());
  stretch.byte_length = in->span().size();
  const auto count = files::element_count(stretch.shape);
  if (!count) return failure(count.error());
  const auto size = formats::encoded_size(**format, *count, static_cast<std::uint64_t>(row_length));
  if (!size) return failure(size.error());
  auto values = Buffer<float>::of_size(*count);
  auto decoded = Buffer<float>::of_size(*count);
  auto out = Buffer<std::uint8_t>::of_size(*size);
  if (!values || !decoded || !out) return failure(!values ? values.error() : !decoded ? decoded.error() : out.error());
  formats::EncodeOptions options;
  if (low == low) options.tensor_range = formats::Range{static_cast<float>(low), static_cast<float>(high)};
  const auto sums = plan::transcode(stretch, in->bytes(), **format, static_cast<std::uint64_t>(row_length), options, {values->span(), decoded->span()}, out->bytes());
  if (!sums) return failure(sums.error());
  return success(object({{"bytes", out->copy_out()}, {"sums", sums_to_val(*sums)}}));
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_ledger) {
  emscripten::function("ledger", &ledger);
  emscripten::function("allocate", &allocate);
  emscripten::function("recipe", &recipe);
  emscripten::function("mixtureFormats", &mixture_formats);
  emscripten::function("fittingFormat", &fitting_format);
  emscripten::function("transcode", &transcode);
}

}  // namespace bitbudget::wasm
