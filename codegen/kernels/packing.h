// SPDX-License-Identifier: Apache-2.0
//
// Constants in the layout that a kernel reads.
#pragma once

#include "codegen/kernels/call.h"

namespace burin::kernels {

/// The elements of a constant of f32, wherever they are aligned in a mapped file; and back.
std::vector<float> floats(const Value *);
std::vector<std::byte> toBytes(const std::vector<float> &);

/// Columns of a panel for `columns` columns: the target's, or what a small layer needs.
int panelFor(const Target &, int64_t columns);
/// A constant [k, n] (or [n, k] if transposed) of f32 in panels [ceil(n / panel)][k][panel].
Packed packMatrix(const Value *, bool transposed, int panel);
/// A filter [o, kernel..., c/g] of f32 in panels [groups][ceil(o/g /
/// panel)][kernel...][c/g][panel].
Packed packFilter(const Value *, int64_t groups, int panel);
/// A filter [o, 3, 3, c] of f32, transformed for Winograd's tiles of `tile` x `tile` in double, in
/// panels
/// [(tile + 2)^2][ceil(o / panel)][c][panel].
Packed packWinograd(const Value *, int tile, int panel);
/// A depthwise filter [o, kernel..., 1] as [kernel...][o].
Packed packDepthwise(const Value *);

} // namespace burin::kernels
