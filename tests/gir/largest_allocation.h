// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace burin::tests {

/// The most bytes that one `new` has asked for since this was set to 0; with the address sanitizer,
/// which has a `new` of its own, always 0.
extern size_t largestAllocation;

} // namespace burin::tests
