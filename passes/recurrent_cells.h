// SPDX-License-Identifier: Apache-2.0
//
// Steps of an LSTM, a GRU or a simple recurrence, as gates written op by op.
#pragma once

#include "ir/graph.h"
#include "passes/pass.h"

#include <optional>
#include <vector>

namespace burin::passes {

/// Columns of input * matrix.
struct Product {
  ir::Value *input, *matrix;
  bool transposed; ///< the matrix is [columns, depth]
  int64_t begin;
  bool hasMatrixOf(const Product &p) const {
    return matrix == p.matrix && transposed == p.transposed && begin == p.begin;
  }
};

/// What goes into an activation: products, and constants added up.
struct Sum {
  std::vector<Product> products;
  std::vector<double> bias;
};

struct Cell {
  const ir::OpDef *kind = nullptr; ///< lstm, gru or rnn
  bool linearBeforeReset = false;
  ir::Value *h = nullptr, *c = nullptr;            ///< the new state
  ir::Value *before = nullptr, *cBefore = nullptr; ///< h may be unknown: null
  ir::Value *reset = nullptr;                      ///< of a GRU: what the last gate multiplies
  std::vector<Sum>
      gates{}; ///< as the op has them; of a linear GRU also the state's part of the last
};

/// The step whose new h this is.
std::optional<Cell> cellOf(ir::Value *h);

/// Makes one op of steps behind one another: a part of recover.
bool recoverRecurrent(ir::Module &, PassContext &);
std::vector<std::string_view> recurrentRules();

} // namespace burin::passes
