// SPDX-License-Identifier: Apache-2.0
//
// A tensor in the bytes of a storage: where its elements lie is checked, and that they are there.
#pragma once

#include "frontend/common/file.h"
#include "ir/graph.h"

#include <functional>

namespace burin::torchscript {

struct Strided {
  ir::ElementType element;
  ir::Ints shape, strides; ///< of the strides: in elements
  int64_t offset;          ///< of the first element, in elements
  frontend::Bytes storage;
};

/// The tensor as a constant: the bytes themselves where they lie in order, else a copy that does.
/// `broken` is called with the reason where the tensor does not lie in its storage, and throws.
ir::Value *addStrided(ir::Module &, const Strided &, const std::string &name,
                      const std::function<void(std::string)> &broken);

} // namespace burin::torchscript
