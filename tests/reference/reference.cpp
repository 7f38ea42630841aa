// SPDX-License-Identifier: Apache-2.0
#include "tests/reference/reference.h"

#include "tests/reference/call.h"

#include <fmt/format.h>
#include <unordered_map>

namespace burin::reference {
namespace {

constexpr std::vector<Row> (*kFamilies[])() = {
    elementwiseRows, castRows,   movementRows, indexingRows, selectionRows,
    reduceRows,      linearRows, poolRows,     normRows,     recurrentRows,
    quantRows,       resizeRows, samplingRows, otherRows,    treeRows};

const std::unordered_map<const ir::OpDef *, Run> &table() {
  static const std::unordered_map<const ir::OpDef *, Run> kTable = [] {
    std::unordered_map<const ir::OpDef *, Run> all;
    for (const auto &rows : kFamilies)
      for (const Row &row : rows())
        all.emplace(row.op, row.run);
    return all;
  }();
  return kTable;
}

class Reference : public ir::Evaluator {
public:
  bool supports(const ir::Op &op) const override { return hasRow(op.def); }

  std::vector<Tensor> evaluate(const ir::Op &op, std::span<const Tensor *const> operands,
                               const ir::SymbolValues &symbols) const override {
    const auto row = table().find(&op.def);
    if (row == table().end())
      throw InternalError(fmt::format("the reference has no {}", op.def.name));
    return row->second(Call{op, operands, symbols});
  }
};

} // namespace

bool hasRow(const ir::OpDef &row) { return table().contains(&row); }

const ir::Evaluator &evaluator() {
  static const Reference kReference;
  return kReference;
}

} // namespace burin::reference
