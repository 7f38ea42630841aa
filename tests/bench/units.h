// SPDX-License-Identifier: Apache-2.0
//
// Commands that run beside each other, as a build runs the C++ compiler, and what they take.
#pragma once

#include <span>
#include <string>

namespace burin::bench {

struct Taken {
  double wall = 0;      ///< seconds of the clock, of all together
  double cpu = 0;       ///< seconds of a processor: they hardly depend on what else runs
  double slowest = 0;   ///< of them, of one command
  double megabytes = 0; ///< the peak of one command
};

/// Runs each in a shell, `jobs` at a time, the first ones first. Throws std::runtime_error with the
/// first command that fails and what it said.
Taken runAll(std::span<const std::string> commands, unsigned jobs);

/// In quotes for the shell.
std::string quoted(const std::string &word);

} // namespace burin::bench
