// SPDX-License-Identifier: Apache-2.0
//
// burin_fuzz READER [--runs N] [--seconds N] [--seed N] [--first N] [--keep DIR] [--replay]
// MODEL...: reads models like these, changed in some places, in a process of its own. Anything but
// a module that the verifier accepts or a CompileError is a finding: the model is kept in DIR, and
// reading goes on behind it. --first N --runs 1 makes one model again; --replay changes nothing but
// the options.
#include "ir/diagnostic.h"
#include "ir/verify.h"
#include "tests/fuzz/readers.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
/// More memory than a small file is worth is a finding, too.
extern "C" const char *__asan_default_options() {
  return "max_allocation_size_mb=2048:hard_rss_limit_mb=3000:detect_leaks=0:"
         "detect_stack_use_after_return=0:quarantine_size_mb=16";
}
extern "C" const char *__ubsan_default_options() { return "halt_on_error=1:print_stacktrace=1"; }
#endif

namespace burin::fuzz {

std::string contentOf(const std::filesystem::path &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void verify(const ir::Module &module) {
  for (const ir::Violation &v : ir::verify(module))
    if (!v.text.ends_with("is no identifier"))
      throw InternalError("the module is not valid: " + v.text);
}

namespace {
namespace fs = std::filesystem;

constexpr const Reader *kReaders[] = {&kOnnx, &kTorchScript, &kExported, &kSavedModel};
constexpr int kMostSeconds = 10; // of one model

struct Options {
  const Reader *reader = nullptr;
  uint64_t runs = 1000, seed = 1, first = 0, seconds = UINT64_MAX;
  bool replays = false; ///< reads the models themselves
  fs::path keep = "fuzz_findings";
  std::vector<fs::path> models;
};

/// What both processes see.
struct Progress {
  uint64_t at, accepted, refused;
  std::time_t start;
};

bool parse(int argc, char **argv, Options &options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::strtoull(argv[++i], nullptr, 10) : 0; };
    if (word == "--runs")
      options.runs = number();
    else if (word == "--seed")
      options.seed = number();
    else if (word == "--first")
      options.first = number();
    else if (word == "--seconds")
      options.seconds = number();
    else if (word == "--replay")
      options.replays = true;
    else if (word == "--keep" && i + 1 < argc)
      options.keep = argv[++i];
    else if (const auto *r = std::ranges::find(kReaders, word, &Reader::name);
             !options.reader && r != std::end(kReaders))
      options.reader = *r;
    else
      options.models.emplace_back(word);
  }
  return options.reader && !options.models.empty();
}

void writeModel(const fs::path &folder, const Files &files) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const auto &[name, content] : files) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << content;
  }
}

/// Processor time, so that a machine that is busy makes no findings.
void limitTime(int seconds) {
  const itimerval limit{{0, 0}, {seconds, 0}};
  ::setitimer(ITIMER_PROF, &limit, nullptr);
}

void work(const Options &options, const std::vector<Files> &models, const fs::path &folder,
          Progress &progress) {
  for (uint64_t end = options.first + options.runs; progress.at < end; ++progress.at) {
    if (static_cast<uint64_t>(std::time(nullptr) - progress.start) >= options.seconds)
      break;
    Random random(options.seed * 0x2545f4914f6cdd1d + progress.at);
    const Files &from = options.replays ? models[progress.at % models.size()] : random.of(models);
    writeModel(folder,
               options.replays ? from : options.reader->mutate(from, random.of(models), random));
    limitTime(kMostSeconds);
    try {
      options.reader->read(folder / options.reader->model, random);
      ++progress.accepted;
    } catch (const CompileError &) {
      ++progress.refused;
    } catch (const CompileErrors &) {
      ++progress.refused;
    } catch (const std::exception &error) {
      std::fprintf(stderr, "%s\n", error.what());
      std::_Exit(1);
    }
    limitTime(0);
  }
  std::exit(0); // and write what gcov has counted
}

int run(const Options &options) {
  std::vector<Files> models;
  for (const fs::path &path : options.models)
    models.push_back(options.replays && fs::is_regular_file(path)
                         ? Files{{std::string(options.reader->model), contentOf(path)}}
                         : options.reader->load(path));
  const fs::path shm = "/dev/shm";
  const fs::path folder = (fs::exists(shm) ? shm : fs::temp_directory_path()) /
                          ("burin_fuzz_" + std::to_string(::getpid()));
  auto *progress = static_cast<Progress *>(
      ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  *progress = {options.first, 0, 0, std::time(nullptr)};
  uint64_t findings = 0;
  while (progress->at < options.first + options.runs) {
    const pid_t child = ::fork();
    if (child == 0)
      work(options, models, folder, *progress);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
      break;
    const std::string name = std::string(options.reader->name) + "-" +
                             std::to_string(options.seed) + "-" + std::to_string(progress->at);
    std::printf("%s: %s\n", name.c_str(),
                WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF ? "more than 10 seconds"
                : WIFSIGNALED(status)                              ? ::strsignal(WTERMSIG(status))
                                                                   : "stopped, see above");
    std::fflush(stdout);
    fs::create_directories(options.keep);
    fs::remove_all(options.keep / name);
    fs::copy(folder, options.keep / name, fs::copy_options::recursive);
    ++findings;
    ++progress->at;
  }
  std::printf("%s: %llu models, %llu read, %llu refused, %llu findings\n",
              options.reader->name.data(),
              static_cast<unsigned long long>(progress->at - options.first),
              static_cast<unsigned long long>(progress->accepted),
              static_cast<unsigned long long>(progress->refused),
              static_cast<unsigned long long>(findings));
  fs::remove_all(folder);
  return findings == 0 ? 0 : 1;
}

} // namespace
} // namespace burin::fuzz

int main(int argc, char **argv) {
  burin::fuzz::Options options;
  if (!burin::fuzz::parse(argc, argv, options)) {
    std::fputs("usage: burin_fuzz onnx|torchscript|exported|savedmodel [--runs N] [--seconds N] "
               "[--seed N] [--first N] [--keep DIR] [--replay] MODEL...\n",
               stderr);
    return 2;
  }
  return burin::fuzz::run(options);
}
