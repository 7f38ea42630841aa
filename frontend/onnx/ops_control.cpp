// SPDX-License-Identifier: Apache-2.0
//
// Control flow. Blocks of the IR have fixed types, ONNX graphs do not: what changes its shape
// between branches or iterations travels as a list of one element, whose shape is known when it is
// taken out.
#include "frontend/onnx/ops_control.h"

#include "frontend/common/compose.h"
#include "frontend/onnx/importer.h"
#include "frontend/onnx/loop_count.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::onnx {
namespace {

bool isList(const ir::Type &t) { return t.isList() || (t.isOptional() && t.inner().isList()); }
const ir::Type &listOf(const ir::Type &t) { return t.isOptional() ? t.inner() : t; }
ir::Type likeOptional(const ir::Type &like, ir::Type list) {
  return like.isOptional() ? ir::Type::optional(std::move(list)) : list;
}

Value *scalarTrue(ir::Builder &to) { return to.scalar(ElementType::boolean, 1); }

/// A condition or a count as rank 0.
Value *scalarInput(const NodeView &n, size_t i) { return compose::scalarOf(n.to, n.in(i)); }

/// x as a list of one element of this type, and back.
Value *boxed(ir::Builder &to, Value *x, const ir::Type &element) {
  return to.makeOp(ops::list_make, {x}, {attr::type(ir::Type::list(element, 1))}).result();
}

} // namespace

// ---- types of lists ----

void setListType(const NodeView &n, Value *first, const ir::Type &list) {
  std::vector<Value *> work = {first};
  const auto visit = [&](Value *v) {
    if (v && isList(v->type) && listOf(v->type) != list)
      work.push_back(v);
  };
  while (!work.empty()) {
    Value *v = work.back();
    work.pop_back();
    if (listOf(v->type) == list)
      continue;
    v->type = likeOptional(v->type, list);
    // What it is made of, or what carries it.
    const auto carried = [&](ir::Op &op, size_t i) { // value i of an if or a loop
      visit(op.result(i));
      for (size_t b = 0; b < op.numBlocks(); ++b)
        visit(op.block(b).terminator().operand(op.is(ops::loop) ? i + 1 : i));
      if (op.is(ops::loop)) {
        visit(op.operand(2 + i));
        visit(op.block().argument(1 + i));
      }
    };
    if (ir::Op *def = v->def()) {
      if (def->is(ops::list_make) || def->is(ops::list_split) || def->is(ops::optional_none))
        def->set(attr::type, v->type);
      else if (def->is(ops::list_insert) || def->is(ops::list_erase) ||
               def->is(ops::optional_some) || def->is(ops::optional_get))
        visit(def->operand(0));
      else if (def->is(ops::if_) || def->is(ops::loop))
        carried(*def, v->index());
    } else if (ir::Block *block = v->argumentOf(); block && block->parentOp()) {
      carried(*block->parentOp(), v->index() - 1);
    }
    for (ir::Op *user : v->users()) {
      if (user->is(ops::list_insert) || user->is(ops::list_erase) || user->is(ops::optional_some) ||
          user->is(ops::optional_get)) {
        if (user->operand(0) == v)
          visit(user->result());
      } else if (user->is(ops::list_get) && user->operand(0) == v &&
                 user->result()->type != list.inner()) {
        if (user->result()->hasUses())
          n.unsupported("list", "a list that has been read takes elements of another shape later",
                        "make every element of one shape");
        user->result()->type = list.inner();
      } else if (user->is(ops::loop)) {
        for (size_t i = 2; i < user->numOperands(); ++i)
          if (user->operand(i) == v)
            carried(*user, i - 2);
      } else if (user->is(ops::yield) && user->parent()->parentOp()) {
        ir::Op &outer = *user->parent()->parentOp();
        const size_t skip = outer.is(ops::loop) ? 1 : 0;
        for (size_t i = skip; i < user->numOperands() && i - skip < outer.numResults(); ++i)
          if (user->operand(i) == v)
            carried(outer, i - skip);
      }
    }
  }
}

ir::Type joinedElement(const NodeView &n, const ir::Type &a, const ir::Type &b) {
  if (a == b)
    return a;
  if (!a.isTensor() || !b.isTensor() || a.element() != b.element() || a.rank() != b.rank())
    n.unsupported("list", fmt::format("a value is {} here and {} there", a.text(), b.text()),
                  "make both of one type and rank");
  Dims shape = a.shape();
  for (size_t i = 0; i < shape.size(); ++i) {
    if (a.dim(i) == b.dim(i))
      continue;
    const ir::Bounds x = a.dim(i).bounds(), y = b.dim(i).bounds();
    // An extent that is open already holds what fits into its bounds.
    if (a.dim(i).symbolName() && x.lo <= y.lo && y.hi <= x.hi)
      continue;
    if (b.dim(i).symbolName() && y.lo <= x.lo && x.hi <= y.hi)
      shape[i] = b.dim(i);
    else
      shape[i] = n.newExtent("element", Dim(std::max(x.hi, y.hi)));
  }
  return a.withShape(shape);
}

ir::Type joinedList(const NodeView &n, const ir::Type &a, const ir::Type &b) {
  const int64_t capacity = std::max(a.capacity().bounds().hi, b.capacity().bounds().hi);
  // A list without room has no elements yet, and none whose type is known.
  const ir::Type element = a.capacity().isNumber(0)   ? b.inner()
                           : b.capacity().isNumber(0) ? a.inner()
                                                      : joinedElement(n, a.inner(), b.inner());
  return ir::Type::list(element, capacity);
}

Value *withOwnExtents(const NodeView &n, ir::Builder &to, Value *x) {
  if (!x->type.isTensor())
    return x;
  Dims own = x->type.shape();
  bool open = false;
  for (Dim &d : own)
    if (!d.isNumber()) {
      d = n.newExtent("extent", d);
      open = true;
    }
  if (!open)
    return x;
  to.makeOp(ops::bind, {to.make(ops::shape, {x})}, {attr::dims(own)});
  return to.make(
      ops::slice, {x},
      {attr::starts(Dims(own.size(), Dim(0))), attr::steps(Ints(own.size(), 1)), attr::shape(own)});
}

Value *unboxed(const NodeView &n, ir::Builder &to, Value *list, Value *index) {
  return withOwnExtents(n, to, to.make(ops::list_get, {list, index}));
}

// ---- if ----

namespace {

/// Makes what two blocks yield of one type; returns for each value whether it travels boxed.
std::vector<bool> unify(const NodeView &n, ir::Block &a, ir::Block &b) {
  ir::Op &left = a.terminator(), &right = b.terminator();
  if (left.numOperands() != right.numOperands())
    n.fail("if", fmt::format("one branch has {} outputs and the other {}", left.numOperands(),
                             right.numOperands()));
  std::vector<bool> boxes(left.numOperands(), false);
  for (size_t i = 0; i < boxes.size(); ++i) {
    Value *x = left.operand(i), *y = right.operand(i);
    if (x->type == y->type)
      continue;
    // One optional, one not: both are.
    if (x->type.isOptional() != y->type.isOptional()) {
      ir::Op &end = x->type.isOptional() ? right : left;
      ir::Builder at{n.to.module(), x->type.isOptional() ? b : a, &end};
      end.setOperand(i, at.make(ops::optional_some, {end.operand(i)}));
      x = left.operand(i);
      y = right.operand(i);
    }
    if (isList(x->type) && isList(y->type)) {
      const ir::Type joined = joinedList(n, listOf(x->type), listOf(y->type));
      setListType(n, x, joined);
      setListType(n, y, joined);
      continue;
    }
    const ir::Type element = joinedElement(n, x->type, y->type);
    for (auto [block, end] : {std::pair{&a, &left}, std::pair{&b, &right}}) {
      ir::Builder at{n.to.module(), *block, end};
      end->setOperand(i, boxed(at, end->operand(i), element));
    }
    boxes[i] = true;
  }
  return boxes;
}

Values if_(const NodeView &n) {
  const GraphRef then = n.graph("then_branch"), other = n.graph("else_branch");
  if (n.knows(0) && n.contents(0, "the condition").at(0).isNumber())
    return n.lowered(n.contents(0, "the condition")[0].isNumber(0) ? *other : *then, n.to, {});
  std::vector<std::unique_ptr<ir::Block>> blocks;
  for (const GraphRef &graph : {then, other}) {
    auto block = std::make_unique<ir::Block>();
    ir::Builder inside = n.to.inside(*block);
    inside.yield(n.lowered(*graph, inside, {}));
    blocks.push_back(std::move(block));
  }
  const std::vector<bool> boxes = unify(n, *blocks[0], *blocks[1]);
  Value *condition = scalarInput(n, 0);
  ir::Op &op = n.to.makeOp(ops::if_, {condition}, {}, std::move(blocks));
  Values out;
  for (size_t i = 0; i < boxes.size(); ++i)
    out.push_back(boxes[i] ? unboxed(n, n.to, op.result(i), n.to.scalar(ElementType::i64, 0))
                           : op.result(i));
  return out;
}

} // namespace

// ---- loops ----

Values makeLoop(const NodeView &n, const LoopParts &parts, const LoopBody &body) {
  Values initial = parts.carried;
  // How each value travels; a shape that turns out to change is boxed in the next attempt.
  std::vector<std::optional<ir::Type>> boxes(initial.size());
  constexpr int kMostAttempts = 4;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    auto block = std::make_unique<ir::Block>();
    Value *iteration = block->addArgument({ElementType::i64, {}}, "i");
    ir::Builder inside = n.to.inside(*block);
    Values arguments, taken, operands;
    for (size_t i = 0; i < initial.size(); ++i) {
      operands.push_back(boxes[i] ? boxed(n.to, initial[i], *boxes[i]) : initial[i]);
      arguments.push_back(block->addArgument(operands[i]->type, initial[i]->name));
    }
    for (size_t i = 0; i < initial.size(); ++i)
      taken.push_back(boxes[i]
                          ? unboxed(n, inside, arguments[i], inside.scalar(ElementType::i64, 0))
                          : arguments[i]);
    Values yields =
        body(inside, iteration, taken); // the condition, what is carried, what is scanned
    bool again = false;
    std::vector<bool> wraps(initial.size(), false);
    for (size_t i = 0; i < initial.size(); ++i) {
      Value *&out = yields[1 + i];
      Value *in = arguments[i];
      if (in->type.isOptional() && !out->type.isOptional()) {
        out = inside.make(ops::optional_some, {out});
        wraps[i] = true;
      }
      if (isList(in->type) && isList(out->type) && !boxes[i]) {
        // What the body adds it may add in each iteration.
        const int64_t before = listOf(operands[i]->type).capacity().bounds().hi;
        ir::Type joined = joinedList(n, listOf(in->type), listOf(out->type));
        const int64_t more = joined.capacity().bounds().hi - before;
        if (more > 0) {
          const int64_t most = iterationsOf(parts, *block, yields).value_or(parts.most);
          if (most >= ir::kUnbounded)
            n.unsupported("loop", "a list grows in a loop whose number of iterations has no bound",
                          "give the loop a constant number of iterations");
          joined = ir::Type::list(joined.inner(), before + more * most);
        }
        setListType(n, in, joined);
        setListType(n, out, joined);
        setListType(n, operands[i], joined);
        continue;
      }
      const ir::Type &holds = boxes[i] ? *boxes[i] : in->type;
      if (out->type == holds && !boxes[i])
        continue;
      ir::Type element = joinedElement(n, holds, out->type);
      if (!boxes[i] || element != *boxes[i]) {
        boxes[i] = std::move(element);
        again = true;
      } else {
        out = boxed(inside, out, *boxes[i]);
      }
    }
    if (again)
      continue;
    Value *count = parts.count, *condition = parts.condition;
    std::optional<Dim> iterations = parts.iterations;
    if (const auto known = iterationsOf(parts, *block, yields); known && *known > 0) {
      count = n.to.scalar(ElementType::i64, static_cast<double>(*known));
      condition = nullptr;
      iterations = *known;
      yields[0] = scalarTrue(inside);
    } else if (const auto &goesOn = yields[0]->contents();
               count && count->contents() && !condition && goesOn && goesOn->front().isNumber(1)) {
      iterations = count->contents()->front();
    }
    inside.yield(yields);
    const bool scans = yields.size() > 1 + initial.size();
    if (scans && !iterations && parts.most == ir::kUnbounded)
      n.unsupported("loop", "a loop stacks values, and nothing bounds the number of its iterations",
                    "give the loop a constant number of iterations");
    if (scans && !iterations)
      iterations = n.newExtent("iterations", Dim(parts.most));
    std::vector<Value *> all = {count, condition};
    all.insert(all.end(), operands.begin(), operands.end());
    std::vector<std::unique_ptr<ir::Block>> blocks;
    blocks.push_back(std::move(block));
    ir::Op &op = n.to.makeOp(ops::loop, all,
                             {attr::carried(static_cast<int64_t>(initial.size())),
                              attr::dims(scans ? Dims{*iterations} : Dims{})},
                             std::move(blocks));
    Values out;
    for (size_t i = 0; i < op.numResults(); ++i) {
      Value *v = op.result(i);
      if (i < initial.size() && boxes[i])
        v = unboxed(n, n.to, v, n.to.scalar(ElementType::i64, 0));
      else if (i < initial.size() && wraps[i])
        v = n.to.make(ops::optional_get, {v});
      out.push_back(v);
    }
    return out;
  }
  n.unsupported("loop", "the shape of a carried value grows in each iteration",
                "carry a value of a fixed shape, or a list");
}

namespace {

/// Iterations at most; kUnbounded if nothing says.
int64_t mostIterations(const Value *count) {
  while (count && count->def() && count->def()->is(ops::reshape))
    count = count->def()->operand(0);
  if (!count)
    return ir::kUnbounded;
  if (count->contents() && count->contents()->size() == 1)
    return (*count->contents())[0].bounds().hi;
  if (count->def() && count->def()->is(ops::list_length))
    return count->def()->operand(0)->type.capacity().bounds().hi;
  return ir::kUnbounded;
}

Values loop(const NodeView &n) {
  const GraphRef graph = n.graph("body");
  LoopParts parts;
  if (n.has(0))
    parts.count = compose::cast(n.to, scalarInput(n, 0), ElementType::i64);
  if (n.has(1) && !(n.knows(1) && n.contents(1, "the condition").at(0).isNumber(1)))
    parts.condition = scalarInput(n, 1);
  for (size_t i = 2; i < n.numInputs(); ++i)
    parts.carried.push_back(n.in(i));
  const size_t carried = parts.carried.size();
  if (graph->inputs.size() != carried + 2 || graph->outputs.size() < carried + 1)
    n.fail("loop", fmt::format("the body has {} inputs and {} outputs, and {} values are carried",
                               graph->inputs.size(), graph->outputs.size(), carried));
  parts.most = n.has(0) ? mostIterations(n.in(0)) : ir::kUnbounded;
  if (parts.most == ir::kUnbounded) // the model may declare what the importer cannot count
    for (size_t i = carried; i + 1 < graph->outputs.size() && !parts.iterations; ++i)
      if (const std::optional<Dims> declared = n.declared(i); declared && !declared->empty())
        parts.iterations = declared->front();
  return makeLoop(n, parts, [&](ir::Builder &to, Value *iteration, const Values &values) {
    Values inputs = {iteration, scalarTrue(to)};
    for (size_t i = 0; i < 2; ++i) // some declare them as vectors of one element
      if (const Type &t = graph->inputs[i].type;
          t.kind == Type::Kind::tensor && t.shape && t.shape->size() == 1)
        inputs[i] = compose::reshape(to, inputs[i], {1});
    inputs.insert(inputs.end(), values.begin(), values.end());
    Values out = n.lowered(*graph, to, inputs);
    out[0] = compose::scalarOf(to, out[0]);
    return out;
  });
}

// ---- scan ----

struct Scan {
  const Graph &graph;
  Values states, inputs;
  Ints inputAxes, inputDirections, outputAxes, outputDirections;
};

Values scanBy(const NodeView &n, ir::Builder &to, const Scan &s) {
  LoopParts parts;
  parts.carried = s.states;
  const Dim steps =
      s.inputs.empty() ? Dim(0) : s.inputs[0]->type.dim(static_cast<size_t>(s.inputAxes[0]));
  parts.iterations = steps;
  parts.most = steps.bounds().hi;
  parts.count = compose::scalarOf(to, to.extents({steps}));
  const NodeView view{n.importer(), n.node, to, {}, n.opset};
  Values out = makeLoop(view, parts, [&](ir::Builder &in, Value *i, const Values &states) {
    const compose::Arith is{in};
    Values inputs = states;
    for (size_t k = 0; k < s.inputs.size(); ++k) {
      const ir::Type &type = s.inputs[k]->type;
      const auto axis = static_cast<size_t>(s.inputAxes[k]);
      Value *at = s.inputDirections[k] ? is.sub(is.sub(parts.count, 1.0), i) : i;
      Ints places(type.rank(), 0);
      places[axis] = 1;
      Dims shape = type.shape();
      shape[axis] = 1;
      Value *x = in.make(ops::slice_at, {s.inputs[k], is.mul(in.ints(places), at)},
                         {attr::steps(Ints(type.rank(), 1)), attr::shape(shape)});
      inputs.push_back(compose::squeeze(in, x, {s.inputAxes[k]}));
    }
    Values yields = n.lowered(s.graph, in, inputs);
    yields.insert(yields.begin(), scalarTrue(in));
    return yields;
  });
  for (size_t k = s.states.size(); k < out.size(); ++k) {
    const size_t output = k - s.states.size(), rank = out[k]->type.rank();
    if (s.outputDirections[output])
      out[k] = compose::sliceAxis(to, out[k], 0, steps - 1, steps, -1);
    if (const int64_t axis = view.axis(s.outputAxes[output], rank); axis != 0) {
      Ints perm(rank);
      std::iota(perm.begin(), perm.end(), 0);
      std::rotate(perm.begin(), perm.begin() + 1, perm.begin() + axis + 1);
      out[k] = compose::transpose(to, out[k], perm);
    }
  }
  return out;
}

Values scan9(const NodeView &n) {
  const GraphRef graph = n.graph("body");
  const auto numInputs = static_cast<size_t>(n.integer("num_scan_inputs", 1));
  if (numInputs == 0 || numInputs > n.numInputs() || graph->inputs.size() != n.numInputs())
    n.fail("scan", fmt::format("num_scan_inputs is {}, the node has {} inputs and the body {}",
                               numInputs, n.numInputs(), graph->inputs.size()));
  const size_t states = n.numInputs() - numInputs,
               numOutputs = graph->outputs.size() - std::min(states, graph->outputs.size());
  Scan s{*graph,
         {},
         {},
         n.ints("scan_input_axes", Ints(numInputs, 0)),
         n.ints("scan_input_directions", Ints(numInputs, 0)),
         n.ints("scan_output_axes", Ints(numOutputs, 0)),
         n.ints("scan_output_directions", Ints(numOutputs, 0))};
  if (s.inputAxes.size() != numInputs || s.inputDirections.size() != numInputs ||
      s.outputAxes.size() != numOutputs || s.outputDirections.size() != numOutputs)
    n.fail("scan", "axes or directions do not have an entry for each scanned value");
  for (size_t i = 0; i < n.numInputs(); ++i)
    (i < states ? s.states : s.inputs).push_back(n.in(i));
  for (size_t k = 0; k < numInputs; ++k)
    s.inputAxes[k] = n.axis(s.inputAxes[k], s.inputs[k]->type.rank());
  return scanBy(n, n.to, s);
}

/// With a batch in front of every value: a loop over it around the other.
Values scan8(const NodeView &n) {
  if (n.has(0))
    n.unsupported("scan", "sequence_lens of a Scan of version 8",
                  "export the model with a newer version");
  const GraphRef graph = n.graph("body");
  const auto numInputs = static_cast<size_t>(n.integer("num_scan_inputs", 1));
  const size_t count = n.numInputs() - 1;
  if (numInputs == 0 || numInputs > count || graph->inputs.size() != count)
    n.fail("scan", fmt::format("num_scan_inputs is {}, the node has {} inputs and the body {}",
                               numInputs, count, graph->inputs.size()));
  const size_t states = count - numInputs,
               numOutputs = graph->outputs.size() - std::min(states, graph->outputs.size());
  LoopParts parts;
  parts.iterations = n.type(1).dim(0);
  parts.most = parts.iterations->bounds().hi;
  parts.count = compose::scalarOf(n.to, n.to.extents({*parts.iterations}));
  return makeLoop(n, parts, [&](ir::Builder &to, Value *i, const Values &) {
    Scan s{*graph,
           {},
           {},
           Ints(numInputs, 0),
           n.ints("directions", Ints(numInputs, 0)),
           Ints(numOutputs, 0),
           Ints(numOutputs, 0)};
    for (size_t k = 0; k < count; ++k)
      (k < states ? s.states : s.inputs).push_back(compose::take(to, n.in(k + 1), i, 0));
    Values yields = scanBy(n, to, s);
    yields.insert(yields.begin(), scalarTrue(to));
    return yields;
  });
}

constexpr Lowering kControl[] = {
    {"If", 1, if_}, {"Loop", 1, loop}, {"Scan", 8, scan8}, {"Scan", 9, scan9}};

} // namespace

std::span<const Lowering> controlLowerings() { return kControl; }

} // namespace burin::onnx
