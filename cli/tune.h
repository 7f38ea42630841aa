// SPDX-License-Identifier: Apache-2.0
//
// burin compile --tune: builds the layers that several kernels can run as small programs, measures
// them in turns, and keeps the fastest in the file of --tuned.
#pragma once

#include "cli/settings.h"

namespace burin::cli {

/// Measures what --tuned has not for this compiler and target, and writes the file after each
/// layer. Throws CompileError (usage) without --tuned, or if a program cannot be built.
void tune(const Settings &);

} // namespace burin::cli
