// SPDX-License-Identifier: Apache-2.0
//
// What the algorithms of a convolution cost on a machine: floating-point operations, and bytes by
// the level of memory that they come from. The figures choose; they do not promise a time.
#pragma once

#include <cstdint>
#include <optional>

namespace burin::kernels {

/// One core, in units of 10^9 a second.
struct Machine {
  double flops; ///< f32 multiply-adds of the widest vectors, two operations each
  double l2Rate, l3Rate, memoryRate; ///< bytes read
  int64_t l2Bytes;
};

/// What stands for a host that nobody described.
const Machine &defaultMachine();

/// A dense 3x3 convolution with stride 1.
struct Conv3x3 {
  int64_t images, height, width; ///< of the output
  int64_t channels, outChannels;
};

struct ConvPlan {
  int tile;      ///< Winograd's, 2 or 4; 0: the direct sum
  int64_t block; ///< tiles that are worked on at once
  bool byPanels; ///< units are panels instead of blocks
  double seconds;
};

ConvPlan planDirect(const Machine &, const Conv3x3 &);
ConvPlan planWinograd(const Machine &, const Conv3x3 &, int tile);
/// The cheapest. What needs more weights, and rounds a little more, has to win clearly.
ConvPlan planConv3x3(const Machine &, const Conv3x3 &);

} // namespace burin::kernels
