// SPDX-License-Identifier: Apache-2.0
//
// `fused` blocks and single elementwise ops: one loop over rows and columns, or over elements where
// nothing broadcasts.
#include "codegen/kernels/elementwise.h"

#include "codegen/kernels/expression.h"
#include "ir/ops.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;

/// The loop nest: axes that all operands step through alike are one.
struct Loop {
  Dims extents;                           ///< of the merged axes, outermost first
  std::vector<std::vector<bool>> present; ///< operand x axis: false where it broadcasts
};

bool isOne(const Dim &d) { return d.isNumber(1); }

Loop mergeAxes(const ir::Shape &shape, const std::vector<const Value *> &operands) {
  Loop loop;
  loop.present.resize(operands.size());
  std::vector<bool> last;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (isOne(shape[axis]))
      continue;
    std::vector<bool> here;
    for (const Value *v : operands) {
      const size_t rank = v->type.rank(), missing = shape.size() - rank;
      here.push_back(axis >= missing && !isOne(v->type.dim(axis - missing)));
    }
    if (!loop.extents.empty() && here == last) {
      loop.extents.back() = loop.extents.back() * shape[axis];
      continue;
    }
    loop.extents.push_back(shape[axis]);
    for (size_t i = 0; i < operands.size(); ++i)
      loop.present[i].push_back(here[i]);
    last = here;
  }
  return loop;
}

std::string capital(std::string_view name) {
  std::string out;
  bool upper = true;
  for (const char c : name) {
    if (c == '_')
      upper = true;
    else
      out += upper ? static_cast<char>(std::toupper(c)) : c, upper = false;
  }
  return out;
}

/// "MulTanh" of a short body, "Fused5" of a long one.
std::string bodyName(const Op &op) {
  if (!op.is(ops::fused))
    return capital(op.def.name);
  std::string name;
  int count = 0;
  for (const Op &inner : op.block())
    if (!inner.is(ops::yield)) {
      name += capital(inner.def.name);
      ++count;
    }
  return count == 0 ? "Copy" : count <= 4 ? name : fmt::format("Fused{}", count);
}

std::string memberName(size_t i) {
  constexpr std::string_view kLetters = "abcdefghjklmnopqrstuw"; // i is the index, v the value
  return i < kLetters.size() ? std::string(1, kLetters[i]) : fmt::format("x{}", i);
}

/// Adds a member for an extent that is not a number; returns the text of the extent.
class Extents {
public:
  explicit Extents(Functor &functor) : functor_{functor} {}
  std::string text(const Dim &d) {
    if (d.isNumber())
      return std::to_string(d.number());
    const std::string key = d.text();
    for (const auto &[known, name] : names_)
      if (known == key)
        return name;
    const std::string name = fmt::format("extent{}", names_.size());
    functor_.members.push_back({"int", name, {d}});
    names_.emplace_back(key, name);
    return name;
  }

private:
  Functor &functor_;
  std::vector<std::pair<std::string, std::string>> names_;
};

/// The offset of operand `which` in a row: "row % 8 * 16"; empty for 0.
std::string rowOffset(const Loop &loop, size_t which, Extents &extents) {
  const std::vector<bool> &present = loop.present[which];
  const size_t axes = loop.extents.size();
  const size_t outer = axes - 1;
  // Along all outer axes: the rows of a dense tensor.
  const auto strideOf = [&](size_t axis) {
    Dim stride = 1;
    for (size_t j = axis + 1; j < axes; ++j)
      if (present[j])
        stride = stride * loop.extents[j];
    return stride;
  };
  const auto times = [&](std::string index, const Dim &stride) {
    return isOne(stride) ? index : fmt::format("{} * {}", index, extents.text(stride));
  };
  if (std::all_of(present.begin(), present.begin() + static_cast<ptrdiff_t>(outer),
                  [](bool p) { return p; }))
    return times("row", strideOf(outer - 1));
  std::string text;
  Dim below = 1; // rows in one step of the axis
  std::vector<std::string> parts;
  for (size_t axis = outer; axis-- > 0;) {
    if (present[axis]) {
      std::string index = isOne(below) ? "row" : fmt::format("row / {}", extents.text(below));
      if (axis > 0)
        index += fmt::format(" % {}", extents.text(loop.extents[axis]));
      parts.push_back(times(index, strideOf(axis)));
    }
    below = below * loop.extents[axis];
  }
  std::ranges::reverse(parts);
  for (const std::string &part : parts)
    text += (text.empty() ? "" : " + ") + part;
  return text;
}

std::string loadText(const Value *v, const std::string &at, const std::string &pointer, bool vector,
                     bool splat) {
  if (vector)
    return splat ? fmt::format("rt::splat<V>({})",
                               fmt::format("{}[{}]", pointer, at.empty() ? "0" : at))
                 : fmt::format("rt::load<V>({}{})", pointer, at.empty() ? "" : " + " + at);
  const std::string element = fmt::format("{}[{}]", pointer, at.empty() ? "0" : at);
  const ElementType e = v->type.element();
  if (ir::isFloat(e) && e != ElementType::f32 && e != ElementType::f64)
    return fmt::format("rt::cast<float>({})", element);
  if (e == ElementType::i4 || e == ElementType::i2)
    return fmt::format("rt::cast<int8_t>({})", element);
  if (e == ElementType::u4 || e == ElementType::u2)
    return fmt::format("rt::cast<uint8_t>({})", element);
  return element;
}

std::string storeText(const Value *v, const std::string &at, const std::string &pointer,
                      bool vector, const std::string &x) {
  if (vector)
    return fmt::format("rt::store({}{}, {});", pointer, at.empty() ? "" : " + " + at, x);
  const ElementType e = v->type.element();
  const bool held = elementCpp(e).substr(0, 4) != "rt::";
  return fmt::format("{}[{}] = {};", pointer, at.empty() ? "0" : at,
                     held ? x : fmt::format("rt::cast<{}>({})", elementCpp(e), x));
}

} // namespace

std::string functorName(const Op &op) { return bodyName(op); }

std::string epilogueName(const Op &op) {
  if (!op.numBlocks())
    return {};
  const ir::Block &block = op.block();
  const size_t firstExtra = op.numOperands() + 1 - block.numArguments();
  // A constant for each channel.
  const auto isBias = [&](const Value *v) {
    for (size_t i = 1; v && i < block.numArguments(); ++i)
      if (const Value *from = op.operand(firstExtra + i - 1); block.argument(i) == v)
        return from->isConstant() && from->type.rank() > 0 && !from->type.count().isNumber(1) &&
               from->type.count() == from->type.shape().back();
    return false;
  };
  std::string name;
  int count = 0;
  for (const Op &inner : block)
    if (!inner.is(ops::yield)) {
      const bool addsBias =
          inner.is(ops::add) && (isBias(inner.operand(0)) || isBias(inner.operand(1)));
      name += addsBias ? "Bias" : capital(inner.def.name);
      ++count;
    }
  return count > 4 ? fmt::format("Epilogue{}", count) : name;
}

void emitElementwise(Call &call) {
  const Op &op = call.op;
  const bool fused = op.is(ops::fused);
  std::vector<const Value *> tensors; // operands that are read from memory
  std::vector<size_t> operandOf;
  for (size_t i = 0; i < op.numOperands(); ++i) {
    const Value *v = op.operand(i);
    if (v->isConstant() && v->type.count().isNumber(1))
      continue; // a literal
    tensors.push_back(v);
    operandOf.push_back(i);
  }
  const ir::Shape &shape = op.result()->type.shape();
  const Loop loop = mergeAxes(shape, tensors);
  const bool rows = loop.extents.size() > 1;
  const bool memoryIsFloat = std::ranges::all_of(
      tensors, [](const Value *v) { return v->type.element() == ElementType::f32; });
  const bool vector = memoryIsFloat && op.result()->type.element() == ElementType::f32 &&
                      (fused ? isVectorBody(op.block()) : isVectorOp(op));

  Functor functor;
  functor.base = bodyName(op);
  Extents extents{functor};
  ExpressionWriter writer{vector};
  const std::string columnName = rows ? "column" : "i";
  for (size_t t = 0; t < tensors.size(); ++t) {
    const Value *v = tensors[t];
    const std::string pointer = memberName(t);
    const bool raw = v->isConstant() && v->type.element() == ElementType::f32;
    functor.members.push_back({raw && vector
                                   ? "const rt::F32 *"
                                   : fmt::format("const {} *", elementCpp(v->type.element())),
                               pointer,
                               {Argument::Read{v}}});
    const bool along = loop.extents.empty() || loop.present[t].back();
    std::string at = rows ? rowOffset(loop, t, extents) : "";
    if (along && !loop.extents.empty())
      at += (at.empty() ? "" : " + ") + columnName;
    const bool splat = !along || loop.extents.empty();
    std::string text = loadText(v, at, pointer, vector, splat);
    if (vector && splat && raw)
      text =
          fmt::format("rt::splat<V>(rt::load<float>({}{}))", pointer, at.empty() ? "" : " + " + at);
    const Value *held = fused ? op.block().argument(operandOf[t]) : v;
    if (fused)
      writer.bindLoad(held, text, pointer + "0");
    else
      writer.bind(held, text);
  }
  if (fused) {
    for (size_t i = 0; i < op.numOperands(); ++i) {
      const Value *v = op.operand(i);
      if (v->isConstant() && v->type.count().isNumber(1)) {
        ExpressionWriter literal{vector};
        writer.bind(op.block().argument(i), literal.text(v));
      }
    }
    writer.addBody(op.block());
  } else {
    writer.add(op);
  }
  std::vector<std::string> results, stores;
  for (size_t r = 0; r < op.numResults(); ++r) {
    const Value *out = op.result(r);
    const std::string pointer = op.numResults() == 1 ? "out" : fmt::format("out{}", r);
    functor.members.push_back(
        {fmt::format("{} *", elementCpp(out->type.element())), pointer, {Argument::Write{out}}});
    std::string at = columnName;
    if (rows) {
      Dim columns = loop.extents.back();
      at = fmt::format("row * {} + column", extents.text(columns));
    } else if (loop.extents.empty()) {
      at = "";
    }
    std::string x = fused ? writer.text(op.block().terminator().operand(r)) : writer.text(out);
    if (op.numResults() >
        1) { // all is read before anything is written: a result may lie over an operand
      results.push_back(fmt::format("const {} r{} = {};", vector ? "V" : "auto", r, x));
      x = fmt::format("r{}", r);
    }
    stores.push_back(storeText(out, at, pointer, vector, x));
  }
  functor.lines = writer.lines();
  functor.lines.insert(functor.lines.end(), results.begin(), results.end());
  functor.lines.insert(functor.lines.end(), stores.begin(), stores.end());
  const bool usesRow = mentions(functor.lines, "row"),
             usesColumn = mentions(functor.lines, columnName);
  const std::string index =
      rows ? fmt::format("int{}, int{}", usesRow ? " row" : "", usesColumn ? " column" : "")
           : fmt::format("int{}", usesColumn ? " i" : "");
  functor.signature =
      vector ? fmt::format("template <class V> BURIN_INLINE void operator()(V, {}) const", index)
             : fmt::format("BURIN_INLINE void operator()({}) const", index);

  call.include("burin/rt/elementwise.h");
  call.include("burin/rt/math.h");
  if (!vector)
    call.include("burin/rt/numeric.h");
  if (std::ranges::any_of(functor.lines, [](const std::string &l) {
        return l.find("uantize") != std::string::npos;
      }))
    call.include("burin/rt/quant_any.h");
  std::string stub = functor.base;
  stub[0] = static_cast<char>(std::tolower(stub[0]));
  call.name = stub;
  const std::string block = call.functor(std::move(functor), "block");
  const Dim count = op.result()->type.count();
  if (rows) {
    Dim outer = 1;
    for (size_t a = 0; a + 1 < loop.extents.size(); ++a)
      outer = outer * loop.extents[a];
    const std::string r = call.number(outer, "rows"),
                      c = call.extent(loop.extents.back(), "columns");
    call.line(fmt::format("rt::{}({}, {}, {}, work);",
                          vector ? "elementwiseRows" : "elementwiseScalarRows", r, c, block));
    call.units = outer;
    call.unitsOf = "rows";
  } else {
    call.line(
        fmt::format("rt::{}({}, work);", vector ? "elementwise" : "elementwiseScalar", block));
    call.units = count;
    call.unitsOf = "elements";
  }
}

Functor epilogueFunctor(const Op &op, size_t firstExtra) {
  Functor functor;
  functor.signature = "template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t, int) const";
  if (!op.numBlocks()) {
    functor.base = "Keep";
    functor.lines = {"return v;"};
    return functor;
  }
  const ir::Block &block = op.block();
  functor.base = epilogueName(op);
  ExpressionWriter writer{true};
  writer.bind(block.argument(0), "v");
  bool usesOffset = false, usesColumn = false;
  const ir::Shape &shape = op.result()->type.shape();
  for (size_t i = firstExtra; i < op.numOperands(); ++i) {
    const Value *v = op.operand(i);
    const Value *argument = block.argument(1 + i - firstExtra);
    if (v->isConstant() && v->type.count().isNumber(1)) {
      writer.bind(argument, ExpressionWriter{true}.text(v));
      continue;
    }
    const bool one = v->type.count().isNumber(1);
    const bool full = !one && v->type.count() == ir::product(shape);
    const bool columns =
        !one && v->type.count() == v->type.shape().back() && v->type.shape().back() == shape.back();
    std::string pointer = one ? "scalar" : columns ? "bias" : full ? "residual" : "";
    if (pointer.empty())
      throw InternalError(fmt::format("an epilogue of {} takes {}, which its kernel cannot",
                                      op.def.name, v->type.text()));
    size_t same = 0;
    for (const Param &m : functor.members)
      same += m.name.rfind(pointer, 0) == 0;
    if (same)
      pointer += std::to_string(same + 1);
    functor.members.push_back(
        {v->isConstant() ? "const rt::F32 *" : "const float *", pointer, {Argument::Read{v}}});
    if (one) {
      writer.bindLoad(argument, fmt::format("rt::splat<V>(rt::load<float>({}))", pointer),
                      "x" + pointer);
    } else if (columns) {
      usesColumn = true;
      writer.bindLoad(argument, fmt::format("rt::load<V>({} + column)", pointer), "x" + pointer);
    } else {
      usesOffset = true;
      writer.bindLoad(argument, fmt::format("rt::load<V>({} + offset)", pointer), "x" + pointer);
    }
  }
  writer.addBody(block);
  functor.lines = writer.lines();
  functor.lines.push_back(fmt::format("return {};", writer.text(block.terminator().operand(0))));
  functor.signature =
      fmt::format("template <class V> BURIN_INLINE V operator()(V v, ptrdiff_t{}, int{}) const",
                  usesOffset ? " offset" : "", usesColumn ? " column" : "");
  return functor;
}

} // namespace burin::kernels
