// SPDX-License-Identifier: Apache-2.0
//
// The file of --tuned: for a compiler, a target and a layer, the form of the kernel that was the
// fastest. Text in a fixed order, so that it can be kept beside the model under version control.
#pragma once

#include "cli/settings.h"
#include "ir/target.h"

#include <filesystem>
#include <tuple>

namespace burin::cli {

struct TunedKey {
  std::string compiler; ///< "g++ (Debian 12.2.0-14) 12.2.0 -O2 -march=native"
  std::string target;   ///< "host speed"
  std::string layer;    ///< kernels::layerKey

  auto operator<=>(const TunedKey &) const = default;
};
struct TunedRow {
  std::string form;
  double microseconds = 0;
};
using TunedRows = std::map<TunedKey, TunedRow>;

/// Nothing where there is no such file. Throws CompileError (unreadable) with the line of what is
/// not a row.
TunedRows readTuned(const std::filesystem::path &);
std::string tunedText(const TunedRows &);

/// The first line of `CXX --version` and the flags, of --cc and --cxxflags.
std::string compilerText(const Settings &);
/// "host speed": what the choices hold for, of --target and --optimize.
std::string targetText(const Settings &);

/// What --tuned says for --target and for the compiler of --cc; without --cc there must be one.
/// Empty without --tuned. Rows of others, and a file that is not there, are told on stderr.
ir::Choices tunedChoices(const Settings &);

} // namespace burin::cli
