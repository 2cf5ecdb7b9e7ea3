// Mistral 7B and its kin (arXiv 2310.06825): Llama's layers, all of them with a sliding window of 4,096 tokens unless the
// field says otherwise; null says none.
#include <array>

#include "sizing/families/family.h"

namespace bitbudget::sizing {
namespace {

void read(ConfigReader& config, ModelDescription& model) {
  const DecoderSizes sizes = read_decoder_sizes(config, model);
  model.tied_head = config.flag("tie_word_embeddings", false);
  const auto window = config.nullable("sliding_window", 4096, kMaxTokens);
  append_pattern(model, decoder_layer(sizes, true), uniform_window(config, sizes.layers, window));
}

constexpr std::array<std::string_view, 1> kTypes = {"mistral"};

}  // namespace

extern const Family kMistral;
constexpr Family kMistral = {kTypes, "Mistral", read};

}  // namespace bitbudget::sizing
