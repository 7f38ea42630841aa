// SPDX-License-Identifier: Apache-2.0
#include "ir/execute_parts.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {

// ---- SymbolValues ----

void SymbolValues::set(std::string_view name, int64_t value) {
  values_.insert_or_assign(std::string(name), value);
}

std::optional<int64_t> SymbolValues::find(std::string_view name) const {
  const auto it = values_.find(name);
  if (it == values_.end())
    return std::nullopt;
  return it->second;
}

int64_t SymbolValues::operator()(const Dim &dim) const {
  if (dim.isNumber())
    return dim.number();
  return dim.evaluate([&](std::string_view name) {
    if (const std::optional<int64_t> value = find(name))
      return *value;
    throw InternalError(fmt::format("symbol '{}' has no value", name));
  });
}

std::vector<int64_t> SymbolValues::operator()(const Dims &dims) const {
  std::vector<int64_t> numbers;
  for (const Dim &d : dims)
    numbers.push_back((*this)(d));
  return numbers;
}

Type SymbolValues::operator()(const Type &type) const {
  if (type.isList())
    return Type::list((*this)(type.inner()), (*this)(type.capacity()));
  if (type.isOptional())
    return Type::optional((*this)(type.inner()));
  Shape shape;
  for (const Dim &d : type.shape())
    shape.emplace_back((*this)(d));
  return type.withShape(std::move(shape));
}

namespace {

bool hasValue(const Dim &dim, const SymbolValues &symbols) {
  std::map<std::string, Bounds, std::less<>> all;
  dim.collectSymbols(all);
  return std::ranges::all_of(all, [&](const auto &s) { return symbols.find(s.first).has_value(); });
}

/// Gives an extent its actual value: a symbol without one takes it, anything else must have it.
/// `what` tells whose it is: "argument 'x', axis 0".
void matchExtent(const Dim &dim, int64_t actual, SymbolValues &symbols, const Location &at,
                 const std::function<std::string()> &what) {
  const std::optional<std::string_view> symbol = dim.symbolName();
  if (symbol && !symbols.find(*symbol)) {
    const Bounds bounds = dim.bounds();
    if (actual < bounds.lo || actual > bounds.hi)
      throw RunError("bad_shape", at,
                     fmt::format("{}: {} is {}, expected {} to {}", what(), *symbol, actual,
                                 bounds.lo, bounds.hi));
    symbols.set(*symbol, actual);
    return;
  }
  if (const int64_t expected = symbols(dim); expected != actual)
    throw RunError("bad_shape", at,
                   fmt::format("{}: is {}, expected {}{}", what(), actual, expected,
                               dim.isNumber() ? std::string() : fmt::format(" ({})", dim.text())));
}

/// Runs the ops of one function, or one op.
class Executor {
public:
  using Observe = std::function<void(const Value &, const Tensor &)>;

  Executor(const Evaluator &evaluator, SymbolValues &symbols, const Observe &observe)
      : evaluator_{evaluator}, symbols_{symbols}, observe_{observe}, fused_{evaluator} {}

  std::vector<Tensor> runFunction(const Function &, std::vector<Tensor> arguments);
  std::vector<Tensor> runOp(const Op &, Operands);

private:
  using Results = std::vector<Tensor>;
  using OpRun = Results (Executor::*)(const Op &, Operands);
  struct OpRow {
    const OpDef *op;
    OpRun run;
  };
  static const OpRow kRows[];
  friend bool burin::ir::executesItself(const OpDef &);

  Results runBlock(const Block &);
  Results runIf(const Op &, Operands);
  Results runLoop(const Op &, Operands);
  Results runFused(const Op &, Operands);
  Results runAssert(const Op &, Operands);
  Results runPrint(const Op &, Operands);
  Results runShape(const Op &, Operands);
  Results runExtents(const Op &, Operands);
  Results runBind(const Op &, Operands);
  Results runByEvaluator(const Op &, Operands);
  Tensor stacked(const Op &, size_t result, const std::vector<Tensor> &items);

  const Tensor &valueOf(const Value &);
  void checkResults(const Op &, const Results &);

  const Evaluator &evaluator_;
  SymbolValues &symbols_;
  const Observe &observe_;
  FusedBodies fused_;
  std::unordered_map<const Value *, Tensor> values_;
};

constexpr Executor::OpRow Executor::kRows[] = {
    {&ops::if_, &Executor::runIf},          {&ops::loop, &Executor::runLoop},
    {&ops::fused, &Executor::runFused},     {&ops::assert_, &Executor::runAssert},
    {&ops::print, &Executor::runPrint},     {&ops::shape, &Executor::runShape},
    {&ops::extents, &Executor::runExtents}, {&ops::bind, &Executor::runBind},
};

// ---- functions and blocks ----

std::vector<Tensor> Executor::runFunction(const Function &function, std::vector<Tensor> arguments) {
  const Block &body = function.body;
  if (arguments.size() != body.numArguments())
    throw InternalError(fmt::format("@{} has {} arguments and got {}", function.name,
                                    body.numArguments(), arguments.size()));
  // Symbols first, so that expressions over them can be checked in any order.
  for (const bool isSymbol : {true, false})
    for (size_t i = 0; i < arguments.size(); ++i) {
      const Value &argument = *body.argument(i);
      if (!argument.type.isTensor())
        continue;
      const Type &actual = arguments[i].type;
      if (!actual.isTensor() || actual.element() != argument.type.element() ||
          actual.rank() != argument.type.rank())
        throw RunError("bad_shape", {},
                       fmt::format("argument '{}' is {}, expected {}", argument.name, actual.text(),
                                   argument.type.text()));
      for (size_t axis = 0; axis < actual.rank(); ++axis)
        if (const Dim &dim = argument.type.dim(axis); dim.symbolName().has_value() == isSymbol)
          matchExtent(dim, arguments[i].extent(axis), symbols_, {},
                      [&] { return fmt::format("argument '{}', axis {}", argument.name, axis); });
    }
  for (size_t i = 0; i < arguments.size(); ++i)
    values_[body.argument(i)] = std::move(arguments[i]);
  return runBlock(body);
}

/// What the block yields.
std::vector<Tensor> Executor::runBlock(const Block &block) {
  for (const Op &op : block) {
    std::vector<const Tensor *> operands;
    for (size_t i = 0; i < op.numOperands(); ++i)
      operands.push_back(op.operand(i) ? &valueOf(*op.operand(i)) : nullptr);
    if (op.is(ops::yield)) {
      Results yielded;
      for (const Tensor *operand : operands)
        yielded.push_back(*operand);
      return yielded;
    }
    Results results = runOp(op, operands);
    for (size_t i = 0; i < op.numResults(); ++i) {
      Tensor &value = values_[op.result(i)] = std::move(results[i]);
      if (observe_)
        observe_(*op.result(i), value);
    }
  }
  throw InternalError("a block without a yield");
}

const Tensor &Executor::valueOf(const Value &value) {
  const auto it = values_.find(&value);
  if (it != values_.end())
    return it->second;
  if (!value.isConstant())
    throw InternalError(fmt::format("value '{}' has not been computed", value.name));
  return values_[&value] = toTensor(value);
}

// ---- ops ----

std::vector<Tensor> Executor::runOp(const Op &op, Operands operands) {
  Results results;
  const auto row = std::ranges::find(kRows, &op.def, &OpRow::op);
  if (row != std::end(kRows))
    results = (this->*row->run)(op, operands);
  else if (const ListRun run = findListRun(op.def))
    results.push_back(run(op, operands, symbols_));
  else
    results = runByEvaluator(op, operands);
  checkResults(op, results);
  return results;
}

/// The op defines its symbols; all other extents are what the row says.
void Executor::checkResults(const Op &op, const Results &results) {
  if (results.size() != op.numResults())
    throw InternalError(fmt::format("{} gave {} results, expected {}", op.def.name, results.size(),
                                    op.numResults()));
  const bool defines = op.def.is(Trait::definesDims);
  const bool isElement = op.is(ops::list_get) || op.is(ops::optional_get);
  for (size_t i = 0; i < results.size(); ++i) {
    const Type &declared = op.result(i)->type, &actual = results[i].type;
    if (!declared.isTensor())
      continue;
    if (!actual.isTensor() || actual.element() != declared.element() ||
        actual.rank() != declared.rank())
      throw InternalError(fmt::format("{} at '{}' gave {}, expected {}", op.def.name, op.at.node,
                                      actual.text(), declared.text()));
    for (size_t axis = 0; axis < declared.rank(); ++axis) {
      const Dim &dim = declared.dim(axis);
      const int64_t extent = results[i].extent(axis);
      const std::optional<std::string_view> symbol = dim.symbolName();
      if (isElement && symbol)
        symbols_.set(*symbol, extent); // elements of a list have a shape each
      else if (defines && (symbol || hasValue(dim, symbols_)))
        matchExtent(dim, extent, symbols_, op.at,
                    [&] { return fmt::format("{}, axis {}", op.def.name, axis); });
      else if (hasValue(dim, symbols_) && symbols_(dim) != extent)
        throw InternalError(fmt::format("{} at '{}' gave {}, expected {} with {} = {}", op.def.name,
                                        op.at.node, actual.text(), declared.text(), dim.text(),
                                        symbols_(dim)));
    }
  }
}

std::vector<Tensor> Executor::runByEvaluator(const Op &op, Operands operands) {
  requireSupport(evaluator_, op);
  Results results = evaluator_.evaluate(op, operands, symbols_);
  if (!op.def.is(Trait::reduction) || op.numBlocks() == 0)
    return results;
  // The epilogue: over the elements of the result and of the extras, which are the last operands.
  const Block &epilogue = op.block();
  std::vector<const Tensor *> inputs{&results.at(0)};
  const size_t extras = epilogue.numArguments() - 1;
  for (size_t i = op.numOperands() - extras; i < op.numOperands(); ++i)
    inputs.push_back(operands[i]);
  return fused_.run(epilogue, results[0].shape(), inputs,
                    [this](const Value &v) -> const Tensor & { return valueOf(v); });
}

std::vector<Tensor> Executor::runFused(const Op &op, Operands operands) {
  return fused_.run(op.block(), symbols_(op[attr::shape]), operands,
                    [this](const Value &v) -> const Tensor & { return valueOf(v); });
}

std::vector<Tensor> Executor::runIf(const Op &op, Operands operands) {
  const SymbolValues outside = symbols_;
  Results results = runBlock(op.block(operands[0]->integer(0) ? 0 : 1));
  symbols_ = outside;
  return results;
}

std::vector<Tensor> Executor::runLoop(const Op &op, Operands operands) {
  const auto operand = [&](size_t i) { return i < operands.size() ? operands[i] : nullptr; };
  const auto numCarried = static_cast<size_t>(op[attr::carried]);
  const Block &body = op.block();
  const size_t numScanned = body.terminator().numOperands() - 1 - numCarried;
  const int64_t limit = operand(0) ? operand(0)->integer(0) : INT64_MAX;
  bool goesOn = !operand(1) || operand(1)->integer(0) != 0;
  Results carried;
  for (size_t i = 0; i < numCarried; ++i)
    carried.push_back(*operands[2 + i]);
  std::vector<std::vector<Tensor>> scanned(numScanned);

  const SymbolValues outside = symbols_;
  int64_t iteration = 0;
  for (; goesOn && iteration < limit; ++iteration) {
    // What is scanned is kept: a body that never ends must not take all memory.
    if (numScanned && iteration >= op[attr::dims][0].bounds().hi)
      throw RunError("bad_shape", op.at,
                     fmt::format("loop: runs more than {} times", op[attr::dims][0].bounds().hi));
    symbols_ = outside; // what the body defines, it defines anew
    values_[body.argument(0)] = scalarTensor(ElementType::i64, iteration);
    for (size_t i = 0; i < numCarried; ++i)
      values_[body.argument(1 + i)] = std::move(carried[i]);
    Results yielded = runBlock(body);
    goesOn = yielded[0].integer(0) != 0;
    for (size_t i = 0; i < numCarried; ++i)
      carried[i] = std::move(yielded[1 + i]);
    for (size_t i = 0; i < numScanned; ++i)
      scanned[i].push_back(std::move(yielded[1 + numCarried + i]));
  }
  symbols_ = outside;
  if (!op[attr::dims].empty())
    matchExtent(op[attr::dims][0], iteration, symbols_, op.at,
                [] { return std::string("loop, iterations"); });
  Results results = std::move(carried);
  for (size_t i = 0; i < numScanned; ++i)
    results.push_back(stacked(op, numCarried + i, scanned[i]));
  return results;
}

/// The items along a new axis 0. Without any, extents that nothing has defined are 0.
Tensor Executor::stacked(const Op &op, size_t result, const std::vector<Tensor> &items) {
  const Type &declared = op.result(result)->type;
  Shape shape{static_cast<int64_t>(items.size())};
  for (size_t axis = 1; axis < declared.rank(); ++axis) {
    if (!items.empty())
      shape.push_back(items[0].type.dim(axis - 1));
    else
      shape.emplace_back(hasValue(declared.dim(axis), symbols_) ? symbols_(declared.dim(axis)) : 0);
  }
  Tensor out{declared.withShape(shape)};
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].type != items[0].type)
      throw RunError("bad_shape", op.at,
                     fmt::format("loop: iteration {} gives {} but the first one gives {}", i,
                                 items[i].type.text(), items[0].type.text()));
    copyElements(items[i], 0, out, i * items[i].count(), items[i].count());
  }
  return out;
}

std::vector<Tensor> Executor::runAssert(const Op &op, Operands operands) {
  if (operands[0]->integer(0) == 0)
    throw RunError("failed_assert", op.at, op[attr::message]);
  return {};
}

std::vector<Tensor> Executor::runPrint(const Op &op, Operands operands) {
  if (observe_)
    observe_(*op.operand(0), *operands[0]);
  return {};
}

std::vector<Tensor> Executor::runShape(const Op &op, Operands operands) {
  Tensor extents{op.result()->type};
  for (size_t i = 0; i < operands[0]->type.rank(); ++i)
    extents.setInteger(i, operands[0]->extent(i));
  return {std::move(extents)};
}

std::vector<Tensor> Executor::runExtents(const Op &op, Operands) {
  Tensor extents{op.result()->type};
  const std::vector<int64_t> numbers = symbols_(op[attr::dims]);
  for (size_t i = 0; i < numbers.size(); ++i)
    extents.setInteger(i, numbers[i]);
  return {std::move(extents)};
}

std::vector<Tensor> Executor::runBind(const Op &op, Operands operands) {
  const Dims &dims = op[attr::dims];
  for (const bool isSymbol : {true, false})
    for (size_t i = 0; i < dims.size(); ++i)
      if (dims[i].symbolName().has_value() == isSymbol)
        matchExtent(dims[i], operands[0]->integer(i), symbols_, op.at,
                    [&] { return fmt::format("bind, element {}", i); });
  return {*operands[0]};
}

} // namespace

// ---- the interface ----

std::vector<Tensor> execute(const Function &function, std::vector<Tensor> arguments,
                            const Evaluator &evaluator,
                            const std::function<void(const Value &, const Tensor &)> &observe) {
  SymbolValues symbols;
  return Executor{evaluator, symbols, observe}.runFunction(function, std::move(arguments));
}

std::vector<Tensor> executeOp(const Op &op, std::span<const Tensor *const> operands,
                              const Evaluator &evaluator, SymbolValues &symbols) {
  return Executor{evaluator, symbols, {}}.runOp(op, operands);
}

bool executesItself(const OpDef &def) {
  return &def == &ops::yield || findListRun(def) ||
         std::ranges::find(Executor::kRows, &def, &Executor::OpRow::op) !=
             std::end(Executor::kRows);
}

Tensor toTensor(const Value &constant) {
  Tensor tensor{constant.type, constant.constant()->bytes};
  tensor.strings = constant.constant()->strings;
  return tensor;
}

Value *addConstant(Module &module, const Tensor &tensor, std::string name) {
  if (!tensor.type.isTensor())
    throw InternalError(fmt::format("{} cannot be a constant", tensor.type.text()));
  if (tensor.type.element() == ElementType::string)
    return module.addStrings(tensor.type.shape(), tensor.strings, std::move(name));
  return module.addConstant(tensor.type, tensor.bytes, std::move(name));
}

} // namespace burin::ir
