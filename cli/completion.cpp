// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include "cli/help.h"
#include "cli/suggest.h"
#include "ir/diagnostic.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::cli {
namespace {

constexpr std::string_view kShells[] = {"bash", "zsh", "fish"};

bool isOffered(const VerbRow &verb) { return !verb.hidden && verb.status == Status::ready; }

std::vector<const Option *> offered(Verb verb) {
  std::vector<const Option *> options = optionsOf(verb);
  std::erase_if(options, [](const Option *o) { return o->status == Status::planned; });
  return options;
}

/// The choices that are there, with blanks between them.
std::string choicesOf(const Option &option) {
  std::vector<std::string_view> choices = split(option.choices);
  const std::vector<std::string_view> planned = split(option.planned);
  std::erase_if(choices, [&](std::string_view c) { return std::ranges::count(planned, c) > 0; });
  return join(choices, " ");
}

/// What the argument of a verb can be; empty for files.
std::string argumentsOf(Verb verb) {
  if (verb == Verb::completion)
    return join(kShells, " ");
  std::string words;
  if (verb == Verb::help) {
    for (const VerbRow &row : allVerbs())
      if (isOffered(row))
        words += fmt::format("{} ", row.name);
    for (const Topic &topic : allTopics())
      words += fmt::format("{} ", topic.name);
    words.pop_back();
  }
  return words;
}

bool takesFile(const VerbRow &verb) {
  return !verb.arguments.empty() && argumentsOf(verb.verb).empty();
}

std::string verbNames() {
  std::vector<std::string_view> names;
  for (const VerbRow &verb : allVerbs())
    if (isOffered(verb))
      names.push_back(verb.name);
  return join(names, " ");
}

// ---- bash ----

/// The arm of `case $previous` that completes the value of an option.
std::string bashValue(const Option &option) {
  std::string pattern(option.spelling);
  std::ranges::replace(pattern, ',', '|');
  const bool isFile = option.kind == Kind::file || option.kind == Kind::files;
  const std::string action = option.kind == Kind::choice
                                 ? "_burin_words '" + choicesOf(option) + "'"
                             : option.kind == Kind::folder ? "_burin_paths -d"
                             : isFile                      ? "_burin_paths -f"
                                                           : "true";
  return fmt::format("    {}) {}; return ;;\n", pattern, action);
}

std::string bash() {
  std::string text = R"(# bash completion for burin, printed by `burin completion bash`

_burin_words() {
  local IFS=$' \n'
  COMPREPLY=($(compgen -W "$1" -- "$current"))
}

_burin_paths() {
  local IFS=$'\n'
  compopt -o filenames 2> /dev/null
  COMPREPLY=($(compgen "$1" -- "$current"))
}

_burin() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
)";
  text += fmt::format("    _burin_words '{} --help --version'\n    return\n  fi\n", verbNames());
  text += R"(  if [ "$current" = "=" ]; then # --option=VALUE is three words here
    current=
  elif [ "$previous" = "=" ]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case ${COMP_WORDS[1]} in
)";
  for (const VerbRow &verb : allVerbs()) {
    if (!isOffered(verb))
      continue;
    std::string values, spellings;
    for (const Option *option : offered(verb.verb)) {
      spellings += fmt::format("{}{}", spellings.empty() ? "" : " ", longSpelling(*option));
      if (takesValue(*option))
        values += bashValue(*option);
    }
    text += fmt::format("  {})\n    case $previous in\n{}    esac\n", verb.name, values);
    text += fmt::format(
        "    case $current in\n    -*) _burin_words '{}' ;;\n    *) {} ;;\n    esac ;;\n",
        spellings,
        takesFile(verb) ? "_burin_paths -f" : "_burin_words '" + argumentsOf(verb.verb) + "'");
  }
  return text + "  esac\n}\ncomplete -F _burin burin\n";
}

// ---- zsh ----

/// Inside '...[here]...' of _arguments, where ], : and ' have a meaning.
std::string zshEscaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\'')
      result += "'\\'";
    if (c == ']' || c == '[' || c == ':' || c == '\\')
      result += '\\';
    result += c;
  }
  return result;
}

std::string zshSpec(const Option &option) {
  const std::string_view brief = shortSpelling(option), full = longSpelling(option);
  std::string value;
  if (takesValue(option)) {
    const bool isFile = option.kind == Kind::file || option.kind == Kind::files;
    const std::string action = option.kind == Kind::choice   ? "(" + choicesOf(option) + ")"
                               : option.kind == Kind::folder ? "_directories"
                               : isFile                      ? "_files"
                                                             : " ";
    value = fmt::format(":{}:{}", zshEscaped(option.value), action);
  }
  const std::string tail = fmt::format("'[{}]{}'", zshEscaped(option.help), value);
  const std::string_view equals = takesValue(option) ? "=" : "";
  const bool isMany = isRepeatable(option) || nameOf(option) == "verbose";
  if (brief.empty())
    return fmt::format("'{}{}{}'{}", isMany ? "*" : "", full, equals, tail);
  return fmt::format("'{}'{{{}{},{}{}}}{}", isMany ? "*" : fmt::format("({} {})", brief, full),
                     brief, takesValue(option) ? "+" : "", full, equals, tail);
}

std::string zsh() {
  std::string text = "#compdef burin\n# printed by `burin completion zsh`\n\n"
                     "_burin() {\n  local -a verbs=(\n";
  for (const VerbRow &verb : allVerbs())
    if (isOffered(verb))
      text += fmt::format("    '{}:{}'\n", verb.name, zshEscaped(verb.help));
  text += R"(  )
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
)";
  for (const VerbRow &verb : allVerbs()) {
    if (!isOffered(verb))
      continue;
    text += fmt::format("  {})\n    _arguments -s", verb.name);
    for (const Option *option : offered(verb.verb))
      text += " \\\n      " + zshSpec(*option);
    if (takesFile(verb))
      text += " \\\n      '*:file:_files'";
    else if (!verb.arguments.empty())
      text += fmt::format(" \\\n      '1:word:({})'", argumentsOf(verb.verb));
    text += " ;;\n";
  }
  return text + "  esac\n}\n\n_burin \"$@\"\n";
}

// ---- fish ----

std::string fishQuoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\')
      result += '\\';
    result += c;
  }
  return result + "'";
}

std::string fish() {
  std::string text = "# fish completion for burin, printed by `burin completion fish`\n"
                     "complete -c burin -f\n";
  for (const VerbRow &verb : allVerbs())
    if (isOffered(verb))
      text += fmt::format("complete -c burin -n __fish_use_subcommand -a {} -d {}\n", verb.name,
                          fishQuoted(verb.help));
  for (const VerbRow &verb : allVerbs()) {
    if (!isOffered(verb))
      continue;
    const std::string of =
        fmt::format("complete -c burin -n '__fish_seen_subcommand_from {}'", verb.name);
    for (const Option *option : offered(verb.verb)) {
      text += of;
      if (const std::string_view brief = shortSpelling(*option); !brief.empty())
        text += fmt::format(" -s {}", brief.substr(1));
      text += fmt::format(" -l {}", longSpelling(*option).substr(2));
      if (option->kind == Kind::choice)
        text += fmt::format(" -x -a {}", fishQuoted(choicesOf(*option)));
      else if (option->kind == Kind::file || option->kind == Kind::files)
        text += " -r -F";
      else if (option->kind == Kind::folder)
        text += " -x -a '(__fish_complete_directories)'";
      else if (takesValue(*option))
        text += " -x";
      text += fmt::format(" -d {}\n", fishQuoted(option->help));
    }
    if (takesFile(verb))
      text += of + " -F\n";
    else if (!verb.arguments.empty())
      text += fmt::format("{} -a {}\n", of, fishQuoted(argumentsOf(verb.verb)));
  }
  return text;
}

} // namespace

std::string completionFor(std::string_view shell) {
  if (shell == "bash")
    return bash();
  if (shell == "zsh")
    return zsh();
  if (shell == "fish")
    return fish();
  throw CompileError(
      Problem::usage, {},
      fmt::format("no completions for '{}', expected {}", shell, join(kShells, ", ")))
      .hint(didYouMean(shell, kShells));
}

} // namespace burin::cli
