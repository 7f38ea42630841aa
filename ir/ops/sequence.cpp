// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/sequence.h"

#include "ir/ops/infer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

/// What tells the cells apart.
struct Cell {
  int64_t gates;
  size_t activations; ///< for each direction
};

/// Constraint of the name of the operand, unless it is absent or of this type.
void checkType(const Op &op, size_t i, const Type &expected) {
  const Value *value = operandOrNull(op, i);
  if (value && value->type != expected)
    fail(op, op.def.operands[i].name,
         fmt::format("{} is {}, expected {}", operandName(op, i), value->type.text(),
                     expected.text()));
}

Types inferCell(const Op &op, Cell cell) {
  const Type &x = tensorOperand(op, 0);
  // *.element: x is a float
  checkElement(op, 0, isFloat(x.element()), "a float");
  // *.rank: [t, b, i]
  checkRank(op, 0, 3, 3);
  checkOneOf(op, attr::direction, {"forward", "reverse", "bidirectional"});
  const int64_t directions = op[attr::direction] == "bidirectional" ? 2 : 1;
  const int64_t hidden = op[attr::hidden];
  checkAtLeast(op, "hidden", hidden, 1);
  // *.activations: those of a cell, for each direction
  checkCount(op, "activations", op[attr::activations].size(),
             cell.activations * static_cast<size_t>(directions));
  // *.activation: known by name
  for (const std::string &name : op[attr::activations])
    if (std::ranges::find(kActivations, name) == std::end(kActivations))
      fail(op, "activation",
           fmt::format("the activation is '{}', expected one of {}", name,
                       fmt::join(kActivations, ", ")));
  const Dim &steps = x.dim(0), &batch = x.dim(1), &inputs = x.dim(2);
  const int64_t rows = cell.gates * hidden;
  const Type last = x.withShape({directions, batch, hidden});
  // *.w: [d, g*h, i]
  checkType(op, 1, x.withShape({directions, rows, inputs}));
  // *.r: [d, g*h, h]
  checkType(op, 2, x.withShape({directions, rows, hidden}));
  // *.bias: [d, 2*g*h]
  checkType(op, 3, x.withShape({directions, 2 * rows}));
  // *.lengths: i32[b]
  checkType(op, 4, Type{ElementType::i32, {batch}});
  // *.initial_h, lstm.initial_c: [d, b, h]
  checkType(op, 5, last);
  checkType(op, 6, last);
  // lstm.peephole: [d, 3*h]
  checkType(op, 7, x.withShape({directions, 3 * hidden}));
  Types types{x.withShape({steps, directions, batch, hidden}), last};
  if (op.is(ops::lstm))
    types.push_back(last);
  return types;
}

} // namespace

Types inferLstm(const Op &op) { return inferCell(op, {.gates = 4, .activations = 3}); }
Types inferGru(const Op &op) { return inferCell(op, {.gates = 3, .activations = 2}); }
Types inferRnn(const Op &op) { return inferCell(op, {.gates = 1, .activations = 1}); }

} // namespace burin::ir
