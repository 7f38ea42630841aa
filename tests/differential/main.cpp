// SPDX-License-Identifier: Apache-2.0
//
// burin_differential [--seed S] [--count N] [--ops N] [--optimize none|exact|size|speed]
//     [--in-process] [--keep DIR] [--work DIR] [--compiler CXX] [--flags TEXT] [--jobs N]
//     [--refusals] [--print] [--all]
//
// burin_differential FILE_OR_FOLDER... [--mutate N] [as above]
//
// Random graphs, or those of .gir files between lines of `---`, compute the same by the reference
// interpreter, by the kernels before and behind the passes, and as generated code, with symbols and
// with numbers for them. Prints the first graph that does not, as small as it still fails; --keep
// writes it and its sources into a folder. Graphs that the compiler refuses as not supported are
// counted; --refusals tells why. --mutate: not the graphs of the files, but N that each becomes
// with another constant, attribute, operand or op, for rules that look at too little.
// --all goes on after a failure, and shrinks none. --print shows the graphs and does nothing else.
#include "ir/text.h"
#include "tests/differential/check.h"
#include "tests/differential/maker.h"
#include "tests/differential/mutate.h"
#include "tests/differential/shrink.h"
#include "tests/gir/case.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <map>

namespace fs = std::filesystem;
using namespace burin;
using namespace burin::differential;

namespace {

struct Options {
  uint32_t seed = 1, count = 100, mutants = 0;
  int ops = 14;
  std::optional<passes::Optimize> optimize;
  bool isCompiled = true, tellsRefusals = false, isPrinted = false, goesOn = false;
  std::vector<std::string> files;
  fs::path keep, work = fs::temp_directory_path() / "burin-differential";
  std::string compiler = std::getenv("CXX") ? std::getenv("CXX") : "c++", flags = "-O1";
  int jobs = 2;

  tests::BatchOptions batch() const { return {work, compiler, flags, jobs, 24}; }
};

Options parse(int argc, char **argv) {
  Options options;
  const std::map<std::string, passes::Optimize> goals = {{"none", passes::Optimize::none},
                                                         {"exact", passes::Optimize::exact},
                                                         {"size", passes::Optimize::size},
                                                         {"speed", passes::Optimize::speed}};
  const std::map<std::string, std::function<void(const std::string &)>> valued = {
      {"--seed",
       [&](const std::string &v) { options.seed = static_cast<uint32_t>(std::stoul(v)); }},
      {"--count",
       [&](const std::string &v) { options.count = static_cast<uint32_t>(std::stoul(v)); }},
      {"--mutate",
       [&](const std::string &v) { options.mutants = static_cast<uint32_t>(std::stoul(v)); }},
      {"--ops", [&](const std::string &v) { options.ops = std::stoi(v); }},
      {"--optimize", [&](const std::string &v) { options.optimize = goals.at(v); }},
      {"--keep", [&](const std::string &v) { options.keep = fs::absolute(v); }},
      {"--work", [&](const std::string &v) { options.work = fs::absolute(v); }},
      {"--compiler", [&](const std::string &v) { options.compiler = v; }},
      {"--flags", [&](const std::string &v) { options.flags = v; }},
      {"--jobs", [&](const std::string &v) { options.jobs = std::stoi(v); }},
  };
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--in-process")
      options.isCompiled = false;
    else if (word == "--refusals")
      options.tellsRefusals = true;
    else if (word == "--all")
      options.goesOn = true;
    else if (word == "--print")
      options.isPrinted = true;
    else if (const auto it = valued.find(word); it != valued.end() && i + 1 < argc)
      it->second(argv[++i]);
    else if (!word.starts_with("-"))
      options.files.push_back(word);
    else
      throw std::runtime_error(fmt::format("unknown argument '{}'", word));
  }
  return options;
}

/// Half of the graphs for speed, the others in turn; every target.
passes::Optimize goalOf(const Options &options, uint32_t seed) {
  constexpr passes::Optimize kGoals[] = {passes::Optimize::speed, passes::Optimize::exact,
                                         passes::Optimize::speed, passes::Optimize::size};
  return options.optimize ? *options.optimize : kGoals[seed % 4];
}

std::vector<Way> waysOf(const Options &options, uint32_t seed) {
  constexpr std::string_view kTargets[] = {"host",     "host",    "mcu-fpu",
                                           "portable", "mcu-min", "mcu-dsp"};
  const std::string target(kTargets[seed / 4 % 6]);
  const passes::Optimize goal = goalOf(options, seed);
  std::vector<Way> ways{{passes::Optimize::none, false, false, 0, target},
                        {goal, false, false, 0, target}};
  if (!options.isCompiled)
    return ways;
  ways.push_back({goal, true, false, 0, target});
  // Of the other two, one each: static, and not optimised.
  if (seed % 2)
    ways.push_back({goal, true, true, seed / 2 % 4 == 3 ? size_t{2} : size_t{0}, target});
  else
    ways.push_back({passes::Optimize::none, true, false, 0, target});
  return ways;
}

/// For a graph that somebody wrote: all of them.
std::vector<Way> allWays(const Options &options, size_t samples) {
  std::vector<Way> ways;
  for (const passes::Optimize goal : {passes::Optimize::none, passes::Optimize::speed}) {
    ways.push_back({goal, false, false, 0, "host"});
    for (const std::string_view target : {"host", "mcu-min"})
      if (options.isCompiled)
        ways.push_back({goal, true, false, 0, std::string(target)});
    if (options.isCompiled && samples > 1)
      ways.push_back({goal, true, true, 1, "host"});
  }
  return ways;
}

class Differential {
public:
  explicit Differential(Options options) : options_{std::move(options)} {
    fs::create_directories(options_.work);
  }

  /// False if a graph failed.
  bool run() {
    const auto start = std::chrono::steady_clock::now();
    if (!options_.files.empty())
      options_.count = 0;
    if (!options_.files.empty() && !runFiles())
      return false;
    const uint32_t end = options_.seed + options_.count;
    for (uint32_t first = options_.seed; first < end; first += kChunk) {
      if (!runChunk(first, std::min(first + kChunk, end)))
        return false;
      if (first + kChunk < end)
        fmt::print(stderr, "seeds {} to {}: {} ways\n", options_.seed, first + kChunk - 1,
                   checked_);
    }
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    fmt::print(
        "{} graphs from seed {}: the same by {} ways; {} ways differ, {} refused; {:.1f} s\n",
        options_.count, options_.seed, checked_ - failed_, failed_, refused_, time.count());
    if (options_.tellsRefusals)
      for (const auto &[text, count] : refusals_)
        fmt::print("{:6} {}\n", count, text);
    return failed_ == 0;
  }

private:
  static constexpr uint32_t kChunk = 96; ///< of graphs that are built together

  struct Pending {
    std::shared_ptr<Graph> graph;
    Way way;
    Emission emission;
  };

  bool runFiles() {
    std::vector<Pending> pending;
    for (const std::string &path : options_.files)
      for (const fs::path &file : filesOf(path))
        for (const tests::Case &c : tests::readCases(file.string()).cases) {
          if (!(options_.mutants > 0 ? startMutants(c.text, pending) : startAll(c.text, pending)))
            return false;
          if (pending.size() >= kChunk) {
            if (!finish(pending))
              return false;
            pending.clear();
          }
        }
    return finish(pending);
  }

  bool startAll(const std::string &text, std::vector<Pending> &pending) {
    const auto graph = std::make_shared<Graph>(text, 1);
    for (const Way &way : allWays(options_, graph->samples.front().extents.size() + 1))
      if (!start(graph, way, pending))
        return false;
    return true;
  }

  /// Of those that are graphs and have numbers as results.
  bool startMutants(const std::string &text, std::vector<Pending> &pending) {
    for (uint32_t seed = options_.seed; seed < options_.seed + options_.mutants; ++seed) {
      std::mt19937 random{seed};
      const std::optional<std::string> changed = mutated(text, random);
      if (!changed)
        continue;
      std::shared_ptr<Graph> graph;
      try {
        graph = std::make_shared<Graph>(*changed, seed);
      } catch (const std::exception &) {
        continue; // an index beyond its axis, a condition that fails
      }
      if (!graph->isFinite())
        continue;
      for (const Way &way : waysOf(options_, seed))
        if (!start(graph, way, pending))
          return false;
    }
    return true;
  }

  static std::vector<fs::path> filesOf(const fs::path &path) {
    if (!fs::is_directory(path))
      return {path};
    std::vector<fs::path> files;
    for (const auto &entry : fs::recursive_directory_iterator(path))
      if (entry.path().extension() == ".gir")
        files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
  }

  bool runChunk(uint32_t first, uint32_t last) {
    std::vector<Pending> pending;
    for (uint32_t seed = first; seed < last; ++seed) {
      const std::string text =
          ir::print(*makeModule(seed, {options_.ops, seed % 5 == 0, seed % 7 != 0}));
      if (options_.isPrinted) {
        fmt::print("# seed {}\n{}", seed, text);
        continue;
      }
      std::shared_ptr<Graph> graph;
      try {
        graph = std::make_shared<Graph>(text, seed);
      } catch (const std::exception &) {
        fmt::print("seed {}: the reference: {}\n{}\n", seed, currentFailure().text, text);
        return false;
      }
      for (const Way &way : waysOf(options_, seed))
        if (!start(graph, way, pending))
          return false;
    }
    return finish(pending);
  }

  /// Runs a graph in process, or leaves it to finish().
  bool start(const std::shared_ptr<Graph> &graph, const Way &way, std::vector<Pending> &pending) {
    if (!way.isCompiled)
      return count(*graph, way, checkInProcess(*graph, way));
    try {
      const std::string name = fmt::format("g{}", pending.size());
      pending.push_back({graph, way, emit(*graph, way, name, options_.work)});
      return true;
    } catch (const std::exception &) {
      return count(*graph, way, currentFailure());
    }
  }

  bool finish(const std::vector<Pending> &pending) {
    std::vector<tests::EmittedModel> models;
    for (const Pending &p : pending)
      models.push_back(p.emission.model);
    const std::vector<tests::ModelResult> results = tests::buildAndRun(models, options_.batch());
    for (size_t i = 0; i < pending.size(); ++i)
      if (const Pending &p = pending[i];
          !count(*p.graph, p.way, judge(*p.graph, p.emission, results[i])))
        return false;
    return true;
  }

  bool count(const Graph &graph, const Way &way, const std::optional<Failure> &failure) {
    ++checked_;
    if (!failure)
      return true;
    if (failure->isRefusal) {
      --checked_;
      ++refused_;
      ++refusals_[failure->text.substr(0, 140)];
      return true;
    }
    ++failed_;
    fmt::print("seed {}, {}:\n{}\n", graph.seed, way.text(), failure->text);
    std::fflush(stdout);
    if (options_.goesOn)
      return true;
    fmt::print("shrinking ...\n");
    std::fflush(stdout);
    Failure last = *failure;
    const std::string small = shrink(graph.text, [&](const std::string &text) {
      try {
        const std::optional<Failure> again = check(Graph(text, graph.seed), way, options_.batch());
        if (!again || again->isRefusal)
          return false;
        last = *again;
        return true;
      } catch (const std::exception &) {
        return false; // not a graph that the reference can run
      }
    });
    fmt::print("{}\n\n{}", last.text, small);
    if (!options_.keep.empty())
      keep(Graph(small, graph.seed), way);
    return false;
  }

  void keep(const Graph &graph, const Way &way) const {
    fs::create_directories(options_.keep);
    std::ofstream(options_.keep / fmt::format("seed{}.gir", graph.seed)) << graph.text;
    if (!way.isCompiled)
      return;
    tests::BatchOptions batch = options_.batch();
    batch.folder = options_.keep;
    check(graph, way, batch);
  }

  Options options_;
  size_t checked_ = 0, refused_ = 0, failed_ = 0;
  std::map<std::string, size_t> refusals_;
};

} // namespace

int main(int argc, char **argv) {
  try {
    return Differential(parse(argc, argv)).run() ? 0 : 1;
  } catch (const std::exception &error) {
    fmt::print(stderr, "burin_differential: {}\n", error.what());
    return 2;
  }
}
