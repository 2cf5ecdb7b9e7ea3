#include "sizing/options.h"

#include <string_view>

#include "concat.h"
#include "sizing/measured_weights.h"
#include "sizing/model.h"

namespace bitbudget::sizing {
namespace {

Result<void> check_tokens(std::string_view field, std::uint64_t value) {
  if (value >= 1 && value <= kMaxTokens) return {};
  return fail_field(ErrorCode::invalid_argument, std::string(field),
                    concat({field, " must be a whole number from 1 to 2^40; it is ", value, "."}));
}

}  // namespace

Result<void> check_options(const SizeOptions& options) {
  if (auto batch = check_tokens("batch", options.batch); !batch) return batch;
  if (auto context = check_tokens("context", options.context); !context) return context;
  if (auto chunk = check_tokens("prefillChunk", options.prefill_chunk); !chunk) return chunk;
  return check_measured(options);
}

}  // namespace bitbudget::sizing
