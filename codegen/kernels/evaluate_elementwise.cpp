// SPDX-License-Identifier: Apache-2.0
//
// Elementwise ops by the functions of runtime-lite, on single elements. Compiled without
// contraction (CMakeLists.txt), so that constants do not depend on how burin was built.
#include "codegen/kernels/evaluate.h"
#include "ir/number.h"
#include "ir/ops.h"

#include "burin/rt/math.h"
#include "burin/rt/numeric.h"

#include <cstring>
#include <unordered_map>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;
namespace rt = burin::rt;

bool isSmallFloat(ElementType e) {
  return ir::isFloat(e) && e != ElementType::f32 && e != ElementType::f64;
}

/// Element i of an operand for element k of the result, broadcast.
class Reader {
public:
  Reader(const ir::Tensor &t, const std::vector<int64_t> &shape) {
    const std::vector<int64_t> own = t.shape();
    strides_.assign(shape.size(), 0);
    int64_t step = 1;
    for (size_t i = own.size(); i-- > 0;) {
      if (own[i] != 1)
        strides_[shape.size() - own.size() + i] = step;
      step *= own[i];
    }
    isDense_ = own == shape;
  }
  size_t at(size_t k, const std::vector<int64_t> &index) const {
    if (isDense_)
      return k;
    int64_t offset = 0;
    for (size_t i = 0; i < index.size(); ++i)
      offset += index[i] * strides_[i];
    return static_cast<size_t>(offset);
  }

private:
  std::vector<int64_t> strides_;
  bool isDense_;
};

/// visit(k, positions of the operands) for every element of the result.
template <class Visit> void forEachElement(Evaluation &e, Visit visit) {
  const std::vector<int64_t> shape = e.out().shape();
  std::vector<Reader> readers;
  for (const ir::Tensor *t : e.operands)
    readers.emplace_back(*t, shape);
  std::vector<int64_t> index(shape.size(), 0);
  size_t at[3] = {};
  const size_t n = e.out().count();
  for (size_t k = 0; k < n; ++k) {
    for (size_t i = 0; i < readers.size() && i < 3; ++i)
      at[i] = readers[i].at(k, index);
    visit(k, at);
    for (size_t a = shape.size(); a-- > 0;) {
      if (++index[a] < shape[a])
        break;
      index[a] = 0;
    }
  }
}

// One row an op: the same function for float and double, and one for integers.
struct RealRow {
  const ir::OpDef *op;
  float (*f32)(float, float);
  double (*f64)(double, double);
};
template <class F> constexpr RealRow real(const ir::OpDef &op, F) {
  return {&op, [](float a, float b) -> float { return F{}(a, b); },
          [](double a, double b) -> double { return F{}(a, b); }};
}
#define BURIN_REAL(op, expression)                                                                 \
  real(ops::op, [](auto a, [[maybe_unused]] auto b) { return expression; })

const RealRow kReal[] = {
    BURIN_REAL(abs, rt::abs(a)),
    BURIN_REAL(neg, -a),
    BURIN_REAL(sign, rt::sign(a)),
    BURIN_REAL(relu, rt::maxNan(a, decltype(a){0})),
    BURIN_REAL(ceil, rt::ceil(a)),
    BURIN_REAL(floor, rt::floor(a)),
    BURIN_REAL(round, rt::round(a)),
    BURIN_REAL(trunc, rt::trunc(a)),
    BURIN_REAL(sqrt, rt::sqrt(a)),
    BURIN_REAL(exp, rt::exp(a)),
    BURIN_REAL(log, rt::log(a)),
    BURIN_REAL(sin, rt::sin(a)),
    BURIN_REAL(cos, rt::cos(a)),
    BURIN_REAL(tan, rt::tan(a)),
    BURIN_REAL(asin, rt::asin(a)),
    BURIN_REAL(acos, rt::acos(a)),
    BURIN_REAL(atan, rt::atan(a)),
    BURIN_REAL(sinh, rt::sinh(a)),
    BURIN_REAL(cosh, rt::cosh(a)),
    BURIN_REAL(tanh, rt::tanh(a)),
    BURIN_REAL(asinh, rt::asinh(a)),
    BURIN_REAL(acosh, rt::acosh(a)),
    BURIN_REAL(atanh, rt::atanh(a)),
    BURIN_REAL(erf, rt::erf(a)),
    BURIN_REAL(sigmoid, rt::sigmoid(a)),
    BURIN_REAL(add, a + b),
    BURIN_REAL(sub, a - b),
    BURIN_REAL(mul, a *b),
    BURIN_REAL(div, a / b),
    BURIN_REAL(pow, rt::pow(a, b)),
    BURIN_REAL(mod, rt::modFloor(a, b)),
    BURIN_REAL(fmod, rt::fmod(a, b)),
    BURIN_REAL(min, rt::minNan(a, b)),
    BURIN_REAL(max, rt::maxNan(a, b)),
};
#undef BURIN_REAL

/// Integers by their type T; the operations are those that the emitter prints.
template <class T> std::optional<T> integer(const Op &op, T a, T b) {
  const ir::OpDef *row = &op.def;
  if constexpr (!std::is_same_v<T, bool>) {
    if (row == &ops::abs)
      return rt::absWrap(a);
    if (row == &ops::neg)
      return rt::negWrap(a);
    if (row == &ops::sign)
      return static_cast<T>(a > T{0} ? 1 : a < T{0} ? -1 : 0);
    if (row == &ops::relu)
      return a > T{0} ? a : T{0};
    if (row == &ops::add)
      return rt::addWrap(a, b);
    if (row == &ops::sub)
      return rt::subWrap(a, b);
    if (row == &ops::mul)
      return rt::mulWrap(a, b);
    if (row == &ops::div)
      return rt::divTrunc(a, b);
    if (row == &ops::mod)
      return rt::modFloor(a, b);
    if (row == &ops::fmod)
      return rt::modTrunc(a, b);
    if (row == &ops::pow)
      return rt::powInt(a, static_cast<int64_t>(b));
    if (row == &ops::min)
      return a < b ? a : b;
    if (row == &ops::max)
      return a > b ? a : b;
    if (row == &ops::bit_not)
      return static_cast<T>(~a);
    if (row == &ops::bit_and)
      return static_cast<T>(a & b);
    if (row == &ops::bit_or)
      return static_cast<T>(a | b);
    if (row == &ops::bit_xor)
      return static_cast<T>(a ^ b);
    if (row == &ops::shift_left)
      return rt::shiftLeft(a, b);
    if (row == &ops::shift_right)
      return rt::shiftRight(a, b);
  } else {
    if (row == &ops::logical_not)
      return !a;
    if (row == &ops::logical_and || row == &ops::min)
      return a && b;
    if (row == &ops::logical_or || row == &ops::max)
      return a || b;
    if (row == &ops::logical_xor)
      return a != b;
  }
  return std::nullopt;
}

template <class T> void runInteger(Evaluation &e) {
  const bool two = e.operands.size() > 1;
  T *out = reinterpret_cast<T *>(e.out().bytes.data());
  const T *a = reinterpret_cast<const T *>(e.in(0).bytes.data());
  // The exponent of a power may be of another type.
  const bool same = two && e.in(1).type.element() == e.in(0).type.element();
  forEachElement(e, [&](size_t k, const size_t *at) {
    T b{};
    if (two && same)
      b = reinterpret_cast<const T *>(e.in(1).bytes.data())[at[1]];
    if (two && !same && ir::isFloat(e.in(1).type.element())) {
      out[k] = rt::cast<T>(rt::pow(static_cast<double>(a[at[0]]), e.in(1).number(at[1])));
      return;
    }
    if constexpr (!std::is_same_v<T, bool>)
      if (two && !same) {
        out[k] = rt::powInt(a[at[0]], e.in(1).integer(at[1]));
        return;
      }
    out[k] = *integer<T>(e.op, a[at[0]], b);
  });
}

template <class F> bool visitInteger(ElementType e, F f) {
  switch (e) {
  case ElementType::i8:
    f(int8_t{});
    return true;
  case ElementType::u8:
    f(uint8_t{});
    return true;
  case ElementType::i16:
    f(int16_t{});
    return true;
  case ElementType::u16:
    f(uint16_t{});
    return true;
  case ElementType::i32:
    f(int32_t{});
    return true;
  case ElementType::u32:
    f(uint32_t{});
    return true;
  case ElementType::i64:
    f(int64_t{});
    return true;
  case ElementType::u64:
    f(uint64_t{});
    return true;
  case ElementType::boolean:
    f(bool{});
    return true;
  default:
    return false;
  }
}

const RealRow *realRow(const Op &op) {
  static const auto kByOp = [] {
    std::unordered_map<const ir::OpDef *, const RealRow *> byOp;
    for (const RealRow &row : kReal)
      byOp.emplace(row.op, &row);
    return byOp;
  }();
  const auto it = kByOp.find(&op.def);
  return it == kByOp.end() ? nullptr : it->second;
}

void runArithmetic(Evaluation &e) {
  const ElementType element = e.in(0).type.element();
  if (!ir::isFloat(element)) {
    visitInteger(element, [&](auto zero) { runInteger<decltype(zero)>(e); });
    return;
  }
  const RealRow &row = *realRow(e.op);
  const bool two = e.operands.size() > 1;
  forEachElement(e, [&](size_t k, const size_t *at) {
    const double a = e.in(0).number(at[0]), b = two ? e.in(1).number(at[1]) : 0;
    e.out().setNumber(
        k, element == ElementType::f64
               ? row.f64(a, b)
               : static_cast<double>(row.f32(static_cast<float>(a), static_cast<float>(b))));
  });
}

void runCompare(Evaluation &e) {
  const ElementType element = e.in(0).type.element();
  forEachElement(e, [&](size_t k, const size_t *at) {
    bool result;
    if (element == ElementType::string) {
      result = e.in(0).strings[at[0]] == e.in(1).strings[at[1]];
    } else if (ir::isFloat(element)) {
      const double a = e.in(0).number(at[0]), b = e.in(1).number(at[1]);
      result = e.op.is(ops::equal) ? a == b : e.op.is(ops::less) ? a < b : a <= b;
    } else {
      const int64_t a = e.in(0).integer(at[0]), b = e.in(1).integer(at[1]);
      const auto ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
      const bool wide = element == ElementType::u64;
      result = e.op.is(ops::equal)  ? a == b
               : e.op.is(ops::less) ? (wide ? ua < ub : a < b)
                                    : (wide ? ua <= ub : a <= b);
    }
    e.out().setInteger(k, result);
  });
}

void runPredicate(Evaluation &e) {
  forEachElement(e, [&](size_t k, const size_t *at) {
    const double x = e.in(0).number(at[0]);
    const bool infinite = x - x != x - x && x == x;
    e.out().setInteger(k, e.op.is(ops::is_nan) ? x != x
                                               : infinite && (x < 0 ? e.op[attr::detectNegative]
                                                                    : e.op[attr::detectPositive]));
  });
}

void runWhere(Evaluation &e) {
  const size_t size = ir::elementSize(e.in(1).type.element());
  forEachElement(e, [&](size_t k, const size_t *at) {
    const bool first = e.in(0).integer(at[0]) != 0;
    const ir::Tensor &from = first ? e.in(1) : e.in(2);
    const size_t i = first ? at[1] : at[2];
    if (size)
      std::memcpy(e.out().bytes.data() + k * size, from.bytes.data() + i * size, size);
    else
      e.out().strings[k] = from.strings[i];
  });
}

void runBitcast(Evaluation &e) { e.out().bytes = e.in(0).bytes; }

bool isPlainInteger(ElementType e) {
  return visitInteger(e, [](auto) {});
}

bool supportsArithmetic(const Op &op) {
  const ElementType e = op.operand(0)->type.element();
  if (ir::isFloat(e))
    return realRow(op) && !(isSmallFloat(e) && ir::elementSize(e) < 2);
  return isPlainInteger(e);
}

} // namespace

std::span<const EvaluateDef> elementwiseEvaluations() {
  static const std::vector<EvaluateDef> kRows = [] {
    std::vector<EvaluateDef> rows;
    for (const ir::OpDef *op : ops::kElementwiseOps) {
      if (op == &ops::cast) // castEvaluations()
        continue;
      if (op == &ops::equal || op == &ops::less || op == &ops::less_equal)
        rows.push_back({op, runCompare});
      else if (op == &ops::is_nan || op == &ops::is_inf)
        rows.push_back({op, runPredicate});
      else if (op == &ops::where)
        rows.push_back({op, runWhere});
      else if (op == &ops::bitcast)
        rows.push_back({op, runBitcast});
      else
        rows.push_back({op, runArithmetic, supportsArithmetic});
    }
    return rows;
  }();
  return kRows;
}

} // namespace burin::kernels
