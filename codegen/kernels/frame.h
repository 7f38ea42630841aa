// SPDX-License-Identifier: Apache-2.0
//
// Images that are written where their border is. A convolution reads a border of zeros from memory,
// and a `pad` makes it; where the kernel before it can leave room around the image that it writes,
// image and padded image are one buffer, and the pad fills in the border alone.
#pragma once

#include "codegen/kernels/kernel_def.h"

namespace burin::kernels {

/// Whether a border around v costs no copy: the op that makes it has one reader, and a kernel that
/// leaves room.
bool canLeaveRoom(const Value &v, const Target &);

/// The `pad` whose result v lies within; null: v lies by itself.
const Op *frameOf(const Value &v, const Target &);

/// The spatial extents of the memory in which v lies: `pad`'s result, or v itself without one.
Dims extentsInFrame(const Value &v, const Op *pad);
/// Elements in front of the first one of v.
int64_t firstInFrame(const Op *pad);

} // namespace burin::kernels
