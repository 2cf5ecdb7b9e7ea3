#include "plan/scheme.h"

#include <charconv>

#include "concat.h"

namespace bitbudget::plan {
namespace {

/// "int4_asym_g128", "int8_sym_row", "int8_sym_tensor".
std::optional<Scheme> integer_scheme(std::string_view format) {
  if (!format.starts_with("int") || format.size() < 5 || format[3] < '2' || format[3] > '8' || format[4] != '_') return std::nullopt;
  Scheme scheme{.bits = format[3] - '0'};
  std::string_view rest = format.substr(5);
  scheme.symmetric = rest.starts_with("sym_");
  if (!scheme.symmetric && !rest.starts_with("asym_")) return std::nullopt;
  rest.remove_prefix(scheme.symmetric ? 4 : 5);
  if (rest == "tensor" || rest == "row") {
    scheme.strategy = rest == "row" ? "channel" : "tensor";
    return scheme;
  }
  if (rest.empty() || rest[0] != 'g') return std::nullopt;
  const auto parsed = std::from_chars(rest.data() + 1, rest.data() + rest.size(), scheme.group_size);
  if (parsed.ec != std::errc() || parsed.ptr != rest.data() + rest.size() || scheme.group_size == 0) return std::nullopt;
  scheme.strategy = "group";
  return scheme;
}

}  // namespace

bool is_plain_float(std::string_view format) { return format == "f32" || format == "f16" || format == "bf16"; }

std::optional<Scheme> scheme_of(std::string_view format) {
  if (format == "mxfp4") return Scheme{.bits = 4, .floating = true, .strategy = "group", .group_size = 32};
  if (format == "nvfp4") return Scheme{.bits = 4, .floating = true, .strategy = "tensor_group", .group_size = 16};
  if (format == "f8_e4m3") return Scheme{.bits = 8, .floating = true, .strategy = "tensor"};
  if (format == "f8_e4m3_row") return Scheme{.bits = 8, .floating = true, .strategy = "channel"};
  return integer_scheme(format);
}

std::string scheme_text(const Scheme& scheme, bool json) {
  const auto word = [&](std::string_view text) { return json ? '"' + std::string(text) + '"' : std::string(text); };
  std::string out = concat({"{", word("num_bits"), ": ", scheme.bits, ", ", word("type"), ": ", word(scheme.floating ? "float" : "int"),
                            ", ", word("symmetric"), ": ", scheme.symmetric ? "true" : "false", ", ", word("strategy"), ": ",
                            word(scheme.strategy)});
  if (scheme.group_size > 0) out += concat({", ", word("group_size"), ": ", scheme.group_size});
  return out + "}";
}

}  // namespace bitbudget::plan
