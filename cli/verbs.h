// SPDX-License-Identifier: Apache-2.0
//
// The verbs: each reads its Settings, does its work and returns the exit code. Problems are thrown.
#pragma once

#include "cli/settings.h"

namespace burin::cli {

/// Runs settings.verb.
int runVerb(const Settings &);

int runCompile(const Settings &);
int runInspect(const Settings &);
int runCheck(const Settings &);
int runValidate(const Settings &);
int runRun(const Settings &);
int runOps(const Settings &);
int runCompletion(const Settings &);
int runHelp(const Settings &);
int runOptions(const Settings &); ///< hidden: prints generated files

/// `burin --version [--json]`.
int printVersion(bool json);

/// Writes to stdout, whole.
void print(std::string_view text);

} // namespace burin::cli
