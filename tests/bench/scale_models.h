// SPDX-License-Identifier: Apache-2.0
//
// Models of a kind and a number of ops: what the compiler meets at sizes that nobody draws by hand.
#pragma once

#include "ir/graph.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace burin::bench {

struct Kind {
  std::string_view name, doc;
  std::unique_ptr<ir::Module> (*make)(size_t ops);
  /// The text of a model file instead, for what begins at a frontend.
  std::string (*onnx)(size_t ops) = nullptr;
  size_t most = 100'000; ///< ops that such a model has
};

std::span<const Kind> kinds();

/// Of kinds(): a chain of convolutions with residual sums as bytes of an ONNX file.
std::string residualOnnx(size_t ops);

} // namespace burin::bench
