// SPDX-License-Identifier: Apache-2.0
//
// The windows of convolutions and pooling, and where their axes are.
#pragma once

#include "frontend/savedmodel/lowering.h"

namespace burin::savedmodel {

/// Strides, dilations and pads of a window over the spatial axes of x.
struct Window {
  Ints kernel, strides, dilations;
  Dims pads; ///< begins, then ends
};

/// Whether data_format says that channels come first: NCHW, NCDHW.
bool channelsFirst(const NodeView &);
/// x with channels last, as the IR has images; and back.
Value *channelsLast(const NodeView &, Value *x);
Value *asGiven(const NodeView &, Value *y);
/// The entries of a list attribute (`given`, one an axis) at the spatial axes; those at the batch
/// and the channels must be 1.
Ints spatialOf(const NodeView &, const Ints &given, size_t rank, std::string_view what);
/// From the attributes padding, explicit_paddings, strides and dilations; `extents` are those of
/// the spatial axes of what the window moves over.
Window windowOf(const NodeView &, const Dims &extents, Ints kernel, const Ints &strides,
                const Ints &dilations);
/// The numbers of the spatial axes of a filter [kernel..., i, o].
Ints kernelOf(const NodeView &, const ir::Shape &filter);
/// The spatial extents of x, channels last.
Dims spatialExtents(const ir::Shape &x);

} // namespace burin::savedmodel
