// SPDX-License-Identifier: Apache-2.0
#include "passes/passes.h"

namespace burin::passes {

RuleNames padPhysicalRules() { return {}; }
bool padPhysical(ir::Module &, PassContext &) { return false; }

} // namespace burin::passes
