// SPDX-License-Identifier: Apache-2.0
//
// What a C++ compiler cannot decide: how the model is laid out and cut for a kind of machine. Code
// written for one target is right everywhere; it is tuned for that one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace burin::ir {

/// What was measured to be the fastest: a layer, as kernels::layerKey describes it, and the form of
/// the kernel that runs it.
using Choices = std::map<std::string, std::string, std::less<>>;

struct Target {
  std::string_view name; ///< "host", "mcu-fpu", "mcu-dsp", "mcu-min", "portable"
  int panel;             ///< columns of a packed weight panel, at most; small layers take fewer
  bool physicalPadding;  ///< borders of zeros in memory instead of tests for the edge
  bool winograd;         ///< convolutions may round otherwise than the direct sum
  int alignment;         ///< of the arena and its buffers, bytes
  bool specialise;       ///< a stub for each shape; false: share stubs by run-time extents
  bool wordIsCheap;      ///< 64-bit integers and double cost little
  std::string_view cpu;  ///< the processor that costs are estimated for: a name of ir/machines.txt
  const Choices *choices = nullptr; ///< they win over estimates; null: nothing was measured
};

/// Null for an unknown name.
const Target *findTarget(std::string_view name);
/// The same target where sums have to stay as the model has them.
const Target &exact(const Target &);
/// The same target where code and weights are to be small.
const Target &small(const Target &);
/// "host, mcu-fpu, ..."
std::string_view targetNames();

} // namespace burin::ir
