// core/measure for JavaScript.
#include "encode_options.h"
#include "error_sums.h"

#include <algorithm>
#include <vector>

#include "formats/registry.h"
#include "measure/error_report.h"
#include "measure/line_errors.h"
#include "measure/round_trip.h"
#include "measure/throughput.h"

namespace bitbudget::wasm {
namespace {

using measure::CompensatedSum;
using measure::ErrorSums;

ErrorSums to_sums(std::span<const double> n) {
  return {static_cast<std::uint64_t>(n[0]), CompensatedSum{n[1], n[2]}, CompensatedSum{n[3], n[4]}, CompensatedSum{n[5], n[6]},
          CompensatedSum{n[7], n[8]}, CompensatedSum{n[9], n[10]}, n[11]};
}

val to_val(const measure::ErrorReport& report) {
  val out = val::object();
  out.set("count", static_cast<double>(report.count));
  out.set("mse", report.mse);
  out.set("rmse", report.rmse);
  out.set("maxAbsError", report.max_abs_error);
  out.set("relativeMse", report.relative_mse);
  out.set("sqnrDb", report.sqnr_db);
  out.set("cosine", report.cosine);
  out.set("meanError", report.mean_error);
  return out;
}

/// convert(original, decoded) of two Float32Arrays; the package has checked that they are equally long.
template <class Convert>
val of_pair(const val& original, const val& decoded, Convert convert) {
  if (const auto fits = check_need(4 * (length_of(original) + length_of(decoded))); !fits) return failure(fits.error());
  const auto a = Buffer<float>::copy_of(original);
  if (!a) return failure(a.error());
  const auto b = Buffer<float>::copy_of(decoded);
  if (!b) return failure(b.error());
  return success(convert(a->span(), b->span()));
}

val compare(const val& original, const val& decoded) {
  return of_pair(original, decoded, [](auto a, auto b) { return to_val(measure::compare(a, b)); });
}

val error_sums(const val& original, const val& decoded) {
  return of_pair(original, decoded, [](auto a, auto b) { return sums_to_val(measure::sum_errors(a, b)); });
}

/// The encoding and what it decodes to come out only where they are to be kept.
val round_trip(const std::string& id, const val& values, double row_length, bool rotate, bool keep, const val& importance, double low,
               double high, int search, double percentile) {
  const auto format = formats::get(id);
  if (!format) return failure(format.error());
  const std::uint64_t count = length_of(values);
  measure::RoundTripOptions options{.row_length = static_cast<std::uint64_t>(row_length), .rotate = rotate};
  const auto size = formats::encoded_size(**format, count, options.row_length);
  if (!size) return failure(size.error());
  if (const auto fits = check_need(4 * (2 * count + length_of(importance)) + *size); !fits) return failure(fits.error());
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  const auto weights = Buffer<float>::copy_of(importance);
  if (!weights) return failure(weights.error());
  auto encoded = Buffer<std::uint8_t>::of_size(*size);
  if (!encoded) return failure(encoded.error());
  auto decoded = Buffer<float>::of_size(count);
  if (!decoded) return failure(decoded.error());
  options.encode = encode_options(weights->span(), low, high, search, percentile);
  const auto sums = measure::round_trip(**format, in->span(), options, {encoded->bytes(), decoded->span()});
  if (!sums) return failure(sums.error());
  val out = object({{"sums", sums_to_val(*sums)}});
  if (keep) {
    out.set("bytes", encoded->copy_out());
    out.set("decoded", decoded->copy_out());
  }
  return success(out);
}

/// `parts`: the sums of each part, one after another in one Float64Array.
val error_report(const val& parts) {
  const auto numbers = Buffer<double>::copy_of(parts);
  if (!numbers) return failure(numbers.error());
  ErrorSums total;
  for (std::span<const double> rest = numbers->span(); rest.size() >= kSumsLength; rest = rest.subspan(kSumsLength)) {
    total = measure::merge(total, to_sums(rest));
  }
  return success(to_val(measure::report(total)));
}

val to_val(const std::vector<measure::LineErrors>& lines) {
  const auto column = [&](auto field) {
    std::vector<double> numbers(lines.size());
    std::ranges::transform(lines, numbers.begin(), [&](const auto& line) { return static_cast<double>(line.*field); });
    return typed_array(numbers);
  };
  val out = val::object();
  out.set("squaredError", column(&measure::LineErrors::squared_error));
  out.set("squaredOriginal", column(&measure::LineErrors::squared_original));
  out.set("absMax", column(&measure::LineErrors::abs_max));
  out.set("maxAbsError", column(&measure::LineErrors::max_abs_error));
  return out;
}

val line_errors(const val& original, const val& decoded, double row_length) {
  return of_pair(original, decoded, [&](auto a, auto b) {
    const auto columns_count = static_cast<std::size_t>(row_length);
    std::vector<measure::LineErrors> rows(a.size() / columns_count);
    std::vector<measure::LineErrors> columns(columns_count);
    measure::row_errors(a, b, columns_count, rows);
    measure::column_errors(a, b, columns);
    val out = val::object();
    out.set("rows", to_val(rows));
    out.set("columns", to_val(columns));
    return out;
  });
}

val outliers(const val& figures, double deviations) {
  const auto in = Buffer<double>::copy_of(figures);
  if (!in) return failure(in.error());
  const std::vector<std::size_t> found = measure::outliers(in->span(), deviations);
  return success(typed_array(found));
}

val throughput(const std::string& id, const val& values, double row_length, double batch_seconds, double batches) {
  const auto format = formats::get(id);
  if (!format) return failure(format.error());
  const auto in = Buffer<float>::copy_of(values);
  if (!in) return failure(in.error());
  const auto rows = static_cast<std::uint64_t>(row_length);
  const auto size = formats::encoded_size(**format, in->span().size(), rows);
  if (!size) return failure(size.error());
  auto bytes = Buffer<std::uint8_t>::of_size(*size);
  if (!bytes) return failure(bytes.error());
  auto decoded = Buffer<float>::of_size(in->span().size());
  if (!decoded) return failure(decoded.error());
  const auto result = measure::throughput(**format, in->span(), bytes->bytes(), decoded->span(),
                                          {.row_length = rows, .batch_seconds = batch_seconds, .batches = static_cast<int>(batches)});
  return settle(result, [](const measure::Throughput& time) {
    val out = val::object();
    out.set("encodeSeconds", time.encode_seconds);
    out.set("decodeSeconds", time.decode_seconds);
    out.set("copySeconds", time.copy_seconds);
    return out;
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(bitbudget_measure) {
  emscripten::function("compare", &compare);
  emscripten::function("errorSums", &error_sums);
  emscripten::function("roundTrip", &round_trip);
  emscripten::function("errorReport", &error_report);
  emscripten::function("lineErrors", &line_errors);
  emscripten::function("outliers", &outliers);
  emscripten::function("throughput", &throughput);
}

}  // namespace bitbudget::wasm
