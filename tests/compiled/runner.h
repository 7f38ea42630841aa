// SPDX-License-Identifier: Apache-2.0
//
// The text that feeds generated models from files, and what it reads.
#pragma once

#include "codegen/prepare.h"
#include "tests/compiled/batch.h"

namespace burin::tests {

/// What every program begins with.
std::string_view runnerHead();
/// `void run_NAME(FILE *in, FILE *out)`: every run that `in` has.
std::string runnerOf(const codegen::Prepared &);
/// The runs as runnerOf() reads them.
std::string inputOf(const codegen::Prepared &, std::span<const Run>);

} // namespace burin::tests
