// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include "cli/mapped_file.h"
#include "cli/suggest.h"
#include "ir/diagnostic.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <sstream>

namespace burin::cli {
namespace {

[[noreturn]] void fail(std::string text, std::string hint = {}) {
  throw CompileError(Problem::usage, {}, std::move(text)).hint(std::move(hint));
}

bool appliesTo(const Option &option, Verb verb) { return (option.verbs & bit(verb)) != 0; }

/// True if one of the spellings is this word.
bool isSpelled(const Option &option, std::string_view word) {
  return std::ranges::count(split(option.spelling, ','), word) > 0;
}

std::string verbsOf(const Option &option) {
  std::vector<std::string_view> names;
  for (const VerbRow &row : allVerbs())
    if (appliesTo(option, row.verb))
      names.push_back(row.name);
  return join(names, ", ");
}

[[noreturn]] void failUnknownOption(std::string_view word, const VerbRow &verb) {
  word = word.substr(0, word.find('='));
  std::vector<std::string_view> spellings;
  for (const Option &option : allOptions()) {
    if (option.spelling.empty())
      continue;
    if (isSpelled(option, word))
      fail(fmt::format("{} is not an option of {}", word, verb.name),
           "it belongs to " + verbsOf(option));
    if (appliesTo(option, verb.verb))
      spellings.push_back(longSpelling(option));
  }
  const std::string hint = didYouMean(word, spellings);
  fail(fmt::format("unknown option {}", word),
       hint.empty() ? fmt::format("burin {} --help-all lists the options", verb.name) : hint);
}

const VerbRow &takeVerb(std::vector<std::string> &words) {
  if (words.empty())
    fail("a verb is missing", "burin --help lists the verbs");
  const std::string word = std::move(words.front());
  words.erase(words.begin());
  if (word.starts_with('-'))
    fail(fmt::format("the verb comes first, then {}", word), "burin VERB [options]");
  if (const VerbRow *row = verbNamed(word))
    return *row;
  std::vector<std::string_view> names;
  for (const VerbRow &row : allVerbs())
    if (!row.hidden)
      names.push_back(row.name);
  const std::string hint = didYouMean(word, names);
  fail(fmt::format("unknown verb '{}'", word),
       hint.empty() ? "burin --help lists the verbs" : hint);
}

/// The options of one verb, as CLI11 parses them.
class Parser {
public:
  explicit Parser(const VerbRow &verb) : verb_{verb} {
    app_.set_help_flag();
    arguments_ = app_.add_option("arguments");
    arguments_->expected(0, kMany)->allow_extra_args();
    for (const Option &option : allOptions())
      if (appliesTo(option, verb.verb))
        add(option);
  }

  void parse(std::vector<std::string> words, Settings &settings) {
    std::ranges::reverse(words); // CLI11 takes them from the back
    try {
      app_.parse(words);
    } catch (const CLI::ExtrasError &) {
      failUnknownOption(app_.remaining().front(), verb_);
    } catch (const CLI::ArgumentMismatch &error) {
      failArgument(error.what());
    } catch (const CLI::ParseError &error) {
      fail(error.what());
    }
    settings.arguments = arguments_->results();
    for (const auto &[option, parsed] : options_)
      if (parsed->count() > 0)
        settings.given[std::string(nameOf(*option))] = parsed->results();
    for (const auto &[name, values] : settings.given)
      for (const std::string &value : values)
        refuseOptionAsValue(optionNamed(name), value);
  }

private:
  static constexpr int kMany = -1;

  void add(const Option &option) {
    const std::string spelling(option.spelling);
    CLI::Option *parsed = nullptr;
    if (takesValue(option)) {
      parsed = app_.add_option(spelling)->expected(1, kMany)->allow_extra_args(false);
    } else {
      parsed = app_.add_flag(spelling)->disable_flag_override();
      parsed->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    options_.emplace_back(&option, parsed);
  }

  /// CLI11 says "--name: 1 required TEXT missing" and "profile was given a disallowed flag
  /// override"; the table knows better what is wrong.
  [[noreturn]] void failArgument(std::string_view text) const {
    text.remove_prefix(std::min(text.find_first_not_of('-'), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(": "));
    for (const auto &[option, parsed] : options_) {
      const std::string_view spelling = longSpelling(*option);
      if (spelling.substr(2) != word)
        continue;
      if (!takesValue(*option))
        fail(fmt::format("{} takes no value", spelling));
      failWithoutValue(*option);
    }
    fail(std::string(text));
  }

  [[noreturn]] static void failWithoutValue(const Option &option) {
    const std::string_view spelling = longSpelling(option);
    fail(fmt::format("{} needs a value: {} {}", spelling, spelling, option.value));
  }

  /// "--name --profile": CLI11 takes the next word, whatever it is.
  void refuseOptionAsValue(const Option &option, std::string_view value) const {
    const bool isOption = std::ranges::any_of(
        options_, [&](const auto &known) { return longSpelling(*known.first) == value; });
    if (isOption && takesValue(option))
      failWithoutValue(option);
  }

  const VerbRow &verb_;
  CLI::App app_;
  CLI::Option *arguments_ = nullptr;
  std::vector<std::pair<const Option *, CLI::Option *>> options_;
};

const Option *optionOfSetting(std::string_view name, Verb verb) {
  const Option *found = nullptr;
  for (const Option &option : allOptions()) {
    if (option.spelling.empty() || longSpelling(option).substr(2) != name)
      continue;
    if (appliesTo(option, verb))
      return &option;
    found = &option;
  }
  return found;
}

std::vector<CLI::ConfigItem> configItems(const std::string &path) {
  const MappedFile file(path);
  std::istringstream text{std::string(file.text())};
  try {
    std::vector<CLI::ConfigItem> items = CLI::ConfigTOML().from_config(text);
    // CLI11 marks the begin and the end of a section with items of these names.
    std::erase_if(items, [](const auto &item) { return item.name == "++" || item.name == "--"; });
    return items;
  } catch (const CLI::Error &error) {
    fail(fmt::format("'{}': {}", path, error.what()));
  }
}

const Option &optionOfConfig(const CLI::ConfigItem &item, Verb verb, std::string_view path) {
  if (const Option *option = optionOfSetting(item.name, verb))
    return *option;
  std::vector<std::string_view> names;
  for (const Option &option : allOptions())
    if (!option.spelling.empty())
      names.push_back(longSpelling(option).substr(2));
  fail(fmt::format("'{}': unknown setting '{}'", path, item.name), didYouMean(item.name, names));
}

/// The values as on the command line; none for a flag that is false.
std::vector<std::string> valuesOfConfig(const CLI::ConfigItem &item, const Option &option,
                                        std::string_view path) {
  if (takesValue(option)) {
    if (item.inputs.empty() || (item.inputs.size() > 1 && !isRepeatable(option)))
      fail(fmt::format("'{}': {} needs one value", path, item.name));
    return item.inputs;
  }
  if (item.inputs.size() != 1 || (item.inputs[0] != "true" && item.inputs[0] != "false"))
    fail(fmt::format("'{}': {} is true or false", path, item.name));
  return item.inputs[0] == "true" ? item.inputs : std::vector<std::string>{};
}

/// Takes from the file of --config what the command line does not say. Settings of the file that
/// belong to other verbs are theirs: one file serves all verbs. A section [VERB] is of that verb.
void readConfig(Settings &settings) {
  const std::string path = settings.text("config");
  if (path.empty())
    return;
  const Settings commandLine = settings;
  for (const CLI::ConfigItem &item : configItems(path)) {
    const std::string section = fmt::format("{}", fmt::join(item.parents, "."));
    const VerbRow *verb = section.empty() ? &rowOf(settings.verb) : verbNamed(section);
    if (!verb)
      fail(fmt::format("'{}': unknown section [{}]", path, section),
           "a section has the name of a verb");
    const Option &option = optionOfConfig(item, verb->verb, path);
    std::vector<std::string> values = valuesOfConfig(item, option, path);
    const bool isForUs = verb->verb == settings.verb && appliesTo(option, settings.verb);
    if (isForUs && !values.empty() && !commandLine.has(nameOf(option)))
      settings.given[std::string(nameOf(option))] = std::move(values);
  }
}

[[noreturn]] void failPlanned(std::string what) {
  throw CompileError(Problem::unsupported, {}, fmt::format("{} is not there yet", what))
      .hint("burin --help-all and burin VERB --help-all mark what is planned");
}

void checkValue(const Option &option, const std::string &value) {
  const std::string_view spelling = longSpelling(option);
  const auto expect = [&](bool right, std::string_view what) {
    if (!right)
      fail(fmt::format("{} is '{}', expected {}", spelling, value, what));
  };
  switch (option.kind) {
  case Kind::choice: {
    const std::vector<std::string_view> choices = split(option.choices);
    if (std::ranges::count(choices, value) == 0)
      fail(fmt::format("{} is '{}', expected {}", spelling, value, join(choices, ", ")),
           didYouMean(value, choices));
    if (std::ranges::count(split(option.planned), value) > 0)
      failPlanned(fmt::format("{} {}", spelling, value));
    return;
  }
  case Kind::count:
    return expect(parseCount(value).has_value(), "a whole number");
  case Kind::bytes:
    return expect(parseBytes(value).has_value(), "a number of bytes, such as 4096, 64K or 1M");
  case Kind::real:
    return expect(parseReal(value).has_value(), "a number that is not negative");
  case Kind::file:
  case Kind::folder:
  case Kind::text:
  case Kind::list:
  case Kind::files:
    return expect(!value.empty(), "something");
  case Kind::flag:
    return;
  }
}

void checkArguments(const Settings &settings, const VerbRow &verb) {
  const std::vector<std::string_view> expected = split(verb.arguments, ' ');
  const size_t required = static_cast<size_t>(std::ranges::count_if(
      expected, [](std::string_view placeholder) { return !placeholder.starts_with('['); }));
  const size_t given = settings.arguments.size();
  if (given < required)
    fail(fmt::format("{} is missing", expected[given]),
         fmt::format("burin {} {}", verb.name, verb.arguments));
  if (given > expected.size())
    fail(fmt::format("unexpected argument '{}'", settings.arguments[expected.size()]),
         fmt::format("burin {} {}", verb.name, verb.arguments));
}

} // namespace

void parseCommandLine(std::vector<std::string> words, Settings &settings) {
  words = expandResponseFiles(std::move(words));
  const VerbRow &verb = takeVerb(words);
  settings.verb = verb.verb;
  Parser(verb).parse(std::move(words), settings);
  if (settings.flag("help") || settings.flag("help-all"))
    return;
  readConfig(settings);
  for (const auto &[name, values] : settings.given) {
    const Option &option = optionNamed(name);
    if (option.status == Status::planned)
      failPlanned(std::string(longSpelling(option)));
    for (const std::string &value : values)
      checkValue(option, value);
  }
  checkArguments(settings, verb);
  if (verb.status == Status::planned)
    failPlanned(fmt::format("burin {}", verb.name));
}

} // namespace burin::cli
