// SPDX-License-Identifier: Apache-2.0
//
// Order: sorting, order statistics, places in sorted rows, distinct elements, running extremes.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

// ---- sorting ----

struct Ranked {
  Value *values, *indices;
};

/// The first `count` of x along an axis in order, equal ones as they come.
Ranked ranked(const Call &n, Value *x, size_t axis, const Dim &count, bool largest) {
  const bool isBool = x->type.element() == ElementType::boolean;
  if (x->type.rank() == 0)
    return {x, n.to.scalar(ElementType::i64, 0)};
  const ir::Op &op = n.to.makeOp(ops::topk, {isBool ? compose::cast(n.to, x, ElementType::u8) : x},
                                 {attr::count(Dims{count}), attr::axis(static_cast<int64_t>(axis)),
                                  attr::largest(largest), attr::sorted(true)});
  return {isBool ? compose::cast(n.to, op.result(0), ElementType::boolean) : op.result(0),
          op.result(1)};
}
Dim extentOf(Value *x, size_t axis) { return x->type.rank() == 0 ? Dim(1) : x->type.dim(axis); }
size_t axisOf(const Call &n, Value *x, std::string_view name = "dim") {
  return static_cast<size_t>(n.axis(name, std::max<size_t>(x->type.rank(), 1)));
}

Host topk(const Call &n) {
  Value *x = n.value("self");
  const Ranked r = ranked(n, x, axisOf(n, x), n.dim("k"), n.flag("largest"));
  return n.tuple({r.values, r.indices});
}
Ranked sortedAll(const Call &n, size_t axis, bool descending) {
  Value *x = n.value("self");
  return ranked(n, x, axis, extentOf(x, axis), descending);
}
Host sort(const Call &n) {
  const Ranked r = sortedAll(n, axisOf(n, n.value("self")), n.flag("descending"));
  return n.tuple({r.values, r.indices});
}
Host argsort(const Call &n) {
  return n.tensor(sortedAll(n, axisOf(n, n.value("self")), n.flag("descending")).indices);
}
Host msort(const Call &n) { return n.tensor(sortedAll(n, 0, false).values); }

// ---- order statistics ----

/// Element number k of the sorted elements along an axis, and where it was.
Ranked statistic(const Call &n, Value *x, size_t axis, const Dim &k, bool keeps) {
  if (x->type.rank() == 0)
    return {x, n.to.scalar(ElementType::i64, 0)};
  Ranked r = ranked(n, x, axis, k + 1, false);
  for (Value **v : {&r.values, &r.indices}) {
    *v = compose::sliceAxis(n.to, *v, axis, k, 1);
    if (!keeps)
      *v = compose::squeeze(n.to, *v, {static_cast<int64_t>(axis)});
  }
  return r;
}

Value *flat(const Call &n, Value *x) { return compose::reshape(n.to, x, {x->type.count()}); }

/// NaN wherever one is along the axis: torch sorts them last, and lets them win.
Value *orNan(const Call &n, Value *y, Value *x, size_t axis, bool keeps) {
  if (!ir::isFloat(x->type.element()) || x->type.rank() == 0)
    return y;
  Value *isNan = compose::cast(n.to, n.to.make(ops::is_nan, {x}), ElementType::u8);
  Ints axes = {static_cast<int64_t>(axis)};
  isNan = compose::reduceKeep(n.to, ops::reduce_max, isNan, axes);
  if (!keeps)
    isNan = compose::squeeze(n.to, isNan, axes);
  return compose::Arith{n.to}.where(compose::cast(n.to, isNan, ElementType::boolean), NAN, y);
}

Host median(const Call &n) {
  Value *x = flat(n, n.value("self"));
  const Dim k = floorDiv(x->type.dim(0) - 1, 2);
  return n.tensor(orNan(n, statistic(n, x, 0, k, false).values, x, 0, false));
}
Host medianAlong(const Call &n) {
  Value *x = n.value("self");
  const size_t axis = axisOf(n, x);
  const bool keeps = n.flag("keepdim");
  const Ranked r = statistic(n, x, axis, floorDiv(extentOf(x, axis) - 1, 2), keeps);
  return n.tuple({orNan(n, r.values, x, axis, keeps), r.indices});
}
Host kthValue(const Call &n) {
  Value *x = n.value("self");
  const Ranked r = statistic(n, x, axisOf(n, x), n.dim("k") - 1, n.flag("keepdim"));
  return n.tuple({r.values, r.indices});
}

/// Between the two elements around share q of the way through the sorted ones.
Host quantile(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.floating("self");
  const bool isFlat = !n.has("dim"), keeps = n.flag("keepdim");
  const size_t rank = x->type.rank();
  if (isFlat)
    x = flat(n, x);
  const size_t axis = isFlat ? 0 : axisOf(n, x);
  const Dim extent = extentOf(x, axis);
  const double q = n.real("q");
  const std::string &how = n.text("interpolation");
  if (!extent.isNumber())
    n.unsupported("symbolic", "a quantile along an open extent", "fix the symbol with --dim");
  if (q < 0 || q > 1)
    n.fail("argument", fmt::format("q is {}, expected 0 to 1", q));
  double at = q * static_cast<double>(extent.number() - 1);
  if (how == "lower")
    at = std::floor(at);
  else if (how == "higher")
    at = std::ceil(at);
  else if (how == "nearest")
    at = std::nearbyint(at);
  else if (how == "midpoint")
    at = at == std::floor(at) ? at : std::floor(at) + 0.5;
  else if (how != "linear")
    n.fail("argument", fmt::format("the interpolation is '{}'", how));
  const double below = std::floor(at);
  const auto element = [&](double i) {
    return statistic(n, x, axis, Dim(static_cast<int64_t>(i)), true).values;
  };
  Value *y = element(below);
  if (at != below)
    y = is.add(y, is.mul(is.sub(element(below + 1), y), at - below));
  y = orNan(n, y, x, axis, true);
  if (isFlat)
    return n.tensor(compose::reshape(n.to, y, keeps ? Dims(rank, Dim(1)) : Dims{}));
  return n.tensor(keeps ? y : compose::squeeze(n.to, y, {static_cast<int64_t>(axis)}));
}

// ---- places in sorted rows ----

/// How many of the sorted boundaries [..., k] lie before each of the values [..., m] (`right`: or
/// are equal to it).
Value *placesIn(const Call &n, Value *boundaries, Value *values, bool right) {
  const compose::Arith is{n.to};
  const ElementType e = promoteTypes(boundaries->type.element(), values->type.element());
  const auto rank = static_cast<int64_t>(boundaries->type.rank());
  Value *wide = compose::cast(n.to, boundaries, e);
  if (rank > 1)
    wide = compose::unsqueeze(n.to, wide, {rank - 1}); // [..., 1, k]
  Value *x = compose::unsqueeze(n.to, compose::cast(n.to, values, e),
                                {static_cast<int64_t>(values->type.rank())});
  // In this form NaN lies behind all of them.
  Value *before = is.no(right ? is.less(x, wide) : is.lessEqual(x, wide));
  return n.to.make(ops::reduce_sum, {compose::cast(n.to, before, ElementType::i64)},
                   {attr::axes(Ints{static_cast<int64_t>(before->type.rank()) - 1})});
}
Host places(const Call &n, std::string_view boundaries, std::string_view values) {
  Value *rows = n.value(boundaries);
  const Host &given = n[values];
  Value *x = given.holds<TensorRef>() ? n.value(values) : n.as(values, rows->type.element());
  bool right = n.flag("right");
  if (n.takes("side") && n.has("side"))
    right = n.text("side") == "right";
  if (n.takes("sorter") && n.has("sorter"))
    rows = n.to.make(ops::gather_elements, {rows, n.value("sorter")},
                     {attr::axis(static_cast<int64_t>(rows->type.rank()) - 1)});
  if (!given.holds<TensorRef>() && !ir::isFloat(rows->type.element()) && given.holds<double>())
    x = n.as(values, ElementType::f32);
  if (rows->type.rank() == 0)
    n.fail("rank", "the boundaries have no axis");
  Value *y = placesIn(n, rows, x, right);
  return n.tensor(n.flag("out_int32") ? compose::cast(n.to, y, ElementType::i32) : y);
}
Host bucketize(const Call &n) { return places(n, "boundaries", "self"); }
Host searchSorted(const Call &n) { return places(n, "sorted_sequence", "self"); }

/// Whether each element is one of the others.
Host isIn(const Call &n) {
  const compose::Arith is{n.to};
  const auto tensor = [&](std::string_view name, std::string_view other) {
    return n[name].holds<TensorRef>() ? n.value(name) : n.as(name, n.value(other)->type.element());
  };
  const std::string_view a = n.takes("elements") ? "elements" : "element";
  const std::string_view b = n.takes("test_elements") ? "test_elements" : "test_element";
  Value *x = tensor(a, b), *among = tensor(b, a);
  const ElementType e = promoteTypes(x->type.element(), among->type.element());
  Value *wide =
      compose::unsqueeze(n.to, compose::cast(n.to, x, e), {static_cast<int64_t>(x->type.rank())});
  Value *same = is.equal(wide, flat(n, compose::cast(n.to, among, e)));
  Value *found = n.to.make(ops::reduce_max, {compose::cast(n.to, same, ElementType::u8)},
                           {attr::axes(Ints{static_cast<int64_t>(x->type.rank())})});
  found = compose::cast(n.to, found, ElementType::boolean);
  return n.tensor(n.flag("invert") ? is.no(found) : found);
}

// ---- distinct elements ----

/// What is not asked for is an empty tensor.
Value *nothing(const Call &n) { return compose::full(n.to, ElementType::i64, 0, {0}); }

Host unique(const Call &n) {
  Value *x = n.value("self");
  const ir::Op &op =
      n.to.makeOp(ops::unique, {flat(n, x)},
                  {attr::sorted(true), attr::dims(Dims{n.newExtent("distinct", x->type.count())})});
  const bool inverse = n.flag("return_inverse"), counts = n.flag("return_counts");
  return n.tuple({op.result(0),
                  inverse ? compose::reshape(n.to, op.result(2), x->type.shape()) : nothing(n),
                  counts ? op.result(3) : nothing(n)});
}

/// Of elements that follow each other.
Host uniqueRuns(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  if (n.has("dim") && !(x->type.rank() == 1 && n.axis("dim", 1) == 0))
    n.unsupported("argument", "unique_consecutive along an axis", "flatten the tensor");
  const Dims shape = x->type.shape();
  x = flat(n, x);
  const Dim count = x->type.dim(0);
  if (count.bounds().lo < 1)
    n.unsupported("symbolic", "unique_consecutive of what may be empty", "give --dim a bound");
  Value *changes = is.no(is.equal(compose::sliceAxis(n.to, x, 0, 1, count - 1),
                                  compose::sliceAxis(n.to, x, 0, 0, count - 1)));
  Value *starts =
      compose::concat(n.to, {compose::full(n.to, ElementType::boolean, 1, {1}), changes}, 0);
  const Dim runs = n.newExtent("runs", count);
  const auto chosen = [&](Value *v) {
    return n.to.make(ops::compress, {v, starts}, {attr::axis(0), attr::dims(Dims{runs})});
  };
  Value *inverse = nothing(n), *counts = nothing(n);
  if (n.flag("return_inverse"))
    inverse = compose::reshape(
        n.to,
        is.sub(n.to.make(ops::cumsum, {compose::cast(n.to, starts, ElementType::i64)},
                         {attr::axis(0), attr::exclusive(false), attr::reverse(false)}),
               1.0),
        shape);
  if (n.flag("return_counts")) {
    Value *from = chosen(compose::iota(n.to, ElementType::i64, {count}));
    Value *end = compose::reshape(n.to, n.in.scalarOf(Host(count)), {1});
    Value *next = compose::concat(n.to, {compose::sliceAxis(n.to, from, 0, 1, runs - 1), end}, 0);
    counts = is.sub(next, from);
  }
  return n.tuple({chosen(x), inverse, counts});
}

// ---- running extremes and sums of exponentials ----

/// y[i] of all x[j], j <= i, by doubling: `joined(earlier, later)` of tensors that are alike.
template <class Join>
void scan(const Call &n, std::vector<Value *> &all, size_t axis, const Join &joined) {
  const Dim extent = all[0]->type.dim(axis);
  if (!extent.isNumber())
    n.unsupported("symbolic", fmt::format("{} along an open extent", n.schema.name),
                  "fix the symbol with --dim");
  for (int64_t by = 1; by < extent.number(); by *= 2) {
    std::vector<Value *> earlier, later;
    for (Value *v : all) {
      earlier.push_back(compose::sliceAxis(n.to, v, axis, 0, extent - by));
      later.push_back(compose::sliceAxis(n.to, v, axis, by, extent - by));
    }
    const std::vector<Value *> made = joined(earlier, later);
    for (size_t i = 0; i < all.size(); ++i)
      all[i] = compose::concat(n.to, {compose::sliceAxis(n.to, all[i], axis, 0, Dim(by)), made[i]},
                               axis);
  }
}

template <bool greatest> Host runningExtreme(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  if (x->type.rank() == 0)
    return n.tuple({x, n.to.scalar(ElementType::i64, 0)});
  const size_t axis = axisOf(n, x);
  std::vector<Value *> all = {x, compose::iota(n.to, ElementType::i64, x->type.shape(), axis)};
  scan(n, all, axis, [&](const std::vector<Value *> &a, const std::vector<Value *> &b) {
    // The later one of equal ones; NaN stays.
    Value *isLater = greatest ? is.lessEqual(a[0], b[0]) : is.lessEqual(b[0], a[0]);
    if (ir::isFloat(x->type.element()))
      isLater =
          is.both(is.either(isLater, n.to.make(ops::is_nan, {b[0]})),
                  is.either(is.no(n.to.make(ops::is_nan, {a[0]})), n.to.make(ops::is_nan, {b[0]})));
    return std::vector<Value *>{is.where(isLater, b[0], a[0]), is.where(isLater, b[1], a[1])};
  });
  return n.tuple(all);
}

Host logCumSumExp(const Call &n) {
  const compose::Arith is{n.to};
  std::vector<Value *> all = {n.floating("self")};
  if (all[0]->type.rank() == 0)
    return n.tensor(all[0]);
  scan(n, all, axisOf(n, all[0]),
       [&](const std::vector<Value *> &a, const std::vector<Value *> &b) {
         Value *tail = is(ops::exp, is(ops::neg, is(ops::abs, is.sub(a[0], b[0]))));
         Value *sum = is.add(is.max(a[0], b[0]), is(ops::log, is.add(tail, 1.0)));
         return std::vector<Value *>{
             is.where(is.equal(a[0], b[0]), is.add(a[0], std::log(2.0)), sum)};
       });
  return n.tensor(all[0]);
}

constexpr Lowering kOrder[] = {
    {"aten::topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor "
     "values, Tensor indices)",
     topk},
    {"aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor "
     "indices)",
     sort},
    {"aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> "
     "(Tensor values, Tensor indices)",
     sort},
    {"aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor", argsort},
    {"aten::argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> "
     "Tensor",
     argsort},
    {"aten::msort(Tensor self) -> Tensor", msort},
    {"aten::median(Tensor self) -> Tensor", median},
    {"aten::median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor "
     "indices)",
     medianAlong},
    {"aten::kthvalue(Tensor self, int k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor "
     "indices)",
     kthValue},
    {"aten::quantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str "
     "interpolation=\"linear\") -> Tensor",
     nullptr},
    {"aten::quantile.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *, str "
     "interpolation=\"linear\") -> Tensor",
     quantile},
    {"aten::bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool "
     "right=False) -> Tensor",
     bucketize},
    {"aten::bucketize.Scalar(Scalar self, Tensor boundaries, *, bool out_int32=False, bool "
     "right=False) -> Tensor",
     bucketize},
    {"aten::searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False, bool "
     "right=False, str? side=None, Tensor? sorter=None) -> Tensor",
     searchSorted},
    {"aten::searchsorted.Scalar(Tensor sorted_sequence, Scalar self, *, bool out_int32=False, bool "
     "right=False, str? side=None, Tensor? sorter=None) -> Tensor",
     searchSorted},
    {"aten::isin.Tensor_Tensor(Tensor elements, Tensor test_elements, *, bool assume_unique=False, "
     "bool invert=False) -> Tensor",
     isIn},
    {"aten::isin.Tensor_Scalar(Tensor elements, Scalar test_element, *, bool assume_unique=False, "
     "bool invert=False) -> Tensor",
     isIn},
    {"aten::isin.Scalar_Tensor(Scalar element, Tensor test_elements, *, bool assume_unique=False, "
     "bool invert=False) -> Tensor",
     isIn},
    {"aten::_unique2(Tensor self, bool sorted=True, bool return_inverse=False, bool "
     "return_counts=False) -> (Tensor, Tensor, Tensor)",
     unique},
    {"aten::unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, "
     "int? dim=None) -> (Tensor, Tensor, Tensor)",
     uniqueRuns},
    {"aten::cummax(Tensor self, int dim) -> (Tensor values, Tensor indices)", runningExtreme<true>},
    {"aten::cummin(Tensor self, int dim) -> (Tensor values, Tensor indices)",
     runningExtreme<false>},
    {"aten::logcumsumexp(Tensor self, int dim) -> Tensor", logCumSumExp},
};

} // namespace

std::span<const Lowering> orderLowerings() { return kOrder; }

} // namespace burin::torchscript
