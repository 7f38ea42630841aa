// SPDX-License-Identifier: Apache-2.0
//
// Constants, inputs, calls, variables, and what only passes a value on.
#include "frontend/common/compose.h"
#include "frontend/savedmodel/importer.h"

#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

Items constant(const NodeView &n) {
  return {addTensor(n.to.module(), n.tensor("value"), std::string(n.node.name))};
}

Items placeholder(const NodeView &n) {
  n.unsupported("input", "the output needs this placeholder, which is no input of the signature",
                "choose another signature, or give the model one with --input");
}

Items identity(const NodeView &n) { return {n.item(0)}; }

Items identities(const NodeView &n) {
  Items all;
  for (size_t i = 0; i < n.numInputs(); ++i)
    all.push_back(n.item(i));
  return all;
}

/// What orders others, checks, or prints: nothing is left of it.
Items nothing(const NodeView &) { return {}; }

/// Where an extent is open, the run checks that it is the one that the model expects.
Items ensureShape(const NodeView &n) {
  const PartialShape expected = n.partialShape("shape");
  if (!expected)
    return {n.in(0)};
  if (expected->size() != n.rank(0))
    n.fail("shape", fmt::format("the shape is {}, expected rank {}", ir::text(n.shape(0)),
                                expected->size()));
  for (size_t i = 0; i < expected->size(); ++i) {
    const Dim &has = n.shape(0)[i];
    const int64_t want = (*expected)[i];
    if (want < 0 || has.isNumber(want))
      continue;
    if (has.isNumber())
      n.fail("shape", fmt::format("axis {} has the extent {}, expected {}", i, has.number(), want));
    n.to.makeOp(ops::bind, {n.to.extents({has})}, {attr::dims({Dim(want)})});
  }
  return {n.in(0)};
}

Items call(const NodeView &n) {
  Items arguments;
  for (size_t i = 0; i < n.numInputs(); ++i)
    arguments.push_back(n.item(i));
  return n.importer().call(n.function("f"), n.to, arguments, n.node.location());
}

// ---- variables ----

template <bool isReference> Items variable(const NodeView &n) {
  return {n.importer().variable({std::string(n.node.name), n.elementType("dtype", DataType::f32),
                                 n.partialShape("shape"), isReference})};
}

const Variable &handle(const NodeView &n, size_t i) {
  const Item &x = n.item(i);
  if (!x.variable)
    n.fail("input", fmt::format("input {} is no variable", i));
  return *x.variable;
}

Items readVariable(const NodeView &n) { return {n.importer().read(handle(n, 0))}; }

/// The new value of what input 0 is now and input 1.
using Update = Value *(*)(const NodeView &, Value *now, Value *given);
Value *replaced(const NodeView &, Value *, Value *given) { return given; }
Value *increased(const NodeView &n, Value *now, Value *given) {
  return n.to.make(ops::add, {now, given});
}
Value *decreased(const NodeView &n, Value *now, Value *given) {
  return n.to.make(ops::sub, {now, given});
}

template <Update update> Items assign(const NodeView &n) {
  const Variable &v = handle(n, 0);
  Value *now = update == Update(replaced) ? nullptr : n.importer().read(v);
  n.importer().assign(v, update(n, now, n.in(1)));
  return {n.item(0)}; // of a reference: the variable
}

Items yes(const NodeView &n) { return {n.to.scalar(ElementType::boolean, 1)}; }

Items resourceGather(const NodeView &n) {
  const int64_t batchDims = n.integer("batch_dims", 0);
  if (batchDims != 0)
    n.unsupported("gather", "batch_dims of a variable");
  Value *index = n.in(1);
  if (index->type.element() != ElementType::i32)
    index = compose::cast(n.to, index, ElementType::i64);
  return {compose::take(n.to, n.importer().read(handle(n, 0)), index, 0)};
}

constexpr Lowering kState[] = {
    {"Assert", nothing},
    {"Assign", assign<replaced>},
    {"AssignAdd", assign<increased>},
    {"AssignAddVariableOp", assign<increased>},
    {"AssignSub", assign<decreased>},
    {"AssignSubVariableOp", assign<decreased>},
    {"AssignVariableOp", assign<replaced>},
    {"CheckNumerics", identity},
    {"CheckNumericsV2", identity},
    {"Const", constant},
    {"EnsureShape", ensureShape},
    {"Identity", identity},
    {"IdentityN", identities},
    {"IsVariableInitialized", yes},
    {"NoOp", nothing},
    {"PartitionedCall", call},
    {"Placeholder", placeholder},
    {"PlaceholderV2", placeholder},
    {"PlaceholderWithDefault", identity},
    {"PreventGradient", identity},
    {"Print", identity},
    {"PrintV2", nothing},
    {"ReadVariableOp", readVariable},
    {"ResourceGather", resourceGather},
    {"Snapshot", identity},
    {"StatefulPartitionedCall", call},
    {"StopGradient", identity},
    {"VarHandleOp", variable<false>},
    {"VarIsInitializedOp", yes},
    {"Variable", variable<true>},
    {"VariableV2", variable<true>},
};

} // namespace

std::span<const Lowering> stateLowerings() { return kState; }

} // namespace burin::savedmodel
