#include "sizing/kv_cache.h"

#include <algorithm>
#include <vector>

#include "concat.h"
#include "formats/registry.h"
#include "sizing/checked.h"
#include "sizing/latex.h"

namespace bitbudget::sizing {
namespace {

struct CacheFormat {
  const formats::Format* format = nullptr;
  std::string_view field;  // as options name it
};

struct CacheFormats {
  CacheFormat k;
  CacheFormat v;
};

Result<CacheFormat> cache_format(const std::string& own, const std::string& both, std::string_view field) {
  auto format = formats::get(own.empty() ? both : own);
  if (format) return CacheFormat{*format, own.empty() ? "kvFormat" : field};
  format.error().field = own.empty() ? "kvFormat" : field;
  return std::unexpected(format.error());
}

/// Bytes of `tokens` rows of `row` values.
Result<std::uint64_t> rows_bytes(const CacheFormat& format, std::uint64_t tokens, std::uint64_t row) {
  auto bytes = formats::encoded_size(*format.format, mul(tokens, row), row);
  if (bytes) return bytes;
  const bool no_rows = row % format.format->row_multiple != 0;
  if (!no_rows) return fail(ErrorCode::too_large, "The cache would pass 2^50 values: choose a shorter context or a smaller batch.");
  return fail_field(ErrorCode::invalid_argument, std::string(format.field),
                    concat({format.format->label, " stores blocks of ", format.format->row_multiple,
                            " values; one token's cache has rows of ", row, ". Choose a format with shorter blocks."}));
}

/// All layers with the same attention, of one or several kinds.
struct CachedAttention {
  Attention attention;
  std::uint64_t layers = 0;
};

std::vector<CachedAttention> cached_attentions(const ModelDescription& model) {
  std::vector<CachedAttention> result;
  for (const LayerKind& kind : model.kinds) {
    if (kind.attention.kind == AttentionKind::none || kind.count == 0) continue;
    const auto same = std::ranges::find_if(result, [&](const CachedAttention& c) { return c.attention == kind.attention; });
    if (same == result.end()) {
      result.push_back({kind.attention, kind.count});
    } else {
      same->layers += kind.count;
    }
  }
  return result;
}

struct RowPair {
  std::uint64_t k = 0;  // values of one token in one layer
  std::uint64_t v = 0;  // 0: none apart (latent)
};

RowPair cache_rows(const Attention& attention) {
  if (attention.kind == AttentionKind::latent) return {add(attention.kv_rank, attention.rope_dim), 0};
  return {mul(attention.kv_heads, attention.key_dim), mul(attention.kv_heads, attention.value_dim)};
}

/// K and V of `tokens` tokens in one layer.
Result<std::uint64_t> layer_bytes(const CacheFormats& formats, const RowPair& rows, std::uint64_t tokens) {
  const auto k = rows_bytes(formats.k, tokens, rows.k);
  if (!k || rows.v == 0) return k;
  const auto v = rows_bytes(formats.v, tokens, rows.v);
  if (!v) return v;
  return add(*k, *v);
}

/// Of rows of `row` values; scales of a whole tensor are spread over one row.
std::string bytes_per_value(const formats::Format& format, std::uint64_t row) {
  const auto bytes = formats::encoded_size(format, row, row);
  return latex_decimal(bytes ? static_cast<double>(*bytes) / static_cast<double>(row) : 0, 6);
}

Term attention_term(const CachedAttention& cached, const CacheFormats& formats, const SizeOptions& options, std::uint64_t bytes) {
  const Attention& attention = cached.attention;
  const bool sliding = attention.window != 0;
  const bool latent = attention.kind == AttentionKind::latent;
  Term term;
  term.id = latent ? "kv_latent" : sliding ? "kv_sliding" : "kv_full";
  term.label = latent ? "Compressed keys and values" : sliding ? "Keys and values, sliding-window layers" : "Keys and values, full attention";
  term.value = static_cast<double>(bytes);
  const RowPair rows = cache_rows(attention);
  const std::string b_k = bytes_per_value(*formats.k.format, rows.k);
  const std::string b_v = latent ? "" : bytes_per_value(*formats.v.format, rows.v);
  const std::string b = " \\cdot ";
  const std::string layers = latex_number(cached.layers);
  const std::string tokens = latex_number(cached_tokens(attention, options));
  const std::string time = sliding ? (options.window_keeps_chunk ? "\\min(S, W + C)" : "\\min(S, W)") : "S";
  if (latent) {
    term.formula = concat({"B \\, L \\, ", time, " \\, (c + h_r) \\, b"});
    term.substituted = concat({latex_number(options.batch), b, layers, b, tokens, b, "(", latex_number(attention.kv_rank), " + ",
                               latex_number(attention.rope_dim), ")", b, b_k});
    return term;
  }
  term.formula = sliding ? "B \\, L_{\\text{sliding}} \\, " : "B \\, L \\, ";
  term.formula += time + " \\, k \\, (h_k b_k + h_v b_v)";
  term.substituted = concat({latex_number(options.batch), b, layers, b, tokens, b, latex_number(attention.kv_heads), b, "(",
                             latex_number(attention.key_dim), b, b_k, " + ", latex_number(attention.value_dim), b, b_v, ")"});
  return term;
}

/// All layers of these, all sequences.
Result<std::uint64_t> attention_bytes(const CachedAttention& cached, const CacheFormats& formats, const SizeOptions& options) {
  const std::uint64_t tokens = mul(options.batch, cached_tokens(cached.attention, options));
  const auto bytes = layer_bytes(formats, cache_rows(cached.attention), tokens);
  if (!bytes) return bytes;
  const std::uint64_t all = mul(*bytes, cached.layers);
  if (!fits_exactly(all)) return fail(ErrorCode::too_large, "The cache would pass 2^53 bytes: choose a shorter context or a smaller batch.");
  return all;
}

Result<void> add_attention(KvCache& cache, const ModelDescription& model, const CacheFormats& formats, const SizeOptions& options) {
  for (const CachedAttention& cached : cached_attentions(model)) {
    const RowPair rows = cache_rows(cached.attention);
    const auto all = attention_bytes(cached, formats, options);
    if (!all) return std::unexpected(all.error());
    Term term = attention_term(cached, formats, options, *all);
    for (const Term& other : cache.terms) {
      if (other.id == term.id) term.id += "_" + std::to_string(cache.terms.size() + 1);
    }
    cache.add(std::move(term));
    // What a second token adds to a first: the cost of a token, without what a format stores once for a tensor.
    const auto two = layer_bytes(formats, rows, 2);
    const auto one = layer_bytes(formats, rows, 1);
    if (!two || !one) return std::unexpected(one ? two.error() : one.error());
    cache.bytes_per_token += static_cast<double>(mul(*two - *one, cached.layers));
  }
  return {};
}

struct RecurrentBytes {
  std::uint64_t state = 0;        // f32
  std::uint64_t convolution = 0;  // its last inputs, in the K format
};

Result<RecurrentBytes> recurrent_bytes(const LayerKind& kind, const CacheFormats& formats, const SizeOptions& options) {
  const Recurrent& recurrent = kind.recurrent;
  const std::uint64_t sequences = mul(options.batch, kind.count);
  const std::uint64_t state = mul(sequences, recurrent.inner, recurrent.state, 4);
  const auto window = rows_bytes(formats.k, mul(sequences, recurrent.conv), recurrent.inner);
  if (!window) return std::unexpected(window.error());
  if (!fits_exactly(state) || !fits_exactly(*window)) return fail(ErrorCode::too_large, "The state would pass 2^53 bytes: choose a smaller batch.");
  return RecurrentBytes{state, *window};
}

Result<void> add_recurrent(KvCache& cache, const ModelDescription& model, const CacheFormats& formats, const SizeOptions& options) {
  for (const LayerKind& kind : model.kinds) {
    const Recurrent& recurrent = kind.recurrent;
    if (recurrent.inner == 0 || kind.count == 0) continue;
    const std::string of = model.kinds.size() > 1 ? "_" + kind.id : "";
    const std::string where = model.kinds.size() > 1 ? ": " + kind.label : "";
    const std::string head = concat({latex_number(options.batch), " \\cdot ", latex_number(kind.count), " \\cdot ",
                                     latex_number(recurrent.inner), " \\cdot "});
    const auto bytes = recurrent_bytes(kind, formats, options);
    if (!bytes) return std::unexpected(bytes.error());
    cache.add({"state" + of, "Recurrent state, f32" + where, static_cast<double>(bytes->state), Unit::bytes, "B \\, L \\, e \\, n \\cdot 4",
               concat({head, latex_number(recurrent.state), " \\cdot 4"}), Certainty::formula});
    cache.add({"convolution" + of, "Last inputs of the convolution" + where, static_cast<double>(bytes->convolution), Unit::bytes, "B \\, L \\, e \\, m \\, b_k",
               concat({head, latex_number(recurrent.conv), " \\cdot ", bytes_per_value(*formats.k.format, recurrent.inner)}), Certainty::formula});
  }
  return {};
}

Result<CacheFormats> checked_formats(const SizeOptions& options) {
  if (auto checked = check_options(options); !checked) return std::unexpected(checked.error());
  const auto k = cache_format(options.k_format, options.kv_format, "kFormat");
  if (!k) return std::unexpected(k.error());
  const auto v = cache_format(options.v_format, options.kv_format, "vFormat");
  if (!v) return std::unexpected(v.error());
  return CacheFormats{*k, *v};
}

}  // namespace

std::uint64_t cached_tokens(const Attention& attention, const SizeOptions& options) {
  if (attention.window == 0) return options.context;
  const std::uint64_t kept = add(attention.window, options.window_keeps_chunk ? options.prefill_chunk : 0);
  return std::min(options.context, kept);
}

Result<KvCache> kv_cache(const ModelDescription& model, const SizeOptions& options) {
  const auto formats = checked_formats(options);
  if (!formats) return std::unexpected(formats.error());
  KvCache cache;
  if (auto added = add_attention(cache, model, *formats, options); !added) return std::unexpected(added.error());
  if (auto added = add_recurrent(cache, model, *formats, options); !added) return std::unexpected(added.error());
  return cache;
}

Result<double> kv_cache_bytes(const ModelDescription& model, const SizeOptions& options) {
  const auto formats = checked_formats(options);
  if (!formats) return std::unexpected(formats.error());
  double total = 0;
  for (const CachedAttention& cached : cached_attentions(model)) {
    const auto bytes = attention_bytes(cached, *formats, options);
    if (!bytes) return std::unexpected(bytes.error());
    total += static_cast<double>(*bytes);
  }
  for (const LayerKind& kind : model.kinds) {
    if (kind.recurrent.inner == 0 || kind.count == 0) continue;
    const auto bytes = recurrent_bytes(kind, *formats, options);
    if (!bytes) return std::unexpected(bytes.error());
    total += static_cast<double>(bytes->state) + static_cast<double>(bytes->convolution);
  }
  return total;
}

}  // namespace bitbudget::sizing
