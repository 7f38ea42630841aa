// SPDX-License-Identifier: Apache-2.0
//
// A file of its own: who sees these bodies takes them for a mismatch of malloc and delete.
#include "tests/gir/largest_allocation.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace burin::tests {
size_t largestAllocation = 0;
}

#if !defined(__SANITIZE_ADDRESS__)
void *operator new(size_t size) {
  burin::tests::largestAllocation = std::max(burin::tests::largestAllocation, size);
  if (void *p = std::malloc(std::max<size_t>(size, 1)))
    return p;
  throw std::bad_alloc();
}
void operator delete(void *p) noexcept { std::free(p); }
void operator delete(void *p, size_t) noexcept { std::free(p); }
#endif
