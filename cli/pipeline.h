// SPDX-License-Identifier: Apache-2.0
//
// From a module to files, as the options say: passes, kernels, memory plan, text, limits.
#pragma once

#include "cli/arrays.h"
#include "cli/model.h"
#include "codegen/compile.h"
#include "passes/pass.h"

namespace burin::cli {

/// Runs the passes with --optimize, --target and the debug options. What they tell goes to stderr.
void optimise(ir::Module &, const Settings &);

/// Of --target.
const ir::Target &targetOf(const Settings &);

/// The options that the generated code depends on and that differ from their defaults, in the
/// order of the table: "--target mcu-fpu --dim batch=1..4". Neither paths nor names.
std::string settingsText(const Settings &);

/// The generated class, for a program that uses it.
struct ApiSymbol {
  std::string identifier, name; ///< in C++ and in the model
};
struct ApiPort {
  std::string identifier;
  Port port;
};
struct Api {
  std::string nameSpace, className;
  bool hasStates = false;
  std::vector<ApiSymbol> symbols; ///< the arguments of run(), in order
  std::vector<ApiPort> inputs, outputs;
};

struct Compiled {
  std::shared_ptr<const codegen::Prepared> prepared; ///< what the files are written from
  std::vector<codegen::File> files;
  codegen::Summary summary;
  Api api;
};

/// Of a module that is optimised. Throws CompileErrors (limit) for --arena-limit, --weights-limit
/// and --macs-limit.
Compiled generateCode(ir::Module &, const std::string &name, const Settings &);

/// The names of the files that generateCode() makes, without making them.
std::vector<std::string> fileNames(const std::string &name, const Settings &);

/// The op count of the functions, blocks of `if` and `loop` included, without terminators.
size_t countOps(const ir::Module &);

} // namespace burin::cli
