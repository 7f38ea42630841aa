// SPDX-License-Identifier: Apache-2.0
//
// result[i] from operands[i], after numpy broadcasting. Shapes: any. One row, one formula: integer
// and float meanings are told apart in the doc.
#pragma once

#include "ir/op_def.h"

namespace burin::ir {

std::vector<Type> inferUnary(const Op &);      ///< any number
std::vector<Type> inferUnaryFloat(const Op &); ///< floats only
std::vector<Type> inferPredicate(const Op &);  ///< float -> bool
std::vector<Type> inferBinary(const Op &);     ///< equal element types, any number
std::vector<Type> inferBits(const Op &);       ///< one or two equal integer types
std::vector<Type> inferLogic(const Op &);      ///< bool
std::vector<Type> inferCompare(const Op &);    ///< equal element types -> bool
std::vector<Type> inferWhere(const Op &);
std::vector<Type> inferCast(const Op &);
std::vector<Type> inferBitcast(const Op &);
std::optional<Dims> foldBinary(const Op &); ///< add, sub, mul, div, mod, fmod, min, max of contents
std::optional<Dims> foldCast(const Op &);   ///< of contents, or of floats made of them
std::optional<Dims> foldWhere(const Op &);
std::optional<Dims> foldUnary(const Op &);   ///< abs, neg, sign, relu
std::optional<Dims> foldCompare(const Op &); ///< contents 0 or 1, where the bounds decide
std::optional<Dims> foldLogic(const Op &);

namespace ops {
constexpr Trait kElementwise = Trait::elementwise,
                kSymmetric = Trait::elementwise | Trait::commutative;
// clang-format off
inline constexpr OpDef
    abs{.name = "abs", .doc = "|x|. The least integer stays.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnary, .fold = foldUnary},
    neg{.name = "neg", .doc = "-x; integers wrap.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnary, .fold = foldUnary},
    sign{.name = "sign", .doc = "-1, 0 or 1; NaN stays.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnary, .fold = foldUnary},
    relu{.name = "relu", .doc = "max(x, 0); NaN stays.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnary, .fold = foldUnary},
    ceil{.name = "ceil", .doc = "The least integer not below x.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    floor{.name = "floor", .doc = "The greatest integer not above x.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    round{.name = "round", .doc = "The nearest integer, halves to even.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    trunc{.name = "trunc", .doc = "The nearest integer towards zero.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    sqrt{.name = "sqrt", .doc = "Square root; NaN below zero.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    exp{.name = "exp", .doc = "e^x.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    log{.name = "log", .doc = "Natural logarithm.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    sin{.name = "sin", .doc = "Sine of radians.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    cos{.name = "cos", .doc = "Cosine of radians.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    tan{.name = "tan", .doc = "Tangent of radians.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    asin{.name = "asin", .doc = "Arc sine in radians.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    acos{.name = "acos", .doc = "Arc cosine in radians.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    atan{.name = "atan", .doc = "Arc tangent in radians.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    sinh{.name = "sinh", .doc = "Hyperbolic sine.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    cosh{.name = "cosh", .doc = "Hyperbolic cosine.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    tanh{.name = "tanh", .doc = "Hyperbolic tangent.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    asinh{.name = "asinh", .doc = "Inverse hyperbolic sine.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    acosh{.name = "acosh", .doc = "Inverse hyperbolic cosine.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    atanh{.name = "atanh", .doc = "Inverse hyperbolic tangent.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    erf{.name = "erf", .doc = "Error function.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    sigmoid{.name = "sigmoid", .doc = "1 / (1 + e^-x).", .operands = {{"x"}}, .traits = kElementwise, .infer = inferUnaryFloat},
    is_nan{.name = "is_nan", .doc = "Whether x is NaN.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferPredicate},
    is_inf{.name = "is_inf", .doc = "Whether x is an infinity of a sign that is asked for.", .operands = {{"x"}},
           .attrs = {attr::detectNegative, attr::detectPositive}, .traits = kElementwise, .infer = inferPredicate},
    logical_not{.name = "not", .doc = "Logical not.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferLogic, .fold = foldLogic},
    bit_not{.name = "bit_not", .doc = "Every bit inverted.", .operands = {{"x"}}, .traits = kElementwise, .infer = inferBits};

inline constexpr OpDef
    add{.name = "add", .doc = "a + b; integers wrap.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferBinary, .fold = foldBinary},
    sub{.name = "sub", .doc = "a - b; integers wrap.", .operands = {{"a"}, {"b"}}, .traits = kElementwise, .infer = inferBinary, .fold = foldBinary},
    mul{.name = "mul", .doc = "a * b; integers wrap.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferBinary, .fold = foldBinary},
    div{.name = "div", .doc = "a / b; integers towards zero, and 0 where b is 0.", .operands = {{"a"}, {"b"}}, .traits = kElementwise, .infer = inferBinary, .fold = foldBinary},
    pow{.name = "pow", .doc = "a^b, of the type of a; b may be of another type.", .operands = {{"a"}, {"b"}}, .traits = kElementwise, .infer = inferBinary},
    mod{.name = "mod", .doc = "Remainder with the sign of b; integers: 0 where b is 0.", .operands = {{"a"}, {"b"}}, .traits = kElementwise, .infer = inferBinary, .fold = foldBinary},
    fmod{.name = "fmod", .doc = "Remainder with the sign of a, as fmod of C; integers: 0 where b is 0.", .operands = {{"a"}, {"b"}}, .traits = kElementwise, .infer = inferBinary, .fold = foldBinary},
    min{.name = "min", .doc = "The smaller one; NaN if either is.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferBinary, .fold = foldBinary},
    max{.name = "max", .doc = "The larger one; NaN if either is.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferBinary, .fold = foldBinary},
    equal{.name = "equal", .doc = "a == b; strings too.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferCompare, .fold = foldCompare},
    less{.name = "less", .doc = "a < b.", .operands = {{"a"}, {"b"}}, .traits = kElementwise, .infer = inferCompare, .fold = foldCompare},
    less_equal{.name = "less_equal", .doc = "a <= b.", .operands = {{"a"}, {"b"}}, .traits = kElementwise, .infer = inferCompare, .fold = foldCompare},
    logical_and{.name = "and", .doc = "Logical and.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferLogic, .fold = foldLogic},
    logical_or{.name = "or", .doc = "Logical or.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferLogic, .fold = foldLogic},
    logical_xor{.name = "xor", .doc = "Logical exclusive or.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferLogic, .fold = foldLogic},
    bit_and{.name = "bit_and", .doc = "Bitwise and.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferBits},
    bit_or{.name = "bit_or", .doc = "Bitwise or.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferBits},
    bit_xor{.name = "bit_xor", .doc = "Bitwise exclusive or.", .operands = {{"a"}, {"b"}}, .traits = kSymmetric, .infer = inferBits},
    shift_left{.name = "shift_left", .doc = "a << b; 0 for b at or above the width.", .operands = {{"a"}, {"b"}}, .traits = kElementwise, .infer = inferBits},
    shift_right{.name = "shift_right", .doc = "a >> b, filled with the sign; b at or above the width shifts all bits out.", .operands = {{"a"}, {"b"}}, .traits = kElementwise, .infer = inferBits};

inline constexpr OpDef
    where{.name = "where", .doc = "a where the condition holds, else b.", .operands = {{"condition"}, {"a"}, {"b"}}, .traits = kElementwise, .infer = inferWhere, .fold = foldWhere},
    cast{.name = "cast",
         .doc = "x as another element type. Float to integer truncates towards zero and saturates, NaN to 0 (4 and 2 bits: the low ones of i32); integers wrap; to bool is x != 0; "
                "to a small float rounds to nearest even, and `saturate` takes what is too large to the largest instead of infinity or NaN.",
         .operands = {{"x"}}, .attrs = {attr::to, attr::saturate}, .traits = kElementwise, .infer = inferCast, .fold = foldCast},
    bitcast{.name = "bitcast", .doc = "The same bits as an element type of the same size.", .operands = {{"x"}}, .attrs = {attr::to},
            .traits = kElementwise, .infer = inferBitcast};

inline constexpr const OpDef *kElementwiseOps[] = {
    &abs, &neg, &sign, &relu, &ceil, &floor, &round, &trunc, &sqrt, &exp, &log, &sin, &cos, &tan, &asin, &acos, &atan, &sinh, &cosh, &tanh,
    &asinh, &acosh, &atanh, &erf, &sigmoid, &is_nan, &is_inf, &logical_not, &bit_not,
    &add, &sub, &mul, &div, &pow, &mod, &fmod, &min, &max, &equal, &less, &less_equal, &logical_and, &logical_or, &logical_xor,
    &bit_and, &bit_or, &bit_xor, &shift_left, &shift_right, &where, &cast, &bitcast};
// clang-format on
} // namespace ops
} // namespace burin::ir
