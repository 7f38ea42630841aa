// SPDX-License-Identifier: Apache-2.0
#include "frontend/common/einsum.h"
#include "frontend/onnx/lowering.h"

namespace burin::onnx {
namespace {

Values einsum(const NodeView &n) {
  std::vector<Value *> operands;
  for (size_t i = 0; i < n.numInputs(); ++i)
    operands.push_back(n.in(i));
  return {compose::einsum(
      n.to, n.text("equation", ""), operands, [&](Problem problem, std::string text) {
        throw CompileError(problem, n.node.location(), std::move(text)).code("onnx.equation");
      })};
}

constexpr Lowering kEinsum[] = {{"Einsum", 12, einsum}};

} // namespace

std::span<const Lowering> einsumLowerings() { return kEinsum; }

} // namespace burin::onnx
