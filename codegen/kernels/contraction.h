// SPDX-License-Identifier: Apache-2.0
//
// What matrix products and convolutions share: element types, and the shape of a convolution.
#pragma once

#include "codegen/kernels/call.h"

#include <span>
#include <vector>

namespace burin::kernels {

bool isF32(const Value *);
/// The type in which sums of a type are taken.
std::string accumulator(ElementType);
/// What a scalar kernel stores: the sum, or the sum rounded to a small type.
std::string storeAs(ElementType);

/// A convolution over two or three spatial axes; one axis is two with a height of 1.
struct Conv {
  size_t axes; ///< 2 or 3
  Dim images, channels, outChannels;
  std::vector<Dim> in, out, padBegin, padEnd;
  std::vector<Dim> room; ///< the extents of the memory that the output lies in: `out`, or more
  std::vector<int64_t> kernel, stride, dilation;
  int64_t group;
  const Value *filter;
};
Conv describeConv(const Op &);
/// Of a call: knows whether the output lies in a frame.
Conv describeConv(const Call &);
Dim convMacs(const Conv &);
/// The lines "    value, // field" of a struct that a stub fills in.
void fieldLines(Call &, std::span<const std::pair<std::string, std::string_view>> rows);
/// "3x3"
std::string kernelText(const Conv &);
/// f32 with a constant filter.
bool isFloatConv(const Op &);

} // namespace burin::kernels
