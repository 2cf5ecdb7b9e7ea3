#include "sizing/measured_weights.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "concat.h"
#include "sizing/checked.h"
#include "sizing/formula.h"
#include "sizing/latex.h"

namespace bitbudget::sizing {
namespace {

struct Kind {
  std::string_view name;
  std::string_view label;
};

/// The kinds of files/ledger.h that are no role.
constexpr std::array kBesideRoles = {
    Kind{"scales", "Scales and zero points"},
    Kind{"buffer", "Buffers"},
    Kind{"prediction", "Modules for multi-token prediction"},
    Kind{"other", "Other tensors"},
};

/// "" for a kind that there is not.
std::string_view label_of(std::string_view kind) {
  for (int role = 0; role <= static_cast<int>(TensorRole::vision); ++role) {
    if (to_string(static_cast<TensorRole>(role)) == kind) return role_label(static_cast<TensorRole>(role));
  }
  const auto* const found = std::ranges::find(kBesideRoles, kind, &Kind::name);
  return found == kBesideRoles.end() ? "" : found->label;
}

bool takes(const TensorGroup& group, std::string_view kind) { return kind == "scales" ? group.matrix && group.matmul : to_string(group.role) == kind; }

}  // namespace

Result<void> check_measured(const SizeOptions& options) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < options.weight_bytes.size(); ++i) {
    const KindBytes& measured = options.weight_bytes[i];
    if (label_of(measured.kind).empty()) {
      return fail_field(ErrorCode::invalid_argument, "weightBytes", concat({"weightBytes has no kind of tensor \"", measured.kind, "\"."}));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (options.weight_bytes[j].kind != measured.kind) continue;
      return fail_field(ErrorCode::invalid_argument, "weightBytes", concat({"weightBytes has ", measured.kind, " twice."}));
    }
    total = add(total, measured.bytes);
  }
  if (!fits_exactly(total)) return fail_field(ErrorCode::too_large, "weightBytes", "The weights would pass 2^53 bytes.");
  return {};
}

Breakdown measured_weights(const SizeOptions& options) {
  Breakdown result;
  for (const KindBytes& measured : options.weight_bytes) {
    Term term;
    term.id = measured.kind + ".file";
    term.label = std::string(label_of(measured.kind)) + ", as in the file";
    term.value = static_cast<double>(measured.bytes);
    term.formula = "\\sum_{\\text{tensors}} b_{\\text{tensor}}";
    term.substituted = latex_number(measured.bytes);
    result.add(std::move(term));
  }
  return result;
}

std::vector<GroupBytes> measured_by_group(const std::vector<TensorGroup>& groups, const SizeOptions& options) {
  std::vector<GroupBytes> result;
  for (const KindBytes& measured : options.weight_bytes) {
    double all = 0;
    for (const TensorGroup& group : groups) all += takes(group, measured.kind) ? static_cast<double>(group.parameters) : 0;
    if (all == 0) continue;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (takes(groups[i], measured.kind)) result.push_back({i, static_cast<double>(measured.bytes) * (static_cast<double>(groups[i].parameters) / all)});
    }
  }
  return result;
}

}  // namespace bitbudget::sizing
