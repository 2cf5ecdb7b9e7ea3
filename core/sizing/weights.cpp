#include "sizing/weights.h"

#include <algorithm>
#include <string>

#include "concat.h"
#include "formats/registry.h"
#include "sizing/checked.h"
#include "sizing/formula.h"
#include "sizing/latex.h"
#include "sizing/measured_weights.h"
#include "sizing/mixtures.h"

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
  if (id.starts_with("tq")) return "q4_0";
  if (id == "q2_k" || id == "q3_k" || (id.starts_with("iq") && id != "iq4_nl")) return "iq4_nl";
  return "";
}

/// How the options spread formats over a model.
struct Plan {
  std::string_view linear;
  std::string_view embedding;
  std::string_view head;
  std::string_view rest;     // vectors and matrices that formats do not reach
  std::string_view vectors;
  const Mixture* mixture = nullptr;
  MixtureModel model;
};

Plan make_plan(const ModelDescription& model, const SizeOptions& options) {
  Plan plan;
  plan.mixture = find_mixture(options.weight_format);
  if (plan.mixture != nullptr) {
    plan.model = mixture_model(model);
    plan.linear = plan.mixture->base;
    plan.rest = "f32";
    plan.head = mixture_head_format(*plan.mixture, plan.model, model.embedding_dim());
    plan.embedding = model.tied_head ? plan.head : plan.linear;
  } else {
    plan.linear = options.weight_format;
    plan.rest = rest_format(plan.linear);
    const bool all_matrices = is_float(plan.linear) || is_llama_cpp(plan.linear);
    plan.embedding = plan.head = all_matrices ? plan.linear : plan.rest;
  }
  if (!options.embedding_format.empty()) plan.embedding = options.embedding_format;
  if (!options.head_format.empty()) plan.head = options.head_format;
  plan.vectors = options.norm_format.empty() ? plan.rest : std::string_view(options.norm_format);
  return plan;
}

/// The format of a group all of whose copies have the same.
std::string_view wanted_format(const TensorGroup& group, const Plan& plan) {
  if (!group.matrix) return plan.vectors;
  switch (group.role) {
    case TensorRole::embedding: return plan.embedding;
    case TensorRole::head: return plan.head;
    case TensorRole::router:
    case TensorRole::position: return plan.rest;
    case TensorRole::vision: return is_float(plan.linear) && plan.mixture == nullptr ? plan.linear : "f16";
    default: return group.matmul ? plan.linear : plan.rest;
  }
}

bool varies_by_layer(const TensorGroup& group, const Plan& plan) {
  if (plan.mixture == nullptr || !group.matmul || group.layer_kind < 0) return false;
  return group.role != TensorRole::router;
}

struct FormatCopies {
  std::string_view format;
  std::uint64_t copies = 0;
};

/// A mixture's formats of one group: its layers are looked at one by one.
std::vector<FormatCopies> mixture_copies(const ModelDescription& model, const TensorGroup& group, const Plan& plan) {
  std::vector<FormatCopies> result;
  std::uint64_t attention_layer = 0;
  for (std::size_t layer = 0; layer < model.order.size(); ++layer) {
    const LayerKind& kind = model.kinds[model.order[layer]];
    if (static_cast<int>(model.order[layer]) == group.layer_kind) {
      const std::string_view format = mixture_format(*plan.mixture, plan.model, group.name, layer, attention_layer);
      auto at = std::ranges::find(result, format, &FormatCopies::format);
      if (at == result.end()) at = result.insert(result.end(), {format, 0});
      at->copies += group.per_layer.value;
    }
    if (kind.attention.kind != AttentionKind::none) ++attention_layer;
  }
  return result;
}

Result<FormatShare> share_of(const TensorGroup& group, std::size_t index, std::string_view wanted, std::uint64_t copies) {
  const auto format = fitting_format(wanted, group.columns.value);
  if (!format) return std::unexpected(format.error());
  const std::uint64_t elements = mul(group.rows.value, group.columns.value);
  const auto bytes = formats::encoded_size(**format, elements, group.columns.value);
  if (!bytes) return fail(ErrorCode::too_large, concat({"One tensor (", group.label, ") would pass 2^50 values: check the sizes."}));
  const FormatShare share = {index, (*format)->id, wanted, copies, mul(elements, copies), mul(*bytes, copies)};
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
    if (id.empty() || (field == "weightFormat" && find_mixture(id) != nullptr)) continue;
    if (auto format = formats::get(id); !format) {
      format.error().field = field;
      return std::unexpected(format.error());
    }
  }
  return {};
}

/// Equal tensors in a sum.
struct SizedCopies {
  std::uint64_t copies = 0;
  std::uint64_t bytes = 0;  // of one
};

/// What one role has in one format.
struct FormatSum {
  TensorRole role;
  std::string_view format;
  std::string_view wanted;
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  std::vector<SizedCopies> tensors = {};

  void take(const FormatShare& share) {
    elements = add(elements, share.elements);
    bytes = add(bytes, share.bytes);
    const std::uint64_t each = share.bytes / share.copies;
    auto at = std::ranges::find(tensors, each, &SizedCopies::bytes);
    if (at == tensors.end()) at = tensors.insert(tensors.end(), SizedCopies{0, each});
    at->copies += share.copies;
  }
};

/// For formats with scales by row or by tensor, whose size is no multiple of the elements.
std::string sum_of_tensors(const std::vector<SizedCopies>& tensors) {
  std::string text;
  for (const SizedCopies& tensor : tensors) {
    text += concat({text.empty() ? "" : " + ", latex_number(tensor.copies), " \\cdot ", latex_number(tensor.bytes)});
  }
  return text;
}

Term term_of(const FormatSum& sum) {
  const auto& [role, format_id, wanted, elements, bytes, tensors] = sum;
  const formats::Format& format = *formats::find(format_id);
  Term term;
  term.id = concat({to_string(role), ".", format_id});
  term.label = concat({role_label(role), ", ", format.label});
  if (wanted != format_id) {
    term.id += ".instead_of_" + std::string(wanted);
    term.label += concat({" (rows are no multiple of ", formats::find(wanted)->label, " blocks)"});
  }
  term.value = static_cast<double>(bytes);
  const bool plain_blocks = format.block_length != 0 && static_cast<long double>(elements) * format.bytes_per_block ==
                                                            static_cast<long double>(bytes) * format.block_length;
  if (!plain_blocks) {
    term.formula = "\\sum_{\\text{tensors}} n \\, b_{\\text{tensor}}";
    term.substituted = sum_of_tensors(tensors);
  } else if (format.block_length == 1) {
    term.formula = "N \\, b";
    term.substituted = concat({latex_number(elements), " \\cdot ", latex_number(format.bytes_per_block)});
  } else {
    term.formula = "N \\cdot \\frac{b_{\\text{block}}}{n_{\\text{block}}}";
    term.substituted = concat({latex_number(elements), " \\cdot \\frac{", latex_number(format.bytes_per_block), "}{",
                               latex_number(format.block_length), "}"});
  }
  return term;
}

}  // namespace

Result<const formats::Format*> fitting_format(std::string_view wanted, std::uint64_t row) {
  auto format = formats::get(wanted);
  while (format && row % (*format)->row_multiple != 0) {
    const std::string_view next = shorter_block((*format)->id);
    format = formats::get(next.empty() || formats::find(next) == nullptr ? "f16" : next);
  }
  return format;
}

Result<std::vector<FormatShare>> assign_formats(const ModelDescription& model, const std::vector<TensorGroup>& groups,
                                                const SizeOptions& options) {
  if (auto checked = check_formats(options); !checked) return std::unexpected(checked.error());
  const Plan plan = make_plan(model, options);
  std::vector<FormatShare> shares;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const TensorGroup& group = groups[i];
    std::vector<FormatCopies> copies = {{wanted_format(group, plan), group.copies}};
    if (varies_by_layer(group, plan)) copies = mixture_copies(model, group, plan);
    if (options.store_tied_head && model.tied_head && group.name == "token_embd") copies.push_back({plan.head, 1});
    for (const FormatCopies& part : copies) {
      auto share = share_of(group, i, part.format, part.copies);
      if (!share) return std::unexpected(share.error());
      shares.push_back(*share);
    }
  }
  return shares;
}

Result<Breakdown> weights(const ModelDescription& model, const std::vector<TensorGroup>& groups, const SizeOptions& options) {
  auto shares = assign_formats(model, groups, options);
  if (!shares) return std::unexpected(shares.error());
  if (!options.weight_bytes.empty()) return measured_weights(options);
  std::vector<FormatSum> sums;
  for (const FormatShare& share : *shares) {
    const TensorRole role = groups[share.group].role;
    auto at = std::ranges::find_if(sums, [&](const FormatSum& sum) {
      return sum.role == role && sum.format == share.format && sum.wanted == share.wanted;
    });
    if (at == sums.end()) at = sums.insert(sums.end(), FormatSum{role, share.format, share.wanted});
    at->take(share);
  }
  Breakdown result;
  for (const FormatSum& sum : sums) result.add(term_of(sum));
  if (result.total > static_cast<double>(kMaxCount)) return fail(ErrorCode::too_large, "The weights would pass 2^53 bytes: check the sizes.");
  return result;
}

}  // namespace bitbudget::sizing
