// SPDX-License-Identifier: Apache-2.0
#include "measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>

namespace burin::bench {
namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr const char *kInstructionSet = "AVX-512";
#elif defined(__AVX__)
constexpr int kLanes = 8;
constexpr const char *kInstructionSet = "AVX2";
#elif defined(__ARM_NEON)
constexpr int kLanes = 4;
constexpr const char *kInstructionSet = "NEON";
#else
constexpr int kLanes = 4;
constexpr const char *kInstructionSet = "SSE2 or none";
#endif
typedef float Vector __attribute__((vector_size(kLanes * 4)));

/// Keeps what is computed from being left out, or hoisted out of a loop.
template <class T> void keep(T &value) { asm volatile("" : "+m"(value)); }

} // namespace

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Twelve chains cover two units of latency four. Variables with names: an array of them would stay
// in memory at -O2 and show half of the peak.
__attribute__((noinline)) double probePeak() {
  Vector m = Vector{} + 0.9999F, c = Vector{} + 1e-6F;
  keep(m);
  keep(c);
  const auto chain = [](float first) { return Vector{} + first; }; // equal ones would be merged
  Vector v0 = chain(0), v1 = chain(1), v2 = chain(2), v3 = chain(3), v4 = chain(4), v5 = chain(5),
         v6 = chain(6), v7 = chain(7), v8 = chain(8), v9 = chain(9), v10 = chain(10),
         v11 = chain(11);
  constexpr int kRounds = 16000, kChains = 12;
  const double start = now();
  for (int i = 0; i < kRounds; ++i) {
    v0 = v0 * m + c, v1 = v1 * m + c, v2 = v2 * m + c, v3 = v3 * m + c;
    v4 = v4 * m + c, v5 = v5 * m + c, v6 = v6 * m + c, v7 = v7 * m + c;
    v8 = v8 * m + c, v9 = v9 * m + c, v10 = v10 * m + c, v11 = v11 * m + c;
  }
  const double seconds = now() - start;
  Vector sum = v0 + v1 + v2 + v3 + v4 + v5 + v6 + v7 + v8 + v9 + v10 + v11;
  keep(sum);
  return 2.0 * kChains * kLanes * kRounds / seconds * 1e-9;
}

double probeRead(size_t bytes) {
  constexpr size_t kStep = 8; // vectors
  const size_t vectors = bytes / sizeof(Vector) / kStep * kStep;
  const std::unique_ptr<Vector[]> data(new Vector[vectors]());
  const auto readAll = [&] {
    Vector s0 = {}, s1 = {}, s2 = {}, s3 = {};
    const Vector *p = data.get();
    for (size_t i = 0; i < vectors; i += kStep) {
      s0 += p[i], s1 += p[i + 1], s2 += p[i + 2], s3 += p[i + 3];
      s0 += p[i + 4], s1 += p[i + 5], s2 += p[i + 6], s3 += p[i + 7];
    }
    Vector sum = s0 + s1 + s2 + s3;
    keep(sum);
    asm volatile("" : : "r"(p) : "memory"); // the next pass reads again
  };
  readAll();
  const size_t repeats = std::max<size_t>(1, (size_t{64} << 20) / bytes);
  std::vector<double> rates;
  for (int round = 0; round < 7; ++round) {
    const double start = now();
    for (size_t i = 0; i < repeats; ++i)
      readAll();
    rates.push_back(static_cast<double>(vectors * sizeof(Vector) * repeats) / (now() - start));
  }
  return quantile(rates, 0.9) * 1e-9;
}

std::string instructionSet() { return kInstructionSet; }

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      return line.substr(line.find(':') + 2);
  return "unknown";
}

std::string compilerName() {
#if defined(__clang__)
  return std::string("clang ") + __clang_version__;
#else
  return std::string("g++ ") + __VERSION__;
#endif
}

double quantile(std::vector<double> values, double q) {
  if (values.empty())
    return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1,
                         static_cast<size_t>(q * static_cast<double>(values.size())))];
}

void takeTurns(std::vector<Candidate> &candidates, const Turns &turns) {
  std::vector<int> repeats;
  double slowest = 0;
  for (Candidate &c : candidates) {
    c.run(); // warm up
    double once = 1e9;
    for (int i = 0; i < 2; ++i) {
      const double start = now();
      c.run();
      once = std::min(once, now() - start);
    }
    repeats.push_back(std::max(1, static_cast<int>(turns.sample / once)));
    slowest = std::max(slowest, once * repeats.back());
  }
  const int rounds = std::max(turns.leastRounds, static_cast<int>(turns.seconds / slowest));
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < candidates.size(); ++i) {
      const size_t k = round % 2 == 0 ? i : candidates.size() - 1 - i;
      Candidate &c = candidates[k];
      if (turns.pause > 0) {
        std::this_thread::sleep_for(std::chrono::duration<double>(turns.pause));
        c.run(); // its own threads and caches are warm again
      }
      c.peaks.push_back(probePeak());
      const double start = now();
      for (int r = 0; r < repeats[k]; ++r)
        c.run();
      c.seconds.push_back((now() - start) / repeats[k]);
    }
  }
}

double pairedRatio(const Candidate &first, const Candidate &second) {
  std::vector<double> ratios;
  for (size_t i = 0; i < std::min(first.seconds.size(), second.seconds.size()); ++i)
    ratios.push_back(first.seconds[i] / second.seconds[i]);
  return quantile(ratios, 0.5);
}

} // namespace burin::bench
