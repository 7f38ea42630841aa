// SPDX-License-Identifier: Apache-2.0
//
// The passes, one file each. All keep the meaning of the module; what each does is told by its row
// in pipeline.cpp, examples are in tests/passes/<name>.
#pragma once

#include "passes/pass.h"

namespace burin::passes {

using RuleNames = std::vector<std::string_view>;

bool foldConstants(ir::Module &, PassContext &);
bool simplify(ir::Module &, PassContext &);
bool eliminateCommon(ir::Module &, PassContext &);
bool eliminateDead(ir::Module &, PassContext &);
bool recover(ir::Module &, PassContext &);
bool layout(ir::Module &, PassContext &);
bool foldScales(ir::Module &, PassContext &);
bool expandAttention(ir::Module &, PassContext &);
bool fuseEpilogue(ir::Module &, PassContext &);
bool fuseElementwise(ir::Module &, PassContext &);
bool padPhysical(ir::Module &, PassContext &);
bool ownResults(ir::Module &, PassContext &);
bool schedule(ir::Module &, PassContext &);

RuleNames foldConstantsRules();
RuleNames simplifyRules();
RuleNames commonRules();
RuleNames deadRules();
RuleNames recoverRules();
RuleNames layoutRules();
RuleNames foldScalesRules();
RuleNames expandAttentionRules();
RuleNames fuseEpilogueRules();
RuleNames fuseElementwiseRules();
RuleNames padPhysicalRules();
RuleNames ownResultsRules();
RuleNames scheduleRules();

} // namespace burin::passes
