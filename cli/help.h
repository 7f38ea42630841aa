// SPDX-License-Identifier: Apache-2.0
//
// The texts of --help and `burin help`. The man page and docs/cli.md print the same topics.
#pragma once

#include "cli/options.h"

namespace burin::cli {

/// What `burin help NAME` explains beside the verbs.
struct Topic {
  std::string_view name;
  std::string_view title;
  std::string_view text; ///< paragraphs and tables, indented by two, as on a terminal
};
std::span<const Topic> allTopics();

/// The codes of diagnostics, those of constraints of ops and of .gir excepted.
std::span<const Topic> allCodes();
/// What the code of a diagnostic means; empty if it is none.
std::string codeHelp(std::string_view code);

/// Of the program: `all` lists what is planned too.
std::string programHelp(bool all);
std::string verbHelp(const VerbRow &, bool all);
/// A verb, a topic or a code; throws CompileError (usage) for anything else.
std::string topicHelp(std::string_view name);

/// The help with the choices, the default first, and what else there is to know in parentheses.
std::string describe(const Option &, bool all);
/// Options of the verb, in the order of the table.
std::vector<const Option *> optionsOf(Verb);

std::string_view version(); ///< "0.1.0"

} // namespace burin::cli
