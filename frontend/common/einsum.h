// SPDX-License-Identifier: Apache-2.0
//
// Einsum of any equation: operands one after the other, each pair as a product of matrices.
#pragma once

#include "ir/builder.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace burin::compose {

/// Throws the problem in the words of a format.
using Refuse = std::function<void(Problem, std::string)>;

/// "ij,jk->ik", "...i,i", without an arrow too; operands may have labels twice (their diagonal).
ir::Value *einsum(ir::Builder &, std::string_view equation, std::span<ir::Value *const> operands,
                  const Refuse &);

} // namespace burin::compose
