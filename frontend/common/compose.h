// SPDX-License-Identifier: Apache-2.0
//
// What several frontends build from primitive ops.
#pragma once

#include "ir/builder.h"
#include "ir/ops.h"

namespace burin::compose {

using ir::Builder;
using ir::Dim;
using ir::Dims;
using ir::ElementType;
using ir::Ints;
using ir::Value;

/// A scalar of the element type of `like`.
Value *scalarLike(Builder &, const Value *like, double);
/// [n, c, spatial...] -> [n, spatial..., c], and back. The identity for rank below 3.
Value *toChannelsLast(Builder &, Value *);
Value *toChannelsFirst(Builder &, Value *);
Value *transpose(Builder &, Value *, Ints perm);
Value *reshape(Builder &, Value *, Dims shape);
/// With axes of extent 1 inserted at these places of the result, or removed.
Value *unsqueeze(Builder &, Value *, const Ints &sortedAxes);
Value *squeeze(Builder &, Value *, const Ints &sortedAxes);
/// Reductions take their axes away; this puts them back with extent 1.
Value *keepAxes(Builder &, Value *reduced, const ir::Shape &before, const Ints &axes);
/// A slice of one axis: start, start + step, ... below `extent` of them.
Value *sliceAxis(Builder &, Value *, size_t axis, const Dim &start, const Dim &extent,
                 int64_t step = 1);
Value *cast(Builder &, Value *, ElementType, bool saturate = true);
/// a [..., m, k] times b [..., k, n] with the promotion of vectors as in numpy.
Value *matmul(Builder &, Value *a, Value *b);
/// A filter [o, i, kernel...] as [o, kernel..., i].
Value *filterChannelsLast(Builder &, Value *);
/// Clamp: min(max(x, low), high); either may be null.
Value *clamp(Builder &, Value *, Value *low, Value *high);
/// Repeated to `shape`; the value itself if it has that shape.
Value *expand(Builder &, Value *, Dims shape);
/// The shape of a and b broadcast together; of two different symbols the one that is not 1.
Dims broadcastShape(const Dims &, const Dims &);
/// A tensor full of one number.
Value *full(Builder &, ElementType, double, Dims shape);
/// Elements that are their index along `axis`.
Value *iota(Builder &, ElementType, Dims shape, size_t axis = 0);
/// [c] as [c, 1, 1, ...], so that it broadcasts along `axis` of a tensor of this rank.
Value *perAxis(Builder &, Value *, size_t axis, size_t rank);
/// The elements i = 0, 1, ... of `index` (rank 1, i64) along an axis: a gather.
Value *take(Builder &, Value *, Value *index, size_t axis);
Value *concat(Builder &, const std::vector<Value *> &, size_t axis);
/// As one element of rank 0, of a tensor of one element.
Value *scalarOf(Builder &, Value *);
/// Element i of a tensor of rank 1, rank 0.
Value *element(Builder &, Value *, int64_t i);
/// Along one axis; the axes keep extent 1.
Value *reduceKeep(Builder &, const ir::OpDef &, Value *, const Ints &axes);

/// x / 2 * (1 + erf(x / sqrt 2)), or its approximation by tanh.
Value *gelu(Builder &, Value *, bool byTanh);

/// A value, or a number that stands for a scalar of the element type of the other operand.
struct Term {
  Value *value = nullptr;
  double number = 0;
  Term(Value *v) : value{v} {}
  Term(double x) : number{x} {}
};

/// Elementwise ops in short.
struct Arith {
  Builder &to;

  Value *operator()(const ir::OpDef &def, Term a, Term b) const {
    return to.make(def, {made(a, b), made(b, a)});
  }
  Value *operator()(const ir::OpDef &def, Value *x) const { return to.make(def, {x}); }
  Value *add(Term a, Term b) const;
  Value *sub(Term a, Term b) const;
  Value *mul(Term a, Term b) const;
  Value *div(Term a, Term b) const;
  Value *mod(Term a, Term b) const;
  Value *min(Term a, Term b) const;
  Value *max(Term a, Term b) const;
  Value *pow(Term a, Term b) const;
  Value *less(Term a, Term b) const;
  Value *lessEqual(Term a, Term b) const;
  Value *equal(Term a, Term b) const;
  Value *both(Value *a, Value *b) const;
  Value *either(Value *a, Value *b) const;
  Value *no(Value *a) const;
  Value *where(Value *condition, Term a, Term b) const;
  /// Whether all elements hold, rank 0.
  Value *all(Value *condition) const;

private:
  Value *made(const Term &x, const Term &like) const {
    return x.value ? x.value : scalarLike(to, like.value, x.number);
  }
};

} // namespace burin::compose
