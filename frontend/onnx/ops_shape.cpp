// SPDX-License-Identifier: Apache-2.0
//
// Shapes and the movement of elements.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

Values identity(const NodeView &n) { return {n.in(0)}; }

Values constant(const NodeView &n) {
  ir::Module &module = n.to.module();
  const std::string name = n.node.outputs.empty() ? std::string{} : n.node.outputs[0];
  if (const Tensor *t = n.tensor("value"))
    return {addTensor(module, *t, name)};
  if (n.hasAttribute("value_float"))
    return {module.addScalar(ElementType::f32, n.real("value_float", 0), name)};
  if (n.hasAttribute("value_int")) {
    const int64_t x = n.integer("value_int", 0);
    return {module.addConstant({ElementType::i64, {}}, std::as_bytes(std::span(&x, 1)), name)};
  }
  if (n.hasAttribute("value_ints"))
    return {module.addInts(n.ints("value_ints", {}), name)};
  if (n.hasAttribute("value_floats")) {
    const std::vector<float> values = n.reals("value_floats");
    return {module.addConstant({ElementType::f32, {static_cast<int64_t>(values.size())}}, std::as_bytes(std::span(values)), name)};
  }
  if (n.hasAttribute("value_string"))
    return {module.addStrings({}, {n.text("value_string", "")}, name)};
  if (n.hasAttribute("value_strings")) {
    ir::Strings texts = n.texts("value_strings");
    const auto count = static_cast<int64_t>(texts.size());
    return {module.addStrings({count}, std::move(texts), name)};
  }
  n.unsupported("constant", "a Constant without a value that is supported");
}

Values flatten(const NodeView &n) {
  const auto rank = static_cast<int64_t>(n.rank(0));
  int64_t axis = n.integer("axis", 1);
  if (axis < -rank || axis > rank)
    n.fail("axis", fmt::format("axis {} is outside of [{}, {}]", axis, -rank, rank));
  axis = axis < 0 ? axis + rank : axis;
  const ir::Shape &s = n.type(0).shape();
  return {compose::reshape(n.to, n.in(0), {ir::product(Dims(s.begin(), s.begin() + axis)), ir::product(Dims(s.begin() + axis, s.end()))})};
}

/// A 0 copies the extent of the input, a -1 takes what is left.
Values reshapeTo(const NodeView &n, Dims wanted) {
  const ir::Shape &from = n.type(0).shape();
  const bool allowZero = n.integer("allowzero", 0) != 0;
  Dim known = 1;
  std::optional<size_t> open;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].isNumber(0) && !allowZero) {
      if (i >= from.size())
        n.fail("shape", fmt::format("extent {} is 0, and the input has rank {}", i, from.size()));
      wanted[i] = from[i];
    }
    if (wanted[i].isNumber(-1)) {
      if (open)
        n.fail("shape", "two extents are -1");
      open = i;
      continue;
    }
    known = known * wanted[i];
  }
  if (open)
    wanted[*open] = known.isNumber(0) ? Dim(0) : floorDiv(ir::product(from), known);
  return {compose::reshape(n.to, n.in(0), std::move(wanted))};
}

Values reshape5(const NodeView &n) { return reshapeTo(n, n.contents(1, "the shape")); }
Values reshape1(const NodeView &n) {
  const Ints shape = n.ints("shape", {});
  return reshapeTo(n, Dims(shape.begin(), shape.end()));
}

Values transpose(const NodeView &n) {
  Ints perm(n.rank(0));
  std::iota(perm.rbegin(), perm.rend(), 0);
  return {compose::transpose(n.to, n.in(0), n.ints("perm", perm))};
}

constexpr Lowering kShape[] = {
    {"Constant", 1, constant},
    {"Flatten", 1, flatten},
    {"Identity", 1, identity},
    {"Reshape", 1, reshape1},
    {"Reshape", 5, reshape5},
    {"Transpose", 1, transpose},
};

} // namespace

std::span<const Lowering> shapeLowerings() { return kShape; }

} // namespace burin::onnx
