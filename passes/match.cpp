// SPDX-License-Identifier: Apache-2.0
#include "passes/match.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace burin::passes {
namespace {
using Kind = Pattern::Kind;

/// What is still to match, the next one first. A list on the stack, so that an order or alternative
/// that was chosen early can be taken back when a later part fails.
struct Goal {
  const Pattern *pattern;
  ir::Value *value; ///< null: absent
  const Goal *next;
};

class Matcher {
public:
  Matcher(Match &match, std::string *why) : match_{match}, why_{why} {}

  bool solve(const Goal *goal) {
    if (!goal)
      return true;
    const Pattern &p = *goal->pattern;
    if (!goal->value) {
      if (p.kind == Kind::either)
        return anyPart(goal);
      return p.kind == Kind::absent || p.kind == Kind::maybe ? advance(goal)
                                                             : fail("an operand is absent");
    }
    if (p.kind == Kind::absent)
      return fail("an operand that should be absent is there");
    if (p.capture < 0)
      return solveValue(goal);
    ir::Value *&slot = match_.bound[static_cast<size_t>(p.capture)];
    if (slot && slot != goal->value)
      return fail("two operands should be one value and are not");
    ir::Value *const before = std::exchange(slot, goal->value);
    if (solveValue(goal))
      return true;
    slot = before;
    return false;
  }

private:
  bool fail(std::string_view reason) {
    if (why_ && depth_ >= furthest_) {
      furthest_ = depth_;
      *why_ = reason;
    }
    return false;
  }
  template <class... A> bool explainFail(fmt::format_string<A...> text, A &&...args) {
    return why_ ? fail(fmt::format(text, std::forward<A>(args)...)) : false;
  }

  bool advance(const Goal *goal) {
    ++depth_;
    const bool solved = solve(goal->next);
    --depth_;
    return solved;
  }

  bool anyPart(const Goal *goal) {
    return std::ranges::any_of(goal->pattern->parts,
                               [&](const Pattern &part) { return tryPart(part, goal); });
  }

  /// The pattern of the goal, replaced by a part of it.
  bool tryPart(const Pattern &part, const Goal *goal) {
    const Goal instead{&part, goal->value, goal->next};
    return solve(&instead);
  }

  bool solveValue(const Goal *goal) {
    const Pattern &p = *goal->pattern;
    const ir::Value &v = *goal->value;
    if (p.single && !v.hasOneUse())
      return explainFail("'{}' has several uses", v.name);
    if (p.kind == Kind::any)
      return advance(goal);
    if (p.kind == Kind::op)
      return solveOp(goal);
    if (p.kind == Kind::maybe || p.kind == Kind::either)
      return anyPart(goal);
    if (!v.isConstant())
      return explainFail("'{}' is no constant", v.name);
    if (p.kind == Kind::number && ir::splatValue(v) != p.value)
      return explainFail("constant '{}' is not {} everywhere", v.name, p.value);
    return advance(goal);
  }

  bool solveOp(const Goal *goal) {
    const Pattern &p = *goal->pattern;
    const ir::Op *op = goal->value->def();
    if (!op || !op->is(*p.def) || op->numResults() != 1)
      return explainFail("'{}' is made by {}, expected {}", goal->value->name,
                         op ? op->def.name : "no op", p.def->name);
    if (!p.open && op->numOperands() > p.parts.size())
      return explainFail("{} has {} operands, expected {}", op->def.name, op->numOperands(),
                         p.parts.size());
    if (p.guard && !p.guard(*op))
      return explainFail("{}: {}", op->def.name, p.why);
    ++depth_;
    const bool solved = solveOperands(*op, p, goal->next, false) ||
                        (op->def.is(ir::Trait::commutative) && p.parts.size() == 2 &&
                         solveOperands(*op, p, goal->next, true));
    --depth_;
    return solved;
  }

  bool solveOperands(const ir::Op &op, const Pattern &p, const Goal *next, bool swapped) {
    std::array<Goal, 16> goals;
    const size_t n = p.parts.size();
    for (size_t i = n; i-- > 0;) {
      const size_t from = swapped ? n - 1 - i : i;
      goals[i] = {&p.parts[i], from < op.numOperands() ? op.operand(from) : nullptr, next};
      next = &goals[i];
    }
    return solve(next);
  }

  Match &match_;
  std::string *why_;
  int depth_ = 0, furthest_ = -1;
};

} // namespace

bool match(const Pattern &pattern, ir::Value *value, Match &found, std::string *why) {
  const Goal goal{&pattern, value, nullptr};
  return Matcher{found, why}.solve(&goal);
}

} // namespace burin::passes
