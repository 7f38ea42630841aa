// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/evaluator.h"
#include "ir/ops.h"
#include "ir/text.h"
#include "ir/text_elements.h"
#include "passes/pipeline.h"
#include "tests/gir/run.h"
#include "tests/reference/reference.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace burin::tests {
namespace {

/// "%y: f32[2] = [1, 2] (0.01)" in its parts.
struct Assignment {
  std::string name, type, literal, tolerance;
};

Assignment parseAssignment(std::string_view text) {
  Assignment a;
  const size_t equals = std::min(text.find('='), text.size());
  const std::string left = trimmed(text.substr(0, equals));
  const size_t colon = std::min(left.find(':'), left.size());
  a.name = trimmed(left.substr(0, colon));
  if (a.name.starts_with('%'))
    a.name.erase(0, 1);
  a.type = trimmed(std::string_view(left).substr(std::min(colon + 1, left.size())));
  a.literal = trimmed(text.substr(std::min(equals + 1, text.size())));
  if (a.literal.ends_with(')')) {
    const size_t open = a.literal.rfind('(');
    a.tolerance = a.literal.substr(open + 1, a.literal.size() - open - 2);
    a.literal = trimmed(std::string_view(a.literal).substr(0, open));
  }
  return a;
}

/// The tensor that a literal of .gir means. `declared` serves where the type is not written.
ir::Tensor tensorOf(const Assignment &a, const ir::Type *declared) {
  if (a.type.empty() && (!declared || !declared->isStatic()))
    throw CompileError(
        Problem::invalid, {},
        fmt::format("%{} needs its type, as in %{}: f32[2, 3] = [...]", a.name, a.name));
  const std::string type = a.type.empty() ? declared->text() : a.type;
  const std::string text = fmt::format("const @x : {} = {}\n", type, a.literal);
  return ir::toTensor(*ir::parse(text, "%" + a.name)->constants().front());
}

// ---- comparison ----

double defaultTolerance(ir::ElementType e) {
  switch (e) {
  case ir::ElementType::f32:
    return 1e-5;
  case ir::ElementType::f64:
    return 1e-12;
  case ir::ElementType::f16:
    return 2e-3;
  case ir::ElementType::bf16:
    return 1e-2;
  default:
    return 0;
  }
}

/// `b` is what is expected: -0 is no other zero, 0 is either.
bool isNear(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  if (b == 0 && std::signbit(b) && !(a == 0 && std::signbit(a)))
    return false;
  if (a == b)
    return true;
  return std::fabs(a - b) <= tolerance * std::max(1.0, std::fabs(b));
}

std::string elementText(const ir::Tensor &t, size_t i) {
  if (t.type.element() == ir::ElementType::string)
    return ir::quoted(t.strings[i]);
  return ir::elementText(t.type.element(), t.bytes.data() + i * ir::elementSize(t.type.element()));
}

bool isEqualElement(const ir::Tensor &a, const ir::Tensor &b, size_t i, double tolerance) {
  const ir::ElementType e = a.type.element();
  if (e == ir::ElementType::string)
    return a.strings[i] == b.strings[i];
  if (ir::isFloat(e))
    return isNear(a.number(i), b.number(i), tolerance);
  const size_t size = ir::elementSize(e);
  if (tolerance > 0 && ir::isInteger(e))
    return isNear(a.number(i), b.number(i), tolerance);
  return std::equal(a.bytes.data() + i * size, a.bytes.data() + (i + 1) * size,
                    b.bytes.data() + i * size);
}

/// Empty if they agree.
std::string compare(const ir::Tensor &actual, const ir::Tensor &expected, double tolerance) {
  if (actual.type != expected.type)
    return fmt::format("is {}, expected {}", actual.type.text(), expected.type.text());
  size_t wrong = 0;
  std::string first;
  for (size_t i = 0; i < expected.count(); ++i)
    if (!isEqualElement(actual, expected, i, tolerance) && wrong++ < 4)
      first += fmt::format("{}[{}] is {}, expected {}", first.empty() ? "" : "; ", i,
                           elementText(actual, i), elementText(expected, i));
  return wrong > 4 ? fmt::format("{}; {} of {} elements differ", first, wrong, expected.count())
                   : first;
}

// ---- a run ----

struct Run {
  std::map<std::string, ir::Tensor, std::less<>> values; ///< by name: results, and what ops made
  std::string status, text;                              ///< of a RunError
};

const ir::Value *argumentNamed(const ir::Function &f, std::string_view name) {
  for (size_t i = 0; i < f.body.numArguments(); ++i)
    if (f.body.argument(i)->name == name)
      return f.body.argument(i);
  return nullptr;
}

std::vector<ir::Tensor> inputsOf(const Case &c, const ir::Function &f) {
  std::vector<std::optional<ir::Tensor>> given(f.body.numArguments());
  for (const Directive &d : c.directives) {
    if (d.name != "input")
      continue;
    const Assignment a = parseAssignment(d.value);
    const ir::Value *argument = argumentNamed(f, a.name);
    if (!argument)
      throw CompileError(Problem::invalid, {},
                         fmt::format("@{} has no argument %{}", f.name, a.name));
    given[argument->index()] = tensorOf(a, &argument->type);
  }
  std::vector<ir::Tensor> inputs;
  for (size_t i = 0; i < given.size(); ++i) {
    if (!given[i])
      throw CompileError(Problem::invalid, {},
                         fmt::format("there is no `# input %{}`", f.body.argument(i)->name));
    inputs.push_back(std::move(*given[i]));
  }
  return inputs;
}

Run runOnce(const ir::Function &f, std::vector<ir::Tensor> inputs, const ir::Evaluator &evaluator) {
  Run run;
  try {
    const auto observe = [&](const ir::Value &v, const ir::Tensor &t) {
      if (!v.name.empty())
        run.values[v.name] = t;
    };
    std::vector<ir::Tensor> results = ir::execute(f, std::move(inputs), evaluator, observe);
    const ir::Op &last = f.body.terminator();
    for (size_t i = 0; i < results.size(); ++i) {
      run.values[last.operand(i)->name] = results[i];
      if (i < f.resultNames.size())
        run.values[f.resultNames[i]] = results[i];
    }
  } catch (const ir::RunError &e) {
    run.status = e.status();
    run.text = e.what();
  }
  return run;
}

const ir::Type *declaredType(const ir::Function &f, std::string_view name) {
  const ir::Op &last = f.body.terminator();
  for (size_t i = 0; i < last.numOperands(); ++i)
    if (last.operand(i)->name == name || (i < f.resultNames.size() && f.resultNames[i] == name))
      return &last.operand(i)->type;
  const ir::Type *found = nullptr;
  f.body.walk([&](ir::Op &op) {
    for (size_t i = 0; i < op.numResults(); ++i)
      if (op.result(i)->name == name)
        found = &op.result(i)->type;
  });
  return found;
}

// ---- expectations ----

/// "error bad_shape: text".
bool isError(const Directive &d) { return d.value.starts_with("error "); }

std::string checkError(const Directive &d, const Run &run) {
  const std::string expected = trimmed(std::string_view(d.value).substr(6));
  const std::string actual =
      run.status.empty() ? "success" : fmt::format("{}: {}", run.status, run.text);
  const size_t colon = std::min(expected.find(':'), expected.size());
  const std::string text =
      trimmed(std::string_view(expected).substr(std::min(colon + 1, expected.size())));
  if (run.status == expected.substr(0, colon) && run.text.find(text) != std::string::npos)
    return {};
  return fmt::format("ends with {}, expected {}", actual, expected);
}

std::string checkValue(const Assignment &a, const Case &c, const ir::Function &f, const Run &run) {
  if (!run.status.empty())
    return fmt::format("%{}: the run ends with {}: {}", a.name, run.status, run.text);
  const auto value = run.values.find(a.name);
  if (value == run.values.end())
    return fmt::format("%{} is no result and no value of an op", a.name);
  if (a.literal.empty())
    return fmt::format("%{} has no elements that are expected: BLESS=1 writes them", a.name);
  const ir::Tensor expected = tensorOf(a, declaredType(f, a.name));
  const std::string given = a.tolerance.empty() ? c.valueOf("tolerance") : a.tolerance;
  const double tolerance =
      given.empty() ? defaultTolerance(expected.type.element()) : std::stod(given);
  const std::string text = compare(value->second, expected, tolerance);
  return text.empty() ? text : fmt::format("%{} {}", a.name, text);
}

/// The comment that expects what the run gave, wrapped to the width of the code.
std::string blessedDirective(const Assignment &a, const ir::Function &f, const ir::Tensor &value) {
  const ir::Type *declared = declaredType(f, a.name);
  std::string line = fmt::format("# expect %{}", a.name), text;
  if (!a.type.empty() || !declared || !declared->isStatic())
    line += ": " + value.type.text();
  line += " = [";
  for (size_t i = 0; i < value.count(); ++i) {
    const std::string item = elementText(value, i) + (i + 1 < value.count() ? "," : "");
    if (line.size() + item.size() > 97) {
      text += line + "\n";
      line = "#    ";
    }
    line += (i && line.back() != '[' ? " " : "") + item;
  }
  line += "]" + (a.tolerance.empty() ? "" : fmt::format(" ({})", a.tolerance));
  return text + line + "\n";
}

std::optional<Case> bless(const Case &c, const ir::Function &f, const Run &run) {
  Case blessed = c;
  std::vector<std::string> lines = linesOf(c.text);
  for (const Directive &d : c.directives) {
    if (d.name != "expect")
      continue;
    std::string text;
    if (!run.status.empty()) {
      text = fmt::format("# expect error {}: {}\n", run.status, run.text);
    } else {
      const Assignment a = parseAssignment(d.value);
      const auto value = run.values.find(a.name);
      if (isError(d) || value == run.values.end())
        return std::nullopt;
      if (checkValue(a, c, f, run).empty())
        continue; // as a person wrote it
      text = blessedDirective(a, f, value->second);
    }
    text.pop_back();
    for (size_t i = d.begin; i < d.end; ++i)
      lines[i] = i == d.begin ? text : "\n";
  }
  std::erase(lines, "\n");
  blessed.text = joined(lines);
  return blessed;
}

} // namespace

std::vector<NamedEvaluator> evaluators() {
  return {{"reference", &reference::evaluator()}, {"kernels", &kernels::evaluator()}};
}

Outcome runEval(const Case &c, const EvalOptions &options) {
  Outcome outcome;
  const std::unique_ptr<ir::Module> module = parseCase(c, outcome);
  if (!module)
    return outcome;
  if (module->functions.size() != 1 || !c.find("expect")) {
    outcome.fail("a case of `# eval` has one function and at least one `# expect`");
    return outcome;
  }
  if (options.optimized) {
    try {
      passes::PassContext context = contextOf(c);
      passes::PipelineOptions checked;
      checked.verifyEach = true;
      passes::runPipeline(*module, context, checked);
    } catch (const std::exception &) {
      outcome.fail("pipeline: " + currentProblem());
      return outcome;
    }
  }
  const ir::Function &f = *module->functions[0];
  for (const NamedEvaluator &by : evaluators()) {
    if ((c.find("only:") && c.valueOf("only:") != by.name) ||
        (!options.evaluator.empty() && options.evaluator != by.name))
      continue;
    try {
      const Run run = runOnce(f, inputsOf(c, f), *by.evaluator);
      for (const Directive &d : c.directives) {
        if (d.name != "expect")
          continue;
        const std::string problem =
            isError(d) ? checkError(d, run) : checkValue(parseAssignment(d.value), c, f, run);
        if (!problem.empty())
          outcome.fail(fmt::format("{}: {}", by.name, problem));
      }
      if (by.name == "reference" && !options.optimized && !outcome.problems.empty())
        outcome.blessed = bless(c, f, run);
    } catch (const std::exception &) {
      outcome.fail(fmt::format("{}: {}", by.name, currentProblem()));
    }
  }
  return outcome;
}

} // namespace burin::tests
