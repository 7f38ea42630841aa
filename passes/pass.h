// SPDX-License-Identifier: Apache-2.0
//
// A pass is a free function over a module; the pipeline is a table of them (passes/pipeline.h).
#pragma once

#include "ir/evaluator.h"
#include "ir/target.h"

#include <functional>
#include <string>
#include <vector>

namespace burin::passes {

enum class Optimize : uint8_t { none, exact, size, speed };

/// What a pass may ask, and where it counts its rewrites.
struct PassContext {
  const ir::Target *target = nullptr;
  Optimize optimize = Optimize::speed;
  const ir::Evaluator *evaluator = nullptr; ///< the kernels, for constant folding
  int64_t rewriteLimit = -1; ///< rewrites with a number above it are declined; -1: none
  int64_t rewrites = 0;
  std::string explain;                       ///< a rule whose matches and refusals are told
  std::function<void(std::string_view)> log; ///< null: silent
  std::string_view pass;                     ///< that runs now

  /// Numbers a rewrite: "rewrite 17: fuse/conv-relu at 'layer1.conv'". False: it must not happen.
  bool allow(std::string_view rule, const Location &at);
};

struct Pass {
  std::string_view name;
  bool (*run)(ir::Module &, PassContext &); ///< true if it changed anything
  bool required = false;                    ///< cannot be disabled: later stages rely on it
  std::string_view doc;
};

} // namespace burin::passes
