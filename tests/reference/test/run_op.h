// SPDX-License-Identifier: Apache-2.0
//
// Making an op on given tensors, running it, and looking at what comes out.
#pragma once

#include "ir/builder.h"
#include "ir/ops.h"
#include "tests/reference/reference.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace burin::reference {

using ir::ElementType;
using ir::Tensor;
using ir::Type;
using Extents = std::vector<int64_t>;
using Numbers = std::vector<double>;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN(),
                 kInf = std::numeric_limits<double>::infinity();
using enum ElementType;

inline Type typeOf(ElementType e, const Extents &shape) {
  return Type{e, ir::Shape(shape.begin(), shape.end())};
}

inline Tensor tensor(ElementType e, const Extents &shape, const Numbers &values) {
  Tensor t{typeOf(e, shape)};
  for (size_t i = 0; i < t.count(); ++i)
    t.setNumber(i, values.at(i));
  return t;
}
inline Tensor floats(const Extents &shape, const Numbers &values) {
  return tensor(f32, shape, values);
}
inline Tensor ints(const Extents &shape, const Numbers &values) {
  return tensor(i32, shape, values);
}
inline Tensor integers(ElementType e, const Extents &values) {
  Tensor t{typeOf(e, {static_cast<int64_t>(values.size())})};
  for (size_t i = 0; i < t.count(); ++i)
    t.setInteger(i, values[i]);
  return t;
}
inline Tensor scalar(ElementType e, double x) { return tensor(e, {}, {x}); }
inline Tensor strings(const Extents &shape, std::vector<std::string> values) {
  Tensor t{typeOf(ElementType::string, shape)};
  t.strings = std::move(values);
  return t;
}

/// Numbers that the programs behind the expected values were given too: element i is
/// ((i * step + 3) % modulus - modulus / 2) / 4.
inline Tensor pattern(const Extents &shape, int64_t step, int64_t modulus, ElementType e = f32) {
  Tensor t{typeOf(e, shape)};
  for (size_t i = 0; i < t.count(); ++i) {
    const int64_t n = (static_cast<int64_t>(i) * step + 3) % modulus - modulus / 2;
    if (ir::isFloat(e))
      t.setNumber(i, static_cast<double>(n) / 4);
    else
      t.setInteger(i, ir::isSigned(e) ? n : n + modulus / 2);
  }
  return t;
}

/// All results of one op.
inline std::vector<Tensor> runAll(const ir::OpDef &row,
                                  const std::vector<std::optional<Tensor>> &operands,
                                  std::vector<ir::NamedAttr> attributes = {}) {
  ir::Module module;
  ir::Function &function = module.addFunction("main");
  ir::Builder build{module, function.body};
  std::vector<ir::Value *> values;
  std::vector<const Tensor *> tensors;
  for (const std::optional<Tensor> &operand : operands) {
    values.push_back(operand ? function.body.addArgument(operand->type) : nullptr);
    tensors.push_back(operand ? &*operand : nullptr);
  }
  const ir::Op &op = build.makeOp(row, values, std::move(attributes));
  EXPECT_TRUE(evaluator().supports(op));
  return evaluator().evaluate(op, tensors, ir::SymbolValues{});
}

inline Tensor run(const ir::OpDef &row, const std::vector<std::optional<Tensor>> &operands,
                  std::vector<ir::NamedAttr> attributes = {}) {
  return runAll(row, operands, std::move(attributes)).at(0);
}

inline Numbers numbers(const Tensor &t) {
  Numbers all;
  for (size_t i = 0; i < t.count(); ++i)
    all.push_back(t.number(i));
  return all;
}
inline Extents integersOf(const Tensor &t) {
  Extents all;
  for (size_t i = 0; i < t.count(); ++i)
    all.push_back(t.integer(i));
  return all;
}

/// Equal to what a program found that computes in f32; NaN equals NaN.
inline void expectNear(const Tensor &t, const Numbers &expected, double tolerance = 2e-6) {
  ASSERT_EQ(t.count(), expected.size());
  double most = 1;
  for (const double x : expected)
    if (std::isfinite(x))
      most = std::fmax(most, std::fabs(x));
  for (size_t i = 0; i < expected.size(); ++i) {
    const double x = t.number(i);
    if (std::isnan(expected[i]) || std::isinf(expected[i]))
      EXPECT_TRUE(x == expected[i] || (std::isnan(x) && std::isnan(expected[i])))
          << "element " << i << " is " << x << ", expected " << expected[i];
    else
      EXPECT_NEAR(x, expected[i], tolerance * most) << "element " << i;
  }
}

} // namespace burin::reference
