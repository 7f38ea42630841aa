// SPDX-License-Identifier: Apache-2.0
#include "passes/pipeline.h"

#include "ir/text.h"
#include "ir/verify.h"
#include "passes/hash.h"
#include "passes/passes.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <map>

namespace burin::passes {
namespace {

constexpr Pass kPasses[] = {
    // canonicalise: what all others count on; also runs between the passes of later stages.
    {"fold-constants", foldConstants, false,
     "Runs ops on constants; takes the block of an `if` whose condition is known.",
     foldConstantsRules},
    {"simplify", simplify, false, "Algebra: x + 0, reshape of reshape, neutral ops, normal forms.",
     simplifyRules},
    {"cse", eliminateCommon, false, "Makes one of equal ops.", commonRules},
    {"dead-code", eliminateDead, true,
     "Drops ops, block arguments, results of `if` and `loop`, and constants that nobody uses.",
     deadRules},
    // optimise
    {"layout", layout, false, "Moves transposes through the graph until they cancel or end.",
     layoutRules},
    {"fold-scales", foldScales, false,
     "Folds batch norms and factors of channels into weights, in double.", foldScalesRules},
    // fuse
    {"fuse-epilogue", fuseEpilogue, false,
     "Moves elementwise ops behind a contraction, pooling or reduction into its epilogue.",
     fuseEpilogueRules},
    {"fuse-elementwise", fuseElementwise, true, "Makes `fused` of every group of elementwise ops.",
     fuseElementwiseRules},
    // lower
    {"own-results", ownResults, true,
     "Copies results that have no memory of their own: inputs, constants, two names of one value.",
     ownResultsRules},
    {"pad-physical", padPhysical, false,
     "Gives convolutions an input with a border of zeros in memory, where the target likes it.",
     padPhysicalRules},
    // schedule
    {"schedule", schedule, false, "Orders ops so that little lives at once.", scheduleRules},
};

constexpr Stage kStages[] = {
    {"canonicalise", "fold-constants", "dead-code", true},
    {"optimise", "layout", "fold-scales", true},
    {"fuse", "fuse-epilogue", "fuse-elementwise", false},
    {"lower", "own-results", "pad-physical", false},
    {"schedule", "schedule", "schedule", false},
};

struct Before {
  std::string_view first, second;
};

constexpr Before kOrder[] = {
    // Transposes of constants and of extents fold away; what is left is worth a search.
    {"simplify", "layout"},
    // A frontend puts NHWC -> NCHW between a convolution and its batch norm.
    {"layout", "fold-scales"},
    // A bias, too, lies behind that transpose.
    {"layout", "fuse-epilogue"},
    // A convolution whose epilogue holds the bias has no scale to fold into its filter.
    {"fold-scales", "fuse-epilogue"},
    // An activation that has become `fused` is no longer seen as one that an epilogue can take.
    {"fuse-epilogue", "fuse-elementwise"},
    // Simplify merges a pad into the pads of a convolution, which pad-physical undoes.
    {"simplify", "pad-physical"},
    // A copy for a result would be removed as `x.`
    {"simplify", "own-results"},
    // A residual that a block took no longer lives where it did: the order is for what runs.
    {"fuse-elementwise", "schedule"},
    {"pad-physical", "schedule"},
    {"own-results", "schedule"},
};

constexpr size_t position(std::string_view name) {
  for (size_t i = 0; i < std::size(kPasses); ++i)
    if (kPasses[i].name == name)
      return i;
  throw "no pass of that name"; // a compile error where the tables are checked
}

static_assert(std::ranges::all_of(kOrder, [](const Before &b) {
  return position(b.first) < position(b.second);
}));
static_assert([] { // the stages are the table, cut
  size_t at = 0;
  for (const Stage &s : kStages) {
    if (position(s.first) != at || position(s.last) < at)
      return false;
    at = position(s.last) + 1;
  }
  return at == std::size(kPasses);
}());

} // namespace

std::span<const Pass> pipeline() { return kPasses; }
std::span<const Stage> stages() { return kStages; }

} // namespace burin::passes
