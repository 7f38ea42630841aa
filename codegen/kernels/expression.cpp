// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/expression.h"

#include "ir/ops.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;

// How tightly a C++ expression binds; larger is looser. An operator in a cast takes operands as a
// unary one does: none that is looser than it.
enum Precedence { primary, unary, multiplicative, additive, relational, equality, conditional };

/// {0}, {1}, {2} are the operands. An empty text: not in this form.
struct ExpressionRow {
  const ir::OpDef *op;
  std::string_view vector, real, integer; ///< on Vec<W>; on float and double; on integers and bool
  Precedence precedence = primary;
};

// clang-format off
constexpr ExpressionRow kExpressions[] = {
    {&ops::abs, "rt::abs({0})", "rt::abs({0})", "rt::absWrap({0})"},
    {&ops::neg, "-{0}", "-{0}", "rt::negWrap({0})", unary},
    {&ops::sign, "rt::sign({0})", "rt::sign({0})", "rt::signOf({0})"},
    {&ops::relu, "rt::max(V{{}}, {0})", "rt::maxNan({0}, {T}{{0}})", "rt::maxNan({0}, {T}{{0}})"},
    {&ops::ceil, "rt::ceil({0})", "rt::ceil({0})", ""},
    {&ops::floor, "rt::floor({0})", "rt::floor({0})", ""},
    {&ops::round, "rt::round({0})", "rt::round({0})", ""},
    {&ops::trunc, "rt::trunc({0})", "rt::trunc({0})", ""},
    {&ops::sqrt, "rt::sqrt({0})", "rt::sqrt({0})", ""},
    {&ops::exp, "rt::exp({0})", "rt::exp({0})", ""},
    {&ops::log, "rt::log({0})", "rt::log({0})", ""},
    {&ops::sin, "rt::sin({0})", "rt::sin({0})", ""},
    {&ops::cos, "rt::cos({0})", "rt::cos({0})", ""},
    {&ops::tan, "rt::tan({0})", "rt::tan({0})", ""},
    {&ops::asin, "rt::asin({0})", "rt::asin({0})", ""},
    {&ops::acos, "rt::acos({0})", "rt::acos({0})", ""},
    {&ops::atan, "rt::atan({0})", "rt::atan({0})", ""},
    {&ops::sinh, "rt::sinh({0})", "rt::sinh({0})", ""},
    {&ops::cosh, "rt::cosh({0})", "rt::cosh({0})", ""},
    {&ops::tanh, "rt::tanh({0})", "rt::tanh({0})", ""},
    {&ops::asinh, "rt::asinh({0})", "rt::asinh({0})", ""},
    {&ops::acosh, "rt::acosh({0})", "rt::acosh({0})", ""},
    {&ops::atanh, "rt::atanh({0})", "rt::atanh({0})", ""},
    {&ops::erf, "rt::erf({0})", "rt::erf({0})", ""},
    {&ops::sigmoid, "rt::sigmoid({0})", "rt::sigmoid({0})", ""},
    {&ops::is_nan, "", "rt::isNan({0})", ""},
    {&ops::logical_not, "", "", "!{0}", unary},
    {&ops::bit_not, "", "", "static_cast<{T}>(~{0})", unary},
    {&ops::add, "{0} + {1}", "{0} + {1}", "rt::addWrap({0}, {1})", additive},
    {&ops::sub, "{0} - {1}", "{0} - {1}", "rt::subWrap({0}, {1})", additive},
    {&ops::mul, "{0} * {1}", "{0} * {1}", "rt::mulWrap({0}, {1})", multiplicative},
    {&ops::div, "{0} / {1}", "{0} / {1}", "rt::divTrunc({0}, {1})", multiplicative},
    {&ops::pow, "rt::pow({0}, {1})", "rt::pow({0}, {1})", "rt::powInt({0}, {1})"},
    {&ops::mod, "rt::modFloor({0}, {1})", "rt::modFloor({0}, {1})", "rt::modFloor({0}, {1})"},
    {&ops::fmod, "rt::fmod({0}, {1})", "rt::fmod({0}, {1})", "rt::modTrunc({0}, {1})"},
    {&ops::min, "rt::minNan({0}, {1})", "rt::minNan({0}, {1})", "rt::minNan({0}, {1})"},
    {&ops::max, "rt::maxNan({0}, {1})", "rt::maxNan({0}, {1})", "rt::maxNan({0}, {1})"},
    {&ops::equal, "{0} == {1}", "{0} == {1}", "{0} == {1}", equality},
    {&ops::less, "{0} < {1}", "{0} < {1}", "{0} < {1}", relational},
    {&ops::less_equal, "{0} <= {1}", "{0} <= {1}", "{0} <= {1}", relational},
    {&ops::logical_and, "", "", "{0} && {1}", conditional},
    {&ops::logical_or, "", "", "{0} || {1}", conditional},
    {&ops::logical_xor, "", "", "{0} != {1}", equality},
    {&ops::bit_and, "", "", "static_cast<{T}>({0} & {1})", unary},
    {&ops::bit_or, "", "", "static_cast<{T}>({0} | {1})", unary},
    {&ops::bit_xor, "", "", "static_cast<{T}>({0} ^ {1})", unary},
    {&ops::shift_left, "", "", "rt::shiftLeft({0}, {1})"},
    {&ops::shift_right, "", "", "rt::shiftRight({0}, {1})"},
    {&ops::where, "rt::select({0}, {1}, {2})", "{0} ? {1} : {2}", "{0} ? {1} : {2}", conditional},
};
// clang-format on

const ExpressionRow *rowOf(const ir::OpDef &op) {
  const auto *it = std::ranges::find(kExpressions, &op, &ExpressionRow::op);
  return it == std::end(kExpressions) ? nullptr : it;
}

bool isSmallFloat(ElementType e) {
  return ir::isFloat(e) && e != ElementType::f32 && e != ElementType::f64;
}

/// What a value is held in while a body computes: small floats in float, packed integers in a byte.
std::string heldIn(ElementType e) {
  if (isSmallFloat(e))
    return "float";
  switch (e) {
  case ElementType::i4:
  case ElementType::i2:
    return "int8_t";
  case ElementType::u4:
  case ElementType::u2:
    return "uint8_t";
  default:
    return elementCpp(e);
  }
}

ElementType elementOf(const Value *v) { return v->type.element(); }

std::string substitute(std::string_view pattern, const std::vector<std::string> &operands,
                       std::string_view type) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{' && i + 1 < pattern.size() && pattern[i + 1] == '{') {
      out += '{';
      ++i;
    } else if (pattern[i] == '}') { // of a "}}"
      out += '}';
      ++i;
    } else if (pattern[i] == '{') {
      const size_t end = pattern.find('}', i);
      const std::string_view key = pattern.substr(i + 1, end - i - 1);
      out += key == "T" ? std::string(type) : operands[static_cast<size_t>(key[0] - '0')];
      i = end;
    } else {
      out += pattern[i];
    }
  }
  return out;
}

} // namespace

std::string floatLiteral(double x, ElementType e) {
  const bool wide = e == ElementType::f64;
  if (std::isnan(x))
    return wide ? "rt::kNan<double>" : "rt::kNan<float>";
  if (std::isinf(x))
    return fmt::format("{}rt::kInfinity<{}>", x < 0 ? "-" : "", wide ? "double" : "float");
  std::string text = wide ? fmt::format("{}", x) : fmt::format("{}", static_cast<float>(x));
  if (text.find_first_of(".e") == std::string::npos)
    text += ".0";
  return wide ? text : text + "f";
}

bool isVectorOp(const Op &op) {
  if (op.is(ops::cast))
    return elementOf(op.operand(0)) == ElementType::f32 &&
           elementOf(op.result()) == ElementType::f32;
  const ExpressionRow *row = rowOf(op.def);
  if (!row || row->vector.empty())
    return false;
  for (size_t i = 0; i < op.numOperands(); ++i) {
    const ElementType e = elementOf(op.operand(i));
    const bool mask = op.is(ops::where) && i == 0;
    if (e != (mask ? ElementType::boolean : ElementType::f32))
      return false;
    // A mask is what a comparison left in a register, never a bool from memory.
    if (mask && (!op.operand(i)->def() || op.operand(i)->def()->parent() != op.parent()))
      return false;
  }
  return true;
}

bool isVectorBody(const ir::Block &body) {
  for (const Op &op : body) {
    if (op.is(ops::yield)) {
      for (size_t i = 0; i < op.numOperands(); ++i)
        if (elementOf(op.operand(i)) != ElementType::f32)
          return false;
    } else if (!isVectorOp(op)) {
      return false;
    }
  }
  for (size_t i = 0; i < body.numArguments(); ++i)
    if (elementOf(body.argument(i)) != ElementType::f32)
      return false;
  return true;
}

void ExpressionWriter::bind(const Value *value, std::string text) {
  terms_[value] = {std::move(text), primary};
}

void ExpressionWriter::bindLoad(const Value *value, std::string text, std::string local) {
  if (value->hasOneUse() || !value->hasUses())
    return bind(value, std::move(text));
  lines_.push_back(
      fmt::format("const {} {} = {};", vector_ ? "V" : heldIn(elementOf(value)), local, text));
  bind(value, std::move(local));
}

std::string ExpressionWriter::constant(const Value *v) const {
  const ElementType e = elementOf(v);
  if (ir::isFloat(e))
    return floatLiteral(ir::elementAsDouble(*v, 0), isSmallFloat(e) ? ElementType::f32 : e);
  if (e == ElementType::boolean)
    return ir::elementAsInt(*v, 0) ? "true" : "false";
  const int64_t x = ir::elementAsInt(*v, 0);
  if (e == ElementType::u64)
    return fmt::format("uint64_t{{{}u}}", static_cast<uint64_t>(x));
  if (x == INT64_MIN)
    return "INT64_MIN";
  return fmt::format("{}{{{}}}", heldIn(e), x);
}

std::string ExpressionWriter::operand(const Op &op, size_t i, int outer) const {
  const Value *v = op.operand(i);
  const auto it = terms_.find(v);
  if (it == terms_.end() && v->isConstant()) {
    std::string text = constant(v);
    if (outer == unary && text.front() == '-')
      text = "(" + text + ")"; // no "--"
    // Operators take a scalar beside a vector; functions do not.
    const bool literal = !vector_ || (outer != primary && outer != conditional);
    const bool bothConstant =
        op.numOperands() == 2 && op.operand(1 - std::min<size_t>(i, 1))->isConstant();
    return literal && !bothConstant ? text : vector_ ? fmt::format("rt::splat<V>({})", text) : text;
  }
  if (it == terms_.end())
    throw InternalError(
        fmt::format("the body of an elementwise op uses '{}', which it does not hold", v->name));
  const Term &term = it->second;
  if (outer == primary)
    return term.text; // inside the brackets of a call
  const bool tight = term.precedence < outer ||
                     (i == 0 && term.precedence == outer && outer != conditional && outer != unary);
  return tight || term.precedence == primary ? term.text : "(" + term.text + ")";
}

/// quantize, dequantize and requantize of one element, which is held in its wide type.
std::string ExpressionWriter::quantization(const Op &op) const {
  const bool back = op.is(ops::dequantize);
  const ElementType packed = elementOf(back ? op.operand(0) : op.result()),
                    real = elementOf(back ? op.result() : op.operand(0));
  const std::string x = operand(op, 0, primary), scale = operand(op, 1, primary),
                    q = elementCpp(packed);
  const bool hasZero = op.numOperands() > 2 && op.operand(2),
             isFast = heldIn(packed) == q && elementOf(op.operand(1)) == ElementType::f32 &&
                      packed != ElementType::i32;
  const std::string zero =
      hasZero ? operand(op, 2, primary) : fmt::format("{}{{}}", heldIn(packed));
  const std::string number = hasZero ? fmt::format("static_cast<int>({})", zero) : "0";
  if (op.is(ops::requantize))
    return fmt::format("rt::cast<{}>(rt::requantizeAny<{}, rt::Rounding::{}>({}, {}, {}))",
                       heldIn(packed), q, op[ir::attr::rounding], x, scale, number);
  if (isFast && real == ElementType::f32)
    return fmt::format("rt::{}<{}>({}, {}, {})", op.def.name, q, x, scale, number);
  if (back)
    return fmt::format("rt::dequantizeAny<{}>({}, {}, {})", heldIn(real), x, scale, zero);
  return fmt::format("rt::cast<{}>(rt::quantizeAny<{}>({}, {}, {}, {}))", heldIn(packed), q, x,
                     scale, zero, op[ir::attr::saturate]);
}

void ExpressionWriter::add(const Op &op) {
  const ElementType from = op.numOperands() ? elementOf(op.operand(0)) : ElementType::f32;
  const ElementType to = elementOf(op.result());
  std::string text;
  int precedence = primary;
  if (op.is(ops::cast)) {
    const std::string x = operand(op, 0, primary);
    const bool saturate = op[ir::attr::saturate];
    if (vector_ || from == to) {
      text = x;
      precedence = terms_.contains(op.operand(0)) ? terms_.at(op.operand(0)).precedence : primary;
    } else if (elementCpp(to) == heldIn(to)) {
      text = fmt::format("rt::cast<{}>({})", elementCpp(to), x);
    } else { // rounded to the small type, held in the wide one
      text = fmt::format("rt::cast<{}>(rt::cast<{}>({}{}))", heldIn(to), elementCpp(to), x,
                         saturate ? "" : ", false");
    }
  } else if (op.is(ops::quantize) || op.is(ops::dequantize) || op.is(ops::requantize)) {
    text = quantization(op);
  } else if (op.is(ops::bitcast)) {
    // Small types are held in wider ones: back to their bits, and from them.
    const std::string x = operand(op, 0, primary);
    const auto converted = [](const std::string &type, const std::string &y) {
      return fmt::format("rt::cast<{}>({})", type, y);
    };
    text = fmt::format("rt::bitCast<{}>({})", elementCpp(to),
                       elementCpp(from) == heldIn(from) ? x : converted(elementCpp(from), x));
    if (elementCpp(to) != heldIn(to))
      text = converted(heldIn(to), text);
  } else if (op.is(ops::is_inf)) {
    const std::string x = operand(op, 0, primary);
    const bool negative = op[ir::attr::detectNegative], positive = op[ir::attr::detectPositive];
    text = !negative && !positive ? "false"
           : negative && positive
               ? fmt::format("rt::isInf({})", x)
               : fmt::format("rt::isInf({}) && {} {} 0", x, operand(op, 0, relational),
                             negative ? "<" : ">");
    precedence = negative == positive ? primary : conditional;
  } else if (op.is(ops::pow) && !ir::isFloat(from)) {
    const std::string a = operand(op, 0, primary), b = operand(op, 1, primary);
    text = ir::isFloat(elementOf(op.operand(1)))
               ? fmt::format("rt::cast<{}>(rt::pow(rt::cast<double>({}), rt::cast<double>({})))",
                             heldIn(to), a, b)
               : fmt::format("rt::powInt({}, rt::cast<int64_t>({}))", a, b);
  } else if (op.is(ops::pow) && !vector_ && elementOf(op.operand(1)) != from) {
    text = fmt::format("rt::pow({}, rt::cast<{}>({}))", operand(op, 0, primary), heldIn(from),
                       operand(op, 1, primary));
  } else {
    const ExpressionRow *row = rowOf(op.def);
    const ElementType computed = op.is(ops::where) ? to : from;
    const std::string_view pattern = !row                    ? std::string_view{}
                                     : vector_               ? row->vector
                                     : ir::isFloat(computed) ? row->real
                                                             : row->integer;
    if (pattern.empty())
      throw CompileError(
          Problem::unsupported, op.at,
          fmt::format("{} of {} has no expression", op.def.name, op.operand(0)->type.text()))
          .code("codegen.expression");
    // A call binds tightest and takes its operands as they are; in a cast stands an operator.
    const bool isCall = pattern.starts_with("rt::"), isCast = pattern.starts_with("static_cast");
    precedence = isCall || isCast ? primary : row->precedence;
    std::vector<std::string> operands;
    for (size_t i = 0; i < op.numOperands(); ++i)
      operands.push_back(operand(op, i, isCall ? primary : row->precedence));
    text = substitute(pattern, operands, heldIn(to));
  }
  if (isSmallFloat(to) && !op.is(ops::cast) && !op.is(ops::where) && !op.is(ops::bitcast) &&
      !op.is(ops::quantize)) {
    text = fmt::format("rt::cast<float>(rt::cast<{}>({}))", elementCpp(to), text);
    precedence = primary;
  }
  // Integers below int are promoted by operators: the unary minus of floats alone is plain.
  const bool inlined = op.result()->hasOneUse() && text.size() < 90;
  if (inlined) {
    terms_[op.result()] = {text, precedence};
    return;
  }
  const std::string local = fmt::format("t{}", locals_++);
  const bool mask = vector_ && to == ElementType::boolean;
  lines_.push_back(fmt::format("const {} {} = {};",
                               mask      ? "auto"
                               : vector_ ? "V"
                                         : heldIn(to),
                               local, text));
  terms_[op.result()] = {local, primary};
}

void ExpressionWriter::addBody(const ir::Block &body) {
  for (const Op &op : body)
    if (!op.is(ops::yield))
      add(op);
}

std::string ExpressionWriter::text(const Value *v) const {
  const auto it = terms_.find(v);
  if (it != terms_.end())
    return it->second.text;
  if (v->isConstant())
    return vector_ ? fmt::format("rt::splat<V>({})", constant(v)) : constant(v);
  throw InternalError(fmt::format("a body yields '{}', which it does not hold", v->name));
}

} // namespace burin::kernels
