// SPDX-License-Identifier: Apache-2.0
//
// How problems reach the user: text or JSON on stderr, and the exit code.
#pragma once

#include "ir/diagnostic.h"

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>

namespace burin::cli {

/// docs/cli.md and the man page document these.
enum ExitCode : int {
  kOk = 0,
  kNegative = 1,      ///< the answer of check, validate or diff is no, or a limit is exceeded
  kUsage = 2,         ///< arguments that do not fit, output that cannot be written
  kUnreadable = 3,    ///< a model or file that is missing, corrupt or invalid
  kUnsupported = 4,   ///< a valid model or option that burin cannot do
  kInternalError = 70 ///< a bug of burin
};

ExitCode exitCodeOf(Problem);
/// Of several: that of the problem that has to be solved first.
ExitCode exitCodeOf(std::span<const Diagnostic>);

/// Nodes of the model that can be compiled, for the last line of a report.
struct Coverage {
  size_t supported, total;
};

struct ProblemStyle {
  std::string_view file; ///< the model, or "burin"
  bool color = false;
  bool everyNode = false; ///< list all nodes that share a problem, not only the first few
};

/// All problems, grouped by operator type in the order of their first node; problems that differ in
/// the node alone are one, with the other nodes in a note. Ends with a summary if there are
/// several: "3 errors in 2 operator types; 214 of 217 nodes supported".
std::string toText(std::span<const Diagnostic>, const ProblemStyle &,
                   std::optional<Coverage> = std::nullopt);
std::string summaryOf(std::span<const Diagnostic>, std::optional<Coverage> = std::nullopt);

/// {"severity", "problem", "code", "node", "op", "source", "message", "notes", "hint"}; what is
/// empty is left out.
nlohmann::ordered_json toJson(const Diagnostic &);
/// The document, in lines unless `compact`. Text that is not UTF-8 is replaced, not an error.
std::string dump(const nlohmann::ordered_json &, bool compact);

} // namespace burin::cli
