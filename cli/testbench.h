// SPDX-License-Identifier: Apache-2.0
//
// The generated code as a program: built by a C++ compiler, run as a process of its own.
#pragma once

#include "cli/arrays.h"
#include "cli/pipeline.h"

#include <filesystem>

namespace burin::cli {

/// A program around the class that reads inputs from the file argv[1] and writes outputs to
/// argv[2]. Standard C++17; nothing of burin but the generated files and the runtime's headers.
std::string testbenchSource(const Api &, const std::string &header);

class Testbench {
public:
  /// Writes the files and the program into `folder` and builds them with --cc and --cxxflags.
  /// Throws CompileError (usage) if there is no such compiler, InternalError if it refuses the
  /// code.
  Testbench(const Compiled &, size_t entry, const std::string &name, std::filesystem::path folder,
            const Settings &);

  /// A run for each of the inputs; from the initial state each, or only the first with `sequence`.
  /// Throws CompileError (limit) if a run answers with an error or the program does not end well.
  std::vector<NamedTensors> run(std::span<const NamedTensors *const> inputs, bool sequence);

private:
  Api api_;
  std::filesystem::path folder_;
};

/// Of --cc, or what the environment says.
std::string compilerOf(const Settings &);
/// The words of --cxxflags.
std::vector<std::string> compilerFlagsOf(const Settings &);
/// A call of the compiler for generated code in a folder; the sources are to follow.
std::vector<std::string> compileCommand(const Settings &, const std::filesystem::path &folder);

/// The folder with burin/runtime.h: beside the installed program, or of the sources.
std::filesystem::path runtimeFolder();

} // namespace burin::cli
