// SPDX-License-Identifier: Apache-2.0
//
// What a graph must compute, and how far a result may be from it.
#pragma once

#include "ir/evaluator.h"

#include <map>
#include <string>
#include <vector>

namespace burin::differential {

using Extents = std::map<std::string, int64_t, std::less<>>; ///< of symbols

/// The arguments of one run that are no state. The elements of one depend on its name and the seed,
/// so that a graph without the others gets the same.
struct Sample {
  Extents extents;
  bool reset = true;
  std::vector<ir::Tensor> arguments;
};

/// Runs at the bounds of the symbols and between them; with states, one after the other.
std::vector<Sample> makeSamples(const ir::Function &, uint32_t seed);

/// The results that are no state, of each sample in order.
using Results = std::vector<std::vector<ir::Tensor>>;
Results execute(const ir::Function &, const std::vector<Sample> &, const ir::Evaluator &);

/// By the reference interpreter. Runs with a little noise on every value that is not exact tell how
/// much rounding may change each result: nothing where all that leads to it is exact.
struct Expected {
  Results results;
  std::vector<std::vector<double>> tolerances;
};
Expected expect(const ir::Function &, const std::vector<Sample> &, uint32_t seed);

/// Where results[sample] differs from what is expected, as text; empty if nowhere.
std::string difference(const std::vector<ir::Tensor> &results, const Expected &, size_t sample);

} // namespace burin::differential
