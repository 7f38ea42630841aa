// SPDX-License-Identifier: Apache-2.0
#include "codegen/element_extents.h"

#include "ir/ops.h"

#include <fmt/format.h>
#include <map>
#include <unordered_map>

namespace burin::codegen {
namespace {
namespace ops = ir::ops;
using ir::Op;
using ir::Value;

/// How often each symbol has been set.
using Times = std::map<std::string, int, std::less<>>;

class Check {
public:
  explicit Check(const std::function<bool(std::string_view)> &isSet) : isSet_{isSet} {}

  void block(const ir::Block &block) {
    for (size_t i = 0; i < block.numArguments(); ++i)
      define(*block.argument(i));
    for (const Op &op : block)
      run(op);
  }

private:
  void run(const Op &op) {
    for (size_t i = 0; i < op.numOperands(); ++i)
      if (op.operand(i) && !op.operand(i)->isConstant())
        read(op, *op.operand(i));
    if (!op.is(ops::fused))
      for (int pass = 0; pass < (op.is(ops::loop) ? 2 : 1);
           ++pass) // what an iteration leaves to the next
        for (size_t b = 0; b < op.numBlocks(); ++b)
          block(op.block(b));
    if ((op.is(ops::list_get) || op.is(ops::optional_get)) && op.result()->type.isTensor())
      for (const ir::Dim &d : op.result()->type.shape())
        if (const std::optional<std::string_view> symbol = d.symbolName();
            symbol && isSet_(*symbol))
          ++now_[std::string(*symbol)];
    for (size_t i = 0; i < op.numResults(); ++i)
      define(*op.result(i));
  }

  Times timesOf(const Value &v) const {
    Times times;
    std::map<std::string, ir::Bounds, std::less<>> symbols;
    if (v.type.isTensor())
      for (const ir::Dim &d : v.type.shape())
        d.collectSymbols(symbols);
    for (const auto &[name, bounds] : symbols)
      if (const auto it = now_.find(name); it != now_.end())
        times.insert(*it);
    return times;
  }

  void define(const Value &v) {
    if (v.type.isTensor() && !v.type.isStatic())
      defined_[&v] = timesOf(v);
  }

  void read(const Op &op, const Value &v) {
    const auto it = defined_.find(&v);
    if (it != defined_.end() && it->second != timesOf(v))
      throw CompileError(Problem::unsupported, op.at,
                         fmt::format("'{}' is {}, and another element of a list has been got since "
                                     "that sets the same extents",
                                     v.name, v.type.text()))
          .code("codegen.element_extents")
          .hint("give what is got extents of its own by shape, bind and slice");
  }

  const std::function<bool(std::string_view)> &isSet_;
  Times now_;
  std::unordered_map<const Value *, Times> defined_;
};

} // namespace

void checkElementExtents(const ir::Function &function,
                         const std::function<bool(std::string_view)> &isSet) {
  Check{isSet}.block(function.body);
}

} // namespace burin::codegen
