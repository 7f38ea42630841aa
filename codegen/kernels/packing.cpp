// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/packing.h"

#include "burin/rt/winograd.h"

#include <array>
#include <cstring>
#include <fmt/format.h>

namespace burin::kernels {

std::vector<std::byte> toBytes(const std::vector<float> &values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  if (!bytes.empty())
    std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<float> floats(const Value *v) {
  const std::span<const std::byte> bytes = v->constant()->bytes;
  std::vector<float> out(bytes.size() / sizeof(float));
  if (!out.empty())
    std::memcpy(out.data(), bytes.data(), out.size() * sizeof(float));
  return out;
}

namespace {

/// rows x depth (row-major) as panels of rows: the transposed form of a matrix [depth, rows].
void packRows(const float *from, int64_t rows, int64_t depth, int panel, float *to) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t k = 0; k < depth; ++k)
      to[(r / panel * depth + k) * panel + r % panel] = from[r * depth + k];
}

int64_t panels(int64_t columns, int panel) { return (columns + panel - 1) / panel; }

} // namespace

int panelFor(const Target &target, int64_t columns) {
  int panel = 1;
  while (panel < columns && panel < target.panel)
    panel *= 2;
  return panel;
}

Packed packMatrix(const Value *from, bool transposed, int panel) {
  const size_t rank = from->type.rank();
  const int64_t a = from->type.dim(rank - 2).number(), b = from->type.dim(rank - 1).number();
  const int64_t k = transposed ? b : a, n = transposed ? a : b;
  Packed packed;
  packed.from = from;
  packed.layout = fmt::format("[{}][{}][{}]", panels(n, panel), k, panel);
  packed.count = panels(n, panel) * k * panel;
  packed.make = [from, transposed, panel, k, n, count = packed.count] {
    const std::vector<float> values = floats(from);
    std::vector<float> out(static_cast<size_t>(count));
    if (transposed)
      packRows(values.data(), n, k, panel, out.data());
    else
      for (int64_t i = 0; i < k; ++i)
        for (int64_t j = 0; j < n; ++j)
          out[static_cast<size_t>((j / panel * k + i) * panel + j % panel)] =
              values[static_cast<size_t>(i * n + j)];
    return toBytes(out);
  };
  return packed;
}

Packed packFilter(const Value *from, int64_t groups, int panel) {
  const int64_t o = from->type.dim(0).number(), each = o / groups;
  int64_t depth = 1;
  std::string kernel;
  for (size_t i = 1; i < from->type.rank(); ++i) {
    depth *= from->type.dim(i).number();
    kernel += fmt::format("[{}]", from->type.dim(i).number());
  }
  Packed packed;
  packed.from = from;
  packed.layout = fmt::format("{}[{}]{}[{}]", groups == 1 ? "" : fmt::format("[{}]", groups),
                              panels(each, panel), kernel, panel);
  packed.count = groups * panels(each, panel) * depth * panel;
  packed.make = [from, groups, each, depth, panel, count = packed.count] {
    const std::vector<float> values = floats(from);
    std::vector<float> out(static_cast<size_t>(count));
    for (int64_t g = 0; g < groups; ++g)
      packRows(values.data() + g * each * depth, each, depth, panel,
               out.data() + g * panels(each, panel) * depth * panel);
    return toBytes(out);
  };
  return packed;
}

Packed packWinograd(const Value *from, int tile, int panel) {
  const int64_t o = from->type.dim(0).number(), c = from->type.dim(3).number(),
                points = (tile + 2) * (tile + 2);
  const int64_t plane = panels(o, panel) * c * panel;
  Packed packed;
  packed.from = from;
  packed.layout = fmt::format("[{}][{}][{}][{}]", points, panels(o, panel), c, panel);
  packed.count = points * plane;
  packed.make = [from, tile, o, c, points, plane, panel] {
    const std::vector<float> values = floats(from);
    std::vector<float> out(static_cast<size_t>(points * plane));
    std::array<double, 36> u;
    for (int64_t i = 0; i < o; ++i)
      for (int64_t j = 0; j < c; ++j) {
        const float *taps = values.data() + i * 9 * c + j;
        if (tile == 2)
          rt::winogradFilter<2>(taps, c, u.data());
        else
          rt::winogradFilter<4>(taps, c, u.data());
        float *to = out.data() + (i / panel * c + j) * panel + i % panel;
        for (int64_t k = 0; k < points; ++k)
          to[k * plane] = static_cast<float>(u[static_cast<size_t>(k)]);
      }
    return toBytes(out);
  };
  return packed;
}

Packed packDepthwise(const Value *from) {
  const int64_t o = from->type.dim(0).number();
  const int64_t taps = from->type.count().number() / std::max<int64_t>(o, 1);
  Packed packed;
  packed.from = from;
  packed.layout = fmt::format("[{}][{}]", taps, o);
  packed.count = taps * o;
  packed.make = [from, o, taps] {
    const std::vector<float> values = floats(from);
    std::vector<float> out(values.size());
    for (int64_t i = 0; i < o; ++i)
      for (int64_t t = 0; t < taps; ++t)
        out[static_cast<size_t>(t * o + i)] = values[static_cast<size_t>(i * taps + t)];
    return toBytes(out);
  };
  return packed;
}

} // namespace burin::kernels
