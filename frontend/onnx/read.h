// SPDX-License-Identifier: Apache-2.0
//
// Reading an ONNX model. Nothing is trusted: sizes are checked before memory is taken, nesting is
// bounded, external data stay in the model's folder.
#pragma once

#include "frontend/onnx/file.h"
#include "frontend/onnx/model.h"

namespace burin::onnx {

/// Throws CompileError(unreadable) for what is no ONNX file at all, else CompileErrors with every
/// problem of tensors, names, order and functions. The file stays mapped as long as tensors need
/// it.
Model readModel(const std::filesystem::path &file);

/// Of bytes in memory. External data are looked for in `folder`; empty: there must be none.
Model readModel(Bytes bytes, const std::filesystem::path &folder);

} // namespace burin::onnx
