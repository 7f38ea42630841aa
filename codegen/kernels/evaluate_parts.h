// SPDX-License-Identifier: Apache-2.0
//
// What lies between tensors and kernels: extents as kernels take them, element types as C++ types.
#pragma once

#include "codegen/kernels/kernel_def.h"

#include "burin/rt/numeric.h"
#include "burin/rt/simd.h"

namespace burin::kernels {

namespace rt = burin::rt;
using Extents = std::vector<int64_t>;

/// CompileError(unsupported) where a kernel, which counts in int, cannot.
int toInt(int64_t);
int64_t countOf(const Extents &);
Extents part(const Extents &, size_t begin, size_t end);
Extents denseStrides(const Extents &);

/// An axis counted from the front.
inline size_t frontAxis(int64_t axis, size_t rank) {
  return static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(rank) : axis);
}

/// A shape in three parts: about an axis, or about the axes [begin, end).
struct Lines {
  int outer, n, inner;

  Lines(const Extents &shape, int64_t axis)
      : Lines(shape, frontAxis(axis, shape.size()), frontAxis(axis, shape.size()) + 1) {}
  Lines(const Extents &shape, size_t begin, size_t end);
};

/// Kernels over Nd are made for one rank: shorter shapes get `front` in front.
constexpr int kRank = 8;
rt::Nd<kRank> padded(const Extents &, int front = 1);
int paddedAxis(const Extents &shape, int64_t axis);

/// All units of a kernel.
rt::Work allOf(int64_t units, std::vector<unsigned char> *scratch = nullptr);

template <class T> const T *elements(const ir::Tensor &t) { return t.as<T>().data(); }
template <class T> T *elements(ir::Tensor &t) { return t.as<T>().data(); }
/// The same of an optional operand; null where it is absent.
template <class T> const T *elementsOrNull(const Evaluation &e, size_t operand) {
  return e.has(operand) ? elements<T>(e.in(operand)) : nullptr;
}

/// Calls f with a zero of the type: one with which C++ computes, but not bool.
template <class F> void visitNative(ElementType e, F f) {
  switch (e) {
  case ElementType::f32:
    return f(float{});
  case ElementType::f64:
    return f(double{});
  case ElementType::i8:
    return f(int8_t{});
  case ElementType::u8:
    return f(uint8_t{});
  case ElementType::i16:
    return f(int16_t{});
  case ElementType::u16:
    return f(uint16_t{});
  case ElementType::i32:
    return f(int32_t{});
  case ElementType::u32:
    return f(uint32_t{});
  case ElementType::i64:
    return f(int64_t{});
  case ElementType::u64:
    return f(uint64_t{});
  default:
    throw InternalError("an element type that is no native one");
  }
}
/// float or double.
template <class F> void visitFloat(ElementType e, F f) {
  return e == ElementType::f64 ? f(double{}) : f(float{});
}

/// Calls move(const T *in, T *out) with a type of the size of the elements, whatever they mean; of
/// strings with their numbers.
template <class Move> void moveElements(const ir::Tensor &in, ir::Tensor &out, Move move) {
  switch (ir::elementSize(in.type.element())) {
  case 1:
    return move(elements<uint8_t>(in), elements<uint8_t>(out));
  case 2:
    return move(elements<uint16_t>(in), elements<uint16_t>(out));
  case 4:
    return move(elements<uint32_t>(in), elements<uint32_t>(out));
  case 8:
    return move(elements<uint64_t>(in), elements<uint64_t>(out));
  default:
    break;
  }
  std::vector<uint32_t> from(in.strings.size()), to(out.strings.size());
  for (size_t i = 0; i < from.size(); ++i)
    from[i] = static_cast<uint32_t>(i);
  move(static_cast<const uint32_t *>(from.data()), to.data());
  for (size_t i = 0; i < to.size() && !from.empty(); ++i)
    out.strings[i] = in.strings[to[i]];
}
/// Whether moveElements() takes them: not complex numbers of 16 bytes.
inline bool canMove(const Op &op) { return ir::elementSize(op.operand(0)->type.element()) <= 8; }

// Element types that C++ does not compute with are widened, as kernels do it element by element:
// floats to f32, integers below a byte to i32.
bool isSmall(ElementType);
ElementType widened(ElementType);
/// Calls f with a zero of a small type.
template <class F> void visitSmall(ElementType e, F f) {
  switch (e) {
  case ElementType::f16:
    return f(rt::F16{});
  case ElementType::bf16:
    return f(rt::BF16{});
  case ElementType::f8e4m3fn:
    return f(rt::F8E4M3FN{});
  case ElementType::f8e4m3fnuz:
    return f(rt::F8E4M3FNUZ{});
  case ElementType::f8e5m2:
    return f(rt::F8E5M2{});
  case ElementType::f8e5m2fnuz:
    return f(rt::F8E5M2FNUZ{});
  case ElementType::f4e2m1:
    return f(rt::F4E2M1{});
  case ElementType::f8e8m0:
    return f(rt::F8E8M0{});
  case ElementType::i4:
    return f(rt::I4{});
  case ElementType::u4:
    return f(rt::U4{});
  case ElementType::i2:
    return f(rt::I2{});
  case ElementType::u2:
    return f(rt::U2{});
  default:
    throw InternalError("an element type that is no small one");
  }
}
ir::Tensor converted(const ir::Tensor &,
                     ElementType);    ///< by rt::cast, between a small type and its wide one
ir::Tensor asI64(const ir::Tensor &); ///< indices

/// Softmax or its logarithm along the middle one of the lines.
void softmaxLines(const ir::Tensor &in, ir::Tensor &out, const Lines &, bool isLog);

/// Runs a row on widened operands and results where there are small ones.
template <void (*Run)(Evaluation &)> void runWidened(Evaluation &e) {
  std::vector<ir::Tensor> held(e.operands.size());
  std::vector<const ir::Tensor *> operands(e.operands.begin(), e.operands.end());
  for (size_t i = 0; i < operands.size(); ++i)
    if (operands[i] && isSmall(operands[i]->type.element())) {
      held[i] = converted(*operands[i], widened(operands[i]->type.element()));
      operands[i] = &held[i];
    }
  Evaluation wide{e.op, operands, e.symbols, {}};
  std::vector<ElementType> own;
  for (const ir::Tensor &t : e.results) {
    own.push_back(t.type.element());
    wide.results.emplace_back(t.type.withElement(widened(t.type.element())));
  }
  Run(wide);
  if (own.empty()) // the extents are the op's own
    for (size_t i = 0; i < wide.results.size(); ++i)
      own.push_back(e.op.result(i)->type.element());
  e.results = std::move(wide.results);
  for (size_t i = 0; i < e.results.size(); ++i)
    if (isSmall(own[i]))
      e.results[i] = converted(e.results[i], own[i]);
}

} // namespace burin::kernels
