// SPDX-License-Identifier: Apache-2.0
#include "frontend/common/entries.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace burin::frontend {
namespace {
using ir::Value;

[[noreturn]] void refuse(std::string text) {
  throw CompileError(Problem::unsupported, {}, std::move(text))
      .code("entries.differ")
      .hint("compile each entry point by itself");
}

/// Constants by what they are.
class Constants {
public:
  explicit Constants(ir::Module &module) : module_{module} {
    for (const auto &v : module.constants())
      known_.emplace(keyOf(*v), v.get());
  }

  Value *add(const Value &from) {
    Value *&known = known_[keyOf(from)];
    if (known)
      return known;
    const ir::Constant &c = *from.constant();
    known = c.strings.empty() ? module_.addConstant(from.type, c.bytes, c.owner, from.name)
                              : module_.addStrings(from.type.shape(), c.strings, from.name);
    return known;
  }

private:
  using Key = std::pair<std::string, std::string_view>; ///< of the text or type, and the bytes
  static Key keyOf(const Value &v) {
    const ir::Constant &c = *v.constant();
    std::string text = v.type.text();
    for (const std::string &s : c.strings)
      text += fmt::format(" {}:{}", s.size(), s);
    return {std::move(text),
            {static_cast<const char *>(static_cast<const void *>(c.bytes.data())), c.bytes.size()}};
  }

  ir::Module &module_;
  std::map<Key, Value *> known_;
};

void checkStates(const ir::Module &to, const ir::Function &added) {
  const auto typeOf = [](const ir::Function &f, const ir::State &s) {
    return f.body.argument(s.argument)->type;
  };
  for (const auto &function : to.functions) // `added` among them, which is like itself
    for (const ir::State &a : function->states)
      for (const ir::State &b : added.states)
        if (a.name == b.name &&
            (typeOf(*function, a) != typeOf(added, b) || a.initial != b.initial))
          refuse(fmt::format("the state '{}' of '{}' is not that of '{}'", a.name, function->name,
                             added.name));
}

} // namespace

void moveEntries(ir::Module &to, ir::Module &from) {
  for (const ir::Symbol &symbol : from.symbols()) {
    const auto known = std::ranges::find(to.symbols(), symbol.name, &ir::Symbol::name);
    if (known == to.symbols().end())
      to.symbol(symbol.name, symbol.bounds, symbol.origin);
    else if (known->bounds.lo != symbol.bounds.lo || known->bounds.hi != symbol.bounds.hi)
      refuse(fmt::format("the extent '{}' has other bounds in '{}'", symbol.name,
                         from.functions.front()->name));
  }
  Constants constants{to};
  std::map<const Value *, Value *> moved;
  for (const auto &constant : from.constants()) {
    moved[constant.get()] = constants.add(*constant);
    constant->replaceAllUsesWith(moved[constant.get()]);
  }
  for (const auto &function : from.functions) {
    ir::Function &made = to.addFunction(function->name);
    made.resultNames = std::move(function->resultNames);
    made.states = std::move(function->states);
    for (ir::State &state : made.states)
      state.initial = state.initial ? moved.at(state.initial) : nullptr;
    for (size_t i = 0; i < function->body.numArguments(); ++i) {
      Value *argument = function->body.argument(i);
      argument->replaceAllUsesWith(made.body.addArgument(argument->type, argument->name));
    }
    while (function->body.front())
      function->body.front()->moveBefore(made.body, nullptr);
    checkStates(to, made);
  }
  from.functions.clear();
}

} // namespace burin::frontend
