// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/ops_window.h"

#include <fmt/format.h>

namespace burin::onnx {

Window windowOf(const NodeView &n, const ir::Shape &x, Ints kernel) {
  const size_t spatial = kernel.size();
  if (x.size() != spatial + 2)
    n.fail("rank", fmt::format("the input has rank {} and the kernel {} axes, expected {}",
                               x.size(), spatial, x.size() - 2));
  Window w;
  w.kernel = std::move(kernel);
  const Ints ones(spatial, 1);
  w.strides = n.ints("strides", ones);
  w.dilations = n.ints("dilations", ones);
  Ints pads = n.ints("pads", Ints(2 * spatial, 0));
  if (w.strides.size() != spatial || w.dilations.size() != spatial || pads.size() != 2 * spatial)
    n.fail("window", fmt::format("strides, dilations and pads must have {0}, {0} and {1} entries",
                                 spatial, 2 * spatial));
  w.pads.assign(pads.begin(), pads.end());
  w.overhang.assign(spatial, Dim(0));
  const std::string autoPad = n.text("auto_pad", "NOTSET");
  if (autoPad == "SAME_UPPER" || autoPad == "SAME_LOWER") {
    for (size_t i = 0; i < spatial; ++i) {
      const int64_t reach = w.dilations[i] * (w.kernel[i] - 1) + 1;
      const Dim in = x[2 + i], out = ceilDiv(in, w.strides[i]);
      const Dim total = max((out - 1) * Dim(w.strides[i]) + reach - in, 0);
      const Dim less = floorDiv(total, 2);
      w.pads[i] = autoPad == "SAME_UPPER" ? less : total - less;
      w.pads[spatial + i] = total - w.pads[i];
    }
  } else if (autoPad == "VALID") {
    w.pads.assign(2 * spatial, Dim(0));
  } else if (autoPad != "NOTSET" && !autoPad.empty()) {
    n.fail(
        "auto_pad",
        fmt::format("auto_pad is '{}', expected NOTSET, SAME_UPPER, SAME_LOWER or VALID", autoPad));
  }
  if (n.integer("ceil_mode", 0)) {
    for (size_t i = 0; i < spatial; ++i) {
      const Dim span =
          x[2 + i] + w.pads[i] + w.pads[spatial + i] - w.dilations[i] * (w.kernel[i] - 1) - 1;
      Dim last = ceilDiv(span, w.strides[i]); // the index of the last window
      // A window that begins in the end padding is dropped.
      if (span.isNumber() && x[2 + i].isNumber() &&
          last.number() * w.strides[i] >= x[2 + i].number() + w.pads[i].number())
        last = last - 1;
      w.overhang[i] = max(last * Dim(w.strides[i]) - span, 0);
    }
  }
  return w;
}

Ints kernelShape(const NodeView &n, const ir::Shape &filter) {
  Ints kernel;
  for (size_t i = 2; i < filter.size(); ++i) {
    if (!filter[i].isNumber())
      n.unsupported("kernel", fmt::format("the kernel has the extent {}, expected a number",
                                          filter[i].text()));
    kernel.push_back(filter[i].number());
  }
  return n.ints("kernel_shape", kernel);
}

Dims withOverhang(const Window &w) {
  Dims pads = w.pads;
  for (size_t i = 0; i < w.overhang.size(); ++i)
    pads[w.overhang.size() + i] = pads[w.overhang.size() + i] + w.overhang[i];
  return pads;
}

} // namespace burin::onnx
