// SPDX-License-Identifier: Apache-2.0
//
// The windows of convolutions and pooling.
#pragma once

#include "frontend/onnx/lowering.h"

namespace burin::onnx {

/// Pads, strides and dilations of a window op over the spatial axes of x [n, c, spatial...].
struct Window {
  Ints kernel, strides, dilations;
  Dims pads;     ///< begins, then ends
  Dims overhang; ///< positions behind the end pads that a ceiling adds
};

/// From the attributes of the node; `kernel` has an entry a spatial axis of x.
Window windowOf(const NodeView &, const ir::Shape &x, Ints kernel);
/// The attribute kernel_shape, or the spatial extents of the filter [o, i, kernel...].
Ints kernelShape(const NodeView &, const ir::Shape &filter);
/// The pads with what a ceiling adds.
Dims withOverhang(const Window &);

} // namespace burin::onnx
