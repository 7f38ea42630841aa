// SPDX-License-Identifier: Apache-2.0
//
// One op to run, with its operands; and the table of the functions that run the ops.
#pragma once

#include "ir/evaluator.h"
#include "ir/ops.h"

#include <span>
#include <vector>

namespace burin::reference {

using ir::ElementType;
using ir::Tensor;
using ir::Type;
using Extents = std::vector<int64_t>;
using Tensors = std::vector<Tensor>;

struct Call {
  const ir::Op &op;
  std::span<const Tensor *const> operands;
  const ir::SymbolValues &symbols;

  /// An operand by the name of the row; null if it is absent.
  const Tensor *find(std::string_view operand) const;
  const Tensor &get(std::string_view operand) const { return *find(operand); }

  template <class T> const T &operator[](ir::AttrKey<T> key) const { return op[key]; }
  Extents operator[](ir::AttrKey<ir::Dims> key) const { return symbols(op[key]); }
  /// The attribute `axis`, counted from the front, for a tensor of that rank.
  size_t axis(size_t rank) const;

  /// With every extent a number. Of an op with an epilogue: what the epilogue gets.
  Type resultType(size_t i = 0) const;
  Tensor result(size_t i = 0) const { return Tensor{resultType(i)}; } ///< zeros
};

using Run = Tensors (*)(const Call &);

struct Row {
  const ir::OpDef *op;
  Run run;
};

std::vector<Row> elementwiseRows();
std::vector<Row> castRows();
std::vector<Row> movementRows();
std::vector<Row> indexingRows();
std::vector<Row> selectionRows();
std::vector<Row> reduceRows();
std::vector<Row> linearRows();
std::vector<Row> poolRows();
std::vector<Row> normRows();
std::vector<Row> recurrentRows();
std::vector<Row> treeRows();
std::vector<Row> quantRows();
std::vector<Row> resizeRows();
std::vector<Row> samplingRows();
std::vector<Row> otherRows();

} // namespace burin::reference
