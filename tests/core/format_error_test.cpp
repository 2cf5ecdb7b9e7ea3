// The error of the formats on random values against figures that another implementation measured on its own samples.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "files/json.h"
#include "formats/registry.h"
#include "tensor/random.h"

using namespace bitbudget;

namespace {

/// Error and its uncertainty from sums over blocks of 256, which are independent.
struct Measured {
  double relative_mse;
  double standard_error;
};

Measured measure(const formats::Format& format, std::span<const float> x, std::size_t row) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(*formats::encoded_size(format, x.size(), row)));
  REQUIRE(formats::encode(format, x, bytes, row));
  std::vector<float> back(x.size());
  REQUIRE(formats::decode(format, bytes, back, row));
  constexpr std::size_t kBlock = 256;
  std::vector<double> errors, energies;
  double error = 0, energy = 0;
  for (std::size_t at = 0; at < x.size(); at += kBlock) {
    double e = 0, s = 0;
    for (std::size_t i = at; i < at + kBlock; ++i) {
      e += (double{x[i]} - back[i]) * (double{x[i]} - back[i]);
      s += double{x[i]} * x[i];
    }
    errors.push_back(e), energies.push_back(s);
    error += e, energy += s;
  }
  // A ratio of sums: its variance is that of the residuals e - ratio·s, over the energy.
  const double ratio = error / energy;
  double residuals = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) residuals += std::pow(errors[i] - ratio * energies[i], 2);
  return {ratio, std::sqrt(residuals) / energy};
}

}  // namespace

TEST_CASE("formats: relative error on normal, Laplace and Student t values agrees with other measurements") {
  std::ifstream file(BITBUDGET_TEST_DATA "/golden/relative_mse.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto data = files::parse_json(text);
  REQUIRE(data);
  constexpr std::size_t kRow = 4096;
  std::vector<float> x(24 * kRow);
  const double published_samples = (*data)["samples"].get<double>();
  for (const auto distribution : {tensor::Distribution::normal, tensor::Distribution::laplace, tensor::Distribution::student_t}) {
    const std::string name(tensor::to_string(distribution));
    CAPTURE(name);
    tensor::fill_random({.distribution = distribution, .seed = 2024}, 0, x);
    for (const auto& vector : (*data)["vectors"]) {
      const auto id = vector["format"].get<std::string>();
      CAPTURE(id);
      const formats::Format* format = formats::find(id);
      REQUIRE(format);
      const auto [ratio, standard_error] = measure(*format, x, kRow);
      const double published = vector[name].get<double>();
      // Both are samples: five standard errors of their difference, so that 3 x 13 comparisons fail by chance once in 40,000
      // seeds. That is a few percent of the figure, most for Student t whose rare large values carry much of the error.
      const double tolerance = 5 * standard_error * std::sqrt(1 + static_cast<double>(x.size()) / published_samples);
      CHECK(std::abs(ratio - published) < tolerance);
      CHECK(tolerance < 0.16 * published);
    }
  }
}
