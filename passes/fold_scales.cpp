// SPDX-License-Identifier: Apache-2.0
#include "passes/passes.h"

namespace burin::passes {

RuleNames foldScalesRules() { return {}; }
bool foldScales(ir::Module &, PassContext &) { return false; }

} // namespace burin::passes
