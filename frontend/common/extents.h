// SPDX-License-Identifier: Apache-2.0
//
// What --dim and --input-shape say of the inputs of a model, against what the model has.
#pragma once

#include "ir/diagnostic.h"
#include "ir/graph.h"

#include <map>
#include <set>

namespace burin::frontend {

/// Adds to the problems the extents of inputs that have no upper bound, all in one problem, and the
/// options that name what the model does not have. `used`: the names of options that found their
/// input.
void checkExtents(std::vector<Diagnostic> &problems, const ir::Module &,
                  const std::map<std::string, ir::Bounds, std::less<>> &dims,
                  const std::map<std::string, ir::Shape, std::less<>> &inputShapes,
                  const std::set<std::string, std::less<>> &used);

} // namespace burin::frontend
