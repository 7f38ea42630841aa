// SPDX-License-Identifier: Apache-2.0
//
// How the compiler scales: models of growing size through all stages, each in a process of its own.
//
//   burin_bench_scale                         all kinds at 10^3, 10^4, 10^5 ops
//   burin_bench_scale mlp 1000 2000           some kinds, some sizes
//   burin_bench_scale onnx 10000 keep=DIR     leaves what was generated in DIR/KIND-SIZE
//   burin_bench_scale 500 4000 slope=1.3      fails where CPU time grows faster
//   burin_bench_scale 100000 cxx='g++ -O2'    compiles what was generated, in as many shards as
//   burin
//                                             advises, two files at a time (jobs=N), and fails
//                                             where a file takes more than 30 s or 1 GB, or all 10
//                                             minutes
//
// CPU time is what slopes are made of: it hardly depends on what else runs.
#include "codegen/compile.h"
#include "codegen/kernels/evaluator.h"
#include "codegen/shards.h"
#include "frontend/onnx/import.h"
#include "passes/memory_plan.h"
#include "passes/pipeline.h"
#include "tests/bench/scale_models.h"
#include "tests/bench/units.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace burin::bench {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kStages[] = {"model", "passes", "prepare", "plan", "write"};
constexpr size_t kNumStages = std::size(kStages);

double cpuSeconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double wallSeconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// What the process of one model tells the one that started it.
struct Measured {
  double cpu[kNumStages]; ///< seconds
  double wall;
  double megabytes; ///< the peak of the process
  size_t steps, stubs, shards, textBytes;

  double cpuInAll() const {
    double sum = 0;
    for (const double seconds : cpu)
      sum += seconds;
    return sum;
  }
};

void write(const fs::path &path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

Measured compile(const Kind &kind, size_t ops, const fs::path &folder) {
  fs::create_directories(folder);
  if (kind.onnx)
    write(folder / "model.onnx", kind.onnx(ops));

  Measured measured{};
  const double start = wallSeconds();
  double last = cpuSeconds();
  size_t stage = 0;
  const auto done = [&] {
    const double now = cpuSeconds();
    measured.cpu[stage++] = now - std::exchange(last, now);
  };
  std::unique_ptr<ir::Module> module =
      kind.onnx ? onnx::importModel(folder / "model.onnx", {}).module : kind.make(ops);
  done();
  passes::PassContext context;
  context.target = ir::findTarget("host");
  context.evaluator = &kernels::evaluator();
  context.log = [](std::string_view text) { fmt::print(stderr, "{}\n", text); };
  passes::PipelineOptions options;
  options.timePasses = std::getenv("TIME_PASSES") != nullptr;
  passes::runPipeline(*module, context, options);
  done();
  codegen::Settings settings;
  settings.name = "scale";
  settings.target = context.target;
  const auto prepared = codegen::prepare(*module, settings);
  done();
  const ir::Function &entry = *module->functions.front();
  ir::MemoryPlan plan =
      passes::planMemory(entry, codegen::scratchBytes(*prepared), settings.target->alignment,
                         {.shared = codegen::sharedMemory(*prepared)});
  plan.steps = passes::steps(entry);
  done();
  const codegen::Summary summary = codegen::summarise(*prepared, plan);
  prepared->settings.shards = measured.shards = summary.shardsAdvised;
  for (const codegen::File &file : codegen::generate(*prepared, plan)) {
    std::ofstream to(folder / file.name, std::ios::binary);
    file.write([&](std::string_view piece) {
      to << piece;
      measured.textBytes += piece.size();
    });
  }
  done();
  measured.wall = wallSeconds() - start;
  measured.steps = summary.steps;
  measured.stubs = summary.stubs;
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  measured.megabytes = static_cast<double>(usage.ru_maxrss) / 1024;
  return measured;
}

/// In a process of its own, so that its peak of memory is its own. Nothing if it failed.
std::optional<Measured> compileApart(const Kind &kind, size_t ops, const fs::path &folder) {
  int ends[2];
  if (pipe(ends))
    return {};
  const pid_t child = fork();
  if (child == 0) {
    int code = 1;
    try {
      const Measured measured = compile(kind, ops, folder);
      code = ::write(ends[1], &measured, sizeof measured) != sizeof measured;
    } catch (const std::exception &error) {
      fmt::print(stderr, "{} {}: {}\n", kind.name, ops, error.what());
    }
    _exit(code); // without tearing down the module, as the program does
  }
  close(ends[1]);
  Measured measured;
  const bool read = ::read(ends[0], &measured, sizeof measured) == sizeof measured;
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return child > 0 && read && status == 0 ? std::optional(measured) : std::nullopt;
}

// What the sources of a model may take, of its largest file and of all.
constexpr double kMostUnitSeconds = 30, kMostUnitMegabytes = 1000, kMostSeconds = 600;

/// Compiles the sources, the largest first. False where they take too much.
bool compileSources(const fs::path &folder, size_t shards, const std::string &cxx, unsigned jobs) {
  std::vector<fs::path> sources;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".cpp")
      sources.push_back(entry.path());
  std::ranges::sort(sources, std::greater{}, [](const fs::path &p) { return fs::file_size(p); });
  std::vector<std::string> commands;
  for (const fs::path &source : sources)
    commands.push_back(fmt::format("{} -std=c++17 -I{} -I{} -c {} -o {}", cxx,
                                   quoted(BURIN_BENCH_RUNTIME), quoted(folder), quoted(source),
                                   quoted(source.string() + ".o")));
  const Taken taken = runAll(commands, jobs);
  fmt::print(
      "{:>20} {} shards by {}, {} at a time: {:.1f} s ({:.1f} s of a processor); the largest "
      "file {:.1f} s, {:.0f} MB\n",
      "", shards, cxx, jobs, taken.wall, taken.cpu, taken.slowest, taken.megabytes);
  return taken.slowest <= kMostUnitSeconds && taken.megabytes <= kMostUnitMegabytes &&
         taken.wall <= kMostSeconds;
}

struct Arguments {
  std::vector<const Kind *> kinds;
  std::vector<size_t> sizes;
  fs::path keep;
  std::string cxx; ///< empty: what is generated is not compiled
  unsigned jobs = 2;
  double slope = HUGE_VAL;
};

std::optional<Arguments> parse(int count, char **words) {
  Arguments result;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const auto kind = std::ranges::find(kinds(), word, &Kind::name);
    size_t size = 0;
    if (kind != kinds().end())
      result.kinds.push_back(&*kind);
    else if (word.starts_with("keep="))
      result.keep = word.substr(5);
    else if (word.starts_with("cxx="))
      result.cxx = word.substr(4);
    else if (word.starts_with("jobs="))
      result.jobs = std::max(1U, static_cast<unsigned>(std::atoi(words[i] + 5)));
    else if (word.starts_with("slope="))
      result.slope = std::atof(words[i] + 6);
    else if (std::from_chars(word.data(), word.data() + word.size(), size).ec == std::errc{})
      result.sizes.push_back(size);
    else
      return {};
  }
  if (result.kinds.empty())
    for (const Kind &kind : kinds())
      result.kinds.push_back(&kind);
  if (result.sizes.empty())
    result.sizes = {1'000, 10'000, 100'000};
  return result;
}

int run(const Arguments &arguments) {
  const fs::path scratch = fs::temp_directory_path() / fmt::format("burin-scale-{}", getpid());
  fmt::print("{:<12} {:>7}", "kind", "ops");
  for (const std::string_view stage : kStages)
    fmt::print(" {:>8}", stage);
  fmt::print(" {:>8} {:>8} {:>8} {:>7} {:>7} {:>9} {:>6}\n", "cpu s", "wall s", "peak MB", "steps",
             "stubs", "text kB", "slope");
  bool failed = false;
  for (const Kind *kind : arguments.kinds) {
    std::optional<std::pair<size_t, double>> before;
    for (const size_t ops : arguments.sizes) {
      if (ops > kind->most)
        continue;
      const bool kept = !arguments.keep.empty();
      const fs::path folder =
          kept ? arguments.keep / fmt::format("{}-{}", kind->name, ops) : scratch;
      const std::optional<Measured> m = compileApart(*kind, ops, folder);
      fmt::print("{:<12} {:>7}", kind->name, ops);
      if (!m) {
        fmt::print(" failed\n");
        fs::remove_all(scratch);
        failed = true;
        continue;
      }
      for (const double seconds : m->cpu)
        fmt::print(" {:>8.3f}", seconds);
      fmt::print(" {:>8.2f} {:>8.2f} {:>8.0f} {:>7} {:>7} {:>9}", m->cpuInAll(), m->wall,
                 m->megabytes, m->steps, m->stubs, m->textBytes / 1000);
      if (before) {
        const double slope =
            std::log(m->cpuInAll() / before->second) /
            std::log(static_cast<double>(ops) / static_cast<double>(before->first));
        fmt::print(" {:>6.2f}", slope);
        failed |= slope > arguments.slope;
      }
      fmt::print("\n");
      std::fflush(stdout);
      if (!arguments.cxx.empty())
        failed |= !compileSources(folder, m->shards, arguments.cxx, arguments.jobs);
      fs::remove_all(scratch);
      before = {ops, m->cpuInAll()};
    }
  }
  return failed;
}

} // namespace
} // namespace burin::bench

int main(int count, char **words) {
  const auto arguments = burin::bench::parse(count, words);
  if (!arguments) {
    fmt::print(stderr, "usage: burin_bench_scale [KIND...] [OPS...] [keep=DIR] [slope=MOST] "
                       "[cxx=COMMAND] [jobs=N]\n");
    return 2;
  }
  return burin::bench::run(*arguments);
}
