// SPDX-License-Identifier: Apache-2.0
//
// Names: every one that is read is defined once, nodes come after what they read, and functions do
// not call themselves.
#pragma once

#include "frontend/onnx/model.h"
#include "frontend/onnx/problems.h"

namespace burin::onnx {

/// Sorts the nodes of a graph, whose nested graphs are resolved already, finds its captures, and
/// reports names defined twice or needed in a cycle. A sorted graph keeps its order. `owner` begins
/// the messages: "" or "function 'f': ".
void resolveNames(Graph &, std::string_view owner, Problems &);

/// Of an outermost graph: reports names that nothing defines, and nested ones that hide outer ones.
void checkScopes(const Graph &, std::string_view owner, Problems &);

/// Reports recursion between functions, and calls whose expansion is too deep or too large.
void checkCalls(const Model &, Problems &);

} // namespace burin::onnx
