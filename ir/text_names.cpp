// SPDX-License-Identifier: Apache-2.0
#include "ir/text_names.h"

#include "ir/text_elements.h"

#include <fmt/format.h>

namespace burin::ir {

// ---- ValueNames ----

void ValueNames::reserveAll(const Block &block) {
  for (size_t i = 0; i < block.numArguments(); ++i)
    reserve(block.argument(i)->name);
  for (const Op &op : block) {
    for (size_t i = 0; i < op.numResults(); ++i)
      reserve(op.result(i)->name);
    for (size_t i = 0; i < op.numBlocks(); ++i)
      reserveAll(op.block(i));
  }
}

const std::string &ValueNames::of(const Value &value) {
  const auto [it, fresh] = texts_.try_emplace(&value);
  if (fresh) {
    it->second = sigil_ + (value.name.empty() ? std::to_string(unnamed_++) : unique(value.name));
    defined_.push_back(&value);
  }
  return it->second;
}

void ValueNames::leave(const Mark &mark) {
  for (; defined_.size() > mark.defined; defined_.pop_back())
    texts_.erase(defined_.back());
  for (; names_.size() > mark.names; names_.pop_back())
    taken_.erase(names_.back());
  unnamed_ = mark.unnamed;
}

std::string ValueNames::unique(const std::string &own) {
  if (take(own))
    return nameText(own);
  for (size_t &suffix = suffixes_[own];;) {
    std::string candidate = fmt::format("{}_{}", own, ++suffix);
    if (!reserved_.contains(candidate) && take(candidate))
      return nameText(candidate);
  }
}

bool ValueNames::take(const std::string &name) {
  const bool isFree = taken_.insert(name).second;
  if (isFree)
    names_.push_back(name);
  return isFree;
}

// ---- NameScope ----

bool NameScope::define(const std::string &name, Value *value) {
  const bool isFresh = values_.emplace(name, value).second;
  if (isFresh)
    order_.push_back(name);
  return isFresh;
}

Value *NameScope::find(const std::string &name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? nullptr : it->second;
}

void NameScope::leave(size_t mark) {
  for (; order_.size() > mark; order_.pop_back())
    values_.erase(order_.back());
}

} // namespace burin::ir
