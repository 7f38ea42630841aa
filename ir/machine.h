// SPDX-License-Identifier: Apache-2.0
//
// Processors as the cost model sees them. The figures choose between algorithms; the generated code
// is right on all of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin::ir {

/// One core. Rates and operations are 10^9 a second.
struct Machine {
  std::vector<std::string_view> names; ///< the first is the name, the others stand for it
  std::string_view isa;                ///< "avx512": as in burin/rt/config.h
  double gigahertz;
  double flops[3]; ///< f32, by vectors of 128, 256 and 512 bits; 0: it has none
  int64_t l1Bytes, l2Bytes, l3Bytes;
  double l1Rate, l2Rate, l3Rate, memoryRate; ///< bytes read
  std::string_view id;                       ///< how --cpu native knows it

  std::string_view name() const { return names.front(); }
  double peak() const; ///< of the widest vectors
};

/// The rows of ir/machines.txt.
std::span<const Machine> allMachines();
/// Null for an unknown name.
const Machine *findMachine(std::string_view name);
/// The row of the processor that a text like /proc/cpuinfo describes; null if there is none.
const Machine *machineOf(std::string_view cpuinfo);
/// "zen4, zen5, ..."
std::string machineNames();

} // namespace burin::ir
