// SPDX-License-Identifier: Apache-2.0
//
// Arrays of files and of chance as inputs of a model.
#pragma once

#include "cli/npy.h"
#include "ir/graph.h"

#include <random>

namespace burin::cli {

/// An input or an output that is no state.
struct Port {
  std::string name;
  ir::Type type;
};
std::vector<Port> inputsOf(const ir::Function &);
std::vector<Port> outputsOf(const ir::Function &);

/// The array as a value of the port: of its element type, which may only be one that NumPy lacks
/// where they differ, and of its rank. Throws CompileError (usage) that names `what`.
ir::Tensor fitted(ir::Tensor array, const Port &, std::string_view what);

/// Element `index` of the leading axis.
ir::Tensor sliceOf(const ir::Tensor &, size_t index);
/// The tensors, all of one type, along a new leading axis.
ir::Tensor stacked(std::span<const ir::Tensor> slices);

/// Inputs that are the same for one seed on every machine: floats in [-1, 1), integers in [0, 8),
/// as far as their type has them. `symbols` gets a value for each symbol of the inputs: its upper
/// bound in sample 0, its lower one (but at least 1) in sample 1, then any between them.
NamedTensors randomInputs(const ir::Function &, uint64_t seed, size_t sample);

} // namespace burin::cli
