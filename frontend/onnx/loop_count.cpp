// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/loop_count.h"

#include "ir/ops.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace burin::onnx {
namespace {
using Number = std::optional<double>;

constexpr int64_t kMost = 4096;       // iterations that are counted here
constexpr double kExact = 16777216.0; // below, all element types add without rounding

struct Arithmetic {
  const ir::OpDef *op;
  double (*run)(double, double);
};
constexpr Arithmetic kArithmetic[] = {
    {&ops::add, [](double a, double b) { return a + b; }},
    {&ops::sub, [](double a, double b) { return a - b; }},
    {&ops::mul, [](double a, double b) { return a * b; }},
    {&ops::min, [](double a, double b) { return std::min(a, b); }},
    {&ops::max, [](double a, double b) { return std::max(a, b); }},
    {&ops::less, [](double a, double b) { return (a < b) ? 1.0 : 0.0; }},
    {&ops::less_equal, [](double a, double b) { return (a <= b) ? 1.0 : 0.0; }},
    {&ops::equal, [](double a, double b) { return (a == b) ? 1.0 : 0.0; }},
    {&ops::logical_and, [](double a, double b) { return (a != 0 && b != 0) ? 1.0 : 0.0; }},
    {&ops::logical_or, [](double a, double b) { return (a != 0 || b != 0) ? 1.0 : 0.0; }},
};

/// The numbers of one iteration: tensors of one element, small whole numbers all.
class Iteration {
public:
  void know(const Value *argument, Number number) { known_[argument] = number; }

  Number operator()(const Value *v) {
    if (const auto it = known_.find(v); it != known_.end())
      return it->second;
    const bool isScalar = v->type.isTensor() && v->type.count().isNumber(1);
    const Number number = isScalar && isPlain(v->type.element()) ? computed(v) : std::nullopt;
    const bool isWhole = number && std::trunc(*number) == *number && std::fabs(*number) < kExact;
    return known_[v] = isWhole ? number : std::nullopt;
  }

private:
  /// Whether the element type holds all such numbers.
  static bool isPlain(ElementType e) {
    return e == ElementType::i32 || e == ElementType::i64 || e == ElementType::f32 ||
           e == ElementType::f64 || e == ElementType::boolean;
  }

  Number computed(const Value *v) {
    if (v->isConstant())
      return ir::elementAsDouble(*v, 0);
    if (v->contents() && v->contents()->front().isNumber())
      return static_cast<double>(v->contents()->front().number());
    const ir::Op *op = v->def();
    if (!op)
      return std::nullopt;
    if (op->is(ops::cast) || op->is(ops::reshape)) {
      const Number x = (*this)(op->operand(0));
      return x && v->type.element() == ElementType::boolean ? Number(*x != 0) : x;
    }
    if (op->is(ops::logical_not)) {
      const Number x = (*this)(op->operand(0));
      return x ? Number(*x == 0) : std::nullopt;
    }
    const auto *row = std::ranges::find(kArithmetic, &op->def, &Arithmetic::op);
    if (row == std::end(kArithmetic))
      return std::nullopt;
    const Number a = (*this)(op->operand(0)), b = (*this)(op->operand(1));
    return a && b ? Number(row->run(*a, *b)) : std::nullopt;
  }

  std::unordered_map<const Value *, Number> known_;
};

} // namespace

std::optional<int64_t> iterationsOf(const LoopParts &parts, const ir::Block &body,
                                    const Values &yields) {
  Iteration before;
  Number most = kMost + 1;
  if (parts.count && !(parts.count->isConstant() && ir::elementAsInt(*parts.count, 0) > kMost))
    most = before(parts.count);
  Number goesOn = parts.condition ? before(parts.condition) : Number(1);
  std::vector<Number> carried;
  for (const Value *v : parts.carried)
    carried.push_back(before(v));
  for (int64_t i = 0; i <= kMost && most && goesOn; ++i) {
    if (static_cast<double>(i) >= *most || *goesOn == 0)
      return i;
    Iteration now;
    now.know(body.argument(0), static_cast<double>(i));
    for (size_t k = 0; k < carried.size(); ++k)
      now.know(body.argument(k + 1), carried[k]);
    goesOn = now(yields[0]);
    for (size_t k = 0; k < carried.size(); ++k)
      carried[k] = carried[k] ? now(yields[k + 1]) : std::nullopt;
  }
  return std::nullopt;
}

} // namespace burin::onnx
