// SPDX-License-Identifier: Apache-2.0
//
// From a TorchScript archive to the IR.
#pragma once

#include "ir/evaluator.h"

#include <filesystem>
#include <map>
#include <memory>
#include <set>

namespace burin::torchscript {

struct ImportOptions {
  /// By the name of the input: its shape and element type, where the user gives them. Others are
  /// those of the example inputs that torch.jit.trace stores.
  std::map<std::string, ir::Shape, std::less<>> inputShapes;
  std::map<std::string, ir::ElementType, std::less<>> inputTypes;
  /// By the name of an argument that is a number or a text: its value, which is compiled in.
  std::map<std::string, std::string, std::less<>> arguments;
  /// Names of outputs to return; empty: all of them.
  std::vector<std::string> outputs;
  /// The method to compile.
  std::string method = "forward";
  /// With several methods in one class: attributes, by path, that another one changes. They are
  /// states of this one too.
  std::set<std::string, std::less<>> states;
  bool isOneOfSeveral = false;
  /// Computes what a program asks of tensors that depend on constants alone.
  const ir::Evaluator *evaluator = nullptr;
};

struct Import {
  std::unique_ptr<ir::Module> module;
  std::vector<std::filesystem::path> files; ///< that were read
  std::vector<std::string> notes;           ///< what the model does in PyTorch alone, for people
  std::set<std::string, std::less<>> states; ///< attributes that are states, by path
};

/// Throws CompileErrors with every problem of the model at once.
Import importModel(const std::filesystem::path &, const ImportOptions &);

/// The names of the inputs of a method: parameters that may be tensors.
std::vector<std::string> inputNames(const std::filesystem::path &,
                                    const std::string &method = "forward");

/// Whether a file may be a TorchScript archive: a zip archive.
bool looksLikeTorchScript(std::span<const std::byte> file);
/// What a file is that PyTorch wrote but that is no archive, and a hint; nothing for all others.
struct NotTorchScript {
  std::string what, hint;
};
std::optional<NotTorchScript> notTorchScript(std::span<const std::byte> file);

/// An overload that has a lowering: "aten::conv2d", "padding".
struct SupportedOp {
  std::string name, overload;
};
std::vector<SupportedOp> supportedOps();

} // namespace burin::torchscript
