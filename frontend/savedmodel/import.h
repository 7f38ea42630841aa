// SPDX-License-Identifier: Apache-2.0
//
// From a TensorFlow SavedModel, or a frozen graph, to the IR. TensorFlow is not needed.
#pragma once

#include "ir/evaluator.h"

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <optional>
#include <span>

namespace burin::savedmodel {

struct ImportOptions {
  /// By the name of the input: its shape, where the model leaves it open or the user fixes it.
  std::map<std::string, ir::Shape, std::less<>> inputShapes;
  /// By name ("input.0" for axis 0 of an input): the bounds of an open extent.
  std::map<std::string, ir::Bounds, std::less<>> dims;
  /// Keys of the signature's outputs, or tensors ("node:0") of the main graph or of a function that
  /// is called once, to be the outputs instead of all of the signature; empty: those.
  std::vector<std::string> outputs;
  /// The signature to compile; empty: serving_default, or the only one.
  std::string signature;
  /// The tag of the graph to take where the file holds several; empty: serve.
  std::string tag;
  /// Variables, by node, that another signature of the same class assigns: states of this one too.
  std::set<std::string> states;
  /// Runs what the model computes once, when it is loaded; null: only constants are known.
  const ir::Evaluator *evaluator = nullptr;
};

struct Import {
  std::unique_ptr<ir::Module> module;
  std::vector<std::filesystem::path> files; ///< that were read
  std::set<std::string> states;             ///< variables that are states, by node
};

/// Throws CompileErrors with every problem of the model at once. An input with an extent that has
/// no upper bound is refused here, with the --dim that fixes it.
Import importModel(const std::filesystem::path &, const ImportOptions &);

/// Whether this path is a SavedModel or a frozen graph, by its content.
bool isSavedModel(const std::filesystem::path &);

/// A file of TensorFlow or Keras that is none of these, and what to do with it.
struct NotSavedModel {
  std::string what, hint;
};
std::optional<NotSavedModel> notSavedModel(std::span<const std::byte> file);

/// The inputs of the signature that the options choose: names, and extents (-1: open).
struct InputPort {
  std::string name;
  std::vector<int64_t> extents;
};
std::vector<InputPort> inputsOf(const std::filesystem::path &, const ImportOptions &);

/// The operators that have a row, sorted, for the support table.
std::vector<std::string_view> supportedOps();

} // namespace burin::savedmodel
