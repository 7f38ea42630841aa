// SPDX-License-Identifier: Apache-2.0
//
// What a lowering may take for granted of the shape of an argument.
#pragma once

#include "frontend/torchscript/lowering.h"

#include <fmt/format.h>

namespace burin::torchscript {

/// The tensor `name`, an error of the call unless its rank is in [least, most].
inline Value *ranked(const Call &n, std::string_view name, size_t least, size_t most = SIZE_MAX) {
  Value *x = n.value(name);
  if (x->type.rank() < least || x->type.rank() > most)
    n.fail("rank", fmt::format("{} has rank {}, expected {}{}", name, x->type.rank(), least,
                               least == most ? "" : " or more"));
  return x;
}

/// The number `name`, at least 1.
inline int64_t positive(const Call &n, std::string_view name) {
  const int64_t x = n.integer(name);
  if (x < 1)
    n.fail("argument", fmt::format("{} is {}, expected at least 1", name, x));
  return x;
}

} // namespace burin::torchscript
