// SPDX-License-Identifier: Apache-2.0
//
// The generated files: tests/cli fails when one of those in the repository is stale.
#pragma once

#include <string>

namespace burin::cli {

std::string cliMarkdown();   ///< docs/cli.md
std::string cmakeMarkdown(); ///< docs/cmake.md
std::string cmakeOptions();  ///< cmake/BurinOptions.cmake
std::string manPage();       ///< burin.1

} // namespace burin::cli
