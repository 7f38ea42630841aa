// SPDX-License-Identifier: Apache-2.0
//
// How values lie inside each other at the interface: torch flattens tuples, lists and dicts, and
// the leaves get the names of where they lay.
#pragma once

#include "frontend/exported/json.h"

namespace burin::exported {

/// The names of the leaves in order: `name` for a leaf, "name.0", "name.key" inside. `fields` has
/// the names of named tuples, and may be absent.
std::vector<std::string> leafNames(const Json &spec, const std::string &name,
                                   const std::optional<Json> &fields);

/// Of the arguments of forward, whose spec is a tuple of the positional ones and a dict of the
/// others. `parameters`: the names of the positional ones as far as they are known.
std::vector<std::string> argumentNames(const Json &spec, const std::vector<std::string> &parameters,
                                       const std::optional<Json> &fields);

/// The tree of a spec, which is a text in the program: "[1, {...}]".
Document treeOf(const Json &text, const std::string &name);
Json rootOf(const Document &tree);

} // namespace burin::exported
