// Models for sizing tests: small configs as published, and layers made by hand.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "sizing/config.h"
#include "sizing/tensor_groups.h"

namespace bitbudget::testing {

struct Sample {
  sizing::ModelDescription model;
  std::vector<sizing::TensorGroup> groups;

  double parameters() const {
    double sum = 0;
    for (const sizing::TensorGroup& group : groups) sum += static_cast<double>(group.parameters);
    return sum;
  }
};

inline Sample sample(sizing::ModelDescription model) {
  auto groups = sizing::tensor_groups(model);
  INFO((groups ? "" : groups.error().message));
  REQUIRE(groups.has_value());
  return {std::move(model), std::move(*groups)};
}

inline Sample llama_7b() {
  const auto model = sizing::read_config(R"({"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
      "num_key_value_heads": 32, "intermediate_size": 11008, "vocab_size": 32000, "tie_word_embeddings": false})");
  REQUIRE(model.has_value());
  return sample(*model);
}

/// The layer of GPT-2 and GPT-3: multi-head attention, two matrices of width 4 d, layer norms, no biases (they make no FLOPs).
inline Sample classical(std::uint64_t d, std::uint64_t heads, std::uint64_t layers, std::uint64_t vocabulary) {
  sizing::ModelDescription model;
  model.model_type = "classical";
  model.hidden = d;
  model.vocabulary = vocabulary;
  model.norm = sizing::NormKind::layer;
  model.tied_head = true;
  sizing::LayerKind layer;
  layer.id = "full";
  layer.label = "Layers";
  layer.attention.kind = sizing::AttentionKind::heads;
  layer.attention.query_heads = layer.attention.kv_heads = heads;
  layer.attention.key_dim = layer.attention.value_dim = d / heads;
  layer.feed_forward.kind = sizing::FeedForwardKind::dense;
  layer.feed_forward.width = 4 * d;
  append_layers(model, layer, layers);
  return sample(model);
}

/// Dense, sliding, expert, latent and recurrent layers in one model, so that every term appears.
inline Sample everything() {
  sizing::ModelDescription model;
  model.model_type = "everything";
  model.hidden = 96;
  model.vocabulary = 1000;
  sizing::LayerKind layer;
  layer.id = "full";
  layer.label = "Full layers";
  layer.attention.kind = sizing::AttentionKind::heads;
  layer.attention.query_heads = 6;
  layer.attention.kv_heads = 2;
  layer.attention.key_dim = layer.attention.value_dim = 16;
  layer.feed_forward.kind = sizing::FeedForwardKind::dense;
  layer.feed_forward.gated = true;
  layer.feed_forward.width = 256;
  append_layers(model, layer, 3);
  layer.id = "sliding";
  layer.label = "Sliding layers";
  layer.attention.window = 40;
  append_layers(model, layer, 5);
  layer.id = "moe";
  layer.label = "Expert layers";
  layer.attention.window = 0;
  layer.feed_forward.kind = sizing::FeedForwardKind::experts;
  layer.feed_forward.width = 64;
  layer.feed_forward.experts = 8;
  layer.feed_forward.experts_per_token = 2;
  layer.feed_forward.shared_width = 128;
  append_layers(model, layer, 4);
  layer.id = "latent";
  layer.label = "Latent layers";
  layer.attention = {};
  layer.attention.kind = sizing::AttentionKind::latent;
  layer.attention.query_heads = layer.attention.kv_heads = 4;
  layer.attention.key_dim = 24;
  layer.attention.value_dim = 16;
  layer.attention.kv_rank = 56;
  layer.attention.query_rank = 64;
  layer.attention.rope_dim = 8;
  append_layers(model, layer, 2);
  layer.id = "mamba";
  layer.label = "Mamba layers";
  layer.attention = {};
  layer.feed_forward = {};
  layer.norms = 1;
  layer.recurrent = {.inner = 192, .state = 16, .conv = 4, .dt_rank = 6};
  append_layers(model, layer, 6);
  return sample(model);
}

}  // namespace bitbudget::testing
