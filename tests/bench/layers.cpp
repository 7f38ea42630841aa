// SPDX-License-Identifier: Apache-2.0
#include "layers.h"

#include "measure.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::bench {
namespace {
using Json = nlohmann::ordered_json;

struct Recorder {
  std::vector<std::vector<double>> seconds; ///< by step, then run
  double began = 0;

  Observer hook() {
    return {[](void *context, uint32_t) { static_cast<Recorder *>(context)->began = now(); },
            [](void *context, uint32_t node) {
              Recorder &r = *static_cast<Recorder *>(context);
              // Steps of a branch or a loop's body are numbered behind those of the entry.
              if (node < r.seconds.size())
                r.seconds[node].push_back(now() - r.began);
            },
            this};
  }
};

} // namespace

Json timeLayers(const Network &network, const std::function<void(const Observer *)> &run,
                double seconds, double peak) {
  Recorder recorder{std::vector<std::vector<double>>(network.model->numNodes)};
  const Observer observer = recorder.hook();
  run(&observer); // warm up
  for (std::vector<double> &times : recorder.seconds)
    times.clear();
  const double start = now();
  for (int i = 0; i < 10 || now() - start < seconds; ++i)
    run(&observer);

  std::vector<double> medians;
  for (const std::vector<double> &times : recorder.seconds)
    medians.push_back(quantile(times, 0.5));
  const double whole = std::accumulate(medians.begin(), medians.end(), 0.0);
  Json rows = Json::array();
  for (size_t i = 0; i < medians.size(); ++i) {
    const Json &node = network.report["nodes"][i];
    const double rate = node["macs"].get<double>() / medians[i] * 1e-9;
    rows.push_back({{"step", i},
                    {"name", node["name"]},
                    {"sources", node["sources"]},
                    {"kernel", node["kernel"]},
                    {"reason", node["reason"]},
                    {"stub", node["stub"]},
                    {"macs", node["macs"]},
                    {"seconds", medians[i]},
                    {"share", medians[i] / whole},
                    {"gmac_per_second", rate},
                    {"percent_of_peak", 200 * rate / peak},
                    {"lost_seconds", medians[i] * (1 - 2 * rate / peak)}});
  }
  return rows;
}

std::string layersText(const Json &rows) {
  std::string text =
      fmt::format("{:>4} {:<26} {:<28} {:<18} {:<24} {:>10} {:>6} {:>7} {:>6}\n", "step", "node",
                  "operators", "kernel", "stub", "us", "% run", "GMAC/s", "% peak");
  const auto fitted = [](const Json &value, size_t width) {
    return value.get<std::string>().substr(0, width);
  };
  for (const Json &row : rows)
    text += fmt::format("{:>4} {:<26} {:<28} {:<18} {:<24} {:>10.2f} {:>6.1f} {:>7.1f} {:>6.1f}\n",
                        row["step"].get<int>(), fitted(row["name"], 26), fitted(row["sources"], 28),
                        fitted(row["kernel"], 18), fitted(row["stub"], 24),
                        row["seconds"].get<double>() * 1e6, row["share"].get<double>() * 100,
                        row["gmac_per_second"].get<double>(), row["percent_of_peak"].get<double>());
  std::vector<Json> worst(rows.begin(), rows.end());
  std::ranges::stable_sort(worst, [](const Json &a, const Json &b) {
    return a["lost_seconds"].get<double>() > b["lost_seconds"].get<double>();
  });
  worst.resize(std::min<size_t>(worst.size(), 5));
  text += "most time beyond that of its operations at the peak:\n";
  for (const Json &row : worst)
    text +=
        fmt::format("{:>4} {:<26} {:<28} {:<18} {:>9.2f} us of {:.2f}\n", row["step"].get<int>(),
                    fitted(row["name"], 26), fitted(row["sources"], 28), fitted(row["kernel"], 18),
                    row["lost_seconds"].get<double>() * 1e6, row["seconds"].get<double>() * 1e6);
  return text;
}

std::string layersTable(const Json &rows) {
  std::string text =
      "| step | node | operators | kernel | time, us | of the run, % | of the peak, % | why |\n"
      "|--:|---|---|---|--:|--:|--:|---|\n";
  for (const Json &row : rows) {
    const bool multiplies = row["macs"].get<int64_t>() > 0;
    text +=
        fmt::format("| {} | {} | {} | {} | {:.1f} | {:.1f} | {} | {} |\n", row["step"].get<int>(),
                    row["name"].get<std::string>(), row["sources"].get<std::string>(),
                    row["kernel"].get<std::string>(), row["seconds"].get<double>() * 1e6,
                    row["share"].get<double>() * 100,
                    multiplies ? fmt::format("{:.0f}", row["percent_of_peak"].get<double>()) : "",
                    row["reason"].get<std::string>());
  }
  return text;
}

} // namespace burin::bench
