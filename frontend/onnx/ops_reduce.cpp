// SPDX-License-Identifier: Apache-2.0
//
// Reductions, and what is made of them.
#include "frontend/common/compose.h"
#include "frontend/onnx/lowering.h"

#include <numeric>

namespace burin::onnx {
namespace {

/// Lowers with the axes to reduce: an attribute, or an input from the given version on; none means
/// all, or, with noop_with_empty_axes, nothing. Where only the run knows them, those that give the
/// declared shape are candidates.
Value *withAxes(const NodeView &n, int64_t inputSince,
                const std::function<Value *(const std::optional<Ints> &)> &lower) {
  const size_t rank = n.rank(0);
  Ints axes;
  if (n.opset < inputSince) {
    axes = n.ints("axes", {});
  } else if (n.has(1) && n.knows(1)) {
    axes = n.knownInts(1, "the axes");
  } else if (n.has(1)) {
    const Dims shape = n.declaredFor(1, "the axes");
    const compose::Arith is{n.to};
    Value *given = is.mod(n.vector(1), static_cast<double>(rank));
    if (!given->type.dim(0).isNumber())
      n.unsupported("runtime-shape", "the number of axes is known while running only");
    const auto count = given->type.dim(0).number();
    if (count > 1) // the order does not matter
      given = n.to.makeOp(ops::topk, {given},
                          {attr::count({Dim(count)}), attr::axis(0), attr::largest(false),
                           attr::sorted(true)})
                  .result(0);
    std::vector<Ints> candidates;
    for (uint64_t set = 0; rank <= 16 && set < uint64_t{1} << rank; ++set) {
      Ints some;
      Dims left;
      for (size_t i = 0; i < rank; ++i)
        if (set >> i & 1) {
          some.push_back(static_cast<int64_t>(i));
          if (n.integer("keepdims", 1))
            left.emplace_back(1);
        } else {
          left.push_back(n.type(0).dim(i));
        }
      if (static_cast<int64_t>(some.size()) == count && left == shape)
        candidates.push_back(some);
    }
    return n.choose(given, candidates, "the vector of axes", lower);
  }
  if (!axes.empty())
    return lower(n.axes(axes, rank));
  if (n.integer("noop_with_empty_axes", 0))
    return lower(std::nullopt);
  axes.resize(rank);
  std::iota(axes.begin(), axes.end(), 0);
  return lower(axes);
}

using Map = Value *(*)(const NodeView &, Value *);
Value *same(const NodeView &, Value *x) { return x; }
Value *square(const NodeView &n, Value *x) { return n.to.make(ops::mul, {x, x}); }
Value *absolute(const NodeView &n, Value *x) { return n.to.make(ops::abs, {x}); }
/// A function of floats; integers are taken as f64.
Value *ofFloat(const NodeView &n, const ir::OpDef &function, Value *x) {
  const ElementType e = x->type.element();
  if (ir::isFloat(e))
    return n.to.make(function, {x});
  return compose::cast(n.to, n.to.make(function, {compose::cast(n.to, x, ElementType::f64)}), e);
}
Value *root(const NodeView &n, Value *x) { return ofFloat(n, ops::sqrt, x); }
Value *logarithm(const NodeView &n, Value *x) { return ofFloat(n, ops::log, x); }

template <const ir::OpDef &def, int Since, Map before = same, Map after = same>
Values reduce(const NodeView &n) {
  Value *x = before(n, n.in(0));
  return {withAxes(n, Since, [&](const std::optional<Ints> &axes) {
    if (!axes)
      return after(n, x);
    Value *y = n.to.make(def, {x}, {attr::axes(*axes)});
    if (n.integer("keepdims", 1))
      y = compose::keepAxes(n.to, y, n.type(0).shape(), *axes);
    return after(n, y);
  })};
}

/// log(sum(e^(x - max))) + max, where the max is finite.
Values logSumExp(const NodeView &n) {
  return {withAxes(n, 18, [&](const std::optional<Ints> &axes) {
    if (!axes)
      return n.in(0);
    const ElementType e = n.element(0);
    const compose::Arith is{n.to};
    Value *x = compose::cast(n.to, n.in(0), ir::isFloat(e) ? e : ElementType::f64);
    const ir::Shape &shape = n.type(0).shape();
    Value *top = compose::reduceKeep(n.to, ops::reduce_max, x, *axes);
    Value *infinite =
        n.to.make(ops::is_inf, {top}, {attr::detectNegative(true), attr::detectPositive(true)});
    Value *shift = is.where(infinite, 0.0, top);
    Value *sum = n.to.make(ops::reduce_sum, {is(ops::exp, is.sub(x, shift))}, {attr::axes(*axes)});
    Value *y =
        compose::cast(n.to, is.add(is(ops::log, sum), compose::squeeze(n.to, shift, *axes)), e);
    return n.integer("keepdims", 1) ? compose::keepAxes(n.to, y, shape, *axes) : y;
  })};
}

template <const ir::OpDef &def> Values arg(const NodeView &n) {
  const int64_t axis = n.axis(n.integer("axis", 0), n.rank(0));
  Value *y = n.to.make(
      def, {n.in(0)}, {attr::axis(axis), attr::selectLast(n.integer("select_last_index", 0) != 0)});
  return {n.integer("keepdims", 1) ? compose::keepAxes(n.to, y, n.type(0).shape(), {axis}) : y};
}

/// 1 for the first largest along the axis, else 0.
Values hardmaxAt(const NodeView &n, Value *x, int64_t axis) {
  Value *top = compose::keepAxes(
      n.to, n.to.make(ops::argmax, {x}, {attr::axis(axis), attr::selectLast(false)}),
      x->type.shape(), {axis});
  Value *index = n.to.make(
      ops::iota, {}, {attr::type(ir::Type{ElementType::i64, x->type.shape()}), attr::axis(axis)});
  return {compose::cast(n.to, n.to.make(ops::equal, {index, top}), x->type.element())};
}
Values hardmax13(const NodeView &n) {
  return hardmaxAt(n, n.in(0), n.axis(n.integer("axis", -1), n.rank(0)));
}
Values hardmax1(const NodeView &n) {
  const auto axis = n.axis(n.integer("axis", 1), n.rank(0));
  const ir::Shape &s = n.type(0).shape();
  Value *flat = compose::reshape(n.to, n.in(0),
                                 {ir::product(Dims(s.begin(), s.begin() + axis)),
                                  ir::product(Dims(s.begin() + axis, s.end()))});
  return {compose::reshape(n.to, hardmaxAt(n, flat, 1)[0], s)};
}

Values cumulative(const NodeView &n, const ir::OpDef &def) {
  const auto along = [&](int64_t axis) {
    return n.to.make(def, {n.in(0)},
                     {attr::axis(n.axis(axis, n.rank(0))),
                      attr::exclusive(n.integer("exclusive", 0) != 0),
                      attr::reverse(n.integer("reverse", 0) != 0)});
  };
  if (n.knows(1))
    return {along(n.knownInts(1, "the axis").at(0))};
  std::vector<Ints> candidates;
  for (size_t i = 0; i < n.rank(0); ++i)
    candidates.push_back({static_cast<int64_t>(i)});
  return {n.choose(compose::Arith{n.to}.mod(n.vector(1), static_cast<double>(n.rank(0))),
                   candidates, "the axis", [&](const Ints &axis) { return along(axis[0]); })};
}
Values cumSum(const NodeView &n) { return cumulative(n, ops::cumsum); }
Values cumProd(const NodeView &n) { return cumulative(n, ops::cumprod); }

// clang-format off
constexpr Lowering kReduce[] = {
    {"ArgMax", 1, arg<ops::argmax>}, {"ArgMin", 1, arg<ops::argmin>}, {"CumProd", 26, cumProd}, {"CumSum", 11, cumSum},
    {"Hardmax", 1, hardmax1}, {"Hardmax", 13, hardmax13},
    {"ReduceL1", 1, reduce<ops::reduce_sum, 18, absolute>}, {"ReduceL2", 1, reduce<ops::reduce_sum, 18, square, root>},
    {"ReduceLogSum", 1, reduce<ops::reduce_sum, 18, same, logarithm>}, {"ReduceLogSumExp", 1, logSumExp},
    {"ReduceMax", 1, reduce<ops::reduce_max, 18>}, {"ReduceMean", 1, reduce<ops::reduce_mean, 18>},
    {"ReduceMin", 1, reduce<ops::reduce_min, 18>}, {"ReduceProd", 1, reduce<ops::reduce_prod, 18>},
    {"ReduceSum", 1, reduce<ops::reduce_sum, 13>}, {"ReduceSumSquare", 1, reduce<ops::reduce_sum, 18, square>},
};
// clang-format on

} // namespace

std::span<const Lowering> reduceLowerings() { return kReduce; }

} // namespace burin::onnx
