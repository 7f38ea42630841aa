// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include "cli/suggest.h"
#include "ir/diagnostic.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace burin::cli {
namespace {

constexpr size_t kWidth = 100;
constexpr size_t kColumn = 35; // where the help of an option begins

/// Appends `text` in lines up to kWidth, all of them indented to `column`; the first continues the
/// line that `out` ends in.
void wrap(std::string &out, std::string_view text, size_t column) {
  size_t at = column;
  for (const std::string_view word : split(text, ' ')) {
    if (at > column && at + 1 + word.size() > kWidth) {
      out += "\n" + std::string(column, ' ');
      at = column;
    }
    if (at > column) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
  }
  out += '\n';
}

/// "  -o, --output PATH" and the help in its column.
void appendRow(std::string &out, std::string_view left, std::string_view right) {
  out += left;
  if (left.size() + 2 > kColumn)
    out += "\n" + std::string(kColumn, ' ');
  else
    out.append(kColumn - left.size(), ' ');
  wrap(out, right, kColumn);
}

std::string leftOf(const Option &option) {
  const std::string_view brief = shortSpelling(option);
  return fmt::format("  {:<4}{}{}{}{}", brief.empty() ? "" : fmt::format("{},", brief),
                     longSpelling(option), option.value.empty() ? "" : " ", option.value,
                     isRepeatable(option) ? " ..." : "");
}

void appendExamples(std::string &out, const VerbRow &verb) {
  out += "\nexamples:\n";
  for (const std::string_view example : verb.examples)
    if (!example.empty())
      out += fmt::format("  {}\n", example);
}

/// "Write the file." of "write the file".
std::string sentence(std::string_view text) {
  return upper(text.substr(0, 1)).append(text.substr(1)) + ".";
}

std::string argumentsOf(const VerbRow &verb) {
  return verb.arguments.empty() ? std::string{} : fmt::format(" {}", verb.arguments);
}

} // namespace

std::string describe(const Option &option, bool all) {
  std::string text(option.help);
  std::vector<std::string_view> choices = split(option.choices);
  const std::vector<std::string_view> planned = split(option.planned);
  std::erase_if(choices, [&](std::string_view c) { return std::ranges::count(planned, c) > 0; });
  if (!choices.empty())
    text += ": " + join(choices, "|");
  std::vector<std::string> more;
  const bool isComputed = option.fallback.starts_with('(');
  if (isComputed && !isRepeatable(option))
    more.push_back(
        fmt::format("default: {}", option.fallback.substr(1, option.fallback.size() - 2)));
  else if (!isComputed && !option.fallback.empty() && !std::ranges::count(choices, option.fallback))
    more.push_back(fmt::format("default: {}", option.fallback));
  if (option.status == Status::planned)
    more.emplace_back("planned");
  else if (all && !planned.empty())
    more.push_back(fmt::format("planned: {}", option.planned));
  return more.empty() ? text : fmt::format("{} ({})", text, fmt::join(more, "; "));
}

std::vector<const Option *> optionsOf(Verb verb) {
  std::vector<const Option *> options;
  for (const Option &option : allOptions())
    if (option.verbs & bit(verb))
      options.push_back(&option);
  return options;
}

std::string programHelp(bool all) {
  std::string text = "usage: burin VERB [arguments] [options]\n\n"
                     "Compiles trained models (ONNX, TorchScript, .pt2, TensorFlow SavedModel) to "
                     "self-contained C++17.\n";
  appendExamples(text, rowOf(Verb::compile));
  text += "\nverbs:\n";
  for (const VerbRow &verb : allVerbs()) {
    const bool isPlanned = verb.status == Status::planned;
    if (verb.hidden || (isPlanned && !all))
      continue;
    appendRow(text, fmt::format("  {}{}", verb.name, argumentsOf(verb)),
              fmt::format("{}{}", verb.help, isPlanned ? " (planned)" : ""));
  }
  text += "\ntopics of burin help:\n";
  for (const Topic &topic : allTopics())
    appendRow(text, fmt::format("  {}", topic.name), topic.title);
  text += '\n';
  appendRow(text, "  burin VERB --help", "the options of a verb");
  appendRow(text, "  burin --version [--json]", "the version");
  return text;
}

std::string verbHelp(const VerbRow &verb, bool all) {
  const bool hasOutput = verb.verb == Verb::compile || verb.verb == Verb::report;
  std::string text = fmt::format("usage: burin {}{}{} [options]\n\n", verb.name, argumentsOf(verb),
                                 hasOutput ? " -o PATH" : "");
  wrap(text, sentence(verb.help), 0);
  appendExamples(text, verb);
  std::optional<Group> group;
  size_t hidden = 0;
  for (const Option *option : optionsOf(verb.verb)) {
    if (!all && (!(option->inHelp & bit(verb.verb)) || option->status == Status::planned)) {
      ++hidden;
      continue;
    }
    if (group != option->group)
      text += fmt::format("\n{}:\n", title(option->group));
    group = option->group;
    appendRow(text, leftOf(*option), describe(*option, all));
  }
  text += "\nThe first choice is the default; an option with ... can be repeated.";
  text += hidden > 0 ? fmt::format(" --help-all shows {} more.\n", hidden) : "\n";
  return text;
}

std::string topicHelp(std::string_view name) {
  if (const VerbRow *verb = verbNamed(name))
    return verbHelp(*verb, false);
  const auto topic = std::ranges::find(allTopics(), name, &Topic::name);
  if (topic != allTopics().end())
    return fmt::format("{}\n\n{}", topic->title, topic->text);
  if (std::string text = codeHelp(name); !text.empty())
    return text;
  std::vector<std::string_view> names;
  for (const VerbRow &verb : allVerbs())
    names.push_back(verb.name);
  for (const Topic &each : allTopics())
    names.push_back(each.name);
  for (const Topic &each : allCodes())
    names.push_back(each.name);
  throw CompileError(Problem::usage, {}, fmt::format("nothing is known about '{}'", name))
      .hint(didYouMean(name, names));
}

std::string_view version() { return BURIN_VERSION; }

} // namespace burin::cli
