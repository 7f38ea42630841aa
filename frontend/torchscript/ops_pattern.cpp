// SPDX-License-Identifier: Apache-2.0
//
// Tensors by a rule: windows of signals, diagonals and triangles, blocks of images and back.
#include "frontend/torchscript/lowering.h"
#include "ir/number.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace burin::torchscript {
namespace {

constexpr double kPi = 3.14159265358979323846;

Host constantOf(const Call &n, const std::vector<double> &numbers) {
  const ElementType e = n.elementType().value_or(ElementType::f32);
  std::vector<std::byte> bytes(numbers.size() * ir::elementSize(e));
  for (size_t i = 0; i < numbers.size(); ++i)
    ir::storeNumber(e, numbers[i], bytes.data() + i * ir::elementSize(e));
  return n.tensor(
      n.in.module().addConstant({e, {Dim(static_cast<int64_t>(numbers.size()))}}, bytes));
}

// ---- windows of signals ----

/// of(i, n) for all i; a periodic one is the one of n + 1 without its last element.
template <class Rule> Host window(const Call &n, const Rule &of) {
  const int64_t length = n.integer("window_length");
  const bool periodic = !n.takes("periodic") || n.flag("periodic");
  if (length < 0 || length > 1 << 24)
    n.fail("shape", fmt::format("a window of {} elements", length));
  const auto steps = static_cast<double>(periodic ? length : length - 1);
  std::vector<double> all;
  for (int64_t i = 0; i < length; ++i)
    all.push_back(length == 1 ? 1 : of(static_cast<double>(i), steps));
  return constantOf(n, all);
}
Host hann(const Call &n) {
  return window(n, [](double i, double m) { return 0.5 - 0.5 * std::cos(2 * kPi * i / m); });
}
Host hamming(const Call &n) {
  const double alpha = n.takes("alpha") ? n.real("alpha") : 0.54,
               beta = n.takes("beta") ? n.real("beta") : 0.46;
  return window(n, [=](double i, double m) { return alpha - beta * std::cos(2 * kPi * i / m); });
}
Host blackman(const Call &n) {
  return window(n, [](double i, double m) {
    return 0.42 - 0.5 * std::cos(2 * kPi * i / m) + 0.08 * std::cos(4 * kPi * i / m);
  });
}
Host bartlett(const Call &n) {
  return window(n, [](double i, double m) { return 1 - std::fabs(2 * i / m - 1); });
}

// ---- ranges ----

Host logSpace(const Call &n) {
  const double from = n.real("start"), to = n.real("end"), base = n.real("base");
  const int64_t count = n.integer("steps");
  if (count < 0 || count > 1 << 24)
    n.fail("range", fmt::format("a range of {} elements", count));
  std::vector<double> all;
  for (int64_t i = 0; i < count; ++i) {
    const double share = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0;
    all.push_back(std::pow(base, from + share * (to - from)));
  }
  return constantOf(n, all);
}
/// With its end, as it was once.
Host rangeWithEnd(const Call &n) {
  const double from = n.real("start"), to = n.real("end"),
               by = n.takes("step") ? n.real("step") : 1;
  if (by == 0 || (to - from) / by < 0 || (to - from) / by > 1 << 24)
    n.fail("range", fmt::format("a range from {} to {} by {}", from, to, by));
  std::vector<double> all;
  for (int64_t i = 0; i <= static_cast<int64_t>((to - from) / by); ++i)
    all.push_back(from + static_cast<double>(i) * by);
  return constantOf(n, all);
}

// ---- triangles and diagonals ----

template <bool lower> Host triangleIndices(const Call &n) {
  const int64_t rows = n.integer("row"), columns = n.integer("col"), offset = n.integer("offset");
  if (rows < 0 || columns < 0 || (rows > 0 && columns > (1 << 24) / rows))
    n.fail("shape", fmt::format("the triangle of a matrix of {} by {}", rows, columns));
  Ints all[2];
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      if (lower ? j - i <= offset : j - i >= offset) {
        all[0].push_back(i);
        all[1].push_back(j);
      }
  const auto count = static_cast<int64_t>(all[0].size());
  all[0].insert(all[0].end(), all[1].begin(), all[1].end());
  Value *y = compose::reshape(n.to, n.to.ints(all[0]), {2, Dim(count)});
  return n.tensor(compose::cast(n.to, y, n.elementType().value_or(ElementType::i64)));
}

/// The elements of the last axis on a diagonal of a new square, by a comparison of coordinates.
Value *onDiagonal(const Call &n, Value *x, int64_t offset) {
  const compose::Arith is{n.to};
  const auto rank = static_cast<int64_t>(x->type.rank());
  if (offset < -(1 << 24) || offset > 1 << 24)
    n.fail("shape", fmt::format("a diagonal at {}", offset));
  const Dim count = x->type.dim(x->type.rank() - 1), size = count + std::abs(offset);
  const int64_t above = std::max<int64_t>(offset, 0), below = std::max<int64_t>(-offset, 0);
  // Row i holds element i - below, in column i - below + above.
  Dims pads(2 * x->type.rank(), Dim(0));
  pads[x->type.rank() - 1] = below;
  pads[2 * x->type.rank() - 1] = above;
  if (offset != 0)
    x = n.to.make(ops::pad, {x}, {attr::pads(pads), attr::mode("constant")});
  Value *row = compose::iota(n.to, ElementType::i64, {size, 1}, 0);
  Value *column = compose::iota(n.to, ElementType::i64, {1, size}, 1);
  Value *is_ = is.equal(is.sub(column, row), static_cast<double>(offset));
  return is.where(is_, compose::unsqueeze(n.to, x, {rank}), 0.0);
}
Host diagonalEmbed(const Call &n) {
  Value *x = n.value("self");
  const size_t rank = x->type.rank() + 1;
  const int64_t a = n.axis("dim1", rank), b = n.axis("dim2", rank);
  if (rank < 2 || a == b)
    n.fail("axis", "diag_embed needs two axes for its squares");
  Value *y = onDiagonal(n, x, a < b ? n.integer("offset") : -n.integer("offset"));
  // The square is at the end: to its place.
  Ints perm;
  int64_t next = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(rank); ++i)
    perm.push_back(i == std::min(a, b)   ? static_cast<int64_t>(rank) - 2
                   : i == std::max(a, b) ? static_cast<int64_t>(rank) - 1
                                         : next++);
  return n.tensor(compose::transpose(n.to, y, perm));
}
Host diagonalFlat(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(onDiagonal(n, compose::reshape(n.to, x, {x->type.count()}), n.integer("offset")));
}
/// The elements of a matrix in row i and column i + offset.
Value *diagonalOf(const Call &n, Value *x, int64_t offset) {
  const Dim &rows = x->type.dim(0), &columns = x->type.dim(1);
  if (!rows.isNumber() || !columns.isNumber())
    n.unsupported("symbolic", "a diagonal of open extents", "fix the symbols with --dim");
  Ints index;
  for (int64_t i = 0; i < rows.number(); ++i)
    if (i + offset >= 0 && i + offset < columns.number())
      index.push_back(i * columns.number() + i + offset);
  return compose::take(n.to, compose::reshape(n.to, x, {x->type.count()}), n.to.ints(index), 0);
}
Host diagonal(const Call &n) {
  Value *x = n.value("self");
  const int64_t offset = n.integer("diagonal");
  if (x->type.rank() != 1 && x->type.rank() != 2)
    n.fail("rank", fmt::format("diag of a tensor of rank {}", x->type.rank()));
  return n.tensor(x->type.rank() == 1 ? onDiagonal(n, x, offset) : diagonalOf(n, x, offset));
}
Host trace(const Call &n) {
  Value *x = n.value("self");
  if (x->type.rank() != 2)
    n.fail("rank", fmt::format("the trace of a tensor of rank {}", x->type.rank()));
  Value *y = diagonalOf(n, x, 0);
  if (!ir::isFloat(y->type.element()))
    y = compose::cast(n.to, y, ElementType::i64);
  return n.tensor(n.to.make(ops::reduce_sum, {y}, {attr::axes(Ints{0})}));
}

// ---- blocks of images ----

struct Blocks {
  Ints kernel, dilation, pads, stride;
};
Blocks blocksOf(const Call &n) {
  return {perAxis(n, "kernel_size", 2), perAxis(n, "dilation", 2), perAxis(n, "padding", 2),
          perAxis(n, "stride", 2)};
}
constexpr int64_t kMost = 1 << 24; // elements of a table that is made here

/// Refuses tables that only a damaged model asks for.
void requireSize(const Call &n, std::initializer_list<int64_t> extents) {
  int64_t left = kMost;
  for (const int64_t extent : extents) {
    if (extent < 0 || (extent > 0 && left / extent == 0))
      n.fail("shape", fmt::format("{} of {} elements along one axis", n.schema.name, extent));
    left = extent > 0 ? left / extent : left;
  }
}

int64_t positions(const Call &n, const Blocks &b, size_t axis, int64_t extent) {
  for (const Ints *all : {&b.kernel, &b.dilation, &b.stride})
    if (all->at(axis) < 1 || all->at(axis) > kMost || b.pads[axis] < 0 || b.pads[axis] > kMost)
      n.fail("window", fmt::format("a block with an extent or a step of {}", all->at(axis)));
  const int64_t count =
      (extent + 2 * b.pads[axis] - b.dilation[axis] * (b.kernel[axis] - 1) - 1) / b.stride[axis] +
      1;
  if (count < 1)
    n.fail("window", "the blocks are larger than the image");
  return count;
}

/// [n, c, h, w] to [n, c * block, blocks].
Host imageToColumns(const Call &n) {
  const Image in = image(n, "self", 2);
  const Blocks b = blocksOf(n);
  const ir::Shape &s = in.x->type.shape();
  if (!s[2].isNumber() || !s[3].isNumber())
    n.unsupported("symbolic", "blocks of an open extent", "fix the symbols with --dim");
  const int64_t rows = positions(n, b, 0, s[2].number()),
                columns = positions(n, b, 1, s[3].number());
  const int64_t width = s[3].number() + 2 * b.pads[1], height = s[2].number() + 2 * b.pads[0];
  Value *x = in.x;
  if (b.pads[0] != 0 || b.pads[1] != 0)
    x = n.to.make(ops::pad, {x},
                  {attr::pads(Dims{0, 0, b.pads[0], b.pads[1], 0, 0, b.pads[0], b.pads[1]}),
                   attr::mode("constant")});
  requireSize(n, {b.kernel[0], b.kernel[1], rows, columns});
  Ints places;
  for (int64_t i = 0; i < b.kernel[0]; ++i)
    for (int64_t j = 0; j < b.kernel[1]; ++j)
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c)
          places.push_back((r * b.stride[0] + i * b.dilation[0]) * width + c * b.stride[1] +
                           j * b.dilation[1]);
  const int64_t size = b.kernel[0] * b.kernel[1];
  x = compose::take(n.to, compose::reshape(n.to, x, {s[0], s[1], Dim(width * height)}),
                    n.to.ints(places), 2);
  x = compose::reshape(n.to, x, {s[0], s[1] * Dim(size), Dim(rows * columns)});
  return n.tensor(in.batched ? x : compose::squeeze(n.to, x, {0}));
}

/// And back, where blocks that lie on each other are summed: a transposed convolution whose filter
/// puts each channel of a block at its place.
Host columnsToImage(const Call &n) {
  const Blocks b = blocksOf(n);
  const Ints out = perAxis(n, "output_size", 2);
  Value *x = n.value("self");
  const bool batched = x->type.rank() == 3;
  if (!batched)
    x = compose::unsqueeze(n.to, x, {0});
  const int64_t size = b.kernel[0] * b.kernel[1];
  const Dim channels = floorDiv(x->type.dim(1), size);
  if (!channels.isNumber())
    n.unsupported("symbolic", "blocks of an open number of channels", "fix the symbols with --dim");
  const int64_t rows = positions(n, b, 0, out[0]), columns = positions(n, b, 1, out[1]);
  x = compose::reshape(n.to, x, {x->type.dim(0), x->type.dim(1), Dim(rows), Dim(columns)});
  requireSize(n, {channels.number(), size, size});
  // [channels, kernel..., block], one element of each block.
  std::vector<double> filter(static_cast<size_t>(channels.number() * size * size), 0);
  for (int64_t c = 0; c < channels.number(); ++c)
    for (int64_t k = 0; k < size; ++k)
      filter[static_cast<size_t>((c * size + k) * size + k)] = 1;
  const ElementType e = x->type.element();
  std::vector<std::byte> bytes(filter.size() * ir::elementSize(e));
  for (size_t i = 0; i < filter.size(); ++i)
    ir::storeNumber(e, filter[i], bytes.data() + i * ir::elementSize(e));
  Value *f = n.in.module().addConstant(
      {e, {channels, Dim(b.kernel[0]), Dim(b.kernel[1]), Dim(size)}}, bytes);
  Dims more;
  for (size_t i = 0; i < 2; ++i)
    more.push_back((out[i] + 2 * b.pads[i] - b.dilation[i] * (b.kernel[i] - 1) - 1) % b.stride[i]);
  Value *y = n.to.make(ops::conv_transpose, {compose::toChannelsLast(n.to, x), f},
                       {attr::strides(b.stride), attr::pads(bothSides(b.pads)),
                        attr::dilations(b.dilation), attr::group(channels.number()),
                        attr::outputPads(more)});
  y = compose::toChannelsFirst(n.to, y);
  return n.tensor(batched ? y : compose::squeeze(n.to, y, {0}));
}

constexpr Lowering kPattern[] = {
    {"aten::hann_window(int window_length, *, FACTORY) -> Tensor", hann},
    {"aten::hann_window.periodic(int window_length, bool periodic, *, FACTORY) -> Tensor", hann},
    {"aten::hamming_window(int window_length, *, FACTORY) -> Tensor", hamming},
    {"aten::hamming_window.periodic(int window_length, bool periodic, *, FACTORY) -> Tensor",
     hamming},
    {"aten::hamming_window.periodic_alpha(int window_length, bool periodic, float alpha, *, "
     "FACTORY) -> Tensor",
     hamming},
    {"aten::hamming_window.periodic_alpha_beta(int window_length, bool periodic, float alpha, "
     "float beta, *, FACTORY) -> Tensor",
     hamming},
    {"aten::blackman_window(int window_length, *, FACTORY) -> Tensor", blackman},
    {"aten::blackman_window.periodic(int window_length, bool periodic, *, FACTORY) -> Tensor",
     blackman},
    {"aten::bartlett_window(int window_length, *, FACTORY) -> Tensor", bartlett},
    {"aten::bartlett_window.periodic(int window_length, bool periodic, *, FACTORY) -> Tensor",
     bartlett},
    {"aten::logspace.Tensor_Tensor(Tensor start, Tensor end, int steps, float base=10., *, "
     "FACTORY) -> Tensor",
     nullptr},
    {"aten::logspace.Tensor_Scalar(Tensor start, Scalar end, int steps, float base=10., *, "
     "FACTORY) -> Tensor",
     nullptr},
    {"aten::logspace.Scalar_Tensor(Scalar start, Tensor end, int steps, float base=10., *, "
     "FACTORY) -> Tensor",
     nullptr},
    {"aten::logspace(Scalar start, Scalar end, int steps, float base=10., *, FACTORY) -> Tensor",
     logSpace},
    {"aten::range.step(Scalar start, Scalar end, Scalar step=1, *, FACTORY) -> Tensor",
     rangeWithEnd},
    {"aten::range(Scalar start, Scalar end, *, FACTORY) -> Tensor", rangeWithEnd},
    {"aten::tril_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? "
     "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     triangleIndices<true>},
    {"aten::triu_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? "
     "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     triangleIndices<false>},
    {"aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor",
     diagonalEmbed},
    {"aten::diagflat(Tensor self, int offset=0) -> Tensor", diagonalFlat},
    {"aten::diag(Tensor self, int diagonal=0) -> Tensor", diagonal},
    {"aten::trace(Tensor self) -> Tensor", trace},
    {"aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] "
     "stride) -> Tensor",
     imageToColumns},
    {"aten::col2im(Tensor self, int[2] output_size, int[2] kernel_size, int[2] dilation, int[2] "
     "padding, int[2] stride) -> Tensor",
     columnsToImage},
};

} // namespace

std::span<const Lowering> patternLowerings() { return kPattern; }

} // namespace burin::torchscript
