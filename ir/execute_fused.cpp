// SPDX-License-Identifier: Apache-2.0
#include "ir/builder.h"
#include "ir/execute_parts.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

/// Makes the ops of a body over single elements again, over n elements in a row (rank 1). What does
/// not depend on the arguments stays of rank 0.
class Lifter {
public:
  Lifter(Module &module, int64_t n)
      : module_{module}, function_{module.addFunction("body")}, builder_{module, function_.body},
        n_{n} {}

  std::vector<const Value *> lift(const Block &body) {
    for (size_t i = 0; i < body.numArguments(); ++i)
      values_[body.argument(i)] = function_.body.addArgument(row(body.argument(i)->type));
    for (const Op &op : body)
      for (size_t i = 0; i < op.numOperands(); ++i)
        if (op.operand(i))
          importOuter(*op.operand(i), body);
    for (const Op &op : body)
      liftOp(op);
    return std::move(outer_);
  }

private:
  Type row(const Type &scalar) const { return scalar.withShape({n_}); }

  /// A value from outside of the body: a constant, or one that is there when it runs.
  void importOuter(const Value &value, const Block &body) {
    const bool isInside =
        value.def() ? value.def()->parent() == &body : value.argumentOf() == &body;
    if (isInside || values_.contains(&value))
      return;
    if (const Constant *data = value.constant()) {
      values_[&value] = data->strings.empty()
                            ? module_.addConstant(value.type, data->bytes, data->owner)
                            : module_.addStrings(value.type.shape(), data->strings);
      return;
    }
    values_[&value] = function_.body.addArgument(value.type);
    outer_.push_back(&value);
  }

  void liftOp(const Op &op) {
    if (op.numBlocks())
      throw CompileError(Problem::unsupported, op.at,
                         fmt::format("{} inside a fused block cannot be run", op.def.name));
    builder_.at = op.at;
    std::vector<Value *> operands;
    for (size_t i = 0; i < op.numOperands(); ++i)
      operands.push_back(op.operand(i) ? values_.at(op.operand(i)) : nullptr);
    std::vector<NamedAttr> attributes;
    for (size_t i = 0; i < op.attributes().size(); ++i)
      if (op.attributes()[i].index() != 0)
        attributes.push_back({op.def.attrs[i].name, op.attributes()[i]});
    if (op.is(ops::quantize) || op.is(ops::dequantize) || op.is(ops::requantize))
      liftScales(operands, attributes);
    if (op.is(ops::yield))
      for (Value *&value : operands)
        value = widened(value);
    const Op &made = builder_.makeOp(op.def, operands, std::move(attributes));
    for (size_t i = 0; i < op.numResults(); ++i) {
      made.result(i)->name = op.result(i)->name;
      values_[op.result(i)] = made.result(i);
    }
  }

  /// A scale for each element is a scale along the one axis that there is.
  void liftScales(std::vector<Value *> &operands, std::vector<NamedAttr> &attributes) {
    for (NamedAttr &attribute : attributes)
      if (attribute.name == attr::axis.name || attribute.name == attr::blockSize.name)
        attribute.value = int64_t{0};
    const bool each = std::ranges::any_of(std::span(operands).subspan(1),
                                          [](const Value *v) { return v && v->type.rank() == 1; });
    for (Value *&value : operands)
      if (each && value)
        value = widened(value);
  }

  Value *widened(Value *value) {
    if (value->type.rank() == 1)
      return value;
    return builder_.make(ops::broadcast, {value}, {attr::shape({n_})});
  }

  Module &module_;
  Function &function_;
  Builder builder_;
  int64_t n_;
  std::unordered_map<const Value *, Value *> values_;
  std::vector<const Value *> outer_;
};

} // namespace

void requireSupport(const Evaluator &evaluator, const Op &op) {
  if (!evaluator.supports(op))
    throw CompileError(Problem::unsupported, op.at,
                       fmt::format("{} cannot be run inside the compiler{}", op.def.name,
                                   op.numResults() ? " for " + op.result()->type.text() : ""));
}

const FusedBodies::Lifted &FusedBodies::lifted(const Block &body, int64_t n) {
  std::unique_ptr<Lifted> &slot = bodies_[{&body, n}];
  if (!slot) {
    auto made = std::make_unique<Lifted>();
    made->outer = Lifter{made->module, n}.lift(body);
    slot = std::move(made);
  }
  return *slot;
}

std::vector<Tensor> FusedBodies::run(const Block &body, const std::vector<int64_t> &shape,
                                     Operands operands,
                                     const std::function<const Tensor &(const Value &)> &outer) {
  int64_t n = 1;
  for (const int64_t extent : shape)
    n *= extent;
  const Lifted &made = lifted(body, n);
  const Block &flat = made.module.functions[0]->body;
  std::unordered_map<const Value *, Tensor> values;
  for (size_t i = 0; i < operands.size(); ++i)
    values[flat.argument(i)] = broadcastFlat(*operands[i], shape);
  for (size_t i = 0; i < made.outer.size(); ++i)
    values[flat.argument(operands.size() + i)] = outer(*made.outer[i]);
  const SymbolValues noSymbols;
  for (const Op &op : flat) {
    std::vector<const Tensor *> inputs;
    for (size_t i = 0; i < op.numOperands(); ++i) {
      const Value *operand = op.operand(i);
      if (operand && operand->isConstant() && !values.contains(operand))
        values[operand] = toTensor(*operand);
      inputs.push_back(operand ? &values.at(operand) : nullptr);
    }
    if (op.is(ops::yield)) {
      std::vector<Tensor> results;
      for (const Tensor *result : inputs) {
        results.push_back(*result);
        results.back().type = result->type.withShape(Shape(shape.begin(), shape.end()));
      }
      return results;
    }
    requireSupport(evaluator_, op);
    std::vector<Tensor> results = evaluator_.evaluate(op, inputs, noSymbols);
    for (size_t i = 0; i < op.numResults(); ++i)
      values[op.result(i)] = std::move(results[i]);
  }
  throw InternalError("a fused block without a yield");
}

} // namespace burin::ir
