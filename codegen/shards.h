// SPDX-License-Identifier: Apache-2.0
//
// How the code of a large model is spread over source files, so that machines and caches can share
// the work of compiling it.
#pragma once

#include "codegen/prepare.h"

namespace burin::codegen {

/// What a source file holds: indices into the lists of Prepared, in order. Stubs and functors are
/// local to their file.
struct Part {
  std::vector<size_t> steps, stubs, functors;
};

/// Everything, in order.
Part wholeOf(const Prepared &);

/// Every step in one of `count` parts that take about the same time to compile. Steps of one stub
/// stay together as far as possible: a stub is printed in each part that calls it. The last parts
/// are empty where a model is too small for so many.
std::vector<Part> partsOf(const Prepared &, size_t count);

/// "NAME.cpp"; behind it, where there are more than one, "NAME.0.cpp" to "NAME.<shards - 1>.cpp".
std::vector<std::string> sourceNames(const std::string &name, size_t shards);

/// As many as make each file a matter of some seconds for a C++ compiler.
size_t shardsFor(size_t steps, size_t stubs);

} // namespace burin::codegen
