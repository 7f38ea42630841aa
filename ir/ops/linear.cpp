// SPDX-License-Identifier: Apache-2.0
#include "ir/ops/linear.h"

#include "ir/ops/infer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::ir {
namespace {

bool isByte(ElementType e) { return e == ElementType::i8 || e == ElementType::u8; }

bool isMatmulElement(ElementType e) {
  return isFloat(e) || e == ElementType::i32 || e == ElementType::u32 || e == ElementType::i64 ||
         e == ElementType::u64;
}

// ---- matrix products ----

/// Rows, columns and the axes before them, as multiplied.
struct Matrix {
  Shape batch;
  Dim rows, columns;
};

Matrix matrixOperand(const Op &op, size_t i, bool isTransposed) {
  // *.rank: at least 2
  checkRank(op, i, 2, SIZE_MAX);
  const Shape &shape = tensorOperand(op, i).shape();
  Matrix m{{shape.begin(), shape.end() - 2}, shape[shape.size() - 2], shape.back()};
  if (isTransposed)
    std::swap(m.rows, m.columns);
  return m;
}

Shape productShape(const Op &op, const Matrix &a, const Matrix &b) {
  // *.depth: the columns of a are the rows of b
  if (a.columns != b.rows)
    fail(op, "depth",
         fmt::format("a has {} columns but b has {} rows", a.columns.text(), b.rows.text()));
  Shape shape = broadcast(op, a.batch, b.batch);
  shape.push_back(a.rows);
  shape.push_back(b.columns);
  return shape;
}

/// A zero point: rank 0, or one for each row or column, whose batch broadcasts into the result's.
void checkMatrixZero(const Op &op, size_t i, size_t of, const Dim &rows, const Dim &columns,
                     const Shape &product) {
  if (!operandOrNull(op, i))
    return;
  const Type &zero = tensorOperand(op, i);
  const bool isPlaced =
      zero.rank() == 0 || (zero.rank() >= 2 && zero.dim(zero.rank() - 2) == rows &&
                           zero.dim(zero.rank() - 1) == columns &&
                           broadcastsInto({zero.shape().begin(), zero.shape().end() - 2},
                                          {product.begin(), product.end() - 2}));
  // matmul_integer.zero_point: of the element type of its operand, and placed
  if (!isPlaced || zero.element() != tensorOperand(op, of).element())
    fail(op, "zero_point",
         fmt::format("{} is {}, expected {} of rank 0 or of shape [..., {}, {}]",
                     operandName(op, i), zero.text(), name(tensorOperand(op, of).element()),
                     rows.text(), columns.text()));
}

// ---- windows ----

size_t spatialRank(const Op &op) {
  // *.rank: batch, one to three spatial axes, channels
  checkRank(op, 0, 3, 5);
  return tensorOperand(op, 0).rank() - 2;
}

void checkWindow(const Op &op, AttrKey<Ints> key, size_t spatial) {
  // *.kernel, *.strides, *.dilations: an entry a spatial axis, at least 1
  checkCount(op, key.name, op[key].size(), spatial);
  for (const int64_t n : op[key])
    checkAtLeast(op, key.name, n, 1);
}

void checkPads(const Op &op, AttrKey<Dims> key, size_t count) {
  // *.pads, *.output_pads: an entry a side, at least 0
  checkCount(op, key.name, op[key].size(), count);
  for (const Dim &d : op[key])
    if (!isNonNegative(d))
      fail(op, key.name, fmt::format("{} has {}, expected at least 0", key.name, d.text()));
}

/// The shape that windows over x make; `extra` more positions at the end of every spatial axis.
Shape windowShape(const Op &op, const Ints &kernel, const Dims *extra, const Dim &channels) {
  const Type &x = tensorOperand(op, 0);
  const size_t spatial = x.rank() - 2;
  Shape shape{x.dim(0)};
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t stride = op[attr::strides][i], dilation = op[attr::dilations][i];
    const Dim &begin = op[attr::pads][i];
    const Dim end = op[attr::pads][spatial + i] + (extra ? (*extra)[i] : Dim(0));
    const Dim padded = x.dim(i + 1) + begin + end;
    const Dim window = Dim(dilation) * Dim(kernel[i] - 1) + 1;
    // *.window: at least one window fits, for every value of the symbols
    if (!isNonNegative(padded - window)) {
      const int64_t least = padded.bounds().lo;
      fail(op, "window",
           fmt::format("a window along axis {} has {} elements but the padded x has {}", i + 1,
                       window.text(),
                       padded.isNumber()
                           ? padded.text()
                           : fmt::format("{}, which may be {}", padded.text(), least)));
    }
    shape.push_back(windowExtent(x.dim(i + 1), begin, end, kernel[i], stride, dilation));
  }
  shape.push_back(channels);
  return shape;
}

/// Checks filter, strides, dilations, pads and group; the extents of the window.
Ints checkedFilter(const Op &op) {
  const Type &x = tensorOperand(op, 0), &filter = tensorOperand(op, 1);
  const size_t spatial = spatialRank(op);
  // *.rank: the filter has the rank of x
  checkRank(op, 1, x.rank(), x.rank());
  checkWindow(op, attr::strides, spatial);
  checkWindow(op, attr::dilations, spatial);
  checkPads(op, attr::pads, 2 * spatial);
  Ints kernel;
  for (size_t i = 1; i <= spatial; ++i) {
    // *.kernel: a number, at least 1
    if (!filter.dim(i).isNumber() || filter.dim(i).number() < 1)
      fail(op, "kernel",
           fmt::format("filter has extent {} along axis {}, expected a number from 1 on",
                       filter.dim(i).text(), i));
    kernel.push_back(filter.dim(i).number());
  }
  const Dim group = op[attr::group];
  checkAtLeast(op, "group", op[attr::group], 1);
  // *.group: divides the result's channels
  const Dim &outputs = filter.dim(0);
  if (floorDiv(outputs, group) * group != outputs)
    fail(
        op, "group",
        fmt::format("group is {} but filter has {} output channels", group.text(), outputs.text()));
  const Dim &inputs = filter.dim(filter.rank() - 1), &channels = x.dim(x.rank() - 1);
  // *.channels: filter.dim(last) * group == x.dim(last)
  if (inputs * group != channels)
    fail(op, "channels",
         fmt::format("filter has {} input channels in {} groups but x has {} channels",
                     inputs.text(), group.text(), channels.text()));
  return kernel;
}

void checkFloats(const Op &op) {
  // *.element: floats of one type
  checkElement(op, 0, isFloat(tensorOperand(op, 0).element()), "a float");
  checkSameElement(op, 1, 0);
}

void checkBytes(const Op &op) {
  for (size_t i = 0; i < 2; ++i)
    // *.element: i8 or u8
    checkElement(op, i, isByte(tensorOperand(op, i).element()), "i8 or u8");
}

Shape poolShape(const Op &op) {
  const Type &x = tensorOperand(op, 0);
  // *.element: x is a number
  checkElement(op, 0, isNumber(x.element()), "a number");
  const size_t spatial = spatialRank(op);
  checkWindow(op, attr::kernel, spatial);
  checkWindow(op, attr::strides, spatial);
  checkWindow(op, attr::dilations, spatial);
  checkPads(op, attr::pads, 2 * spatial);
  const Dims *extra = nullptr;
  if (op.is(ops::average_pool)) {
    checkPads(op, attr::outputPads, spatial);
    extra = &op[attr::outputPads];
  }
  return windowShape(op, op[attr::kernel], extra, x.dim(x.rank() - 1));
}

} // namespace

Types inferMatmul(const Op &op) {
  const Type &a = tensorOperand(op, 0);
  // matmul.element: floats or integers of 32 or 64 bits, of one type
  checkElement(op, 0, isMatmulElement(a.element()), "a float or an integer of 32 or 64 bits");
  checkSameElement(op, 1, 0);
  return withEpilogue(op,
                      a.withShape(productShape(op, matrixOperand(op, 0, op[attr::transposeA]),
                                               matrixOperand(op, 1, op[attr::transposeB]))),
                      2);
}

Types inferMatmulInteger(const Op &op) {
  checkBytes(op);
  const Matrix a = matrixOperand(op, 0, op[attr::transposeA]),
               b = matrixOperand(op, 1, op[attr::transposeB]);
  const Shape shape = productShape(op, a, b);
  checkMatrixZero(op, 2, 0, a.rows, 1, shape);
  checkMatrixZero(op, 3, 1, 1, b.columns, shape);
  return withEpilogue(op, Type{ElementType::i32, shape}, 4);
}

Types inferConv(const Op &op) {
  checkFloats(op);
  const Ints kernel = checkedFilter(op);
  return withEpilogue(
      op,
      op.operand(0)->type.withShape(windowShape(op, kernel, nullptr, op.operand(1)->type.dim(0))),
      2);
}

Types inferConvInteger(const Op &op) {
  checkBytes(op);
  const Ints kernel = checkedFilter(op);
  const Type &x = op.operand(0)->type, &filter = op.operand(1)->type;
  // conv_integer.zero_point: of the element type of its operand; x_zero of rank 0, filter_zero of
  // rank 0 or [o]
  for (size_t i = 2; i < 4; ++i) {
    if (!operandOrNull(op, i))
      continue;
    const Type &zero = tensorOperand(op, i);
    const ElementType element = i == 2 ? x.element() : filter.element();
    if (zero.element() != element ||
        (zero.rank() != 0 && (i == 2 || zero.shape() != Shape{filter.dim(0)})))
      fail(op, "zero_point",
           fmt::format("{} is {}, expected {} of rank 0{}", operandName(op, i), zero.text(),
                       name(element),
                       i == 2 ? "" : fmt::format(" or of shape [{}]", filter.dim(0).text())));
  }
  return withEpilogue(op, Type{ElementType::i32, windowShape(op, kernel, nullptr, filter.dim(0))},
                      4);
}

Types inferConvTranspose(const Op &op) {
  checkFloats(op);
  const Ints kernel = checkedFilter(op);
  const Type &x = op.operand(0)->type, &filter = op.operand(1)->type;
  const size_t spatial = kernel.size();
  checkPads(op, attr::outputPads, spatial);
  Shape shape{x.dim(0)};
  for (size_t i = 0; i < spatial; ++i) {
    const Dims &pads = op[attr::pads];
    const Dim cropped = pads[i] + pads[spatial + i];
    const Dim full = Dim(op[attr::strides][i]) * (x.dim(i + 1) - 1) + op[attr::outputPads][i] +
                     Dim(op[attr::dilations][i]) * Dim(kernel[i] - 1) + 1;
    // conv_transpose.window: not more is cropped than there is, for every value of the symbols
    if (!isNonNegative(full - cropped))
      fail(op, "window",
           fmt::format("pads take {} elements of axis {}, which has {}", cropped.text(), i + 1,
                       full.isNumber()
                           ? full.text()
                           : fmt::format("{}, which may be {}", full.text(), full.bounds().lo)));
    shape.push_back(full - cropped);
  }
  shape.push_back(filter.dim(0));
  return withEpilogue(op, x.withShape(std::move(shape)), 2);
}

Types inferPool(const Op &op) {
  return withEpilogue(op, tensorOperand(op, 0).withShape(poolShape(op)), 1);
}

Types inferMaxPoolIndices(const Op &op) {
  const Shape shape = poolShape(op);
  return {op.operand(0)->type.withShape(shape), Type{ElementType::i64, shape}};
}

Types inferAttention(const Op &op) {
  const Type &q = tensorOperand(op, 0), &k = tensorOperand(op, 1), &v = tensorOperand(op, 2);
  // attention.element: floats of one type
  checkElement(op, 0, isFloat(q.element()), "a float");
  for (size_t i = 0; i < 3; ++i) {
    checkSameElement(op, i, 0);
    // attention.rank: 4
    checkRank(op, i, 4, 4);
  }
  // attention.batch: one
  for (const Type *other : {&k, &v})
    if (other->dim(0) != q.dim(0))
      fail(op, "batch",
           fmt::format("{} has batch {} but q has {}", other == &k ? "k" : "v",
                       other->dim(0).text(), q.dim(0).text()));
  // attention.heads: k and v have as many, and those of q are a multiple
  const Dim &heads = q.dim(2), &kvHeads = k.dim(2);
  if (kvHeads != v.dim(2) || kvHeads.isNumber(0) || floorDiv(heads, kvHeads) * kvHeads != heads)
    fail(op, "heads",
         fmt::format("k has {} and v {} heads, expected as many, and a divisor of the {} of q",
                     kvHeads.text(), v.dim(2).text(), heads.text()));
  // attention.depth: of q and k
  if (q.dim(3) != k.dim(3))
    fail(op, "depth", fmt::format("q has depth {} but k has {}", q.dim(3).text(), k.dim(3).text()));
  // attention.keys: of k and v
  if (k.dim(1) != v.dim(1))
    fail(op, "keys", fmt::format("k has {} keys but v has {}", k.dim(1).text(), v.dim(1).text()));
  // attention.mask: bool or of the type of q, broadcast to [b, h, s, t]
  if (operandOrNull(op, 3)) {
    const Type &mask = tensorOperand(op, 3);
    const Shape products{q.dim(0), heads, q.dim(1), k.dim(1)};
    if ((mask.element() != ElementType::boolean && mask.element() != q.element()) ||
        !broadcastsInto(mask.shape(), products))
      fail(op, "mask",
           fmt::format("mask is {}, expected bool or {} that broadcasts into {}", mask.text(),
                       name(q.element()), text(products)));
  }
  return {q.withShape({q.dim(0), q.dim(1), heads, v.dim(3)})};
}

} // namespace burin::ir
