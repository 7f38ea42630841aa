// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/ops_window.h"

#include "frontend/common/compose.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {

bool channelsFirst(const NodeView &n) {
  const std::string format = n.text("data_format", "NHWC");
  if (format == "NCHW" || format == "NCDHW")
    return true;
  if (format != "NHWC" && format != "NDHWC")
    n.unsupported("layout",
                  fmt::format("data_format is '{}', expected NHWC, NDHWC, NCHW or NCDHW", format));
  return false;
}

Value *channelsLast(const NodeView &n, Value *x) {
  return channelsFirst(n) ? compose::toChannelsLast(n.to, x) : x;
}
Value *asGiven(const NodeView &n, Value *y) {
  return channelsFirst(n) ? compose::toChannelsFirst(n.to, y) : y;
}

Ints spatialOf(const NodeView &n, const Ints &given, size_t rank, std::string_view what) {
  if (given.size() != rank)
    n.fail("window", fmt::format("{} has {} entries, expected {}", what, given.size(), rank));
  const size_t channels = channelsFirst(n) ? 1 : rank - 1;
  Ints spatial;
  for (size_t i = 1; i < rank; ++i)
    if (i != channels)
      spatial.push_back(given[i]);
  if (given[0] != 1 || given[channels] != 1)
    n.unsupported("window", fmt::format("{} is not 1 along the batch or the channels", what));
  if (std::ranges::any_of(spatial, [](int64_t x) { return x < 1; }))
    n.fail("window", fmt::format("{} has an entry below 1", what));
  return spatial;
}

Window windowOf(const NodeView &n, const Dims &extents, Ints kernel, const Ints &strides,
                const Ints &dilations) {
  const size_t spatial = extents.size();
  Window w{std::move(kernel), strides, dilations, Dims(2 * spatial, Dim(0))};
  if (w.kernel.size() != spatial)
    n.fail("window", fmt::format("the kernel has {} axes and the input {} spatial ones",
                                 w.kernel.size(), spatial));
  const std::string padding = n.text("padding", "");
  if (padding == "SAME") {
    for (size_t i = 0; i < spatial; ++i) {
      const int64_t reach = w.dilations[i] * (w.kernel[i] - 1) + 1;
      const Dim out = ceilDiv(extents[i], w.strides[i]);
      const Dim total = max((out - 1) * Dim(w.strides[i]) + reach - extents[i], 0);
      // The odd one goes to the end. Neither is below 0, but a division of symbols hides that.
      w.pads[i] = max(floorDiv(total, 2), 0);
      w.pads[spatial + i] = max(total - w.pads[i], 0);
    }
  } else if (padding == "EXPLICIT") {
    const Ints given = n.ints("explicit_paddings", {});
    if (given.size() != 2 * (spatial + 2))
      n.fail("window", fmt::format("explicit_paddings has {} entries, expected {}", given.size(),
                                   2 * (spatial + 2)));
    const size_t first = channelsFirst(n) ? 2 : 1;
    for (size_t i = 0; i < spatial; ++i) {
      w.pads[i] = given[2 * (first + i)];
      w.pads[spatial + i] = given[2 * (first + i) + 1];
    }
  } else if (padding != "VALID") {
    n.fail("window", fmt::format("padding is '{}', expected SAME, VALID or EXPLICIT", padding));
  }
  return w;
}

Ints kernelOf(const NodeView &n, const ir::Shape &filter) {
  Ints kernel;
  for (size_t i = 0; i + 2 < filter.size(); ++i) {
    if (!filter[i].isNumber())
      n.unsupported(
          "kernel",
          fmt::format("the kernel has the extent {}, expected a number", filter[i].text()),
          "fix the symbol with --dim");
    kernel.push_back(filter[i].number());
  }
  return kernel;
}

Dims spatialExtents(const ir::Shape &x) { return Dims(x.begin() + 1, x.end() - 1); }

} // namespace burin::savedmodel
