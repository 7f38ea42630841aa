// SPDX-License-Identifier: Apache-2.0
//
// Casts between all element types but strings and complex numbers, by the function that generated
// code calls.
#include "codegen/kernels/evaluate.h"
#include "codegen/kernels/evaluate_parts.h"
#include "ir/ops.h"

#include "burin/rt/cast.h"

#include <algorithm>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;

/// visitNative() and bool.
template <class F> void visitWide(ElementType e, F f) {
  if (e == ElementType::boolean)
    return f(bool{});
  visitNative(e, f);
}

template <class From> void castFrom(Evaluation &e, const ir::Tensor &in) {
  const ElementType to = e.out().type.element();
  const auto castTo = [&](auto zero) {
    using To = decltype(zero);
    std::ranges::transform(
        in.as<From>(), elements<To>(e.out()),
        [saturate = e.op[attr::saturate]](From x) { return rt::cast<To>(x, saturate); });
  };
  isSmall(to) ? visitSmall(to, castTo) : visitWide(to, castTo);
}

/// A small type is read exactly, and so rounded once.
void runCast(Evaluation &e) {
  const ElementType from = e.in(0).type.element();
  const ir::Tensor held = isSmall(from) ? converted(e.in(0), widened(from)) : ir::Tensor{};
  const ir::Tensor &in = isSmall(from) ? held : e.in(0);
  visitWide(widened(from), [&](auto zero) { castFrom<decltype(zero)>(e, in); });
}

bool isNumber(ElementType e) {
  return e != ElementType::string && e != ElementType::c64 && e != ElementType::c128;
}
bool supportsCast(const Op &op) {
  return isNumber(op.operand(0)->type.element()) && isNumber(op.result()->type.element());
}

constexpr EvaluateDef kCast[] = {{&ops::cast, runCast, supportsCast}};

} // namespace

std::span<const EvaluateDef> castEvaluations() { return kCast; }

} // namespace burin::kernels
