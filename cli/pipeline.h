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

/// Of --target, --optimize and --cpu; and the same with the choices of --tuned.
ir::Target baseTargetOf(const Settings &);
const ir::Target &targetOf(const Settings &);
/// What the choices of the target say and no kernel can do any more, each as a sentence.
std::vector<std::string> staleChoices(const ir::Module &, const ir::Target &);
/// optimise() for another target, or a part of the pipeline.
void optimiseFor(ir::Module &, const Settings &, const ir::Target &, const std::string &stopAfter);
/// The code of a small model whose weights the caller gives, without limits and without an API in
/// C. The files look at the module, at the target and at `keep`.
std::vector<codegen::File> generateFor(ir::Module &, const std::string &name, const ir::Target &,
                                       std::shared_ptr<const void> &keep);

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
struct Api { ///< of one entry point
  std::string nameSpace, className, run;
  bool hasStates = false;
  std::vector<ApiSymbol> symbols; ///< the arguments of run(), in order
  std::vector<ApiPort> inputs, outputs;
  std::string weights; ///< the file whose content the class is given; empty: it has its own
};

struct Compiled {
  std::shared_ptr<const codegen::Prepared> prepared; ///< what the files are written from
  std::vector<codegen::File> files;
  codegen::Summary summary;
  std::vector<Api> apis; ///< of each entry point
};

/// Of a module that is optimised. Throws CompileErrors (limit) for --arena-limit, --weights-limit
/// and --macs-limit.
Compiled generateCode(ir::Module &, const std::string &name, const Settings &);

/// The names of the files that generateCode() makes, without making them.
std::vector<std::string> fileNames(const std::string &name, const Settings &);

/// The op count of the functions, blocks of `if` and `loop` included, without terminators.
size_t countOps(const ir::Module &);

} // namespace burin::cli
