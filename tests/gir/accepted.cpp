// SPDX-License-Identifier: Apache-2.0
#include "tests/gir/accepted.h"

#include "ir/builder.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::tests {
namespace {

using ir::ElementType;
using ir::Value;

// clang-format off
constexpr ElementType kAll[] = {
    ElementType::f32, ElementType::f16, ElementType::bf16, ElementType::f64,
    ElementType::i8, ElementType::i16, ElementType::i32, ElementType::i64,
    ElementType::u8, ElementType::u16, ElementType::u32, ElementType::u64,
    ElementType::i4, ElementType::i2, ElementType::u4, ElementType::u2,
    ElementType::f8e4m3fn, ElementType::f8e4m3fnuz, ElementType::f8e5m2, ElementType::f8e5m2fnuz,
    ElementType::f4e2m1, ElementType::f8e8m0,
    ElementType::boolean, ElementType::string, ElementType::c64, ElementType::c128};
// clang-format on

/// The words of docs/ir.md for neighbours in kAll; a longer run comes before its parts.
struct Word {
  std::string_view word;
  size_t begin, end;
};
constexpr Word kWords[] = {
    {"any", 0, 26},
    {"numbers", 0, 22},
    {"floats", 0, 4},
    {"integers", 4, 16},
    {"whole integers", 4, 12},
    {"signed integers", 4, 8},
    {"unsigned integers", 8, 12},
    {"small integers", 12, 16},
    {"small floats", 16, 22},
};

/// Whether the op would be right with this element type in the changed values.
bool accepts(const ir::Op &op, const std::vector<Value *> &changed, ElementType element) {
  std::vector<ir::Type> before;
  for (Value *v : changed) {
    before.push_back(v->type);
    v->type = v->type.withElement(element);
  }
  bool isRight = true;
  try {
    ir::inferTypes(op);
  } catch (const CompileError &) {
    isRight = false;
  }
  for (size_t i = changed.size(); i-- > 0;)
    changed[i]->type = before[i];
  return isRight;
}

std::set<ElementType> acceptedBy(const ir::Op &op, const std::vector<Value *> &changed) {
  std::set<ElementType> accepted;
  for (const ElementType e : kAll)
    if (accepts(op, changed, e))
      accepted.insert(e);
  return accepted;
}

} // namespace

void AcceptedElements::ask(const ir::Op &op) {
  if (op.numBlocks())
    return; // which have types of their own
  std::vector<size_t> tied;
  for (size_t i = 0; i < op.numOperands(); ++i)
    if (Value *v = op.operand(i); v && v->type.isTensor()) {
      const std::set<ElementType> alone = acceptedBy(op, {v});
      if (alone.size() == 1)
        tied.push_back(i);
      tell(i, alone, kNone);
    }
  for (const size_t i : tied)
    askTied(op, i, tied);
}

/// With which of the others operand i can change, or else with all of them.
void AcceptedElements::askTied(const ir::Op &op, size_t i, const std::vector<size_t> &tied) {
  std::vector<Value *> alike;
  size_t first = kNone;
  for (const size_t other : tied)
    if (op.operand(other)->type.element() == op.operand(i)->type.element()) {
      alike.push_back(op.operand(other));
      first = std::min(first, other);
      if (other == i)
        continue;
      const std::set<ElementType> accepted = acceptedBy(op, {op.operand(i), op.operand(other)});
      if (accepted.size() > 1)
        return tell(i, accepted, other);
    }
  const std::set<ElementType> accepted = acceptedBy(op, alike);
  tell(i, accepted, accepted.size() > 1 ? first : kNone);
}

void AcceptedElements::tell(size_t i, const std::set<ElementType> &elements, size_t as) {
  Operand &operand = operands_[std::min(i, operands_.size() - 1)];
  operand.elements.insert(elements.begin(), elements.end());
  operand.as = elements.size() == 1 && as == kNone ? operand.as : std::min(operand.as, as);
  operand.isFree = operand.isFree || (elements.size() > 1 && as == kNone);
}

std::optional<size_t> AcceptedElements::as(size_t operand) const {
  const Operand &o = operands_[operand];
  return o.isFree || o.as >= operand ? std::nullopt : std::optional(o.as);
}

std::string AcceptedElements::text(size_t operand) const {
  std::string text;
  const auto has = [&](size_t i) { return operands_[operand].elements.contains(kAll[i]); };
  for (size_t i = 0; i < std::size(kAll);) {
    const auto *word = std::ranges::find_if(kWords, [&](const Word &w) {
      bool isWhole = w.begin == i;
      for (size_t j = w.begin; isWhole && j < w.end; ++j)
        isWhole = has(j);
      return isWhole;
    });
    if (word != std::end(kWords) || has(i))
      text += fmt::format("{}{}", text.empty() ? "" : ", ",
                          word != std::end(kWords) ? word->word : ir::name(kAll[i]));
    i = word != std::end(kWords) ? word->end : i + 1;
  }
  return text;
}

} // namespace burin::tests
