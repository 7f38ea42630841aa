// SPDX-License-Identifier: Apache-2.0
//
// Reductions, order statistics, running sums.
#include "frontend/torchscript/lowering.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

bool keeps(const Call &n) { return n.takes("keepdim") && n.flag("keepdim"); }

/// The axes of an argument `dim`: a number, a list, or all of them.
Ints axesOf(const Call &n, size_t rank) {
  if (!n.takes("dim") || !n.has("dim"))
    return n.schema.arguments.empty() ? Ints{} : [&] {
      Ints all;
      for (size_t i = 0; i < rank; ++i)
        all.push_back(static_cast<int64_t>(i));
      return all;
    }();
  if (!n["dim"].holds<CellRef>())
    return {n.axis("dim", std::max<size_t>(rank, 1))};
  return n.axes("dim", rank);
}

/// Along the axes of the call; they stay with extent 1 if it says so.
Value *reduced(const Call &n, const ir::OpDef &def, Value *x) {
  const Ints axes = axesOf(n, x->type.rank());
  if (x->type.rank() == 0)
    return x;
  return keeps(n) ? compose::reduceKeep(n.to, def, x, axes)
                  : n.to.make(def, {x}, {attr::axes(axes)});
}

/// Integers and bools are summed as i64.
Value *summand(const Call &n) {
  Value *x = n.value("self");
  if (const auto e = n.elementType())
    return compose::cast(n.to, x, *e);
  return ir::isFloat(x->type.element()) ? x : compose::cast(n.to, x, ElementType::i64);
}
Host sum(const Call &n) { return n.tensor(reduced(n, ops::reduce_sum, summand(n))); }
Host prod(const Call &n) { return n.tensor(reduced(n, ops::reduce_prod, summand(n))); }
Host mean(const Call &n) {
  Value *x = n.value("self");
  if (const auto e = n.elementType())
    x = compose::cast(n.to, x, *e);
  return n.tensor(reduced(n, ops::reduce_mean, x));
}

/// A bool has no order in the kernels: by way of u8.
Value *ordered(const Call &n, const ir::OpDef &def) {
  Value *x = n.value("self");
  if (x->type.element() != ElementType::boolean)
    return reduced(n, def, x);
  return compose::cast(n.to, reduced(n, def, compose::cast(n.to, x, ElementType::u8)),
                       ElementType::boolean);
}
template <const ir::OpDef &def> Host extreme(const Call &n) { return n.tensor(ordered(n, def)); }

Value *extremeIndex(const Call &n, const ir::OpDef &def, Value *x) {
  if (x->type.element() == ElementType::boolean)
    x = compose::cast(n.to, x, ElementType::u8);
  if (x->type.rank() == 0)
    return n.to.scalar(ElementType::i64, 0);
  const bool flat = !n.has("dim");
  if (flat)
    x = compose::reshape(n.to, x, {x->type.count()});
  const int64_t axis = flat ? 0 : n.axis("dim", x->type.rank());
  Value *y = n.to.make(def, {x}, {attr::axis(axis), attr::selectLast(false)});
  if (y->type.rank() == x->type.rank())
    y = compose::squeeze(n.to, y, {axis});
  if (!keeps(n))
    return y;
  Dims shape = n.value("self")->type.shape();
  for (size_t i = 0; i < shape.size(); ++i)
    if (flat || static_cast<int64_t>(i) == axis)
      shape[i] = 1;
  return compose::reshape(n.to, y, shape);
}
template <const ir::OpDef &def> Host argument(const Call &n) {
  return n.tensor(extremeIndex(n, def, n.value("self")));
}
template <const ir::OpDef &values, const ir::OpDef &indices> Host extremeBoth(const Call &n) {
  return n.tuple({ordered(n, values), extremeIndex(n, indices, n.value("self"))});
}

template <const ir::OpDef &def> Host truth(const Call &n) {
  Value *x = compose::cast(n.to, n.as("self", ElementType::boolean), ElementType::u8);
  // Of bytes, which were the bools of old, it is a byte.
  const bool isByte = n.value("self")->type.element() == ElementType::u8;
  x = reduced(n, def, x);
  return n.tensor(isByte ? x : compose::cast(n.to, x, ElementType::boolean));
}

// ---- spread ----

Host spread(const Call &n, double correction, bool root) {
  const compose::Arith is{n.to};
  Value *x = n.floating("self");
  const Ints axes = axesOf(n, x->type.rank());
  Dim count = 1;
  for (const int64_t axis : axes)
    count = count * x->type.dim(static_cast<size_t>(axis));
  Value *off = is.sub(x, compose::reduceKeep(n.to, ops::reduce_mean, x, axes));
  Value *total = reduced(n, ops::reduce_sum, is.mul(off, off));
  Value *by =
      count.isNumber()
          ? compose::scalarLike(n.to, x,
                                std::max(static_cast<double>(count.number()) - correction, 0.0))
          : is.max(is.sub(compose::cast(n.to, n.in.scalarOf(Host(count)), x->type.element()),
                          correction),
                   0.0);
  Value *y = is.div(total, by);
  return n.tensor(root ? is(ops::sqrt, y) : y);
}
template <bool root> Host spreadUnbiased(const Call &n) {
  return spread(n, n.flag("unbiased") ? 1 : 0, root);
}
template <bool root> Host spreadCorrected(const Call &n) {
  return spread(n, n.has("correction") ? n.real("correction") : 1, root);
}

/// The spread and the mean.
template <bool root> Host spreadAndMean(const Call &n) {
  const Host first = n.takes("correction") ? spreadCorrected<root>(n) : spreadUnbiased<root>(n);
  return makeTuple({first, n.tensor(reduced(n, ops::reduce_mean, n.floating("self")))});
}

Host logSumExp(const Call &n) {
  const compose::Arith is{n.to};
  Value *x = n.floating("self");
  const Ints axes = axesOf(n, x->type.rank());
  Value *top = compose::reduceKeep(n.to, ops::reduce_max, x, axes);
  Value *isInf =
      n.to.make(ops::is_inf, {top}, {attr::detectNegative(true), attr::detectPositive(true)});
  Value *finite = is.where(isInf, 0.0, top);
  Value *total = compose::reduceKeep(n.to, ops::reduce_sum, is(ops::exp, is.sub(x, finite)), axes);
  Value *y = is.add(is(ops::log, total), finite);
  return n.tensor(keeps(n) ? y : compose::squeeze(n.to, y, axes));
}

Host normOf(const Call &n, double p) {
  const compose::Arith is{n.to};
  Value *x = n.floating("self");
  if (const auto e = n.takes("dtype") ? n.elementType() : std::nullopt)
    x = compose::cast(n.to, x, *e);
  if (p == 2)
    return n.tensor(is(ops::sqrt, reduced(n, ops::reduce_sum, is.mul(x, x))));
  Value *size = is(ops::abs, x);
  if (p == 1)
    return n.tensor(reduced(n, ops::reduce_sum, size));
  if (std::isinf(p))
    return n.tensor(reduced(n, p > 0 ? ops::reduce_max : ops::reduce_min, size));
  if (p == 0)
    return n.tensor(reduced(n, ops::reduce_sum,
                            compose::cast(n.to, is.no(is.equal(x, 0.0)), x->type.element())));
  return n.tensor(is.pow(reduced(n, ops::reduce_sum, is.pow(size, p)), 1 / p));
}
Host frobenius(const Call &n) { return normOf(n, 2); }
Host bothExtremes(const Call &n) {
  return n.tuple({ordered(n, ops::reduce_min), ordered(n, ops::reduce_max)});
}
Host cosineSimilarity(const Call &n) {
  const compose::Arith is{n.to};
  const ElementType e = n.resultType({"x1", "x2"});
  Value *a = n.as("x1", e), *b = n.as("x2", e);
  const Dims shape = compose::broadcastShape(a->type.shape(), b->type.shape());
  a = compose::expand(n.to, a, shape);
  b = compose::expand(n.to, b, shape);
  const Ints axis = {n.axis("dim", shape.size())};
  const double least = n.real("eps");
  const auto total = [&](Value *v) { return n.to.make(ops::reduce_sum, {v}, {attr::axes(axis)}); };
  const auto length = [&](Value *v) { return is.max(is(ops::sqrt, total(is.mul(v, v))), least); };
  return n.tensor(is.div(total(is.mul(a, b)), is.mul(length(a), length(b))));
}
Host norm(const Call &n) { return normOf(n, n.has("p") ? n.real("p") : 2); }
Host vectorNorm(const Call &n) { return normOf(n, n.real("ord")); }

// ---- along an axis ----

template <const ir::OpDef &def> Host running(const Call &n) {
  Value *x = summand(n);
  if (x->type.rank() == 0)
    return n.tensor(x);
  return n.tensor(n.to.make(
      def, {x},
      {attr::axis(n.axis("dim", x->type.rank())), attr::exclusive(false), attr::reverse(false)}));
}

constexpr Lowering kReduce[] = {
    {"aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? "
     "dtype=None) -> Tensor",
     sum},
    {"aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor", sum},
    {"aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor", mean},
    {"aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> "
     "Tensor",
     mean},
    {"aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor", prod},
    {"aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> "
     "Tensor",
     prod},
    {"aten::max(Tensor self) -> Tensor", extreme<ops::reduce_max>},
    {"aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
     extremeBoth<ops::reduce_max, ops::argmax>},
    {"aten::min(Tensor self) -> Tensor", extreme<ops::reduce_min>},
    {"aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
     extremeBoth<ops::reduce_min, ops::argmin>},
    {"aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",
     extreme<ops::reduce_max>},
    {"aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",
     extreme<ops::reduce_min>},
    {"aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
     argument<ops::argmax>},
    {"aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
     argument<ops::argmin>},
    {"aten::any(Tensor self) -> Tensor", truth<ops::reduce_max>},
    {"aten::any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", truth<ops::reduce_max>},
    {"aten::any.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
     truth<ops::reduce_max>},
    {"aten::all(Tensor self) -> Tensor", truth<ops::reduce_min>},
    {"aten::all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor", truth<ops::reduce_min>},
    {"aten::all.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
     truth<ops::reduce_min>},
    {"aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor", norm},
    {"aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor",
     norm},
    {"aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, "
     "ScalarType dtype) -> Tensor",
     norm},
    {"aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor", norm},
    {"aten::linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, "
     "ScalarType? dtype=None) -> Tensor",
     vectorNorm},
    {"aten::std(Tensor self, bool unbiased=True) -> Tensor", spreadUnbiased<true>},
    {"aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor",
     spreadUnbiased<true>},
    {"aten::std.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool "
     "keepdim=False) -> Tensor",
     spreadCorrected<true>},
    {"aten::var(Tensor self, bool unbiased=True) -> Tensor", spreadUnbiased<false>},
    {"aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor",
     spreadUnbiased<false>},
    {"aten::var.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool "
     "keepdim=False) -> Tensor",
     spreadCorrected<false>},
    {"aten::std_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)", spreadAndMean<true>},
    {"aten::std_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> "
     "(Tensor, Tensor)",
     spreadAndMean<true>},
    {"aten::std_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool "
     "keepdim=False) -> (Tensor, Tensor)",
     spreadAndMean<true>},
    {"aten::var_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)", spreadAndMean<false>},
    {"aten::var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> "
     "(Tensor, Tensor)",
     spreadAndMean<false>},
    {"aten::var_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool "
     "keepdim=False) -> (Tensor, Tensor)",
     spreadAndMean<false>},
    {"aten::frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False) -> Tensor", frobenius},
    {"aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)",
     bothExtremes},
    {"aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
     cosineSimilarity},
    {"aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor", logSumExp},
    {"aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
     running<ops::cumsum>},
    {"aten::cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor",
     running<ops::cumprod>},
};

} // namespace

std::span<const Lowering> reduceLowerings() { return kReduce; }

} // namespace burin::torchscript
