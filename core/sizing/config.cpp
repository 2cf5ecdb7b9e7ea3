#include "sizing/config.h"

#include <algorithm>

#include "concat.h"
#include "files/json.h"
#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

const Family* find_family(std::string_view model_type) {
  for (const Family* family : families()) {
    if (std::ranges::find(family->model_types, model_type) != family->model_types.end()) return family;
  }
  return nullptr;
}

std::unexpected<Error> unknown_family(const std::string& model_type) {
  std::string known;
  for (const Family* family : families()) known += (known.empty() ? "" : ", ") + std::string(family->label);
  return fail_field(ErrorCode::unknown_model, "model_type",
                    concat({"The model_type \"", model_type.substr(0, 64), "\" is of no family that is known here (", known,
                            "): its layers cannot be told from its sizes alone. Describe it by hand: model_type \"custom\" takes hidden_size, "
                            "num_hidden_layers, num_attention_heads, intermediate_size, vocab_size, and fields for what else there is."}));
}

/// Reads the fields that carry the sizes. Every family's layer_types has a type for each layer, whether or not the family uses it.
void read_sizes(const Family& family, ConfigReader& config, ModelDescription& model) {
  family.read(config, model);
  if (config.failed()) return;
  const auto types = config.texts("layer_types");
  if (types && types->size() != model.layers()) {
    config.invalid("layer_types", concat({"must name one type for each of the ", model.layers(), " layers; it names ", types->size(), "."}));
  }
}

}  // namespace

Result<ModelDescription> read_config(std::string_view text) {
  const auto parsed = files::parse_json(text);
  if (!parsed) return std::unexpected(parsed.error());
  if (!parsed->is_object()) return fail_at(ErrorCode::invalid_json, 0, "A config.json is one JSON object: {...}.");
  ConfigReader config(*parsed);
  const bool has_type = config.has("model_type");
  const std::string model_type = config.text("model_type", "");
  if (auto read = config.finish(); !read) return std::unexpected(read.error());
  if (!has_type) {
    return fail_field(ErrorCode::missing_field, "model_type", "The config lacks model_type, which names the model's family: add it and try again.");
  }
  const Family* family = find_family(model_type);
  if (family == nullptr) return unknown_family(model_type);
  ModelDescription model;
  model.model_type = model_type;
  model.family = family->label;
  if (config.is_null("text_config")) config.invalid("text_config", "must be an object; it is null: remove it, or give it the sizes.");
  if (auto text_config = config.object("text_config")) {
    read_sizes(*family, *text_config, model);
    config.merge(std::move(*text_config));
    if (family->read_beside_text != nullptr) family->read_beside_text(config, model);
  } else {
    read_sizes(*family, config, model);
  }
  if (auto read = config.finish(); !read) return std::unexpected(read.error());
  if (auto checked = check_model(model); !checked) return std::unexpected(checked.error());
  model.notes = std::move(config.notes);
  return model;
}

}  // namespace bitbudget::sizing
