// SPDX-License-Identifier: Apache-2.0
//
// From the words of the command line to Settings. Nothing is accepted and ignored: an unknown
// option, one that belongs to another verb, and one that is planned are errors.
#pragma once

#include "cli/settings.h"

namespace burin::cli {

/// The words after the program's name. Throws CompileError: usage, unreadable (a file of options)
/// or unsupported (planned). `settings` then holds what was understood so far, so that the error
/// can be printed as the user asked. The words --version, --help and --help-all before any verb
/// are the caller's.
void parseCommandLine(std::vector<std::string> words, Settings &settings);

/// Replaces each word @FILE by the words in the file: separated by blanks, '...' and "..." keep
/// blanks, \ keeps the next character, # begins a comment.
std::vector<std::string> expandResponseFiles(std::vector<std::string> words);

} // namespace burin::cli
