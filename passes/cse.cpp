// SPDX-License-Identifier: Apache-2.0
#include "passes/passes.h"

namespace burin::passes {

RuleNames commonRules() { return {}; }
bool eliminateCommon(ir::Module &, PassContext &) { return false; }

} // namespace burin::passes
