// SPDX-License-Identifier: Apache-2.0
//
// How times are taken: candidates take turns in short samples, a probe of the machine's peak before
// each, so that a burst of noise meets all of them and is seen.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace burin::bench {

double now(); ///< seconds

/// GFLOP/s of independent chains of multiply-add at the widest vectors that the compiler's flags
/// allow: the peak of one core. Takes about 26 us.
double probePeak();

/// GB/s at which one core reads `bytes` bytes again and again.
double probeRead(size_t bytes);

/// "AVX-512", "AVX2", ...: what probePeak and the code beside it were compiled for.
std::string instructionSet();
std::string processorName();
std::string compilerName(); ///< of this program

/// The q-th part of `values` from below: 0 is the least, 0.5 the median. 0 if there are none.
double quantile(std::vector<double> values, double q);

struct Candidate {
  std::string name;
  std::function<void()> run;
  std::vector<double> seconds = {}; ///< of one run, by round
  std::vector<double> peaks = {};   ///< GFLOP/s probed just before, by round

  double best() const { return quantile(seconds, 0); }
  double median() const { return quantile(seconds, 0.5); }
};

struct Turns {
  double seconds = 1;   ///< of each candidate, all its samples together
  double sample = 1e-3; ///< of one sample; a slow run is a sample of its own
  double pause = 0;     ///< before each sample: threads of others stop spinning
  int leastRounds = 5;
};

/// Fills in `seconds` and `peaks`. The order of the candidates alternates from round to round.
void takeTurns(std::vector<Candidate> &candidates, const Turns &turns);

/// Median over the rounds of the first's time by the second's.
double pairedRatio(const Candidate &first, const Candidate &second);

} // namespace burin::bench
