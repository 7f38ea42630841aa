// SPDX-License-Identifier: Apache-2.0
//
// What the user asked for: a verb, its arguments, and values by the name of the option.
#pragma once

#include "cli/options.h"

#include <map>
#include <optional>

namespace burin::cli {

struct Settings {
  Verb verb = Verb::help;
  std::vector<std::string> arguments; ///< those without an option, such as the model
  /// By nameOf(option), what was given: one element for a value, one for each time of a flag.
  std::map<std::string, std::vector<std::string>, std::less<>> given;

  /// True if it was given, on the command line or in the file of --config.
  bool has(std::string_view name) const;

  // One accessor for each kind; the wrong one for an option is an InternalError.
  bool flag(std::string_view name) const;
  size_t times(std::string_view name) const; ///< how often a flag was given
  /// The value or the fallback; empty if there is neither, or the fallback is computed.
  std::string text(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  std::optional<uint64_t> number(std::string_view name) const; ///< of a count or of bytes
  std::optional<double> real(std::string_view name) const;
};

std::optional<uint64_t> parseCount(std::string_view);
/// "4096", "64K", "1M", "2GiB": powers of 1024.
std::optional<uint64_t> parseBytes(std::string_view);
/// A finite number that is not negative.
std::optional<double> parseReal(std::string_view);

} // namespace burin::cli
