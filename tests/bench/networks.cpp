// SPDX-License-Identifier: Apache-2.0
//
// burin_bench_networks MODEL.onnx...: each model as C++ of burin's, against ONNX Runtime in the
// same process. Outputs are compared before anything is timed; a model that fails is told, and the
// rest goes on. README.md says how it is run.
#include "chart.h"
#include "layers.h"
#include "measure.h"
#include "ort.h"
#include "pool.h"
#include "tensors.h"
#include "workshop.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <map>
#include <optional>

namespace burin::bench {
namespace {
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
  std::vector<fs::path> models;
  Workshop shop;
  std::string ort;
  double seconds = 3;
  int threads = 1, samples = 1;
  int64_t integers = 2;
  bool onlyBuild = false, onlyCosts = false, layers = false;
  fs::path json, svg, tables;
};

/// What the program knows of the machine, once.
struct Machine {
  std::string processor = processorName(), instructions = instructionSet();
  double peak = 0; ///< GFLOP/s: the best probe so far

  void see(const Candidate &c) { peak = std::max(peak, quantile(c.peaks, 1)); }
};

std::string timeText(double seconds) {
  return seconds < 1e-3 ? fmt::format("{:.2f} us", seconds * 1e6)
                        : fmt::format("{:.2f} ms", seconds * 1e3);
}

/// Of report.json: "20 stubs (12 gemm, 8 conv2d)".
std::string stubsText(const Json &report) {
  std::map<std::string, int> counts;
  for (const Json &stub : report["stubs"])
    ++counts[stub["kernel"]];
  std::vector<std::pair<int, std::string>> sorted;
  for (const auto &[kernel, count] : counts)
    sorted.emplace_back(count, kernel);
  std::ranges::stable_sort(sorted, std::greater{}, &std::pair<int, std::string>::first);
  std::string text;
  for (const auto &[count, kernel] : sorted)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kernel);
  return fmt::format("{} stubs ({})", report["stubs"].size(), text);
}

/// Errors beyond this are wrong numbers: nothing is timed.
constexpr double kMostError = 1e-4;

class Comparison {
public:
  Comparison(const Options &options, const Ort *ort, Pool &pool, Machine &machine)
      : options_{options}, ort_{ort}, hook_{pool.hook()}, machine_{machine} {}

  Json run(const fs::path &path) {
    const Network network = build(options_.shop, path, options_.onlyBuild);
    if (options_.onlyBuild)
      return {{"name", network.name}, {"library", network.library.string()}};
    Json row{{"name", network.name},
             {"macs", network.model->macs},
             {"arena", network.report["arena"]["bytes"]},
             {"arena_bound", network.report["arena"]["bound"]},
             {"weights", network.report["weights"]["bytes"]},
             {"stubs", stubsText(network.report)},
             {"generate_seconds", network.generate.wall},
             {"generate_megabytes", network.generate.megabytes},
             {"compile_seconds", network.compile.wall},
             {"compile_jobs", options_.shop.jobs},
             {"compile_cpu_seconds", network.compile.cpu},
             {"slowest_unit_seconds", network.compile.slowest},
             {"largest_unit_megabytes", network.compile.megabytes}};
    if (options_.onlyCosts) {
      fmt::print("{:<16} ", network.name);
      showCosts(row);
      return row;
    }
    Tensors inputs(network.model->inputs, network.model->numInputs),
        ours(network.model->outputs, network.model->numOutputs),
        theirs(network.model->outputs, network.model->numOutputs);
    Arena arena(network.model->arenaSize, network.model->arenaAlign);
    const auto runOurs = [&](const Network &n, const Observer *observer) {
      const uint32_t bits = n.model->run(arena.data(), inputs.pointers(), ours.pointers(),
                                         options_.threads > 1 ? &hook_ : nullptr, observer);
      if ((bits & 0xFF) != Status::ok)
        throw std::runtime_error(
            fmt::format("a run ends with status {} in step {}", bits & 0xFF, bits >> 8));
    };
    std::optional<OrtSession> session;
    if (ort_)
      session.emplace(*ort_, path, options_.threads, inputs.tensors(), theirs.tensors());
    compare(
        row, inputs, ours, theirs, [&] { runOurs(network, nullptr); }, session);

    std::vector<Candidate> candidates{{"burin", [&] { runOurs(network, nullptr); }}};
    if (session)
      candidates.push_back({"ORT", [&] { session->run(); }});
    takeTurns(candidates, {.seconds = options_.seconds, .pause = options_.threads > 1 ? 0.06 : 0});
    for (const Candidate &c : candidates)
      machine_.see(c);
    const Candidate &mine = candidates[0];
    row["burin_seconds"] = {{"best", mine.best()}, {"median", mine.median()}};
    row["gmac_per_second"] = static_cast<double>(network.model->macs) / mine.best() * 1e-9;
    row["percent_of_peak"] = 200e-9 * static_cast<double>(network.model->macs) / mine.best() /
                             machine_.peak / options_.threads;
    if (session) {
      row["ort_seconds"] = {{"best", candidates[1].best()}, {"median", candidates[1].median()}};
      row["ratio"] = pairedRatio(candidates[1], mine);
    }
    show(row);
    if (options_.layers || !options_.tables.empty()) {
      const Network observed = build(options_.shop, path, true);
      row["layers"] = timeLayers(
          observed, [&](const Observer *observer) { runOurs(observed, observer); },
          options_.seconds, machine_.peak * options_.threads);
      fmt::print("{}", layersText(row["layers"]));
    }
    return row;
  }

private:
  template <class Run>
  void compare(Json &row, Tensors &inputs, const Tensors &ours, const Tensors &theirs,
               const Run &runOurs, std::optional<OrtSession> &session) const {
    double worst = 0;
    int topFives = 0, ranked = 0;
    for (int sample = 0; sample < options_.samples; ++sample) {
      inputs.randomise(static_cast<uint32_t>(sample), options_.integers);
      runOurs();
      if (!session)
        continue;
      session->run();
      for (size_t i = 0; i < ours.size(); ++i) {
        const Difference d = differenceOf(ours, theirs, i);
        worst = std::max(worst, d.relative);
        ranked += d.isRanked;
        topFives += d.isRanked && d.sameTopFive;
      }
    }
    if (!session)
      return;
    row["max_error"] = worst; // largest difference by largest magnitude, over outputs and samples
    if (ranked)
      row["top_five_equal"] = fmt::format("{}/{}", topFives, ranked);
    if (!(worst <= kMostError))
      throw std::runtime_error(fmt::format(
          "wrong numbers: the error is {:.3g} of the largest magnitude, at most {:g} is allowed",
          worst, kMostError));
  }

  static void show(const Json &row) {
    const auto seconds = [&](const char *key) { return row[key]["best"].get<double>(); };
    std::string text = fmt::format("{:<16} burin {:>10}", row["name"].get<std::string>(),
                                   timeText(seconds("burin_seconds")));
    if (row.contains("ratio"))
      text +=
          fmt::format("  ORT {:>10}  ratio {:.3f}  error {:.1e}", timeText(seconds("ort_seconds")),
                      row["ratio"].get<double>(), row["max_error"].get<double>());
    if (row.contains("top_five_equal"))
      text += "  top five " + row["top_five_equal"].get<std::string>();
    fmt::print("{}\n{:<16} {:.1f} GMAC/s, {:.1f} % of the peak; arena {} of {} ({:.3f})\n{:<16} ",
               text, "", row["gmac_per_second"].get<double>(), row["percent_of_peak"].get<double>(),
               row["arena"].get<int64_t>(), row["arena_bound"].get<int64_t>(),
               row["arena"].get<double>() / row["arena_bound"].get<double>(), "");
    showCosts(row);
  }

  /// On the clock, the C++ compiler as a build runs it.
  static void showCosts(const Json &row) {
    const auto number = [&](const char *key) { return row[key].get<double>(); };
    fmt::print("generate {:.1f} s, {:.0f} MB; compile {:.1f} s, {} at a time ({:.1f} s of a "
               "processor, largest unit {:.1f} s, {:.0f} MB); {}\n",
               number("generate_seconds"), number("generate_megabytes"), number("compile_seconds"),
               row["compile_jobs"].get<unsigned>(), number("compile_cpu_seconds"),
               number("slowest_unit_seconds"), number("largest_unit_megabytes"),
               row["stubs"].get<std::string>());
    std::fflush(stdout);
  }

  const Options &options_;
  const Ort *ort_;
  ParallelFor hook_;
  Machine &machine_;
};

void write(const Options &options, const Json &document) {
  if (!options.json.empty()) {
    std::ofstream file(options.json);
    if (!(file << document.dump(2) << '\n'))
      throw std::runtime_error("cannot write " + options.json.string());
  }
  if (!options.tables.empty()) {
    std::ofstream file(options.tables);
    file << document["machine"].get<std::string>() << ".\n";
    for (const Json &row : document["networks"])
      if (row.contains("layers"))
        file << "\n## " << row["name"].get<std::string>() << "\n\n" << layersTable(row["layers"]);
    if (!file)
      throw std::runtime_error("cannot write " + options.tables.string());
  }
  if (options.svg.empty())
    return;
  std::vector<Bar> bars;
  for (const Json &row : document["networks"])
    if (row.contains("ratio"))
      bars.push_back({row["name"], row["ratio"],
                      fmt::format("{:.2f}: {}", row["ratio"].get<double>(),
                                  timeText(row["burin_seconds"]["best"].get<double>()))});
    else if (row.contains("failed"))
      bars.push_back({row["name"], 0, "failed"});
  writeBars(options.svg, "Time of ONNX Runtime by time of burin's code",
            document["machine"].get<std::string>(), bars, 1);
}

int run(const Options &options) {
  std::optional<Ort> ort;
  if (!options.ort.empty() && !options.onlyBuild && !options.onlyCosts)
    ort.emplace(options.ort);
  Machine machine;
  const std::string text =
      fmt::format("{}, {}, {} thread(s); models by {} {}; {}", machine.processor,
                  machine.instructions, options.threads, options.shop.cxx, options.shop.cxxflags,
                  ort ? "ONNX Runtime " + ort->version() : "without ONNX Runtime");
  if (!options.onlyBuild)
    fmt::print("{}\n", text);
  Pool pool(options.threads);
  Comparison comparison(options, ort ? &*ort : nullptr, pool, machine);
  Json rows = Json::array();
  bool passed = true;
  for (const fs::path &model : options.models)
    try {
      rows.push_back(comparison.run(model));
      if (options.onlyBuild)
        fmt::print("{}\n", rows.back()["library"].get<std::string>());
    } catch (const std::exception &e) {
      passed = false;
      fmt::print(stderr, "{}: FAILED: {}\n", model.stem().string(), e.what());
      rows.push_back({{"name", model.stem().string()}, {"failed", e.what()}});
    }
  if (machine.peak > 0)
    fmt::print("peak of one core: {:.1f} GFLOP/s\n", machine.peak);
  write(options, {{"machine", text}, {"peak_gflops", machine.peak}, {"networks", rows}});
  return passed ? 0 : 1;
}

} // namespace
} // namespace burin::bench

int main(int argc, char **argv) {
  using namespace burin::bench;
  Options o;
  o.shop = {BURIN_BENCH_COMPILER,
            BURIN_BENCH_CXX,
            "-O2 -march=native",
            BURIN_BENCH_RUNTIME,
            BURIN_BENCH_SOURCES,
            "bench-work",
            "",
            false,
            2};
  CLI::App app{"Times networks as burin's C++ against ONNX Runtime."};
  app.add_option("MODEL", o.models, "models")->required()->check(CLI::ExistingFile);
  app.add_option("--ort", o.ort, "library of ONNX Runtime; without it burin runs alone")
      ->envname("BURIN_ORT");
  app.add_option("--burin", o.shop.burin, "the compiler of models")->capture_default_str();
  app.add_option("--cxx", o.shop.cxx, "the compiler of C++")->capture_default_str();
  app.add_option("--cxxflags", o.shop.cxxflags, "its flags")->capture_default_str();
  app.add_option("--options", o.shop.options, "more options for burin compile");
  app.add_option("--work", o.shop.work, "folder for what is generated")->capture_default_str();
  app.add_option("--time", o.seconds, "seconds for each side of a comparison")
      ->capture_default_str();
  app.add_option("--threads", o.threads, "threads of both")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--samples", o.samples, "inputs on which outputs are compared")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--integers", o.integers, "integer inputs are random below this")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--layers", o.layers, "time every step of burin's code, too");
  app.add_flag("--build", o.onlyBuild,
               "only build, with the observer, and print the library's path");
  app.add_flag("--costs", o.onlyCosts, "only generate and compile, and print what that takes");
  app.add_option("--jobs", o.shop.jobs, "units that are compiled at a time")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--json", o.json, "file for all figures");
  app.add_option("--tables", o.tables, "file for the layers of each as a table, with reasons");
  app.add_option("--svg", o.svg, "file for a chart of the ratios");
  CLI11_PARSE(app, argc, argv);
  o.shop.threads = o.threads > 1;
  try {
    return run(o);
  } catch (const std::exception &e) {
    fmt::print(stderr, "{}\n", e.what());
    return 2;
  }
}
