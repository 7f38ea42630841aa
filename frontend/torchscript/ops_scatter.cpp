// SPDX-License-Identifier: Apache-2.0
//
// Scattering: tensors with elements replaced.
#include "frontend/torchscript/lowering.h"

#include <fmt/format.h>

namespace burin::torchscript {
namespace {

Value *scattered(const Call &n, Value *x, Value *index, Value *source, size_t axis,
                 std::string reduction) {
  return n.to.make(ops::scatter_elements, {x, index, source},
                   {attr::axis(static_cast<int64_t>(axis)), attr::reduction(std::move(reduction))});
}

/// Of a larger source only the part that index covers is taken.
Value *covered(const Call &n, Value *source, Value *index) {
  if (source->type.rank() != index->type.rank())
    n.fail("rank", fmt::format("the source is {} and the index {}", source->type.text(),
                               index->type.text()));
  for (size_t i = 0; i < index->type.rank(); ++i)
    if (source->type.dim(i) != index->type.dim(i))
      source = compose::sliceAxis(n.to, source, i, 0, index->type.dim(i));
  return source;
}

Host scatterBy(const Call &n, Value *source, std::string reduction) {
  Value *x = n.value("self"), *index = n.value("index");
  return n.tensor(scattered(n, x, index, covered(n, source, index),
                            static_cast<size_t>(n.axis("dim", x->type.rank())),
                            std::move(reduction)));
}
Value *filled(const Call &n) {
  return compose::expand(n.to, n.as("value", n.value("self")->type.element()),
                         n.value("index")->type.shape());
}
Value *source(const Call &n) {
  return compose::cast(n.to, n.value("src"), n.value("self")->type.element());
}
std::string reductionOf(const Call &n) {
  const std::string &name = n.text("reduce");
  const std::string known = name == "multiply" || name == "prod" ? "mul"
                            : name == "sum"                      ? "add"
                            : name == "amax"                     ? "max"
                            : name == "amin"                     ? "min"
                                                                 : name;
  if (known != "add" && known != "mul" && known != "max" && known != "min")
    n.unsupported("argument", fmt::format("scatter with reduce '{}'", name));
  return known;
}
Host scatterSource(const Call &n) { return scatterBy(n, source(n), "none"); }
Host scatterValue(const Call &n) { return scatterBy(n, filled(n), "none"); }
Host scatterReduce(const Call &n) { return scatterBy(n, source(n), reductionOf(n)); }
Host scatterValueReduce(const Call &n) { return scatterBy(n, filled(n), reductionOf(n)); }
Host scatterAdd(const Call &n) { return scatterBy(n, source(n), "add"); }

size_t axisOf(const Call &n) {
  return static_cast<size_t>(n.axis("dim", n.value("self")->type.rank()));
}

/// The index of rows along the axis of the call, for each element of `like`.
Value *rowsOf(const Call &n, size_t axis, const Dims &like) {
  if (axis >= like.size())
    n.fail("rank", fmt::format("the source has rank {}, and the axis is {}", like.size(), axis));
  Dims along(like.size(), Dim(1));
  along[axis] = n.value("index")->type.count();
  return compose::expand(n.to, compose::reshape(n.to, n.value("index"), along), like);
}
Host indexWrite(const Call &n, Value *with, std::string reduction) {
  return n.tensor(scattered(n, n.value("self"), rowsOf(n, axisOf(n), with->type.shape()), with,
                            axisOf(n), std::move(reduction)));
}
Value *rows(const Call &n) {
  return compose::cast(n.to, n.value("source"), n.value("self")->type.element());
}
Host indexAdd(const Call &n) {
  Value *with = rows(n);
  const Dim *one = n["alpha"].find<Dim>();
  if (!one || !one->isNumber(1))
    with = n.to.make(ops::mul, {with, n.as("alpha", with->type.element())});
  return indexWrite(n, with, "add");
}
Host indexCopy(const Call &n) { return indexWrite(n, rows(n), "none"); }

Host indexFill(const Call &n) {
  Value *x = n.value("self");
  Dims shape = x->type.shape();
  shape[axisOf(n)] = n.value("index")->type.count();
  Value *with = compose::scalarOf(n.to, n.as("value", x->type.element()));
  return indexWrite(n, compose::expand(n.to, with, shape), "none");
}

/// With reduce "mean", and without the elements that were there.
Value *reducedInto(const Call &n, Value *index, Value *source, size_t axis) {
  const compose::Arith is{n.to};
  Value *x = n.value("self");
  const bool isMean = n.text("reduce") == "mean", includes = n.flag("include_self");
  const ElementType e = x->type.element();
  const std::string reduction = isMean ? "add" : reductionOf(n);
  Value *base = x;
  if (!includes && (reduction == "max" || reduction == "min"))
    base = scattered(n, x, index, source, axis, "none"); // one of those that take part
  else if (!includes)
    base = scattered(n, x, index,
                     compose::full(n.to, e, reduction == "mul" ? 1 : 0, source->type.shape()), axis,
                     "none");
  Value *y = scattered(n, base, index, source, axis, reduction);
  if (!isMean)
    return y;
  const auto ones = [&](const Dims &shape) { return compose::full(n.to, e, 1, shape); };
  Value *count = includes ? ones(x->type.shape()) : compose::full(n.to, e, 0, x->type.shape());
  count = scattered(n, count, index, ones(source->type.shape()), axis, "add");
  count = is.max(count, 1.0);
  if (ir::isFloat(e))
    return is.div(y, count);
  return is.div(is.sub(y, is.mod(y, count)), count); // rounded down
}
Host scatterReduceTwo(const Call &n) {
  Value *index = n.value("index");
  return n.tensor(reducedInto(n, index, covered(n, source(n), index), axisOf(n)));
}
Host indexReduce(const Call &n) {
  Value *with = rows(n);
  return n.tensor(reducedInto(n, rowsOf(n, axisOf(n), with->type.shape()), with, axisOf(n)));
}

/// Into the flattened tensor.
Host put(const Call &n) {
  Value *x = n.value("self");
  const auto flat = [&](Value *v) { return compose::reshape(n.to, v, {v->type.count()}); };
  Value *y = scattered(n, flat(x), flat(n.value("index")),
                       flat(compose::cast(n.to, n.value("source"), x->type.element())), 0,
                       n.flag("accumulate") ? "add" : "none");
  return n.tensor(compose::reshape(n.to, y, x->type.shape()));
}

constexpr Lowering kScatter[] = {
    {"aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
     scatterValue},
    {"aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", scatterSource},
    {"aten::scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> "
     "Tensor",
     scatterReduce},
    {"aten::scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) "
     "-> Tensor",
     scatterValueReduce},
    {"aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor", scatterAdd},
    {"aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> "
     "Tensor",
     indexAdd},
    {"aten::index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor", indexCopy},
    {"aten::index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor",
     indexFill},
    {"aten::index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor",
     indexFill},
    {"aten::scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool "
     "include_self=True) -> Tensor",
     scatterReduceTwo},
    {"aten::index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool "
     "include_self=True) -> Tensor",
     indexReduce},
    {"aten::put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor", put},
};

} // namespace

std::span<const Lowering> scatterLowerings() { return kScatter; }

} // namespace burin::torchscript
