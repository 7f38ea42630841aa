// SPDX-License-Identifier: Apache-2.0
//
// Uses, moves and nesting; constants; the table of symbols; types; single numbers.
#include "graph_builder.h"
#include "ir/number.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace burin::ir {
namespace {

class Graph : public ::testing::Test, public GraphBuilder {
protected:
  Value *x = argument(f32, {2});

  Value *neg(Value *v) { return make(ops::neg, {v}); }
  static std::vector<Op *> opsOf(const Block &block) {
    std::vector<Op *> all;
    for (Op &op : block)
      all.push_back(&op);
    return all;
  }
};

// ---- uses ----

TEST_F(Graph, UsesAreLinked) {
  EXPECT_FALSE(x->hasUses());
  Value *a = neg(x);
  EXPECT_TRUE(x->hasOneUse());
  Value *b = add(x, a);
  EXPECT_FALSE(x->hasOneUse());
  EXPECT_EQ(x->users(), (std::vector<Op *>{a->def(), b->def()}));
  EXPECT_EQ(b->def()->operand(0), x);
  EXPECT_EQ(b->def()->operand("b"), a);
}

TEST_F(Graph, OneUserMayUseTwice) {
  Value *y = add(x, x);
  EXPECT_EQ(x->users(), (std::vector<Op *>{y->def(), y->def()}));
  y->def()->setOperand(0, neg(x));
  EXPECT_EQ(x->users().size(), 2u);
}

/// What the verifier refuses is still destroyed in good order.
TEST_F(Graph, UseBeforeDefinitionIsDestroyed) {
  Value *y = neg(x);
  y->def()->setOperand(0, neg(y));
  auto then = block(), other = block();
  Value *inner = builder.inside(*then).make(ops::neg, {x});
  yield(*then, {inner});
  yield(*other, {x});
  makeOp(ops::if_, {argument(boolean, {})}, {}, blocks(std::move(then), std::move(other)));
  y->def()->setOperand(0, inner); // out of its block
}

TEST_F(Graph, SetOperandRelinks) {
  Value *a = neg(x), *b = neg(a);
  b->def()->setOperand(0, x);
  EXPECT_FALSE(a->hasUses());
  EXPECT_EQ(x->users().size(), 2u);
}

TEST_F(Graph, ReplaceAllUses) {
  Value *y = argument(f32, {2});
  Value *a = neg(x), *b = add(x, x), *c = neg(y);
  x->replaceAllUsesWith(y);
  EXPECT_FALSE(x->hasUses());
  EXPECT_EQ(y->users(), (std::vector<Op *>{c->def(), a->def(), b->def(), b->def()}));
  EXPECT_EQ(b->def()->operand(1), y);
  y->replaceAllUsesWith(y);
  EXPECT_EQ(y->users().size(), 4u);
}

TEST_F(Graph, AbsentOperands) {
  Op &op = makeOp(ops::layer_norm, {x, nullptr, x}, {attr::axis(0), attr::epsilon(0)});
  EXPECT_EQ(op.operand(1), nullptr);
  EXPECT_EQ(op.operand("scale"), nullptr);
  EXPECT_EQ(op.operand("bias"), x);
  op.setOperand(1, x);
  EXPECT_EQ(x->users().size(), 3u);
  op.setOperand(1, nullptr);
  EXPECT_EQ(x->users().size(), 2u);
  Op &shorter = makeOp(ops::layer_norm, {x}, {attr::axis(0), attr::epsilon(0)});
  EXPECT_EQ(shorter.operand("bias"), nullptr);
}

// ---- ops in blocks ----

TEST_F(Graph, OpsAreInOrder) {
  Op *a = neg(x)->def(), *b = neg(x)->def();
  Builder before{module, function.body, b};
  Op *c = before.make(ops::abs, {x})->def();
  EXPECT_EQ(opsOf(function.body), (std::vector<Op *>{a, c, b}));
  EXPECT_EQ(function.body.front(), a);
  EXPECT_EQ(function.body.back(), b);
  EXPECT_EQ(b->previous(), c);
  EXPECT_EQ(c->parent(), &function.body);
}

TEST_F(Graph, EraseUnlinks) {
  Op *a = neg(x)->def(), *b = neg(x)->def(), *c = neg(x)->def();
  b->erase();
  EXPECT_EQ(opsOf(function.body), (std::vector<Op *>{a, c}));
  EXPECT_EQ(x->users().size(), 2u);
  a->erase();
  c->erase();
  EXPECT_TRUE(function.body.isEmpty());
  EXPECT_FALSE(x->hasUses());
}

TEST_F(Graph, EraseOfAUsedOneIsABug) {
  Value *a = neg(x);
  neg(a);
  EXPECT_THROW(a->def()->erase(), InternalError);
}

TEST_F(Graph, Move) {
  Op *a = neg(x)->def(), *b = neg(x)->def(), *c = neg(x)->def();
  c->moveBefore(function.body, a);
  EXPECT_EQ(opsOf(function.body), (std::vector<Op *>{c, a, b}));
  c->moveBefore(function.body, nullptr);
  EXPECT_EQ(opsOf(function.body), (std::vector<Op *>{a, b, c}));
}

TEST_F(Graph, EraseWhileWalking) {
  for (int i = 0; i < 4; ++i)
    neg(x);
  for (Op *op = function.body.front(); op;) {
    Op *next = op->next();
    op->erase();
    op = next;
  }
  EXPECT_TRUE(function.body.isEmpty());
}

TEST_F(Graph, NestedBlocks) {
  auto then = block(), other = block();
  Value *inner = builder.inside(*then).make(ops::neg, {x});
  yield(*then, {inner});
  yield(*other, {x});
  Op &op = makeOp(ops::if_, {argument(boolean, {})}, {}, blocks(std::move(then), std::move(other)));
  EXPECT_EQ(op.block(0).parentOp(), &op);
  EXPECT_EQ(inner->def()->parent(), &op.block(0));
  EXPECT_EQ(op.block(1).parentFunction(), &function);
  EXPECT_EQ(function.body.parentOp(), nullptr);
  EXPECT_EQ(x->users().size(), 2u);
  EXPECT_EQ(op.block(0).terminator().operand(0), inner);

  std::vector<std::string_view> seen;
  function.body.walk([&](Op &each) { seen.push_back(each.def.name); });
  EXPECT_EQ(seen, (std::vector<std::string_view>{"if", "neg", "yield", "yield"}));

  inner->def()->moveBefore(function.body, &op); // hoisted
  EXPECT_EQ(function.body.front(), inner->def());
  op.erase();
  EXPECT_FALSE(inner->hasUses());
  EXPECT_TRUE(x->hasOneUse());
}

TEST_F(Graph, BlockArguments) {
  Block inner;
  Value *a = inner.addArgument(Type{f32, {}}, "a"), *b = inner.addArgument(Type{i64, {}});
  EXPECT_EQ(b->index(), 1u);
  EXPECT_EQ(a->argumentOf(), &inner);
  EXPECT_EQ(a->def(), nullptr);
  inner.eraseArgument(0);
  EXPECT_EQ(inner.argument(0), b);
  EXPECT_EQ(b->index(), 0u);
  neg(x);
  EXPECT_THROW(function.body.eraseArgument(x->index()), InternalError);
}

TEST_F(Graph, ABlockWithoutYieldIsABug) {
  EXPECT_THROW((void)function.body.terminator(), InternalError);
  neg(x);
  EXPECT_THROW((void)function.body.terminator(), InternalError);
}

TEST_F(Graph, SeveralResults) {
  Op &op = makeOp(ops::topk, {x},
                  {attr::count({1}), attr::axis(0), attr::largest(true), attr::sorted(true)});
  EXPECT_EQ(op.numResults(), 2u);
  EXPECT_EQ(op.result(1)->index(), 1u);
  EXPECT_EQ(op.result(1)->def(), &op);
}

// ---- attributes ----

TEST_F(Graph, Attributes) {
  Op &op = *make(ops::softmax, {x}, {attr::axis(-1)})->def();
  EXPECT_EQ(op[attr::axis], 0) << "counted from the front";
  op.set(attr::axis, int64_t{0});
  EXPECT_EQ(op[attr::axis], 0);
  EXPECT_EQ(*op.find(attr::axis), 0);
  EXPECT_THROW((void)op.attribute("perm"), InternalError);
}

TEST_F(Graph, AttributesAreChecked) {
  EXPECT_THROW(make(ops::softmax, {x}), InternalError);
  EXPECT_THROW(make(ops::softmax, {x}, {attr::axis(0), attr::epsilon(1)}), InternalError);
  EXPECT_THROW(make(ops::softmax, {x}, {{"axis", AttrValue{1.0}}}), InternalError);
}

TEST_F(Graph, Blocks) {
  EXPECT_THROW(makeOp(ops::if_, {argument(boolean, {})}), InternalError);
  EXPECT_THROW(makeOp(ops::neg, {x}, {}, blocks(block())), InternalError);
}

// ---- module ----

TEST_F(Graph, Symbols) {
  EXPECT_EQ(module.symbols().size(), 3u);
  EXPECT_EQ(module.symbol("N"), N);
  EXPECT_EQ(module.symbol("N", {0, 99}).bounds(), (Bounds{1, 8})); // the first call fixes them
  EXPECT_EQ(module.freshSymbolName("N"), "N_1");
  module.symbol("N_1");
  EXPECT_EQ(module.freshSymbolName("N"), "N_2");
  EXPECT_EQ(module.freshSymbolName("other"), "other");
  EXPECT_EQ(module.symbol("N_1").bounds().hi, kUnbounded);
}

TEST_F(Graph, States) {
  function.states.push_back({"h", 0, 1, nullptr});
  ASSERT_TRUE(function.stateOfArgument(0));
  EXPECT_EQ(function.stateOfArgument(0)->name, "h");
  EXPECT_EQ(function.stateOfResult(1), &function.states[0]);
  EXPECT_EQ(function.stateOfArgument(1), nullptr);
}

TEST_F(Graph, Constants) {
  Value *c = ints({1, -2, 3});
  EXPECT_TRUE(c->isConstant());
  EXPECT_EQ(c->type, (Type{i64, {3}}));
  EXPECT_EQ(elements<int64_t>(*c)[1], -2);
  EXPECT_EQ(elementAsInt(*c, 1), -2);
  EXPECT_EQ(elementAsDouble(*c, 2), 3.0);
  EXPECT_THROW(module.addConstant(Type{f32, {2}}, std::span<const std::byte>{}), InternalError);
}

TEST_F(Graph, StringConstants) {
  Value *c = module.addStrings({2}, {"a", "b"}, "labels");
  EXPECT_EQ(c->type.text(), "str[2]");
  EXPECT_EQ(c->constant()->strings[1], "b");
  EXPECT_FALSE(splatValue(*c));
}

TEST_F(Graph, Splat) {
  EXPECT_EQ(splatValue(*ints({4, 4, 4})), 4.0);
  EXPECT_FALSE(splatValue(*ints({4, 4, 5})));
  EXPECT_FALSE(splatValue(*ints({})));
  EXPECT_EQ(splatValue(*builder.scalar(f16, 0.5)), 0.5);
  EXPECT_FALSE(splatValue(*x));
}

TEST_F(Graph, UnusedConstantsGo) {
  Value *used = builder.scalar(f32, 1), *initial = builder.scalar(f32, 2);
  builder.scalar(f32, 3);
  add(x, used);
  function.states.push_back({"h", 0, 0, initial});
  module.eraseUnusedConstants();
  ASSERT_EQ(module.constants().size(), 2u);
  EXPECT_EQ(module.constants()[0].get(), used);
  EXPECT_EQ(module.constants()[1].get(), initial);
}

TEST_F(Graph, ExtentsAreAConstantIfTheyCan) {
  EXPECT_TRUE(builder.extents({2, 3})->isConstant());
  EXPECT_TRUE(builder.extents({N, 3})->def()->is(ops::extents));
}

// ---- types ----

TEST_F(Graph, Types) {
  EXPECT_EQ((Type{f32, {N, 4}}), (Type{f32, {N, 4}}));
  EXPECT_NE((Type{f32, {N, 4}}), (Type{f32, {M, 4}}));
  EXPECT_NE((Type{f32, {}}), (Type{f16, {}}));
  EXPECT_NE((Type{f32, {4}}), Type::list(Type{f32, {4}}, 4));
  EXPECT_EQ(Type::list(Type{f32, {4}}, 4), Type::list(Type{f32, {4}}, 4));
  EXPECT_NE(Type::list(Type{f32, {4}}, 4), Type::list(Type{f32, {5}}, 4));
  EXPECT_NE(Type::optional(Type{f32, {}}), Type::optional(Type{i64, {}}));
  EXPECT_TRUE((Type{f32, {2}}).isStatic());
  EXPECT_FALSE((Type{f32, {N}}).isStatic());
  EXPECT_FALSE(Type::list(Type{f32, {N}}, 4).isStatic());
  EXPECT_EQ(Type::optional(Type::list(Type{f32, {N}}, 4)).text(), "optional<list<f32[N], 4>>");
}

TEST_F(Graph, ElementTypes) {
  for (int i = 0; i <= static_cast<int>(c128); ++i) {
    const auto e = static_cast<ElementType>(i);
    EXPECT_EQ(elementTypeNamed(name(e)), e);
    EXPECT_LE(isFloat(e) + isInteger(e), 1) << name(e);
  }
  EXPECT_FALSE(elementTypeNamed("f33"));
  EXPECT_FALSE(isInteger(boolean));
  EXPECT_TRUE(isUnsignedInteger(u4));
  EXPECT_TRUE(isSigned(f8e4m3fn));
  EXPECT_FALSE(isSigned(u8));
}

// ---- single numbers ----

struct Known {
  ElementType element;
  unsigned bits;
  double value;
};

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class KnownNumber : public ::testing::TestWithParam<Known> {};

TEST_P(KnownNumber, IsThat) {
  const Known k = GetParam();
  std::byte bytes[4] = {};
  std::memcpy(bytes, &k.bits, 4);
  const double value = loadNumber(k.element, bytes);
  if (std::isnan(k.value)) {
    EXPECT_TRUE(std::isnan(value));
  } else {
    EXPECT_EQ(value, k.value);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, KnownNumber,
    ::testing::Values(Known{f16, 0x3c00, 1}, Known{f16, 0x7bff, 65504}, Known{f16, 1, 0x1p-24},
                      Known{f16, 0x7c00, kInf}, Known{f16, 0x7e00, kNan}, Known{f16, 0xc000, -2},
                      Known{bf16, 0x3f80, 1}, Known{bf16, 0x7f80, kInf}, Known{bf16, 1, 0x1p-133},
                      Known{f8e4m3fn, 0x7e, 448}, Known{f8e4m3fn, 0x7f, kNan},
                      Known{f8e4m3fn, 0xff, kNan}, Known{f8e4m3fn, 1, 0x1p-9},
                      Known{f8e4m3fn, 0x38, 1}, Known{f8e4m3fnuz, 0x7f, 240},
                      Known{f8e4m3fnuz, 0x80, kNan}, Known{f8e4m3fnuz, 1, 0x1p-10},
                      Known{f8e5m2, 0x7b, 57344}, Known{f8e5m2, 0x7c, kInf},
                      Known{f8e5m2, 0x7d, kNan}, Known{f8e5m2, 1, 0x1p-16},
                      Known{f8e5m2fnuz, 0x7f, 57344}, Known{f8e5m2fnuz, 0x80, kNan},
                      Known{f8e5m2fnuz, 1, 0x1p-17}, Known{f4e2m1, 7, 6}, Known{f4e2m1, 1, 0.5},
                      Known{f4e2m1, 0xf, -6}, Known{f8e8m0, 127, 1}, Known{f8e8m0, 0, 0x1p-127},
                      Known{f8e8m0, 254, 0x1p127}, Known{f8e8m0, 255, kNan}, Known{i8, 0xff, -1},
                      Known{u8, 0xff, 255}, Known{i4, 0xf8, -8}, Known{boolean, 1, 1}));

class SmallFloats : public ::testing::TestWithParam<std::pair<ElementType, unsigned>> {};

TEST_P(SmallFloats, RoundTrip) {
  const auto [element, patterns] = GetParam();
  for (unsigned bits = 0; bits < patterns; ++bits) {
    std::byte bytes[4] = {}, back[4] = {};
    std::memcpy(bytes, &bits, 4);
    const double value = loadNumber(element, bytes);
    storeNumber(element, value, back);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(loadNumber(element, back))) << bits;
      continue;
    }
    unsigned again = 0;
    std::memcpy(&again, back, 4);
    ASSERT_EQ(again, bits) << value;
  }
}

/// Between two neighbours the nearer one is stored, and the even one from the middle.
TEST_P(SmallFloats, RoundToNearestEven) {
  const ElementType element = GetParam().first;
  const unsigned patterns = GetParam().second;
  if (element == f8e8m0)
    return; // powers of two: the middle lies elsewhere
  for (unsigned bits = 0; bits + 1 < patterns / 2; ++bits) {
    std::byte bytes[4] = {};
    const auto load = [&](unsigned pattern) {
      std::memcpy(bytes, &pattern, 4);
      return loadNumber(element, bytes);
    };
    const double lower = load(bits), upper = load(bits + 1);
    if (!std::isfinite(lower) || !std::isfinite(upper))
      continue;
    const double middle = (lower + upper) / 2;
    const auto stored = [&](double value) {
      std::byte to[4] = {};
      storeNumber(element, value, to);
      return loadNumber(element, to);
    };
    ASSERT_EQ(stored(middle), bits % 2 ? upper : lower) << middle;
    ASSERT_EQ(stored(std::nextafter(middle, lower)), lower);
    ASSERT_EQ(stored(std::nextafter(middle, upper)), upper);
    ASSERT_EQ(stored(-middle), bits % 2 ? -upper : -lower);
  }
}

INSTANTIATE_TEST_SUITE_P(Numbers, SmallFloats,
                         ::testing::Values(std::pair{f16, 65536u}, std::pair{bf16, 65536u},
                                           std::pair{f8e4m3fn, 256u}, std::pair{f8e4m3fnuz, 256u},
                                           std::pair{f8e5m2, 256u}, std::pair{f8e5m2fnuz, 256u},
                                           std::pair{f4e2m1, 16u}, std::pair{f8e8m0, 256u}));

double stored(ElementType e, double value) {
  std::byte bytes[16] = {};
  storeNumber(e, value, bytes);
  return loadNumber(e, bytes);
}

TEST(Numbers, FloatsOverflow) {
  EXPECT_EQ(stored(f16, 65519), 65504);
  EXPECT_EQ(stored(f16, 65520), kInf);
  EXPECT_EQ(stored(f16, -1e9), -kInf);
  EXPECT_EQ(stored(bf16, 1e39), kInf);
  EXPECT_TRUE(std::isnan(stored(f8e4m3fn, 465)));
  EXPECT_EQ(stored(f8e4m3fn, 464), 448);
  EXPECT_TRUE(std::isnan(stored(f8e4m3fn, kInf)));
  EXPECT_TRUE(std::isnan(stored(f8e4m3fnuz, 1000)));
  EXPECT_EQ(stored(f8e5m2, 1e6), kInf);
  EXPECT_TRUE(std::isnan(stored(f8e5m2fnuz, 1e6)));
  EXPECT_EQ(stored(f4e2m1, 100), 6);
  EXPECT_EQ(stored(f4e2m1, -kInf), -6);
}

TEST(Numbers, SignedZero) {
  EXPECT_TRUE(std::signbit(stored(f16, -0.0)));
  EXPECT_TRUE(std::signbit(stored(f8e4m3fn, -1e-9)));
  EXPECT_FALSE(std::signbit(stored(f8e4m3fnuz, -0.0))); // has no -0
  EXPECT_EQ(stored(f8e4m3fnuz, -1e-9), 0);
}

TEST(Numbers, IntegersSaturate) {
  EXPECT_EQ(stored(i8, 300), 127);
  EXPECT_EQ(stored(i8, -300), -128);
  EXPECT_EQ(stored(u8, -1), 0);
  EXPECT_EQ(stored(i4, 9), 7);
  EXPECT_EQ(stored(i2, -9), -2);
  EXPECT_EQ(stored(u2, 9), 3);
  EXPECT_EQ(stored(i32, 1e10), 2147483647.0);
  EXPECT_EQ(stored(i32, kNan), 0);
  EXPECT_EQ(stored(u64, -1), 0);
  EXPECT_EQ(stored(u64, 1e30), 18446744073709551616.0);
  EXPECT_EQ(stored(i64, -1e30), -9223372036854775808.0);
  EXPECT_EQ(stored(boolean, 0.25), 1);
}

TEST(Numbers, LargeIntegersAreExact) {
  std::byte bytes[8];
  storeInteger(i64, INT64_MAX - 1, bytes);
  EXPECT_EQ(loadInteger(i64, bytes), INT64_MAX - 1);
  storeInteger(i32, -7, bytes);
  EXPECT_EQ(loadInteger(i32, bytes), -7);
}

TEST(Numbers, StringsHaveNone) {
  std::byte bytes[16];
  EXPECT_THROW(storeNumber(string, 1, bytes), CompileError);
  EXPECT_THROW(storeNumber(c64, 1, bytes), CompileError);
}

} // namespace
} // namespace burin::ir
