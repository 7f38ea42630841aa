// SPDX-License-Identifier: Apache-2.0
//
// A function under construction, with a short way to make each op that shape arithmetic uses.
#pragma once

#include "ir/builder.h"
#include "ir/ops.h"

#include <gtest/gtest.h>

namespace burin::ir {

using enum ElementType;

class GraphBuilder {
public:
  Module module;
  Function &function = module.addFunction("main");
  Builder builder{module, function.body};
  Dim N = module.symbol("N", {1, 8}), M = module.symbol("M", {1, 6}),
      K = module.symbol("K", {0, 100});

  Value *argument(ElementType element, Shape shape) {
    return function.body.addArgument(Type{element, std::move(shape)});
  }
  Value *make(const OpDef &def, std::initializer_list<Value *> operands,
              std::vector<NamedAttr> attributes = {}) {
    return builder.make(def, operands, std::move(attributes));
  }
  Op &makeOp(const OpDef &def, std::initializer_list<Value *> operands,
             std::vector<NamedAttr> attributes = {},
             std::vector<std::unique_ptr<Block>> blocks = {}) {
    return builder.makeOp(def, operands, std::move(attributes), std::move(blocks));
  }

  Value *ints(const Ints &values) { return builder.ints(values); }
  Value *number(int64_t value) { return builder.scalar(i64, static_cast<double>(value)); }
  Value *bools(const std::vector<uint8_t> &values) {
    return module.addConstant(Type{boolean, {static_cast<int64_t>(values.size())}},
                              std::as_bytes(std::span(values)));
  }
  /// i64 of any shape.
  Value *table(Shape shape, const Ints &values) {
    return module.addConstant(Type{i64, std::move(shape)}, std::as_bytes(std::span(values)));
  }

  Value *shape(Value *x) { return make(ops::shape, {x}); }
  Value *shapeOf(Shape extents) { return shape(argument(f32, std::move(extents))); }
  Value *gather(Value *x, Value *indices, int64_t axis = 0) {
    return make(ops::gather, {x, indices}, {attr::axis(axis)});
  }
  Value *at(Value *x, int64_t i) { return gather(x, number(i)); }
  Value *slice(Value *x, Dim start, int64_t count, int64_t step = 1) {
    return make(ops::slice, {x},
                {attr::starts({start}), attr::steps({step}), attr::shape({count})});
  }
  Value *concat(std::initializer_list<Value *> xs, int64_t axis = 0) {
    return make(ops::concat, xs, {attr::axis(axis)});
  }
  Value *reshape(Value *x, Shape to) {
    return make(ops::reshape, {x}, {attr::shape(std::move(to))});
  }
  Value *vector(Value *scalar) { return reshape(scalar, {1}); }
  Value *scalar(Value *vector) { return reshape(vector, {}); }
  Value *cast(Value *x, ElementType to) {
    return make(ops::cast, {x}, {attr::to(to), attr::saturate(true)});
  }
  Value *broadcast(Value *x, Shape to) {
    return make(ops::broadcast, {x}, {attr::shape(std::move(to))});
  }
  Value *transpose(Value *x, Ints perm) {
    return make(ops::transpose, {x}, {attr::perm(std::move(perm))});
  }
  Value *iota(Shape extents, int64_t axis = 0, ElementType element = i64) {
    return make(ops::iota, {}, {attr::type(Type{element, std::move(extents)}), attr::axis(axis)});
  }
  Value *reduce(const OpDef &def, Value *x, Ints axes = {0}) {
    return make(def, {x}, {attr::axes(std::move(axes))});
  }
  Value *add(Value *a, Value *b) { return make(ops::add, {a, b}); }
  Value *sub(Value *a, Value *b) { return make(ops::sub, {a, b}); }
  Value *mul(Value *a, Value *b) { return make(ops::mul, {a, b}); }
  Value *div(Value *a, Value *b) { return make(ops::div, {a, b}); }
  Value *where(Value *c, Value *a, Value *b) { return make(ops::where, {c, a, b}); }

  static std::unique_ptr<Block> block() { return std::make_unique<Block>(); }
  static std::vector<std::unique_ptr<Block>> blocks(std::unique_ptr<Block> a,
                                                    std::unique_ptr<Block> b = nullptr) {
    std::vector<std::unique_ptr<Block>> all;
    all.push_back(std::move(a));
    if (b)
      all.push_back(std::move(b));
    return all;
  }
  void yield(Block &inner, std::initializer_list<Value *> values) {
    builder.inside(inner).yield(std::span<Value *const>(values.begin(), values.size()));
  }
};

/// "[2*N, 4]", or "unknown".
inline std::string contents(const Value *v) {
  return v->contents() ? text(*v->contents()) : "unknown";
}

/// The id of the constraint that making something breaks; "" for none.
template <class Make> std::string constraint(Make make) {
  try {
    make();
  } catch (const CompileError &e) {
    return e.diagnostic().code;
  }
  return {};
}

} // namespace burin::ir
