// SPDX-License-Identifier: Apache-2.0
//
// All rows of the op table.
#pragma once

#include "ir/ops/control.h"
#include "ir/ops/elementwise.h"
#include "ir/ops/gather.h"
#include "ir/ops/image.h"
#include "ir/ops/linear.h"
#include "ir/ops/norm.h"
#include "ir/ops/quant.h"
#include "ir/ops/reduce.h"
#include "ir/ops/sequence.h"
#include "ir/ops/shape.h"

#include <span>

namespace burin::ir {

/// Every row, by family, in the order of docs/ir.md.
std::span<const OpDef *const> allOps();
/// Null if there is none.
const OpDef *findOp(std::string_view name);

struct OpFamily {
  std::string_view title;
  std::span<const OpDef *const> ops;
};
std::span<const OpFamily> opFamilies();

} // namespace burin::ir
