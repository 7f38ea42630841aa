// SPDX-License-Identifier: Apache-2.0
#include "codegen/merge_entries.h"

#include "codegen/prepare.h"
#include "ir/builder.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::codegen {
namespace {

using Symbols = std::map<std::string, ir::Bounds, std::less<>>;

Symbols symbolsOfInputs(const ir::Function &function) {
  Symbols symbols;
  for (size_t i = 0; i < function.body.numArguments(); ++i)
    if (const Type &type = function.body.argument(i)->type; type.isTensor())
      for (const Dim &d : type.shape())
        d.collectSymbols(symbols);
  return symbols;
}

void checkSymbols(const ir::Module &module) {
  Symbols ofInputs;
  for (const auto &function : module.functions)
    ofInputs.merge(symbolsOfInputs(*function));
  for (const auto &function : module.functions) {
    const Symbols own = symbolsOfInputs(*function);
    Symbols used;
    function->body.walk([&](const Op &op) {
      for (size_t i = 0; i < op.numResults(); ++i)
        if (op.result(i)->type.isTensor())
          for (const Dim &d : op.result(i)->type.shape())
            d.collectSymbols(used);
    });
    for (const auto &[name, bounds] : used)
      if (ofInputs.contains(name) && !own.contains(name))
        throw CompileError(Problem::unsupported, {},
                           fmt::format("the extent '{}' is of inputs in one entry point, and '{}' "
                                       "finds it while it runs",
                                       name, function->name))
            .code("codegen.entries")
            .hint("compile each entry point by itself");
  }
}

} // namespace

std::vector<ir::EntryRange> mergeEntries(ir::Module &module) {
  ir::Function &all = *module.functions.front();
  std::vector<ir::EntryRange> ranges;
  if (module.functions.size() == 1) {
    int steps = 0;
    for (const Op &op : all.body)
      steps += ir::isStep(op);
    return {
        {all.name, 0, all.body.numArguments(), 0, all.body.terminator().numOperands(), 0, steps}};
  }
  checkSymbols(module);
  std::vector<Value *> results;
  std::vector<size_t> ops;
  for (const auto &function : module.functions) {
    ir::Block &body = function->body;
    ir::EntryRange range{function->name, all.body.numArguments(), 0, results.size(), 0, 0, 0};
    if (function.get() == &all)
      range.firstArgument = 0;
    Op &end = body.terminator();
    for (size_t i = 0; i < end.numOperands(); ++i)
      results.push_back(end.operand(i));
    end.erase();
    function->resultNames.resize(results.size() - range.firstResult);
    if (function.get() != &all) {
      for (ir::State state : function->states) {
        state.argument += range.firstArgument;
        state.result += range.firstResult;
        all.states.push_back(std::move(state));
      }
      std::ranges::move(function->resultNames, std::back_inserter(all.resultNames));
      for (size_t i = 0; i < body.numArguments(); ++i) {
        Value *from = body.argument(i), *to = all.body.addArgument(from->type, from->name);
        from->replaceAllUsesWith(to);
        std::ranges::replace(results, from, to);
      }
    }
    ops.push_back(0);
    for (Op *op = body.front(); op; ++ops.back()) {
      Op *next = op->next();
      if (function.get() != &all)
        op->moveBefore(all.body, nullptr);
      op = next;
    }
    range.endArgument = all.body.numArguments();
    range.endResult = results.size();
    ranges.push_back(std::move(range));
  }
  ir::Builder{module, all.body}.yield(results);
  module.functions.resize(1);
  const Op *op = all.body.front();
  int step = 0;
  for (size_t i = 0; i < ranges.size(); ++i) {
    ranges[i].firstStep = step;
    for (size_t k = 0; k < ops[i]; ++k, op = op->next())
      step += ir::isStep(*op);
    ranges[i].endStep = step;
  }
  return ranges;
}

} // namespace burin::codegen
