// SPDX-License-Identifier: Apache-2.0
//
// What the algorithms of a convolution cost on a machine: floating-point operations, and bytes by
// the level of memory that they come from. The figures choose; they do not promise a time.
#pragma once

#include "ir/machine.h"

#include <optional>
#include <string>

namespace burin::kernels {

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

  std::string form() const; ///< "winograd 4x4, 32 tiles at once"
};

/// The direct sum, and behind it what Winograd's algorithm can be; the cheapest of each tile first.
std::vector<ConvPlan> plansOf(const ir::Machine &, const Conv3x3 &);
/// The cheapest. What needs more weights, and rounds a little more, has to win clearly.
ConvPlan planConv3x3(const ir::Machine &, const Conv3x3 &);

} // namespace burin::kernels
