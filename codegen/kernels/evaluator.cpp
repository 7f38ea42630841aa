// SPDX-License-Identifier: Apache-2.0
#include "codegen/kernels/evaluator.h"

#include "codegen/kernels/kernel_def.h"

#include <unordered_map>

namespace burin::kernels {
namespace {

const EvaluateDef *find(const Op &op) {
  static const auto kByOp = [] {
    std::unordered_map<const ir::OpDef *, const EvaluateDef *> byOp;
    for (const EvaluateDef &row : allEvaluations())
      byOp.emplace(row.op, &row);
    return byOp;
  }();
  const auto it = kByOp.find(&op.def);
  return it == kByOp.end() || (it->second->supports && !it->second->supports(op)) ? nullptr
                                                                                  : it->second;
}

class KernelEvaluator final : public ir::Evaluator {
public:
  bool supports(const Op &op) const override { return find(op) != nullptr; }

  std::vector<ir::Tensor> evaluate(const Op &op, std::span<const ir::Tensor *const> operands,
                                   const ir::SymbolValues &symbols) const override {
    const EvaluateDef *row = find(op);
    if (!row)
      throw CompileError(Problem::unsupported, op.at,
                         std::string(op.def.name) + " cannot run inside the compiler")
          .code("kernels.evaluate");
    Evaluation e{op, operands, symbols, {}};
    if (!op.def.is(ir::Trait::definesDims))
      for (size_t i = 0; i < op.numResults(); ++i) {
        // An epilogue changes the type: what the kernel leaves is what the block takes.
        const ir::Type declared =
            op.numBlocks() ? op.result(i)->type.withElement(op.block().argument(0)->type.element())
                           : op.result(i)->type;
        e.results.emplace_back(symbols(declared));
      }
    row->run(e);
    return std::move(e.results);
  }
};

} // namespace

const ir::Evaluator &evaluator() {
  static const KernelEvaluator kEvaluator;
  return kEvaluator;
}

} // namespace burin::kernels
