// SPDX-License-Identifier: Apache-2.0
//
// The one table of verbs and options. The parser, --help, the completions, the man page,
// docs/cli.md, docs/cmake.md and cmake/BurinOptions.cmake are printed from it; nothing else
// knows a spelling.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace burin::cli {

/// Rows for what is designed and not built: using one is an error, never ignored.
enum class Status : uint8_t { ready, planned };

// clang-format off
enum class Verb : uint8_t {
  compile, inspect, check, validate, run, bench, report, diff, ops, completion, help, options,
};
// clang-format on

/// A set of verbs: one bit each.
using Verbs = uint32_t;
constexpr Verbs bit(Verb verb) { return Verbs{1} << static_cast<unsigned>(verb); }

struct VerbRow {
  Verb verb;
  std::string_view name;
  std::string_view arguments; ///< placeholders: "MODEL", "A.json B.json"; "[TOPIC]" may be left out
  Status status;
  bool hidden; ///< for the build of burin itself
  std::string_view help;
  std::string_view examples[3]; ///< may end with empty ones
};

/// The headings of --help, in order; `build` and `target` are of CMake alone.
enum class Group : uint8_t {
  model,
  output,
  shapes,
  memory,
  numerics,
  diagnostics,
  debug,
  build,
};

enum class Kind : uint8_t {
  flag,   ///< takes no value
  text,   ///< one value; the last one given wins
  choice, ///< one of `choices`
  count,  ///< a whole number
  bytes,  ///< a whole number, K, M or G may follow
  real,   ///< a number
  file,   ///< a path; the shells complete it
  folder, ///< a path; the shells complete it
  list,   ///< repeatable, one value each
  files,  ///< repeatable, a path each
};

struct Option {
  std::string_view name = {};     ///< of the setting, if it is not the long spelling
  std::string_view spelling = {}; ///< "-o,--output"; empty if CMake alone has it
  Kind kind = Kind::flag;
  std::string_view value = {};    ///< placeholder of the value; empty for a flag
  std::string_view keyword = {};  ///< of burin_add_model; empty if it has none
  std::string_view fallback = {}; ///< the value if not given; in parentheses if it is computed
  std::string_view choices = {};  ///< "speed|size"
  std::string_view planned = {};  ///< those of the choices that are not there yet
  Group group = Group::model;
  Verbs verbs = 0;
  Status status = Status::ready;
  Verbs inHelp = ~Verbs{0};   ///< --help shows it for these verbs, --help-all for all
  std::string_view help = {}; ///< lower case, no full stop
};

std::span<const Option> allOptions();
std::span<const VerbRow> allVerbs();
std::string_view title(Group);

/// The key in Settings, unique: "arena-limit" of "--arena-limit".
std::string_view nameOf(const Option &);
/// The row of that name; throws InternalError if there is none.
const Option &optionNamed(std::string_view name);
const VerbRow &rowOf(Verb);
const VerbRow *verbNamed(std::string_view name); ///< null if there is none

bool takesValue(const Option &);
bool isRepeatable(const Option &);
/// "--output" of "-o,--output".
std::string_view longSpelling(const Option &);
/// "-o" of "-o,--output"; empty if there is none.
std::string_view shortSpelling(const Option &);
/// The parts of "a|b|c".
std::vector<std::string_view> split(std::string_view text, char separator = '|');
std::string join(std::span<const std::string_view>, std::string_view separator);
std::string upper(std::string_view);

} // namespace burin::cli
