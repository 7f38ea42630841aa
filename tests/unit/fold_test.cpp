// SPDX-License-Identifier: Apache-2.0
//
// Contents of integer tensors, as known right after each op is made.
#include "graph_builder.h"

namespace burin::ir {
namespace {

class Fold : public ::testing::Test, public GraphBuilder {
protected:
  /// What a frontend does with a shape that is a tensor: an entry of -1 is what is left.
  Value *reshapeTo(Value *x, Value *shape) {
    EXPECT_TRUE(shape->contents());
    Dims to = *shape->contents();
    Dim known = 1;
    for (const Dim &d : to)
      known = d.isNumber(-1) ? known : known * d;
    for (Dim &d : to)
      if (d.isNumber(-1))
        d = floorDiv(x->type.count(), known);
    return reshape(x, to);
  }
};

// ---- one op ----

TEST_F(Fold, Constants) {
  EXPECT_EQ(contents(ints({2, 3})), "[2, 3]");
  EXPECT_EQ(contents(number(7)), "[7]");
  EXPECT_EQ(contents(bools({1, 0})), "[1, 0]");
  EXPECT_EQ(contents(table({2, 2}, {1, 2, 3, 4})), "[1, 2, 3, 4]");
  EXPECT_EQ(contents(builder.scalar(f32, 2)), "unknown");
  EXPECT_EQ(contents(ints({})), "[]");
}

TEST_F(Fold, ConstantsThatAreData) {
  EXPECT_EQ(contents(ints(Ints(257, 1))), "unknown");
  EXPECT_TRUE(ints(Ints(256, 1))->contents());
  EXPECT_EQ(contents(builder.scalar(u64, 1e19)), "unknown"); // no int64
}

TEST_F(Fold, ShapeStatic) { EXPECT_EQ(contents(shapeOf({2, 3, 4})), "[2, 3, 4]"); }
TEST_F(Fold, ShapeSymbolic) { EXPECT_EQ(contents(shapeOf({N, 3, M * 2})), "[N, 3, 2*M]"); }
TEST_F(Fold, ShapeOfScalar) { EXPECT_EQ(contents(shapeOf({})), "[]"); }

TEST_F(Fold, Extents) {
  EXPECT_EQ(contents(builder.extents({N, 4})), "[N, 4]");
  EXPECT_EQ(contents(builder.extents({3, 4})), "[3, 4]");
}

TEST_F(Fold, Bind) {
  Value *x = argument(i64, {2});
  EXPECT_EQ(contents(x), "unknown");
  EXPECT_EQ(contents(make(ops::bind, {x}, {attr::dims({N, 4})})), "[N, 4]");
}

TEST_F(Fold, Copy) { EXPECT_EQ(contents(make(ops::copy, {shapeOf({N, 2})})), "[N, 2]"); }

TEST_F(Fold, SliceForward) { EXPECT_EQ(contents(slice(shapeOf({N, 2, M}), 1, 2)), "[2, M]"); }
TEST_F(Fold, SliceStep) { EXPECT_EQ(contents(slice(shapeOf({N, 2, M}), 0, 2, 2)), "[N, M]"); }
TEST_F(Fold, SliceBackward) {
  EXPECT_EQ(contents(slice(shapeOf({N, 2, M}), 2, 3, -1)), "[M, 2, N]");
}
TEST_F(Fold, SliceToNothing) { EXPECT_EQ(contents(slice(shapeOf({N}), 0, 0)), "[]"); }
TEST_F(Fold, SliceOfRank2) {
  Value *x = table({2, 3}, {1, 2, 3, 4, 5, 6});
  Value *y =
      make(ops::slice, {x}, {attr::starts({1, 2}), attr::steps({-1, -2}), attr::shape({2, 2})});
  EXPECT_EQ(contents(y), "[6, 4, 3, 1]");
}
TEST_F(Fold, SliceAtASymbol) { EXPECT_EQ(contents(slice(shapeOf({N, 2, 3}), N - N, 1)), "[N]"); }

TEST_F(Fold, GatherScalar) {
  Value *n = at(shapeOf({N, 2}), 0);
  EXPECT_EQ(n->type, (Type{i64, {}}));
  EXPECT_EQ(contents(n), "[N]");
}
TEST_F(Fold, GatherNegative) { EXPECT_EQ(contents(at(shapeOf({N, 2, M}), -1)), "[M]"); }
TEST_F(Fold, GatherVector) {
  EXPECT_EQ(contents(gather(shapeOf({N, 2, M}), ints({2, 0, -2}))), "[M, N, 2]");
}
TEST_F(Fold, GatherOutOfRangeIsMovedIntoIt) {
  EXPECT_EQ(contents(gather(ints({5, 6}), ints({9, -9}))), "[6, 5]");
}
TEST_F(Fold, GatherOfUnknownIndex) {
  EXPECT_EQ(contents(gather(shapeOf({N, 2}), argument(i64, {}))), "unknown");
}
TEST_F(Fold, GatherAlongAxis1) {
  EXPECT_EQ(contents(gather(table({2, 3}, {1, 2, 3, 4, 5, 6}), ints({2, 0}), 1)), "[3, 1, 6, 4]");
}

TEST_F(Fold, Concat) { EXPECT_EQ(contents(concat({shapeOf({N, 2}), ints({7})})), "[N, 2, 7]"); }
TEST_F(Fold, ConcatWithUnknown) {
  EXPECT_EQ(contents(concat({shapeOf({N, 2}), argument(i64, {1})})), "unknown");
}
TEST_F(Fold, ConcatAlongAxis1) {
  EXPECT_EQ(contents(concat({table({2, 1}, {1, 2}), table({2, 2}, {3, 4, 5, 6})}, 1)),
            "[1, 3, 4, 2, 5, 6]");
}
TEST_F(Fold, ConcatWithNothing) { EXPECT_EQ(contents(concat({ints({}), ints({3})})), "[3]"); }

TEST_F(Fold, ReshapeSqueezesAndUnsqueezes) {
  EXPECT_EQ(contents(vector(at(shapeOf({N, 2}), 0))), "[N]");
  EXPECT_EQ(contents(scalar(slice(shapeOf({N, 2}), 1, 1))), "[2]");
}

TEST_F(Fold, Transpose) {
  EXPECT_EQ(contents(transpose(table({2, 3}, {1, 2, 3, 4, 5, 6}), {1, 0})), "[1, 4, 2, 5, 3, 6]");
  EXPECT_EQ(contents(transpose(shapeOf({N, 2}), {0})), "[N, 2]");
  EXPECT_EQ(contents(transpose(table({1, 2, 2}, {1, 2, 3, 4}), {2, 0, 1})), "[1, 3, 2, 4]");
}

TEST_F(Fold, BroadcastFills) {
  EXPECT_EQ(contents(broadcast(number(1), {4})), "[1, 1, 1, 1]");
  EXPECT_EQ(contents(broadcast(at(shapeOf({N}), 0), {2})), "[N, N]");
  EXPECT_EQ(contents(broadcast(table({2, 1}, {1, 2}), {2, 2})), "[1, 1, 2, 2]");
  EXPECT_EQ(contents(broadcast(number(1), {N})), "unknown"); // how many is not known
}

TEST_F(Fold, Tile) {
  EXPECT_EQ(contents(make(ops::tile, {shapeOf({N, 2})}, {attr::repeats({2})})), "[N, 2, N, 2]");
}

TEST_F(Fold, Iota) {
  EXPECT_EQ(contents(iota({4})), "[0, 1, 2, 3]");
  EXPECT_EQ(contents(iota({2, 2}, 1)), "[0, 1, 0, 1]");
  EXPECT_EQ(contents(iota({2, 2}, 0, i32)), "[0, 0, 1, 1]");
  EXPECT_EQ(contents(iota({N})), "unknown");
  EXPECT_EQ(contents(iota({3}, 0, f32)), "unknown");
}

TEST_F(Fold, Arithmetic) {
  Value *x = shapeOf({N, 5}), *y = ints({3, 2});
  EXPECT_EQ(contents(add(x, y)), "[N + 3, 7]");
  EXPECT_EQ(contents(sub(x, y)), "[N - 3, 3]");
  EXPECT_EQ(contents(mul(x, y)), "[3*N, 10]");
  EXPECT_EQ(contents(div(x, y)), "[floordiv(N, 3), 2]");
  EXPECT_EQ(contents(make(ops::mod, {x, y})), "[N - 3*floordiv(N, 3), 1]");
  EXPECT_EQ(contents(make(ops::fmod, {x, y})), "[N - 3*floordiv(N, 3), 1]");
  EXPECT_EQ(contents(make(ops::min, {x, y})), "[min(3, N), 2]");
  EXPECT_EQ(contents(make(ops::max, {x, y})), "[max(3, N), 5]");
  EXPECT_EQ(contents(make(ops::neg, {x})), "[-N, -5]");
}

TEST_F(Fold, ArithmeticBroadcasts) {
  EXPECT_EQ(contents(mul(shapeOf({N, 5}), number(2))), "[2*N, 10]");
  EXPECT_EQ(contents(add(table({2, 1}, {1, 2}), ints({10, 20}))), "[11, 21, 12, 22]");
}

TEST_F(Fold, DivisionRoundsTowardsZero) {
  EXPECT_EQ(contents(div(ints({-7, 7, -7, 7}), ints({2, -2, -2, 0}))), "[-3, -3, 3, 0]");
  EXPECT_EQ(contents(div(ints({INT64_MIN}), ints({-1}))), "[-9223372036854775808]"); // wraps
}
TEST_F(Fold, DivisionOfSigns) {
  Value *below = sub(shapeOf({N}), ints({9})); // in [-8, -1]
  EXPECT_EQ(contents(div(below, ints({2}))), "unknown");
  EXPECT_EQ(contents(div(mul(below, ints({4})), ints({2}))), "[2*N - 18]"); // exact
  EXPECT_EQ(contents(div(shapeOf({K}), shapeOf({K}))), "unknown");          // may divide by zero
  EXPECT_EQ(contents(div(shapeOf({K}), shapeOf({N}))), "[floordiv(K, N)]");
  EXPECT_EQ(contents(div(shapeOf({N * M}), shapeOf({M}))), "[N]");
}
TEST_F(Fold, Remainders) {
  EXPECT_EQ(contents(make(ops::mod, {ints({-7, 7, 7, 7}), ints({3, -3, 3, 0})})), "[2, -2, 1, 0]");
  EXPECT_EQ(contents(make(ops::fmod, {ints({-7, 7, 7}), ints({3, -3, 0})})), "[-1, 1, 0]");
  Value *below = sub(shapeOf({N}), ints({9}));
  EXPECT_EQ(contents(make(ops::mod, {below, ints({2})})), "[N - 2*ceildiv(N, 2) + 1]");
  EXPECT_EQ(contents(make(ops::fmod, {below, ints({2})})), "unknown");
}
TEST_F(Fold, IntegersWrap) {
  EXPECT_EQ(contents(add(ints({INT64_MAX}), ints({1}))), "[-9223372036854775808]");
  EXPECT_EQ(contents(add(cast(ints({100}), i8), cast(ints({100}), i8))), "[-56]");
  EXPECT_EQ(contents(sub(cast(ints({1}), u8), cast(ints({2}), u8))), "[255]");
  EXPECT_EQ(contents(make(ops::neg, {cast(ints({-128}), i8)})), "[-128]");
}
TEST_F(Fold, SymbolsThatMayWrapAreUnknown) {
  Value *n = cast(shapeOf({K}), i8);
  EXPECT_EQ(contents(n), "[K]");
  EXPECT_EQ(contents(mul(n, cast(ints({2}), i8))), "unknown");
  EXPECT_EQ(contents(sub(cast(shapeOf({N}), u32), cast(ints({2}), u32))), "unknown");
  EXPECT_EQ(contents(cast(shapeOf({K * 100}), i8)), "unknown");
}

TEST_F(Fold, UnaryOfSymbols) {
  Value *x = ints({-3, 0, 4}), *n = shapeOf({N, K});
  EXPECT_EQ(contents(make(ops::abs, {x})), "[3, 0, 4]");
  EXPECT_EQ(contents(make(ops::sign, {x})), "[-1, 0, 1]");
  EXPECT_EQ(contents(make(ops::relu, {x})), "[0, 0, 4]");
  EXPECT_EQ(contents(make(ops::abs, {n})), "[N, K]");
  EXPECT_EQ(contents(make(ops::abs, {make(ops::neg, {n})})), "[N, K]");
  EXPECT_EQ(contents(make(ops::relu, {sub(n, number(2))})), "[max(0, N - 2), max(0, K - 2)]");
  EXPECT_EQ(contents(make(ops::sign, {shapeOf({N})})), "[1]");
  EXPECT_EQ(contents(make(ops::sign, {shapeOf({K})})), "unknown");
}

TEST_F(Fold, Casts) {
  EXPECT_EQ(contents(cast(shapeOf({N, 2}), i32)), "[N, 2]");
  EXPECT_EQ(contents(cast(ints({300, -1}), u8)), "[44, 255]");
  EXPECT_EQ(contents(cast(ints({2, 0}), boolean)), "[1, 0]");
  EXPECT_EQ(contents(cast(shapeOf({N}), boolean)), "[1]");
  EXPECT_EQ(contents(cast(shapeOf({K}), boolean)), "unknown"); // may be 0
  EXPECT_EQ(contents(cast(bools({1, 0}), i64)), "[1, 0]");
  EXPECT_EQ(contents(cast(shapeOf({N}), f32)), "unknown");
}

TEST_F(Fold, Comparisons) {
  Value *x = shapeOf({N, 2, M, N});
  EXPECT_EQ(contents(make(ops::equal, {x, number(-1)})), "[0, 0, 0, 0]");
  EXPECT_EQ(contents(make(ops::equal, {x, x})), "[1, 1, 1, 1]");
  EXPECT_EQ(contents(make(ops::equal, {shapeOf({N}), ints({4})})), "unknown");
  EXPECT_EQ(contents(make(ops::less, {x, number(9)})), "[1, 1, 1, 1]");
  EXPECT_EQ(contents(make(ops::less, {x, number(1)})), "[0, 0, 0, 0]");
  EXPECT_EQ(contents(make(ops::less, {shapeOf({N}), ints({4})})), "unknown");
  EXPECT_EQ(contents(make(ops::less_equal, {shapeOf({N, N}), ints({8, 0})})), "[1, 0]");
  EXPECT_EQ(contents(make(ops::less, {shapeOf({N}), shapeOf({N + 1})})), "[1]");
}

TEST_F(Fold, Logic) {
  Value *a = bools({1, 1, 0, 0}), *b = bools({1, 0, 1, 0});
  EXPECT_EQ(contents(make(ops::logical_and, {a, b})), "[1, 0, 0, 0]");
  EXPECT_EQ(contents(make(ops::logical_or, {a, b})), "[1, 1, 1, 0]");
  EXPECT_EQ(contents(make(ops::logical_xor, {a, b})), "[0, 1, 1, 0]");
  EXPECT_EQ(contents(make(ops::logical_not, {a})), "[0, 0, 1, 1]");
}

TEST_F(Fold, WhereNeedsOnlyWhatItChooses) {
  EXPECT_EQ(contents(where(bools({1, 0}), shapeOf({N, 2}), ints({7, 8}))), "[N, 8]");
  EXPECT_EQ(contents(where(bools({1, 1}), shapeOf({N, 2}), argument(i64, {2}))), "[N, 2]");
  EXPECT_EQ(contents(where(bools({1, 0}), shapeOf({N, 2}), argument(i64, {2}))), "unknown");
  EXPECT_EQ(contents(where(argument(boolean, {2}), shapeOf({N, 2}), ints({7, 8}))), "unknown");
}

TEST_F(Fold, Reductions) {
  Value *x = shapeOf({N, 3, M});
  EXPECT_EQ(contents(reduce(ops::reduce_prod, x)), "[3*M*N]");
  EXPECT_EQ(contents(reduce(ops::reduce_sum, x)), "[M + N + 3]");
  EXPECT_EQ(contents(reduce(ops::reduce_max, ints({3, 9, 4}))), "[9]");
  EXPECT_EQ(contents(reduce(ops::reduce_min, shapeOf({N, 9}))), "[N]");
  EXPECT_EQ(contents(reduce(ops::reduce_prod, ints({}))), "[1]");
  EXPECT_EQ(contents(reduce(ops::reduce_max, ints({}))), "unknown");
  EXPECT_EQ(contents(reduce(ops::reduce_sum, table({2, 3}, {1, 2, 3, 4, 5, 6}), {1})), "[6, 15]");
  EXPECT_EQ(contents(reduce(ops::reduce_sum, table({2, 3}, {1, 2, 3, 4, 5, 6}), {-2})),
            "[5, 7, 9]");
  EXPECT_EQ(contents(reduce(ops::reduce_mean, ints({1, 2}))), "unknown");
}

TEST_F(Fold, AReductionWithEpilogueIsNotItsContents) {
  auto block = GraphBuilder::block();
  Value *sum = block->addArgument(Type{i64, {}});
  Value *twice = builder.inside(*block).make(ops::add, {sum, sum});
  yield(*block, {twice});
  Op &op = makeOp(ops::reduce_sum, {ints({1, 2})}, {attr::axes({0})}, blocks(std::move(block)));
  EXPECT_EQ(contents(op.result()), "unknown");
}

TEST_F(Fold, TooManyElements) {
  EXPECT_TRUE(iota({256})->contents());
  EXPECT_EQ(contents(iota({257})), "unknown");
  EXPECT_EQ(contents(broadcast(iota({16}), {17, 16})), "unknown");
}

// ---- chains, as models have them ----

TEST_F(Fold, FlattenByShapeSliceConcat) { // torch: x.view(x.size(0), -1)
  Value *x = argument(f32, {N, 3, 4});
  Value *to = concat({slice(shape(x), 0, 1), ints({-1})});
  EXPECT_EQ(contents(to), "[N, -1]");
  EXPECT_EQ(reshapeTo(x, to)->type.text(), "f32[N, 12]");
}

TEST_F(Fold, FlattenStatic) {
  Value *x = argument(f32, {2, 3, 4});
  EXPECT_EQ(reshapeTo(x, concat({slice(shape(x), 0, 1), ints({-1})}))->type.text(), "f32[2, 12]");
}

TEST_F(Fold, FlattenByGatherUnsqueezeConcat) {
  Value *x = argument(f32, {N, 3, M});
  Value *to = concat({vector(at(shape(x), 0)), vector(at(shape(x), 2)), ints({-1})});
  EXPECT_EQ(contents(to), "[N, M, -1]");
  EXPECT_EQ(reshapeTo(x, to)->type.text(), "f32[N, M, 3]");
}

TEST_F(Fold, FlattenByProduct) { // tf: [shape[0], reduce_prod(shape[1:])]
  Value *x = argument(f32, {N, 3, M});
  Value *s = cast(shape(x), i32);
  Value *rest = reduce(ops::reduce_prod, slice(s, 1, 2));
  Value *to = concat({slice(s, 0, 1), vector(rest)});
  EXPECT_EQ(contents(to), "[N, 3*M]");
  EXPECT_EQ(reshapeTo(x, cast(to, i64))->type.text(), "f32[N, 3*M]");
}

TEST_F(Fold, SplitHeads) { // x.view(b, s, heads, d / heads)
  Value *x = argument(f32, {N, M, 64});
  Value *s = shape(x), *heads = number(4);
  Value *to =
      concat({vector(at(s, 0)), vector(at(s, 1)), vector(heads), vector(div(at(s, 2), heads))});
  EXPECT_EQ(contents(to), "[N, M, 4, 16]");
  EXPECT_EQ(reshapeTo(x, to)->type.text(), "f32[N, M, 4, 16]");
}

TEST_F(Fold, MergeHeads) {
  Value *x = argument(f32, {N, M, 4, 16});
  Value *s = shape(x);
  Value *to = concat({slice(s, 0, 2), vector(mul(at(s, 2), at(s, 3)))});
  EXPECT_EQ(reshapeTo(x, to)->type.text(), "f32[N, M, 64]");
}

TEST_F(Fold, MergeSymbolicAxes) {
  Value *x = argument(f32, {N, M, 16});
  Value *s = shape(x);
  Value *to = concat({vector(mul(at(s, 0), at(s, 1))), ints({-1})});
  EXPECT_EQ(reshapeTo(x, to)->type.text(), "f32[M*N, 16]");
}

TEST_F(Fold, SplitSymbolicAxisAgain) {
  Value *x = argument(f32, {N * M, 16});
  EXPECT_EQ(reshapeTo(x, concat({shapeOf({N}), ints({-1, 16})}))->type.text(), "f32[N, M, 16]");
}

TEST_F(Fold, PixelShuffle) {
  Value *x = argument(f32, {N, 4 * 3, 8, M});
  Value *s = shape(x);
  Value *c = vector(div(at(s, 1), number(4)));
  Value *h = vector(mul(at(s, 2), number(2))), *w = vector(mul(at(s, 3), number(2)));
  Value *to = concat({vector(at(s, 0)), c, h, w});
  EXPECT_EQ(contents(to), "[N, 3, 16, 2*M]");
  EXPECT_EQ(reshapeTo(x, to)->type.text(), "f32[N, 3, 16, 2*M]");
}

TEST_F(Fold, WindowPartition) {
  Value *x = argument(f32, {N, 8 * M, 8, 3});
  Value *s = shape(x), *window = number(8);
  Value *to = concat({vector(at(s, 0)), vector(div(at(s, 1), window)), vector(window),
                      vector(div(at(s, 2), window)), vector(window), vector(at(s, 3))});
  EXPECT_EQ(reshapeTo(x, to)->type.text(), "f32[N, M, 8, 1, 8, 3]");
}

TEST_F(Fold, ExpandOfTorch) { // ConstantOfShape, Mul, Equal, Where, Expand
  Value *x = argument(f32, {1, 3});
  Value *to = concat({vector(at(shapeOf({N, 5}), 0)), ints({-1})});
  Value *ones = broadcast(number(1), {2});
  Value *minus = mul(ones, number(-1));
  Value *chosen = where(make(ops::equal, {to, minus}), ones, to);
  EXPECT_EQ(contents(chosen), "[N, 1]");
  // ONNX Expand broadcasts both ways.
  Dims shape = *chosen->contents();
  shape[1] = 3;
  EXPECT_EQ(broadcast(x, shape)->type.text(), "f32[N, 3]");
}

TEST_F(Fold, ExpandWhereKeepsAxes) {
  Value *target = concat({shapeOf({N}), ints({1, 4})});
  Value *mask = make(ops::equal, {target, ints({1, 1, 1})});
  EXPECT_EQ(contents(mask), "unknown"); // N may be 1
  Value *apart = make(ops::equal, {concat({shapeOf({N + 1}), ints({1, 4})}), ints({1, 1, 1})});
  EXPECT_EQ(contents(apart), "[0, 1, 0]");
}

TEST_F(Fold, PadsOfTorch) { // Concat, Reshape [-1, 2], reversed Slice, Transpose, Reshape, Cast
  Value *pads = concat({ints({1, 2, 3, 4}), broadcast(number(0), {4})});
  Value *pairs = reshape(pads, {4, 2});
  Value *reversed =
      make(ops::slice, {pairs}, {attr::starts({3, 0}), attr::steps({-1, 1}), attr::shape({4, 2})});
  Value *onnx = cast(reshape(transpose(reversed, {1, 0}), {8}), i64);
  EXPECT_EQ(contents(onnx), "[0, 0, 3, 1, 0, 0, 4, 2]");
  Value *x = argument(f32, {N, 3, 8, 9});
  Value *y = make(ops::pad, {x}, {attr::pads(*onnx->contents()), attr::mode("constant")});
  EXPECT_EQ(y->type.text(), "f32[N, 3, 15, 12]");
}

TEST_F(Fold, PadToAMultiple) {
  Value *x = argument(f32, {1, N});
  Value *n = at(shape(x), 1), *four = number(4);
  Value *rest = make(ops::mod, {n, four});
  Value *missing = make(ops::mod, {sub(four, rest), four});
  ASSERT_TRUE(missing->contents());
  const Dim padded = N + (*missing->contents())[0];
  for (int64_t i = 1; i <= 8; ++i)
    EXPECT_EQ(padded.evaluate([&](auto) { return i; }), (i + 3) / 4 * 4) << padded.text();
}

TEST_F(Fold, PadsForSame) {
  Value *n = at(shapeOf({1, N}), 1), *two = number(2);
  Value *out = div(add(n, number(1)), two);
  Value *all = make(ops::max, {add(mul(sub(out, number(1)), two), sub(number(3), n)), number(0)});
  Value *begin = div(all, two), *end = sub(all, begin);
  ASSERT_TRUE(end->contents());
  const Dim padded = N + (*begin->contents())[0] + (*end->contents())[0];
  EXPECT_EQ(floorDiv(padded - 3, 2) + 1, ceilDiv(N, 2));
}

TEST_F(Fold, RangeStatic) { // iota * delta + start
  Value *range = add(mul(iota({4}), number(3)), number(5));
  EXPECT_EQ(contents(range), "[5, 8, 11, 14]");
}

TEST_F(Fold, RangeSymbolicStart) {
  Value *range = add(mul(iota({3}), number(2)), at(shapeOf({N}), 0));
  EXPECT_EQ(contents(range), "[N, N + 2, N + 4]");
}

TEST_F(Fold, RangeBackward) {
  Value *rank = at(shape(shapeOf({N, 2, 3})), 0);
  EXPECT_EQ(contents(rank), "[3]");
  Value *perm = sub(sub(rank, number(1)), iota({3}));
  EXPECT_EQ(contents(perm), "[2, 1, 0]");
  EXPECT_EQ(transpose(argument(f32, {N, 2, 3}), {2, 1, 0})->type.text(), "f32[3, 2, N]");
}

TEST_F(Fold, RangeOfSymbolicLengthHasAType) {
  Value *x = iota({N});
  EXPECT_EQ(add(mul(x, number(2)), number(1))->type.text(), "i64[N]");
}

TEST_F(Fold, PermutedShape) {
  Value *s = gather(shapeOf({N, 3, M}), ints({0, 2, 1}));
  EXPECT_EQ(contents(s), "[N, M, 3]");
  EXPECT_EQ(reshapeTo(transpose(argument(f32, {N, 3, M}), {0, 2, 1}), s)->type.text(),
            "f32[N, M, 3]");
}

TEST_F(Fold, UpsampleByTwo) {
  Value *s = shapeOf({N, 3, 8, M});
  Value *sizes = concat({slice(s, 0, 2), mul(slice(s, 2, 2), ints({2, 2}))});
  EXPECT_EQ(contents(sizes), "[N, 3, 16, 2*M]");
}

TEST_F(Fold, HalfOfAnExtent) { // chunk
  Value *half = div(add(at(shapeOf({N}), 0), number(1)), number(2));
  EXPECT_EQ(contents(half), "[ceildiv(N, 2)]");
  Value *rest = sub(at(shapeOf({N}), 0), half);
  EXPECT_EQ(contents(rest), "[N - ceildiv(N, 2)]");
}

TEST_F(Fold, ChunkOfAnEvenExtent) {
  Value *x = argument(f32, {2 * N, 3});
  Value *half = div(at(shape(x), 0), number(2));
  EXPECT_EQ(contents(half), "[N]");
  const Dim n = (*half->contents())[0];
  Value *second =
      make(ops::slice, {x}, {attr::starts({n, 0}), attr::steps({1, 1}), attr::shape({n, 3})});
  EXPECT_EQ(second->type.text(), "f32[N, 3]");
}

TEST_F(Fold, ClampedSlice) { // x[:, :min(n, 4)]
  Value *end = make(ops::min, {at(shapeOf({1, N}), 1), number(4)});
  EXPECT_EQ(contents(end), "[min(4, N)]");
  EXPECT_EQ(make(ops::slice, {argument(f32, {N})},
                 {attr::starts({0}), attr::steps({1}), attr::shape({(*end->contents())[0]})})
                ->type.text(),
            "f32[min(4, N)]");
}

TEST_F(Fold, NegativeAxisArithmetic) {
  Value *axis = add(number(-1), at(shape(shapeOf({N, 2, 3})), 0));
  EXPECT_EQ(contents(axis), "[2]");
}

TEST_F(Fold, NumelOfSymbolic) {
  EXPECT_EQ(contents(reduce(ops::reduce_prod, cast(shapeOf({N, M, 2}), i32))), "[2*M*N]");
}

TEST_F(Fold, PackOfTensorFlow) { // Pack of strided slices
  Value *s = cast(shapeOf({N, 7, 5}), i32);
  Value *b = scalar(slice(s, 0, 1)), *c = scalar(slice(s, 2, 1));
  Value *packed = concat({vector(b), cast(ints({35}), i32), vector(c)});
  EXPECT_EQ(packed->type, (Type{i32, {3}}));
  EXPECT_EQ(contents(packed), "[N, 35, 5]");
}

TEST_F(Fold, BroadcastedShape) { // BroadcastArgs by hand: max of both
  Value *a = shapeOf({N, 1, 3}), *b = ints({1, 5, 3});
  EXPECT_EQ(contents(make(ops::max, {a, b})), "[N, 5, 3]");
}

TEST_F(Fold, SqueezeByMask) {
  Value *s = ints({1, 4, 1});
  Value *kept = where(make(ops::less, {number(1), s}), s, ints({0, 0, 0}));
  EXPECT_EQ(contents(kept), "[0, 4, 0]");
}

TEST_F(Fold, TileToMatch) {
  Value *repeats = div(shapeOf({N, 6}), ints({1, 2}));
  EXPECT_EQ(contents(repeats), "[N, 3]");
  EXPECT_EQ(
      make(ops::tile, {argument(f32, {1, 2})}, {attr::repeats(*repeats->contents())})->type.text(),
      "f32[N, 6]");
}

TEST_F(Fold, StackOfShapes) {
  Value *rows = concat({reshape(shapeOf({N, 2}), {1, 2}), reshape(shapeOf({M, 3}), {1, 2})});
  EXPECT_EQ(contents(rows), "[N, 2, M, 3]");
  EXPECT_EQ(contents(gather(rows, number(1))), "[M, 3]");
  EXPECT_EQ(contents(reduce(ops::reduce_prod, rows, {0})), "[M*N, 6]");
}

TEST_F(Fold, BoundExtentsFlowOn) {
  Value *bound = make(ops::bind, {argument(i64, {})}, {attr::dims({N})});
  Value *to = concat({vector(bound), ints({4})});
  EXPECT_EQ(contents(to), "[N, 4]");
  EXPECT_EQ(broadcast(argument(f32, {4}), *to->contents())->type.text(), "f32[N, 4]");
}

TEST_F(Fold, CausalMaskLengths) { // past + present
  Value *total = add(at(shapeOf({1, K}), 1), at(shapeOf({1, N}), 1));
  EXPECT_EQ(contents(total), "[K + N]");
  Value *start = sub(total, at(shapeOf({1, N}), 1));
  EXPECT_EQ(contents(start), "[K]");
}

TEST_F(Fold, ConvolvedExtentsComeBack) { // x.shape / 2 of a strided convolution
  Value *x = argument(f32, {1, N, 8, 3}), *w = argument(f32, {4, 3, 3, 3});
  Value *y = make(
      ops::conv, {x, w},
      {attr::strides({2, 2}), attr::pads({1, 1, 1, 1}), attr::dilations({1, 1}), attr::group(1)});
  EXPECT_EQ(contents(shape(y)), "[1, ceildiv(N, 2), 4, 4]");
  Value *half = div(add(slice(shape(x), 1, 1), ints({1})), ints({2}));
  EXPECT_EQ(contents(make(ops::equal, {half, slice(shape(y), 1, 1)})), "[1]");
}

} // namespace
} // namespace burin::ir
