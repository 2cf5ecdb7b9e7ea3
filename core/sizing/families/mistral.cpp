// Mistral 7B and its kin (arXiv 2310.06825): Llama's layers, all of them with a sliding window where the field is a number.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  model.tied_head = config.flag("tie_word_embeddings", false);
  const auto window = config.optional({"sliding_window"}, kMaxVocabulary * 16, true);
  const auto types = read_layer_types(config, sizes.layers);
  const std::vector<bool> sliding = types.value_or(std::vector<bool>(static_cast<std::size_t>(sizes.layers), window.has_value()));
  append_windowed_layers(model, decoder_layer(sizes, true), sliding, window.value_or(0));
}

constexpr std::array<std::string_view, 1> kTypes = {"mistral"};

}  // namespace

extern const Family kMistral;
constexpr Family kMistral = {kTypes, "Mistral", read};

}  // namespace bitbudget::sizing
