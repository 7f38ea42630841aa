// SPDX-License-Identifier: Apache-2.0
//
// Single numbers of every element type, by way of double: for scalars that the compiler looks at,
// and for text. Whole tensors are converted by kernels.
#pragma once

#include "ir/type.h"

#include <cstddef>

namespace burin::ir {

/// The element at `from`, exactly (64-bit integers are rounded to double).
double loadNumber(ElementType, const std::byte *from);
/// Rounds to nearest even; floats overflow as IEEE 754 (8-bit ones without infinity: NaN), integers
/// saturate and take NaN as 0.
void storeNumber(ElementType, double value, std::byte *to);
int64_t loadInteger(ElementType, const std::byte *from);
void storeInteger(ElementType, int64_t value, std::byte *to);

} // namespace burin::ir
