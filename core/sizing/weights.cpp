#include "sizing/weights.h"

#include <algorithm>
#include <string>

#include "formats/registry.h"
#include "sizing/checked.h"
#include "sizing/formula.h"
#include "sizing/latex.h"

namespace bitbudget::sizing {
namespace {

bool is_float(std::string_view id) { return id == "f32" || id == "f16" || id == "bf16"; }

/// The block formats of llama.cpp: q4_0, q5_k, iq4_nl, tq2_0 ...
bool is_llama_cpp(std::string_view id) {
  return id.starts_with("iq") || id.starts_with("tq") || (id.size() > 1 && id[0] == 'q' && id[1] >= '0' && id[1] <= '9');
}

/// What a weight format does not reach stays in this: see weights.h.
std::string_view rest_format(std::string_view id) { return is_float(id) ? id : is_llama_cpp(id) ? "f32" : "f16"; }

/// llama-quantize's substitutes for rows that are no multiple of a format's block; "" if the format has none.
std::string_view shorter_block(std::string_view id) {
  if (id == "q4_k") return "q5_0";
  if (id == "q5_k") return "q5_1";
  if (id == "q6_k") return "q8_0";
  if (id == "q2_k" || id == "q3_k" || id.starts_with("iq") || id.starts_with("tq")) return id == "iq4_nl" ? "" : "iq4_nl";
  return "";
}

struct Formats {
  std::string_view linear;
  std::string_view embedding;
  std::string_view head;
  std::string_view rest;  // vectors and what formats do not reach
};

Formats choose(const SizeOptions& options) {
  Formats formats;
  formats.linear = options.weight_format;
  const bool all_matrices = is_float(options.weight_format) || is_llama_cpp(options.weight_format);
  formats.rest = rest_format(options.weight_format);
  formats.embedding = all_matrices ? formats.linear : formats.rest;
  formats.head = formats.embedding;
  if (!options.embedding_format.empty()) formats.embedding = options.embedding_format;
  if (!options.head_format.empty()) formats.head = options.head_format;
  return formats;
}

std::string_view wanted_format(const TensorGroup& group, const Formats& formats, const SizeOptions& options) {
  if (!group.matrix) return options.norm_format.empty() ? formats.rest : std::string_view(options.norm_format);
  switch (group.role) {
    case TensorRole::embedding: return formats.embedding;
    case TensorRole::head: return formats.head;
    case TensorRole::router:
    case TensorRole::position: return formats.rest;
    case TensorRole::vision: return is_float(formats.linear) ? formats.linear : "f16";
    default: return group.matmul ? formats.linear : formats.rest;
  }
}

/// The wanted format, or what stands in for it where the rows do not fit its blocks.
Result<const formats::Format*> fitting_format(std::string_view wanted, std::uint64_t row) {
  auto format = formats::get(wanted);
  while (format && row % (*format)->row_multiple != 0) {
    const std::string_view next = shorter_block((*format)->id);
    format = formats::get(next.empty() || formats::find(next) == nullptr ? "f16" : next);
  }
  return format;
}

Result<FormatShare> share_of(const TensorGroup& group, std::size_t index, std::string_view wanted, std::uint64_t copies) {
  const auto format = fitting_format(wanted, group.columns.value);
  if (!format) return std::unexpected(format.error());
  const std::uint64_t elements = mul(group.rows.value, group.columns.value);
  const auto bytes = formats::encoded_size(**format, elements, group.columns.value);
  if (!bytes) return fail(ErrorCode::too_large, "One tensor (" + group.label + ") would pass 2^50 values: check the sizes.");
  const FormatShare share = {index, (*format)->id, copies, mul(elements, copies), mul(*bytes, copies)};
  if (!fits_exactly(share.bytes)) return fail(ErrorCode::too_large, "The weights would pass 2^53 bytes: check the sizes.");
  return share;
}

/// The error of an unknown format names the option that asked for it.
Result<void> check_formats(const SizeOptions& options) {
  const std::pair<std::string_view, std::string_view> named[] = {{"weightFormat", options.weight_format},
                                                                 {"embeddingFormat", options.embedding_format},
                                                                 {"headFormat", options.head_format},
                                                                 {"normFormat", options.norm_format}};
  for (const auto& [field, id] : named) {
    if (id.empty()) continue;
    if (auto format = formats::get(id); !format) {
      format.error().field = field;
      return std::unexpected(format.error());
    }
  }
  return {};
}

Term term_of(TensorRole role, std::string_view format_id, std::uint64_t elements, std::uint64_t bytes) {
  const formats::Format& format = *formats::find(format_id);
  Term term;
  term.id = std::string(to_string(role)) + "." + std::string(format_id);
  term.label = std::string(role_label(role)) + ", " + std::string(format.label);
  term.value = static_cast<double>(bytes);
  const bool plain_blocks = static_cast<long double>(elements) * format.bytes_per_block == static_cast<long double>(bytes) * format.block_length;
  if (!plain_blocks) {
    term.formula = "\\text{bytes}(N)";
    term.substituted = "\\text{" + std::string(format.label) + "}(" + latex_number(elements) + ")";
  } else if (format.block_length == 1) {
    term.formula = "N \\, b";
    term.substituted = latex_number(elements) + " \\cdot " + latex_number(format.bytes_per_block);
  } else {
    term.formula = "N \\cdot \\frac{b_{\\text{block}}}{n_{\\text{block}}}";
    term.substituted = latex_number(elements) + " \\cdot \\frac{" + latex_number(format.bytes_per_block) + "}{" + latex_number(format.block_length) + "}";
  }
  return term;
}

}  // namespace

Result<std::vector<FormatShare>> assign_formats(const ModelDescription& model, const std::vector<TensorGroup>& groups,
                                                const SizeOptions& options) {
  if (auto checked = check_formats(options); !checked) return std::unexpected(checked.error());
  const Formats formats = choose(options);
  std::vector<FormatShare> shares;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    auto share = share_of(groups[i], i, wanted_format(groups[i], formats, options), groups[i].copies);
    if (!share) return std::unexpected(share.error());
    shares.push_back(*share);
    if (options.store_tied_head && model.tied_head && groups[i].name == "token_embd") {
      auto head = share_of(groups[i], i, formats.head, 1);
      if (!head) return std::unexpected(head.error());
      shares.push_back(*head);
    }
  }
  return shares;
}

Result<Breakdown> weights(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options) {
  auto shares = assign_formats(model, groups, options);
  if (!shares) return std::unexpected(shares.error());
  struct Sum {
    TensorRole role;
    std::string_view format;
    std::uint64_t elements = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Sum> sums;
  for (const FormatShare& share : *shares) {
    const TensorRole role = groups[share.group].role;
    auto at = std::ranges::find_if(sums, [&](const Sum& sum) { return sum.role == role && sum.format == share.format; });
    if (at == sums.end()) at = sums.insert(sums.end(), Sum{role, share.format});
    at->elements = add(at->elements, share.elements);
    at->bytes = add(at->bytes, share.bytes);
  }
  Breakdown result;
  for (const Sum& sum : sums) result.add(term_of(sum.role, sum.format, sum.elements, sum.bytes));
  if (result.total > static_cast<double>(kMaxCount)) return fail(ErrorCode::too_large, "The weights would pass 2^53 bytes: check the sizes.");
  return result;
}

}  // namespace bitbudget::sizing
