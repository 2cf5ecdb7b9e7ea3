// From the text of a Hugging Face config.json to a model description.
#pragma once

#include <string_view>

#include "error.h"
#include "sizing/model.h"

namespace bitbudget::sizing {

/// Reads the text of a config.json as published: strict JSON of at most 1 MB, an object; `text_config`, if there is one,
/// supplies the sizes. model_type chooses the family (families/).
/// invalid_json (offset); missing_field (all missing fields in one list); invalid_field (the first bad one);
/// unknown_model (model_type); unsupported (a kind of layer that cannot be sized).
Result<ModelDescription> read_config(std::string_view text);

}  // namespace bitbudget::sizing
