// SPDX-License-Identifier: Apache-2.0
//
// From an ONNX model to the IR.
#pragma once

#include "ir/evaluator.h"

#include <filesystem>
#include <map>
#include <memory>

namespace burin::onnx {

struct ImportOptions {
  /// By the name of the input: its shape, where the model leaves it open or the user fixes it.
  std::map<std::string, ir::Shape, std::less<>> inputShapes;
  /// By the name of a dim_param (or "input.0" for an unnamed one): its bounds.
  std::map<std::string, ir::Bounds, std::less<>> dims;
  /// By the name of an input of one number or bool: its value, which is compiled in.
  std::map<std::string, std::string, std::less<>> arguments;
  /// Names of values to be the outputs instead of those of the graph; empty: those of the graph.
  std::vector<std::string> outputs;
};

struct Import {
  std::unique_ptr<ir::Module> module;
  std::vector<std::filesystem::path> files; ///< that were read
  std::vector<std::string> notes;           ///< what is not as the model declares it, for people
};

/// Throws CompileErrors with every problem of the model at once. An input with an extent that has
/// no upper bound is refused here, with the --dim that fixes it.
Import importModel(const std::filesystem::path &, const ImportOptions &);

/// "Conv", domain and versions of every operator that has a row, for the support table.
struct SupportedOp {
  std::string_view domain, name;
  std::vector<int64_t> since;
};
std::vector<SupportedOp> supportedOps();

} // namespace burin::onnx
