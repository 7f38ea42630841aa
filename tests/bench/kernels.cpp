// SPDX-License-Identifier: Apache-2.0
//
// burin_bench_kernels: the kernels of runtime-lite against the machine. Every result is compared
// with plain loops before anything is timed; the cases of a family take turns.
#include "chart.h"
#include "kernel_case.h"
#include "measure.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>

namespace burin::bench {

Floats::Floats(size_t n) : size_{n} {
  const size_t bytes = (n * sizeof(float) + 127) / 64 * 64; // kernels may read a vector behind it
  data_.reset(static_cast<float *>(std::aligned_alloc(64, bytes)), std::free);
  std::memset(data_.get(), 0, bytes);
}

Floats Floats::random(size_t n, uint32_t seed, float scale) {
  const Floats floats(n);
  std::mt19937 engine(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  for (size_t i = 0; i < n; ++i)
    floats[i] = uniform(engine);
  return floats;
}

Floats packPanels(const Floats &matrix, int depth, int columns) {
  constexpr int kPanel = 16;
  const int panels = (columns + kPanel - 1) / kPanel;
  const Floats packed(static_cast<size_t>(panels) * static_cast<size_t>(depth) * kPanel);
  for (int j = 0; j < columns; ++j)
    for (int k = 0; k < depth; ++k)
      packed[(static_cast<size_t>(j / kPanel) * static_cast<size_t>(depth) +
              static_cast<size_t>(k)) *
                 kPanel +
             static_cast<size_t>(j % kPanel)] =
          matrix[static_cast<size_t>(k) * static_cast<size_t>(columns) + static_cast<size_t>(j)];
  return packed;
}

namespace {
using Json = nlohmann::ordered_json;

struct Options {
  std::string filter;
  double seconds = 0.5;
  std::string json, svg;
};

/// Largest difference by largest magnitude.
double errorOf(const Prepared &prepared) {
  double difference = 0, magnitude = 0;
  for (size_t i = 0; i < prepared.expected.size(); ++i) {
    const double d = std::fabs(prepared.result[i] - prepared.expected[i]);
    difference = std::isnan(d) || std::isnan(difference) ? NAN : std::max(difference, d);
    magnitude = std::max(magnitude, std::fabs(prepared.expected[i]));
  }
  return difference / magnitude;
}
constexpr double kMostError = 1e-5;

struct Timed {
  const Case *of;
  Candidate candidate;
  double error;
  double readRate; ///< GB/s at the bytes of the case; 0 if it counts operations

  Json row(double peak) const {
    const double limit = of->measure == Measure::flops ? peak : readRate;
    const auto rate = [&](double seconds) { return of->work / seconds * 1e-9; };
    std::vector<double> shares; // of the limit just before, where that is the peak
    for (size_t i = 0; i < candidate.seconds.size(); ++i)
      shares.push_back(100 * rate(candidate.seconds[i]) /
                       (readRate > 0 ? readRate : candidate.peaks[i]));
    return {{"family", of->family},
            {"name", of->name},
            {"unit", of->measure == Measure::flops ? "GFLOP/s" : "GB/s"},
            {"work", of->work},
            {"best_seconds", candidate.best()},
            {"median_seconds", candidate.median()},
            {"rate", rate(candidate.best())},
            {"limit", limit},
            {"percent", 100 * rate(candidate.best()) / limit},
            {"median_percent", quantile(shares, 0.5)},
            {"error", error}};
  }
};

/// The cases of one family. Throws std::runtime_error where a result is wrong.
std::vector<Timed> timeFamily(const std::vector<const Case *> &cases, double seconds) {
  std::vector<Timed> timed;
  std::vector<Candidate> candidates;
  for (const Case *c : cases) {
    const Prepared prepared = c->prepare();
    prepared.run();
    const double error = errorOf(prepared);
    if (!(error <= kMostError))
      throw std::runtime_error(
          fmt::format("{} {}: wrong numbers: the error is {:.3g} of the largest "
                      "magnitude",
                      c->family, c->name, error));
    candidates.push_back({c->name, prepared.run});
    timed.push_back(
        {c, {}, error, c->measure == Measure::bytes ? probeRead(static_cast<size_t>(c->work)) : 0});
  }
  takeTurns(candidates, {.seconds = seconds, .sample = 5e-4, .leastRounds = 20});
  for (size_t i = 0; i < timed.size(); ++i)
    timed[i].candidate = std::move(candidates[i]);
  return timed;
}

void show(const Json &rows) {
  for (const Json &row : rows)
    fmt::print(
        "{:<11} {:<40} {:>10.2f} us {:>10.2f} us {:>8.1f} {:<7} {:>6.1f} % {:>6.1f} %  {:.0e}\n",
        row["family"].get<std::string>(), row["name"].get<std::string>(),
        row["best_seconds"].get<double>() * 1e6, row["median_seconds"].get<double>() * 1e6,
        row["rate"].get<double>(), row["unit"].get<std::string>(), row["percent"].get<double>(),
        row["median_percent"].get<double>(), row["error"].get<double>());
}

void write(const Options &options, const std::string &machine, double peak, const Json &rows) {
  if (!options.json.empty()) {
    std::ofstream file(options.json);
    if (!(file << Json{{"machine", machine}, {"peak_gflops", peak}, {"kernels", rows}}.dump(2)
               << '\n'))
      throw std::runtime_error("cannot write " + options.json);
  }
  if (options.svg.empty())
    return;
  std::vector<Bar> bars;
  for (const Json &row : rows)
    bars.push_back({row["family"].get<std::string>() + " " + row["name"].get<std::string>(),
                    row["percent"],
                    fmt::format("{:.0f} %: {:.1f} {}", row["percent"].get<double>(),
                                row["rate"].get<double>(), row["unit"].get<std::string>())});
  writeBars(options.svg, "Kernels: percent of the machine's limit",
            fmt::format("{}; FMA peak {:.1f} GFLOP/s", machine, peak), bars, 100);
}

void run(const Options &options) {
  std::vector<Case> cases;
  addProducts(cases);
  addConvolutions(cases);
  addRows(cases);
  addMovements(cases);
  const std::regex filter(options.filter);
  std::vector<std::pair<std::string, std::vector<const Case *>>> families;
  for (const Case &c : cases) {
    if (!std::regex_search(c.family + " " + c.name, filter))
      continue;
    if (families.empty() || families.back().first != c.family)
      families.push_back({c.family, {}});
    families.back().second.push_back(&c);
  }
  if (families.empty())
    throw std::runtime_error("no kernel matches " + options.filter);

  const std::string machine = processorName() + ", " + instructionSet() + ", " + compilerName();
  fmt::print("{}\n{:<11} {:<40} {:>13} {:>13} {:>16} {:>8} {:>8}  {}\n", machine, "family", "case",
             "best", "median", "rate", "best", "median", "error");
  std::vector<Timed> timed;
  double peak = 0;
  for (const auto &[name, members] : families) {
    for (Timed &t : timeFamily(members, options.seconds)) {
      peak = std::max(peak, quantile(t.candidate.peaks, 1));
      timed.push_back(std::move(t));
    }
    std::fflush(stdout);
  }
  Json rows = Json::array();
  for (const Timed &t : timed) // now that the peak is known
    rows.push_back(t.row(peak));
  show(rows);
  fmt::print("FMA peak of one core {:.1f} GFLOP/s; reads of {} KiB {:.0f}, 768 KiB {:.0f}, 8 MiB "
             "{:.0f} GB/s\n",
             peak, 24, probeRead(24 << 10), probeRead(768 << 10), probeRead(8 << 20));
  write(options, machine, peak, rows);
}

} // namespace
} // namespace burin::bench

int main(int argc, char **argv) {
  burin::bench::Options o;
  CLI::App app{"Times the kernels of runtime-lite against the peak of the machine."};
  app.add_option("--filter", o.filter, "regular expression: family and case");
  app.add_option("--time", o.seconds, "seconds for each case")->capture_default_str();
  app.add_option("--json", o.json, "file for all figures");
  app.add_option("--svg", o.svg, "file for a chart");
  CLI11_PARSE(app, argc, argv);
  try {
    burin::bench::run(o);
    return 0;
  } catch (const std::exception &e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
