// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ir/graph.h"

#include <optional>
#include <set>

namespace burin::tests {

/// The element types that an op takes, found by asking its `infer` with every one of them in the
/// place of those of a test case.
class AcceptedElements {
public:
  explicit AcceptedElements(const ir::OpDef &op) : operands_(op.operands.size()) {}

  /// Asks with the operands of this op, which is as before when it is done.
  void ask(const ir::Op &);
  /// "floats, integers", by the index of the operand's spec; empty if no case told.
  std::string text(size_t operand) const;
  /// The operand before it whose element type it must have.
  std::optional<size_t> as(size_t operand) const;

private:
  static constexpr size_t kNone = SIZE_MAX;
  struct Operand {
    std::set<ir::ElementType> elements;
    size_t as = kNone;
    bool isFree = false; ///< has taken what no other operand had
  };
  void askTied(const ir::Op &, size_t i, const std::vector<size_t> &tied);
  void tell(size_t i, const std::set<ir::ElementType> &, size_t as);

  std::vector<Operand> operands_;
};

} // namespace burin::tests
