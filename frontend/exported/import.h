// SPDX-License-Identifier: Apache-2.0
//
// From a program of torch.export (.pt2) to the IR. The container and the graph are read here; the
// operators are those of the TorchScript frontend.
#pragma once

#include "ir/evaluator.h"

#include <filesystem>
#include <map>
#include <memory>

namespace burin::exported {

struct ImportOptions {
  /// By the name of the input: its shape, where the program leaves extents open.
  std::map<std::string, ir::Shape, std::less<>> inputShapes;
  /// By the symbol's name in the program, "s77": its bounds, within those of the program.
  std::map<std::string, ir::Bounds, std::less<>> dims;
  /// By the name of an input that is a number: its value, which is compiled in.
  std::map<std::string, std::string, std::less<>> arguments;
  /// Names of outputs to return; empty: all of them.
  std::vector<std::string> outputs;
  /// The program to compile where the file holds several; empty: "model", or the only one.
  std::string program;
  /// Computes what a program asks of tensors that depend on constants alone.
  const ir::Evaluator *evaluator = nullptr;
};

struct Import {
  std::unique_ptr<ir::Module> module;
  std::vector<std::filesystem::path> files; ///< that were read
  std::vector<std::string> notes;           ///< what the model does in PyTorch alone, for people
};

/// Throws CompileErrors with every problem of the model at once. An input with an extent that has
/// no upper bound is refused here, with the --dim that fixes it.
Import importModel(const std::filesystem::path &, const ImportOptions &);

/// Whether a file is an archive of torch.export, by its members.
bool isExported(const std::filesystem::path &);

/// The tensors among the inputs, and the symbols of the program.
struct Inputs {
  std::vector<std::string> names, symbols;
};
Inputs inputsOf(const std::filesystem::path &, const ImportOptions &);

} // namespace burin::exported
