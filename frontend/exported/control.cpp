// SPDX-License-Identifier: Apache-2.0
//
// Operators with graphs as arguments. A graph writes nothing that it did not make, so that its
// values are what it yields.
#include "frontend/exported/graph.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::exported {
using ir::Dim;
using ir::ElementType;
using ir::Value;
using torchscript::Evaluation;
using torchscript::makeTuple;
using torchscript::RunNumber;
using torchscript::TensorRef;
using torchscript::Uninitialized;
namespace compose = burin::compose;
namespace ops = ir::ops;
namespace attr = ir::attr;
namespace {

/// The arguments of a node, at least as many as its operator has.
std::vector<Json> argumentsOf(const Json &node, size_t atLeast) {
  std::vector<Json> all;
  for (const Json &input : node["inputs"].items())
    all.push_back(input["arg"]);
  if (all.size() < atLeast)
    node["inputs"].fail(fmt::format("{} arguments, expected {}", all.size(), atLeast));
  return all;
}

Json graphOf(const Json &argument) {
  const auto [kind, value] = argument.only();
  if (kind != "as_graph")
    argument.expected("a graph");
  return value["graph"];
}

bool isNumber(const Host &h) {
  return h.holds<bool>() || h.holds<Dim>() || h.holds<double>() || h.holds<RunNumber>();
}

/// The tensors and numbers among values, in order.
std::vector<Value *> valuesOf(Evaluation &in, const std::vector<Host> &all) {
  std::vector<Value *> values;
  for (const Host &h : all)
    if (const TensorRef *t = h.find<TensorRef>())
      values.push_back(in.valueOf(*t));
    else if (isNumber(h))
      values.push_back(in.scalarOf(h));
  return values;
}

/// The same values with these in place of the tensors and numbers.
std::vector<Host> rebuilt(Evaluation &in, std::vector<Host> all, std::span<Value *const> with) {
  size_t at = 0;
  for (Host &h : all)
    if (h.holds<TensorRef>())
      h = in.make(with[at++]);
    else if (isNumber(h))
      h = RunNumber{with[at++]};
  return all;
}

bool isPoisoned(const std::vector<Host> &all) {
  return std::ranges::any_of(all, [](const Host &h) { return h.holds<Uninitialized>(); });
}

std::vector<Host> joined(std::vector<Host> a, const std::vector<Host> &b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Value *> argumentsLike(ir::Block &block, const std::vector<Value *> &values) {
  std::vector<Value *> arguments;
  for (const Value *v : values)
    arguments.push_back(block.addArgument(v->type));
  return arguments;
}

void requireNoWrites(const Location &at, const Evaluation::Inside &inside) {
  if (!inside.journal().tensors.empty())
    throw CompileError(Problem::unsupported, at,
                       "a branch or a loop writes into a tensor from around it")
        .code("exported.operator")
        .hint("run_decompositions() before torch.export.save makes such writes results");
}

/// A condition: known, or a value of the run.
Host conditionOf(Evaluation &in, Host h) {
  if (const TensorRef *t = h.find<TensorRef>())
    h = in.numberOf(in.valueOf(*t));
  if (const Dim *d = h.find<Dim>(); d && d->isNumber())
    return !d->isNumber(0);
  if (h.holds<bool>() || h.holds<Uninitialized>())
    return h;
  if (!isNumber(h))
    throw misfit(in.to().at, fmt::format("a condition is {}, expected bool", typeText(h)));
  return RunNumber{compose::cast(in.to(), in.scalarOf(h), ElementType::boolean)};
}

} // namespace

/// Python's name of a higher-order operator.
std::optional<Host> GraphRunner::callHigherOrder(std::string_view name, const Json &node,
                                                 Scope &scope) {
  if (name == "cond")
    return cond(node, scope);
  if (name == "while_loop")
    return whileLoop(node, scope);
  if (name == "scan")
    return scan(node, scope);
  if (name == "wrap_with_set_grad_enabled") // there are no gradients
    return wrapped(node, scope, 1);
  if (name == "wrap_with_autocast") {
    const Host enabled = argument(argumentsOf(node, 5)[2], scope);
    if (enabled.holds<bool>() && !enabled.as<bool>())
      return wrapped(node, scope, 4);
    throw CompileError(Problem::unsupported, in_.to().at,
                       "a region of autocast, whose casts are not in the program")
        .code("exported.operator")
        .hint("run_decompositions() before torch.export.save makes them part of it");
  }
  return std::nullopt;
}

GraphRunner::Operands GraphRunner::operands(const Json &given, const Scope &scope) {
  const Host h = argument(given, scope);
  const torchscript::CellRef *list = h.find<torchscript::CellRef>();
  return list ? (*list)->items : Operands{h};
}

/// The graph behind some flags, of the operands behind it.
Host GraphRunner::wrapped(const Json &node, Scope &scope, size_t flags) {
  const std::vector<Json> given = argumentsOf(node, flags + 1);
  Operands all;
  for (size_t i = flags + 1; i < given.size(); ++i)
    all.push_back(argument(given[i], scope));
  return makeTuple(run(graphOf(given[flags]), all));
}

/// Evaluates a graph in a block: what it yields, and the outputs that these values are of.
std::vector<Value *> GraphRunner::runInside(const Json &graph, const Operands &given,
                                            ir::Block &block, Operands &outputs) {
  const Location at = in_.to().at;
  const Evaluation::Inside inside{in_, block};
  outputs = run(graph, given);
  requireNoWrites(at, inside);
  return valuesOf(in_, outputs);
}

Host GraphRunner::cond(const Json &node, Scope &scope) {
  const std::vector<Json> given = argumentsOf(node, 4);
  const Host decided = conditionOf(in_, argument(given[0], scope));
  const Json yes = graphOf(given[1]), no = graphOf(given[2]);
  const Operands all = operands(given[3], scope);
  if (const bool *known = decided.find<bool>())
    return makeTuple(run(*known ? yes : no, all));
  if (decided.holds<Uninitialized>())
    return Uninitialized{};
  const Location at = in_.to().at;
  auto first = std::make_unique<ir::Block>(), second = std::make_unique<ir::Block>();
  Operands a, b;
  const std::vector<Value *> x = runInside(yes, all, *first, a), y = runInside(no, all, *second, b);
  in_.to().at = at;
  if (isPoisoned(a) || isPoisoned(b))
    return Uninitialized{};
  for (size_t i = 0; i < std::max(x.size(), y.size()); ++i)
    if (i >= x.size() || i >= y.size() || x[i]->type != y[i]->type)
      throw CompileError(Problem::unsupported, at,
                         fmt::format("result {} of the branches is {} in one and {} in the other",
                                     i, i < x.size() ? x[i]->type.text() : "absent",
                                     i < y.size() ? y[i]->type.text() : "absent"))
          .code("exported.branch")
          .hint("give both branches results of the same shapes and types");
  ir::Builder{in_.module(), *first}.yield(x);
  ir::Builder{in_.module(), *second}.yield(y);
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(std::move(first));
  blocks.push_back(std::move(second));
  const ir::Op &op =
      in_.to().makeOp(ops::if_, {decided.as<RunNumber>().value}, {}, std::move(blocks));
  std::vector<Value *> results;
  for (size_t i = 0; i < x.size(); ++i)
    results.push_back(op.result(i));
  return makeTuple(rebuilt(in_, std::move(a), results));
}

namespace {

void requireSameTypes(const Location &at, const std::vector<Value *> &before,
                      const std::vector<Value *> &after) {
  for (size_t i = 0; i < before.size(); ++i)
    if (i >= after.size() || after[i]->type != before[i]->type)
      throw CompileError(Problem::unsupported, at,
                         fmt::format("value {} of the loop is {} at first and {} then", i,
                                     before[i]->type.text(),
                                     i < after.size() ? after[i]->type.text() : "absent"))
          .code("exported.branch")
          .hint("give what a loop carries one shape and type");
}

} // namespace

Host GraphRunner::whileLoop(const Json &node, Scope &scope) {
  const std::vector<Json> given = argumentsOf(node, 4);
  const Json goesOn = graphOf(given[0]), body = graphOf(given[1]);
  const Operands carried = operands(given[2], scope), others = operands(given[3], scope);
  if (isPoisoned(carried))
    return Uninitialized{};
  const Location at = in_.to().at;
  const auto condition = [&](const Operands &values) -> Value * {
    const std::vector<Host> decided = run(goesOn, joined(values, others));
    in_.to().at = at;
    if (decided.size() != 1)
      goesOn["outputs"].fail("the condition of a loop is one value");
    return decided[0].holds<Uninitialized>() ? nullptr : in_.scalarOf(conditionOf(in_, decided[0]));
  };
  const std::vector<Value *> before = valuesOf(in_, carried);
  Value *const goes = condition(carried);
  auto block = std::make_unique<ir::Block>();
  block->addArgument({ElementType::i64, {}});
  const std::vector<Value *> arguments = argumentsLike(*block, before);
  std::vector<Value *> yields;
  Operands after;
  bool isPoison = false;
  {
    const Evaluation::Inside inside{in_, *block};
    after = run(body, joined(rebuilt(in_, carried, arguments), others));
    requireNoWrites(at, inside);
    isPoison = isPoisoned(after) || !goes;
    if (!isPoison) {
      yields = valuesOf(in_, after);
      in_.to().at = at;
      requireSameTypes(at, before, yields);
      yields.insert(yields.begin(), condition(after));
      isPoison = !yields.front();
    }
  }
  in_.to().at = at;
  if (isPoison)
    return Uninitialized{};
  ir::Builder{in_.module(), *block}.yield(yields);
  std::vector<Value *> from = {nullptr, goes};
  from.insert(from.end(), before.begin(), before.end());
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(std::move(block));
  const ir::Op &op = in_.to().makeOp(
      ops::loop, from, {attr::carried(static_cast<int64_t>(before.size())), attr::dims(ir::Dims{})},
      std::move(blocks));
  std::vector<Value *> results;
  for (size_t i = 0; i < before.size(); ++i)
    results.push_back(op.result(i));
  return makeTuple(rebuilt(in_, carried, results));
}

/// A loop over axis 0 of some tensors that carries values and stacks others.
Host GraphRunner::scan(const Json &node, Scope &scope) {
  const std::vector<Json> given = argumentsOf(node, 4);
  const Json body = graphOf(given[0]);
  const Operands carried = operands(given[1], scope), scanned = operands(given[2], scope),
                 others = operands(given[3], scope);
  if (isPoisoned(carried) || isPoisoned(scanned))
    return Uninitialized{};
  const Location at = in_.to().at;
  const std::vector<Value *> before = valuesOf(in_, carried), rows = valuesOf(in_, scanned);
  for (const Value *x : rows)
    if (x->type.rank() == 0 || x->type.dim(0) != rows[0]->type.dim(0))
      throw misfit(at,
                   fmt::format("the scanned values have {} and {}, expected one extent in front",
                               rows[0]->type.text(), x->type.text()));
  if (rows.empty())
    given[2].fail("a scan over nothing");
  const Dim count = rows[0]->type.dim(0);
  auto block = std::make_unique<ir::Block>();
  Value *const index = block->addArgument({ElementType::i64, {}});
  const std::vector<Value *> arguments = argumentsLike(*block, before);
  std::vector<Value *> yields;
  Operands after;
  {
    const Evaluation::Inside inside{in_, *block};
    const compose::Arith is{in_.to()};
    Operands inputs = rebuilt(in_, carried, arguments);
    for (Value *x : rows) {
      ir::Ints places(x->type.rank(), 0);
      places[0] = 1;
      ir::Dims shape = x->type.shape();
      shape[0] = 1;
      Value *const row =
          in_.to().make(ops::slice_at, {x, is.mul(in_.to().ints(places), index)},
                        {attr::steps(ir::Ints(shape.size(), 1)), attr::shape(shape)});
      inputs.push_back(in_.make(compose::squeeze(in_.to(), row, {0})));
    }
    after = run(body, joined(std::move(inputs), others));
    requireNoWrites(at, inside);
    if (!isPoisoned(after)) {
      yields = valuesOf(in_, after);
      requireSameTypes(at, before, yields);
      yields.insert(yields.begin(), in_.to().scalar(ElementType::boolean, 1));
    }
  }
  in_.to().at = at;
  if (isPoisoned(after))
    return Uninitialized{};
  const size_t results = yields.size() - 1;
  ir::Builder{in_.module(), *block}.yield(yields);
  std::vector<Value *> from = {in_.scalarOf(count), nullptr};
  from.insert(from.end(), before.begin(), before.end());
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(std::move(block));
  const ir::Op &op =
      in_.to().makeOp(ops::loop, from,
                      {attr::carried(static_cast<int64_t>(before.size())),
                       attr::dims(results > before.size() ? ir::Dims{count} : ir::Dims{})},
                      std::move(blocks));
  std::vector<Value *> made;
  for (size_t i = 0; i < results; ++i)
    made.push_back(op.result(i));
  return makeTuple(rebuilt(in_, std::move(after), made));
}

} // namespace burin::exported
