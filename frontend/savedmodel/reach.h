// SPDX-License-Identifier: Apache-2.0
//
// What an output needs.
#pragma once

#include "frontend/savedmodel/model.h"

namespace burin::savedmodel {

/// The nodes that these reach through data and control edges, each behind what it needs, else in
/// the order of the graph. Nodes in `fed` get their values from outside. A cycle is an error.
std::vector<const Node *> reachable(const Graph &, const std::vector<std::string_view> &roots,
                                    const std::set<std::string_view> &fed);

/// The same with what lies inside of the loops of TensorFlow 1, which stand for themselves there.
std::vector<const Node *> reachableWithLoops(const Graph &,
                                             const std::vector<std::string_view> &roots,
                                             const std::set<std::string_view> &fed);

/// What a function must compute: its results, and what runs for its effects.
std::vector<std::string_view> rootsOf(const Graph &function);

} // namespace burin::savedmodel
