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
  const ir::Evaluator *evaluator = nullptr; ///< the kernels, for constant folding; null: none
  int64_t rewriteLimit = -1; ///< rewrites with a number above it are declined; -1: none
  int64_t rewrites = 0;
  std::string explain;                       ///< a rule whose matches and refusals are told
  std::function<void(std::string_view)> log; ///< null: silent
  std::string_view pass;                     ///< that runs now
  std::vector<std::string> disabledRules;    ///< as "pass/rule"

  /// Numbers a rewrite: "rewrite 17: fuse/conv-relu at 'layer1.conv'". False: it must not happen.
  bool allow(std::string_view rule, const Location &at);
  /// Whether "pass/rule", or "rule", is the one to explain.
  bool explains(std::string_view rule) const;
  void say(std::string_view text) const;
  /// Whether float sums may be reassociated and constants rounded in another order.
  bool mayReassociate() const { return optimize == Optimize::speed || optimize == Optimize::size; }
};

struct Pass {
  std::string_view name;
  bool (*run)(ir::Module &, PassContext &); ///< true if it changed anything
  /// Later stages rely on it: cannot be disabled, and runs with Optimize::none too.
  bool required = false;
  std::string_view doc;
  /// The names of its rewrites, for --disable and --explain; each has cases in tests/passes.
  std::vector<std::string_view> (*rules)() = nullptr;
};

} // namespace burin::passes
