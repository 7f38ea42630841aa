// SPDX-License-Identifier: Apache-2.0
//
// From the path and the options of the command line to a module, whatever the format.
#pragma once

#include "cli/settings.h"
#include "ir/graph.h"

#include <filesystem>
#include <memory>

namespace burin::cli {

struct Model {
  std::unique_ptr<ir::Module> module;
  std::vector<std::filesystem::path> files; ///< that were read: those of the model first
  std::vector<std::string> notes;           ///< of the import, for people
  std::string name;                         ///< of the generated files
  std::string sha256;                       ///< of the model's files, in order
};

/// Reads settings.arguments[0] as what its content is, or as --input-format says, with
/// --input-shape, --dim, --outputs, --state and --state-init. Throws CompileErrors with every problem of it.
Model readModel(const Settings &);

/// The value of --name, or the stem of the model's file, as a file name that needs no quotes.
std::string modelName(const Settings &);

} // namespace burin::cli
