#include "sizing/report.h"

#include "sizing/config.h"
#include "sizing/weights.h"

namespace bitbudget::sizing {

Result<SizeReport> size_model(const ModelDescription& model, const SizeOptions& options) {
  if (auto checked = check_options(options); !checked) return std::unexpected(checked.error());
  auto groups = tensor_groups(model);
  if (!groups) return std::unexpected(groups.error());
  auto weight_bytes = weights(model, *groups, options);
  if (!weight_bytes) return std::unexpected(weight_bytes.error());
  auto cache = kv_cache(model, options);
  if (!cache) return std::unexpected(cache.error());
  SizeReport report;
  report.model_type = model.model_type;
  report.notes = model.notes;
  report.parameters = parameters(model, *groups);
  report.weights = std::move(*weight_bytes);
  report.kv_cache = std::move(*cache);
  report.stored = stored_extras(model, *groups);
  report.tensors = std::move(*groups);
  return report;
}

Result<SizeReport> size_model(std::string_view config, const SizeOptions& options) {
  const auto model = read_config(config);
  if (!model) return std::unexpected(model.error());
  return size_model(*model, options);
}

}  // namespace bitbudget::sizing
