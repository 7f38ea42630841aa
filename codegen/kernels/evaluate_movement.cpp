// SPDX-License-Identifier: Apache-2.0
//
// Ops that copy elements: nothing is computed, so bytes are moved whatever they mean.
#include "codegen/kernels/evaluate.h"
#include "ir/number.h"
#include "ir/ops.h"

#include <algorithm>
#include <cstring>

namespace burin::kernels {
namespace {
namespace ops = ir::ops;
namespace attr = ir::attr;
using Extents = std::vector<int64_t>;

Extents denseStrides(const Extents &shape) {
  Extents strides(shape.size());
  int64_t step = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

/// out[start + i * stride] = in[start + i * stride] over a shape; strides in elements.
struct StridedCopy {
  Extents shape, inStride, outStride;
  int64_t inStart = 0, outStart = 0;

  void operator()(const ir::Tensor &in, ir::Tensor &out) const {
    if (std::ranges::find(shape, 0) != shape.end())
      return;
    Extents index(shape.size(), 0);
    int64_t from = inStart, to = outStart;
    const size_t size = ir::elementSize(in.type.element());
    for (;;) {
      if (size)
        std::memcpy(out.bytes.data() + static_cast<size_t>(to) * size,
                    in.bytes.data() + static_cast<size_t>(from) * size, size);
      else
        out.strings[static_cast<size_t>(to)] = in.strings[static_cast<size_t>(from)];
      size_t axis = shape.size();
      for (;;) {
        if (axis-- == 0)
          return;
        from += inStride[axis];
        to += outStride[axis];
        if (++index[axis] < shape[axis])
          break;
        from -= inStride[axis] * shape[axis];
        to -= outStride[axis] * shape[axis];
        index[axis] = 0;
      }
    }
  }
};

void copy(Evaluation &e) {
  e.out().bytes = e.in(0).bytes;
  e.out().strings = e.in(0).strings;
}

void transpose(Evaluation &e) {
  const Extents shape = e.out().shape(), strides = denseStrides(e.in(0).shape());
  StridedCopy move{shape, {}, denseStrides(shape)};
  for (const int64_t axis : e.op[attr::perm])
    move.inStride.push_back(strides[static_cast<size_t>(axis)]);
  move(e.in(0), e.out());
}

void broadcast(Evaluation &e) {
  const Extents shape = e.out().shape(), from = e.in(0).shape(), strides = denseStrides(from);
  StridedCopy move{shape, Extents(shape.size(), 0), denseStrides(shape)};
  for (size_t i = 0; i < from.size(); ++i)
    if (from[i] != 1)
      move.inStride[shape.size() - from.size() + i] = strides[i];
  move(e.in(0), e.out());
}

void slice(Evaluation &e) {
  const Extents shape = e.out().shape(), starts = e.symbols(e.op[attr::starts]);
  StridedCopy move{shape, denseStrides(e.in(0).shape()), denseStrides(shape)};
  for (size_t i = 0; i < shape.size(); ++i) {
    move.inStart += starts[i] * move.inStride[i];
    move.inStride[i] *= e.op[attr::steps][i];
  }
  move(e.in(0), e.out());
}

void sliceAt(Evaluation &e) {
  const Extents shape = e.out().shape(), from = e.in(0).shape();
  StridedCopy move{shape, denseStrides(from), denseStrides(shape)};
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t step = e.op[attr::steps][i], reach = (shape[i] - 1) * step;
    const int64_t least = step < 0 ? -reach : 0,
                  most = step < 0 ? from[i] - 1 : from[i] - 1 - reach;
    move.inStart += std::clamp(e.in(1).integer(i), least, std::max(least, most)) * move.inStride[i];
    move.inStride[i] *= step;
  }
  move(e.in(0), e.out());
}

void concat(Evaluation &e) {
  const Extents shape = e.out().shape(), outStride = denseStrides(shape);
  const auto axis = static_cast<size_t>(e.op[attr::axis]);
  int64_t at = 0;
  for (const ir::Tensor *part : e.operands) {
    const Extents from = part->shape();
    StridedCopy move{from, denseStrides(from), outStride, 0, at * outStride[axis]};
    move(*part, e.out());
    at += from[axis];
  }
}

/// The index in [0, n) that a position before or behind stands for; -1: the fill value.
int64_t padSource(std::string_view mode, int64_t i, int64_t n) {
  if (i >= 0 && i < n)
    return i;
  if (mode == "constant" || n == 0)
    return -1;
  if (mode == "edge")
    return i < 0 ? 0 : n - 1;
  if (mode == "wrap")
    return (i % n + n) % n;
  const int64_t period = std::max<int64_t>(2 * (n - 1), 1); // reflect
  const int64_t r = (i % period + period) % period;
  return r < n ? r : period - r;
}

void pad(Evaluation &e) {
  const Extents shape = e.out().shape(), from = e.in(0).shape(), pads = e.symbols(e.op[attr::pads]);
  const Extents inStride = denseStrides(from);
  const size_t size = ir::elementSize(e.in(0).type.element()), n = e.out().count();
  Extents index(shape.size(), 0);
  for (size_t k = 0; k < n; ++k) {
    int64_t at = 0;
    for (size_t a = 0; a < shape.size() && at >= 0; ++a) {
      const int64_t source = padSource(e.op[attr::mode], index[a] - pads[a], from[a]);
      at = source < 0 ? -1 : at + source * inStride[a];
    }
    const std::byte *fill = e.has(1) ? e.in(1).bytes.data() : nullptr;
    const std::byte *source =
        at >= 0 ? e.in(0).bytes.data() + static_cast<size_t>(at) * size : fill;
    if (source)
      std::memcpy(e.out().bytes.data() + k * size, source, size);
    for (size_t a = shape.size(); a-- > 0;) {
      if (++index[a] < shape[a])
        break;
      index[a] = 0;
    }
  }
}

void tile(Evaluation &e) {
  const Extents shape = e.out().shape(), from = e.in(0).shape(), strides = denseStrides(from);
  const size_t size = ir::elementSize(e.in(0).type.element()), n = e.out().count();
  Extents index(shape.size(), 0);
  for (size_t k = 0; k < n; ++k) {
    int64_t at = 0;
    for (size_t a = 0; a < shape.size(); ++a)
      at += index[a] % from[a] * strides[a];
    std::memcpy(e.out().bytes.data() + k * size,
                e.in(0).bytes.data() + static_cast<size_t>(at) * size, size);
    for (size_t a = shape.size(); a-- > 0;) {
      if (++index[a] < shape[a])
        break;
      index[a] = 0;
    }
  }
}

void iota(Evaluation &e) {
  const Extents shape = e.out().shape();
  const auto axis = static_cast<size_t>(e.op[attr::axis]);
  int64_t below = 1;
  for (size_t i = axis + 1; i < shape.size(); ++i)
    below *= shape[i];
  for (size_t k = 0; k < e.out().count(); ++k)
    e.out().setInteger(k, static_cast<int64_t>(k) / below % shape[axis]);
}

bool hasNoStrings(const Op &op) { return op.operand(0)->type.element() != ElementType::string; }

constexpr EvaluateDef kMovement[] = {
    {&ops::copy, copy},           {&ops::reshape, copy},          {&ops::transpose, transpose},
    {&ops::broadcast, broadcast}, {&ops::slice, slice},           {&ops::slice_at, sliceAt},
    {&ops::concat, concat},       {&ops::pad, pad, hasNoStrings}, {&ops::tile, tile, hasNoStrings},
    {&ops::iota, iota},
};

} // namespace

std::span<const EvaluateDef> movementEvaluations() { return kMovement; }

} // namespace burin::kernels
