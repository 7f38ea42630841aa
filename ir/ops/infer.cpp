// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/infer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

std::string ranks(size_t lo, size_t hi) {
  return lo == hi         ? std::to_string(lo)
         : hi == SIZE_MAX ? fmt::format("at least {}", lo)
                          : fmt::format("{} to {}", lo, hi);
}

} // namespace

// ---- operands ----

const Value *operandOrNull(const Op &op, size_t i) {
  return i < op.numOperands() ? op.operand(i) : nullptr;
}

std::string operandName(const Op &op, size_t i) {
  const auto &specs = op.def.operands;
  const size_t last = specs.size() - 1;
  if (i >= last && specs[last].arity == Arity::variadic)
    return fmt::format("{}[{}]", specs[last].name, i - last);
  return std::string(specs[i].name);
}

const Type &tensorOperand(const Op &op, size_t i) {
  const Value *value = operandOrNull(op, i);
  // *.tensor: the operand is there and is a tensor
  if (!value || !value->type.isTensor())
    fail(op, "tensor",
         fmt::format("{} is {}, expected a tensor", operandName(op, i),
                     value ? value->type.text() : "absent"));
  return value->type;
}

// ---- elements ----

bool isNumber(ElementType e) { return isInteger(e) || isFloat(e); }

void checkElement(const Op &op, size_t i, bool isAllowed, std::string_view expected) {
  if (!isAllowed)
    fail(op, "element",
         fmt::format("{} is {}, expected {}", operandName(op, i),
                     name(op.operand(i)->type.element()), expected));
}

void checkSameElement(const Op &op, size_t i, size_t as) {
  const ElementType is = tensorOperand(op, i).element(), expected = tensorOperand(op, as).element();
  if (is != expected)
    fail(op, "element",
         fmt::format("{} is {} but {} is {}", operandName(op, i), name(is), operandName(op, as),
                     name(expected)));
}

void checkIndices(const Op &op, size_t i) {
  const ElementType is = tensorOperand(op, i).element();
  // *.indices: i32 or i64
  if (is != ElementType::i32 && is != ElementType::i64)
    fail(op, "indices", fmt::format("{} is {}, expected i32 or i64", operandName(op, i), name(is)));
}

// ---- shapes ----

Shape broadcast(const Op &op, const Shape &a, const Shape &b) {
  Shape out(std::max(a.size(), b.size()));
  for (size_t i = 0; i < out.size(); ++i) { // from the last axis on
    const Dim x = i < a.size() ? a[a.size() - 1 - i] : Dim(1);
    const Dim y = i < b.size() ? b[b.size() - 1 - i] : Dim(1);
    // *.broadcast: extents are equal, or one is 1
    if (x != y && !x.isNumber(1) && !y.isNumber(1))
      fail(op, "broadcast",
           fmt::format("shapes {} and {} do not broadcast: {} is neither {} nor 1", text(a),
                       text(b), x.text(), y.text()));
    out[out.size() - 1 - i] = x.isNumber(1) ? y : x;
  }
  return out;
}

bool broadcastsInto(const Shape &from, const Shape &to) {
  return from.size() <= to.size() &&
         std::equal(from.rbegin(), from.rend(), to.rbegin(),
                    [](const Dim &f, const Dim &t) { return f == t || f.isNumber(1); });
}

void checkRank(const Op &op, size_t i, size_t lo, size_t hi) {
  const Type &type = tensorOperand(op, i);
  if (type.rank() < lo || type.rank() > hi)
    fail(op, "rank",
         fmt::format("{} is {} of rank {}, expected rank {}", operandName(op, i), type.text(),
                     type.rank(), ranks(lo, hi)));
}

void checkScalar(const Op &op, size_t i, ElementType element, std::string_view constraint) {
  const Type expected{element, {}};
  const Value *value = operandOrNull(op, i);
  if (!value || value->type != expected)
    fail(op, constraint,
         fmt::format("{} is {}, expected {}", operandName(op, i),
                     value ? value->type.text() : "absent", expected.text()));
}

size_t checkedAxis(const Op &op, int64_t axis, size_t rank) {
  const auto n = static_cast<int64_t>(rank);
  // *.axis: -rank <= axis < rank
  if (axis < -n || axis >= n)
    fail(op, "axis", fmt::format("axis {} is out of range for rank {}", axis, rank));
  return static_cast<size_t>(axis < 0 ? axis + n : axis);
}

void checkExtents(const Op &op, const Shape &shape) {
  for (size_t i = 0; i < shape.size(); ++i)
    // *.extent: not below zero for every value of the symbols
    if (shape[i].bounds().hi < 0)
      fail(op, "extent",
           fmt::format("axis {} of the result has extent {}, expected at least 0", i,
                       shape[i].text()));
}

Dim windowExtent(const Dim &in, const Dim &begin, const Dim &end, int64_t kernel, int64_t stride,
                 int64_t dilation) {
  return floorDiv(in + begin + end - Dim(dilation) * Dim(kernel - 1) - 1, stride) + 1;
}

// ---- attributes ----

void checkCount(const Op &op, std::string_view attribute, size_t entries, size_t count) {
  if (entries != count)
    fail(op, attribute, fmt::format("{} has {} entries, expected {}", attribute, entries, count));
}

void checkOneOf(const Op &op, AttrKey<std::string> key,
                std::initializer_list<std::string_view> allowed) {
  const std::string &value = op[key];
  if (std::ranges::find(allowed, value) == allowed.end())
    fail(op, key.name,
         fmt::format("{} is '{}', expected one of {}", key.name, value, fmt::join(allowed, ", ")));
}

void checkAtLeast(const Op &op, std::string_view attribute, int64_t value, int64_t least) {
  if (value < least)
    fail(op, attribute, fmt::format("{} is {}, expected at least {}", attribute, value, least));
}

// ---- blocks ----

std::vector<const Value *> yielded(const Op &op, const Block &block, std::string_view constraint) {
  // *.body, *.branches, *.epilogue: the block ends with a yield of present values
  if (block.isEmpty() || !block.back()->def.is(Trait::terminator))
    fail(op, constraint, "a block ends without a yield, expected one");
  const Op &end = *block.back();
  std::vector<const Value *> values;
  for (size_t i = 0; i < end.numOperands(); ++i) {
    values.push_back(end.operand(i));
    if (!values.back())
      fail(op, constraint, fmt::format("value {} of the yield is absent, expected a value", i));
  }
  return values;
}

Types withEpilogue(const Op &op, Type base, size_t firstExtra) {
  const size_t extras = op.numOperands() > firstExtra ? op.numOperands() - firstExtra : 0;
  // *.epilogue: extras only where a block takes them
  if (op.numBlocks() == 0) {
    if (extras)
      fail(op, "epilogue", fmt::format("has {} extra operands but no epilogue block", extras));
    return {std::move(base)};
  }
  const Block &block = op.block();
  // *.epilogue: one argument for the accumulator and one for each extra, all of rank 0
  if (block.numArguments() != extras + 1)
    fail(op, "epilogue",
         fmt::format("the epilogue has {} arguments, expected {}: the result and {} extras",
                     block.numArguments(), extras + 1, extras));
  for (size_t i = 0; i <= extras; ++i) {
    if (i > 0) {
      const Type &extra = tensorOperand(op, firstExtra + i - 1);
      // *.epilogue: extras broadcast into the result
      if (!broadcastsInto(extra.shape(), base.shape()))
        fail(op, "epilogue",
             fmt::format("{} has shape {}, which does not broadcast into the result's {}",
                         operandName(op, firstExtra + i - 1), text(extra.shape()),
                         text(base.shape())));
    }
    const ElementType element =
        i == 0 ? base.element() : tensorOperand(op, firstExtra + i - 1).element();
    const Type expected{element, {}};
    if (block.argument(i)->type != expected)
      fail(op, "epilogue",
           fmt::format("argument {} of the epilogue is {}, expected {}", i,
                       block.argument(i)->type.text(), expected.text()));
  }
  const std::vector<const Value *> values = yielded(op, block, "epilogue");
  // *.epilogue: one value of rank 0
  if (values.size() != 1 || !values[0]->type.isTensor() || values[0]->type.rank() != 0)
    fail(op, "epilogue",
         values.size() != 1
             ? fmt::format("the epilogue yields {} values, expected 1", values.size())
             : fmt::format("the epilogue yields {}, expected rank 0", values[0]->type.text()));
  return {base.withElement(values[0]->type.element())};
}

} // namespace burin::ir
