// SPDX-License-Identifier: Apache-2.0
#include "cli/states.h"

#include "cli/arrays.h"
#include "cli/shape_spec.h"
#include "cli/suggest.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace burin::cli {
namespace {

class StateMaker {
public:
  StateMaker(ir::Module &module, std::vector<std::filesystem::path> &files)
      : module_{module}, files_{files} {}

  void add(const std::string &text) {
    option_ = "--state " + text;
    const PairSpec pair = parseStateSpec(text);
    bool isAdded = false;
    for (const auto &function : module_.functions)
      isAdded = add(*function, pair) || isAdded;
    if (!isAdded)
      tellMissing(pair);
  }

  void start(const std::string &text) {
    option_ = "--state-init " + text;
    const PairSpec spec = parseStateInitSpec(text);
    if (!started_.insert(spec.left).second)
      return problem(fmt::format("'{}' has a first value already", spec.left));
    std::vector<std::string> names;
    ir::Value *initial = nullptr;
    for (const auto &function : module_.functions)
      for (ir::State &state : function->states) {
        names.push_back(state.name);
        if (state.name != spec.left)
          continue;
        if (!initial)
          initial = valueOf(spec, function->body.argument(state.argument)->type);
        state.initial = initial;
        if (!initial)
          return;
      }
    if (!initial)
      problem(fmt::format("there is no state '{}'", spec.left),
              names.empty() ? fmt::format("--state {}=OUTPUT makes the input one", spec.left)
                            : hintAmong(spec.left, names));
  }

  void finish() {
    if (!problems_.empty())
      throw CompileErrors(std::move(problems_));
  }

private:
  void problem(const std::string &text, std::string hint = {}) {
    problems_.push_back(
        {Problem::usage, "cli.state", {}, option_ + ": " + text, {}, std::move(hint)});
  }

  static std::string hintAmong(std::string_view name, const std::vector<std::string> &names) {
    const std::vector<std::string_view> words(names.begin(), names.end());
    const std::string near = didYouMean(name, words);
    return !near.empty()   ? near
           : names.empty() ? "there is none"
                           : fmt::format("there is {}", fmt::join(names, ", "));
  }

  /// False if the entry point lacks the input or the output.
  bool add(ir::Function &function, const PairSpec &pair) {
    const ir::Op &end = function.body.terminator();
    ir::State state{pair.left, 0, 0, nullptr};
    while (state.argument < function.body.numArguments() &&
           function.body.argument(state.argument)->name != pair.left)
      ++state.argument;
    state.result = static_cast<size_t>(std::ranges::find(function.resultNames, pair.right) -
                                       function.resultNames.begin());
    if (state.argument == function.body.numArguments() ||
        state.result == function.resultNames.size())
      return false;
    const ir::Type &in = function.body.argument(state.argument)->type,
                   &out = end.operand(state.result)->type;
    if (function.stateOfArgument(state.argument))
      problem(fmt::format("the input '{}' is a state already", pair.left));
    else if (function.stateOfResult(state.result))
      problem(fmt::format("the output '{}' is the next value of another state", pair.right));
    else if (!in.isTensor() || in.element() == ir::ElementType::string)
      problem(fmt::format("'{}' is {}, but a state is a tensor of numbers", pair.left, in.text()));
    else if (in != out)
      problem(fmt::format("the input is {} but the output {}", in.text(), out.text()),
              in.element() != out.element() ? "a state keeps its element type"
                                            : hintOfShapes(in, out));
    else if (!in.isStatic())
      problem(
          fmt::format("'{}' is {}, but a state has one size for all runs", pair.left, in.text()),
          "fix it: " + fixed(in));
    else
      function.states.push_back(state);
    return true;
  }

  static std::string hintOfShapes(const ir::Type &in, const ir::Type &out) {
    if (!in.isStatic() || !out.isStatic())
      return "fix the extents that must be equal: " + fixed(in.isStatic() ? out : in);
    return "a state keeps its shape: give a cache that grows its full length and a position to "
           "write to";
  }

  static std::string fixed(const ir::Type &type) {
    std::map<std::string, ir::Bounds, std::less<>> symbols;
    for (const ir::Dim &dim : type.shape())
      dim.collectSymbols(symbols);
    std::string text;
    for (const auto &[name, bounds] : symbols)
      text += fmt::format("{}--dim {}=1", text.empty() ? "" : " ", name);
    return text;
  }

  void tellMissing(const PairSpec &pair) {
    std::vector<std::string> inputs, outputs;
    for (const auto &function : module_.functions) {
      for (const Port &port : inputsOf(*function))
        inputs.push_back(port.name);
      for (const Port &port : outputsOf(*function))
        outputs.push_back(port.name);
    }
    const bool hasInput = std::ranges::find(inputs, pair.left) != inputs.end();
    if (!hasInput)
      problem(fmt::format("the model has no input '{}'", pair.left), hintAmong(pair.left, inputs));
    else
      problem(fmt::format("the model has no output '{}'", pair.right),
              hintAmong(pair.right, outputs));
  }

  /// The constant that a state begins with; null after a problem.
  ir::Value *valueOf(const PairSpec &spec, const ir::Type &type) {
    ir::Tensor tensor(type);
    if (spec.right.starts_with('@')) {
      const std::filesystem::path path = spec.right.substr(1);
      tensor = fitted(readNpy(path), {spec.left, type}, option_);
      files_.push_back(path);
      if (tensor.type != type) {
        problem(fmt::format("the array is {} but the state {}", tensor.type.text(), type.text()));
        return nullptr;
      }
    } else if (!fill(tensor, spec.right)) {
      problem(fmt::format("'{}' is no value of {}", spec.right, ir::name(type.element())),
              "such as h=0 or h=@h.npy");
      return nullptr;
    }
    return module_.addConstant(type, tensor.bytes, spec.left + ".initial");
  }

  /// All elements as the text says; false if their type does not hold it.
  static bool fill(ir::Tensor &tensor, std::string_view text) {
    const auto read = [&](auto &number) {
      const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
      return end.ec == std::errc{} && end.ptr == text.data() + text.size();
    };
    const size_t count = tensor.count();
    if (double number = 0; ir::isFloat(tensor.type.element())) {
      if (!read(number) || !std::isfinite(number))
        return false;
      for (size_t i = 0; i < count; ++i)
        tensor.setNumber(i, number);
      return true;
    }
    int64_t number = 0;
    if (!read(number))
      return false;
    for (size_t i = 0; i < count; ++i)
      tensor.setInteger(i, number);
    return count == 0 || tensor.integer(0) == number;
  }

  ir::Module &module_;
  std::vector<std::filesystem::path> &files_;
  std::string option_;
  std::set<std::string, std::less<>> started_;
  std::vector<Diagnostic> problems_;
};

} // namespace

void makeStates(ir::Module &module, const Settings &settings,
                std::vector<std::filesystem::path> &files) {
  StateMaker maker{module, files};
  for (const std::string &text : settings.list("state"))
    maker.add(text);
  for (const std::string &text : settings.list("state-init"))
    maker.start(text);
  maker.finish();
}

} // namespace burin::cli
