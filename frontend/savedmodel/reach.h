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

} // namespace burin::savedmodel
