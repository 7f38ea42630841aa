// SPDX-License-Identifier: Apache-2.0
#include "ir/text.h"
#include "ir/verify.h"
#include "tests/gir/run.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace burin::tests {

std::string currentProblem() {
  try {
    throw;
  } catch (const CompileError &e) {
    return trimmed(toText(e.diagnostic(), ""));
  } catch (const CompileErrors &e) {
    std::string text;
    for (const Diagnostic &d : e.all())
      text += toText(d, "");
    return trimmed(text);
  } catch (const ir::RunError &e) {
    return fmt::format("run error {}: {}", e.status(), e.what());
  } catch (const std::exception &e) {
    return fmt::format("internal error: {}", e.what());
  }
}

std::unique_ptr<ir::Module> parseCase(const Case &c, Outcome &outcome) {
  try {
    // Lines before the case keep the lines of errors those of the file.
    return ir::parse(std::string(c.line - 1, '\n') + c.text, c.file);
  } catch (const std::exception &) {
    outcome.fail(currentProblem());
    return nullptr;
  }
}

// ---- roundtrip ----

Outcome runRoundtrip(const Case &c) {
  Outcome outcome;
  std::vector<std::string> lines = linesOf(c.text);
  const auto firstOfText = std::ranges::find_if_not(
      lines, [](const std::string &l) { return l.starts_with('#') || l.empty(); });
  const std::string head = joined({lines.begin(), firstOfText});
  const std::string text = joined({firstOfText, lines.end()});
  const std::unique_ptr<ir::Module> module = parseCase(c, outcome);
  if (!module)
    return outcome;
  for (const ir::Violation &v : ir::verify(*module))
    outcome.fail(v.text);
  const std::string printed = ir::print(*module);
  if (printed != text) {
    outcome.fail("printed differently:\n" + difference(text, printed));
    outcome.blessed = c;
    outcome.blessed->text = head + printed;
  }
  return outcome;
}

// ---- verify ----

namespace {

struct Expectation {
  size_t line; ///< of the file
  std::string text;
  bool isMet = false;
};

std::vector<Expectation> expectationsOf(const Case &c) {
  constexpr std::string_view kError = "# error: ";
  std::vector<Expectation> all;
  const std::vector<std::string> lines = linesOf(c.text);
  for (size_t i = 0; i < lines.size(); ++i)
    if (const size_t at = lines[i].find(kError); at != std::string::npos)
      all.push_back({c.line + i, trimmed(lines[i].substr(at + kError.size()))});
  return all;
}

/// "line:column" at the end of "file:line:column".
std::pair<size_t, std::string> placeOf(const std::string &source) {
  const size_t column = source.rfind(':');
  const size_t line = column == std::string::npos ? column : source.rfind(':', column - 1);
  if (line == std::string::npos)
    return {};
  size_t number = 0;
  std::from_chars(source.data() + line + 1, source.data() + column, number);
  return {number, source.substr(column + 1)};
}

} // namespace

Outcome runVerify(const Case &c) {
  Outcome outcome;
  std::vector<Expectation> expected = expectationsOf(c);
  const auto meet = [&](const std::string &text, size_t line) {
    const auto it = std::ranges::find_if(expected, [&](const Expectation &e) {
      return !e.isMet && (line == 0 || e.line == line) && text.find(e.text) != std::string::npos;
    });
    if (it == expected.end())
      outcome.fail(line ? fmt::format("line {}: unexpected error: {}", line, text)
                        : fmt::format("unexpected error: {}", text));
    else
      it->isMet = true;
  };
  try {
    const auto module = ir::parse(std::string(c.line - 1, '\n') + c.text, c.file);
    ir::PrintOptions options;
    for (const ir::Violation &v : ir::verify(*module)) {
      meet(v.text, 0);
      if (v.op)
        options.annotations.emplace_back(v.op, v.text);
    }
    const std::string printed = ir::print(*module, options);
    if (c.expected && trimmed(printed) != trimmed(*c.expected)) {
      outcome.fail("printed differently:\n" + difference(*c.expected, printed));
      outcome.blessed = c;
      outcome.blessed->expected = printed;
    }
  } catch (const CompileError &e) {
    const Diagnostic &d = e.diagnostic();
    const auto [line, column] = placeOf(d.at.source);
    meet(fmt::format("{}: {}{}", column, d.text,
                     d.code.empty() ? std::string() : fmt::format(" [{}]", d.code)),
         line);
  } catch (const std::exception &) {
    outcome.fail(currentProblem());
  }
  for (const Expectation &e : expected)
    if (!e.isMet)
      outcome.fail(fmt::format("line {}: expected error: {}", e.line, e.text));
  return outcome;
}

} // namespace burin::tests
