// SPDX-License-Identifier: Apache-2.0
//
// What --data holds: inputs, and the outputs that they must give.
#pragma once

#include "cli/arrays.h"
#include "cli/settings.h"

namespace burin::cli {

struct Sample {
  std::string origin; ///< "golden.npz[3]"
  NamedTensors inputs;
  NamedTensors outputs; ///< those that are known; may be empty
};

/// From a .npz file with the arrays in:NAME and out:NAME, each as the model has it or all with a
/// leading axis over samples; or from a folder with input_0.pb, output_0.pb, ..., or with folders
/// test_data_set_* of them. Throws CompileError (unreadable, usage) that names the file.
std::vector<Sample> readSamples(const std::filesystem::path &, const ir::Function &);

/// The arrays of --input NAME=@FILE for each step: one, or with `sequence` as many as the leading
/// axis has.
std::vector<NamedTensors> readInputs(const std::vector<std::string> &specs, const ir::Function &,
                                     bool sequence);

} // namespace burin::cli
