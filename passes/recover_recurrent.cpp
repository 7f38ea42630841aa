// SPDX-License-Identifier: Apache-2.0
//
// Steps of an LSTM, a GRU or a simple recurrence, written one behind the other or as the body of a
// loop, become one op over the sequence: the product with the input is then one for all steps.
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/passes.h"
#include "passes/recurrent_cells.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace burin::passes {
namespace ops = ir::ops;
namespace attr = ir::attr;
using ir::Builder;
using ir::Ints;
using ir::Op;
using ir::Shape;
using ir::Value;

namespace {
using Numbers = std::vector<double>;

/// Columns that each gate takes of the products with the input and with the state.
struct Roles {
  std::vector<Product> inputs, states;
};

/// Steps that follow one another.
struct Chain {
  std::vector<Cell> cells;
  std::vector<Value *> inputs; ///< of each step
  Roles roles;
  std::vector<Numbers> biases;
  Value *h = nullptr, *c = nullptr; ///< before the first step; null: zero
  const Cell &last() const { return cells.back(); }
};

// ---- joining ----

size_t gatesOf(const Cell &cell) {
  return cell.kind == &ops::lstm ? 4 : cell.kind == &ops::gru ? 3 : 1;
}

/// The products of a step, told apart by what they multiply: `isState`. None if a gate has two of
/// one kind; one kind may be absent.
template <class IsState> std::optional<Roles> rolesOf(const Cell &cell, IsState isState) {
  Roles roles;
  for (size_t g = 0; g < cell.gates.size(); ++g) {
    const size_t inputs = roles.inputs.size(), states = roles.states.size();
    for (const Product &p : cell.gates[g].products)
      (isState(g, p) ? roles.states : roles.inputs).push_back(p);
    if (roles.inputs.size() > inputs + 1 || roles.states.size() > states + 1)
      return std::nullopt;
  }
  const auto isComplete = [&](const std::vector<Product> &all) {
    return all.size() == gatesOf(cell);
  };
  return isComplete(roles.inputs) && (isComplete(roles.states) || roles.states.empty())
             ? std::optional(roles)
             : std::nullopt;
}

bool haveSameMatrices(const std::vector<Product> &a, const std::vector<Product> &b) {
  return std::ranges::equal(a, b,
                            [](const Product &p, const Product &q) { return p.hasMatrixOf(q); });
}

/// What all products multiply, but for the one that has the state reset; null if they differ.
Value *onlyInput(const std::vector<Product> &products, const Value *besides = nullptr) {
  Value *only = nullptr;
  for (const Product &p : products) {
    if (p.input == besides)
      continue;
    if (only && only != p.input)
      return nullptr;
    only = p.input;
  }
  return only;
}

std::vector<Numbers> biasesOf(const Cell &cell) {
  std::vector<Numbers> all;
  for (const Sum &sum : cell.gates)
    all.push_back(sum.bias);
  return all;
}

/// Equal but for the order in which parts were added in single precision.
bool areClose(const std::vector<Numbers> &a, const std::vector<Numbers> &b) {
  return std::ranges::equal(a, b, [](const Numbers &p, const Numbers &q) {
    return std::ranges::equal(p, q, [](double x, double y) {
      return std::fabs(x - y) <= 1e-6 * std::max({1.0, std::fabs(x), std::fabs(y)});
    });
  });
}

bool isZero(const Value *v) { return v && ir::splatValue(*v) == 0; }

/// Makes of a chain of one step, whose products nobody could tell apart, the begin of one whose
/// second step is `next`. Where it is another recurrence it gives its state only.
void begin(Chain &chain, const Roles &roles, const Cell &next) {
  const Cell first = chain.cells.front();
  chain.roles = roles;
  chain.biases = biasesOf(next);
  const std::optional<Roles> own = rolesOf(first, [&](size_t g, const Product &p) {
    const size_t at = std::min(g, roles.states.size() - 1);
    return p.input == first.reset || p.input == first.before || p.hasMatrixOf(roles.states[at]);
  });
  Value *input = own ? onlyInput(own->inputs) : nullptr;
  Value *before = own ? onlyInput(own->states, first.reset) : nullptr;
  const bool fits = input && haveSameMatrices(own->inputs, roles.inputs) &&
                    areClose(biasesOf(first), chain.biases) &&
                    (own->states.empty() || haveSameMatrices(own->states, roles.states));
  const bool isStart =
      fits && (own->states.empty() ? !first.before || isZero(first.before)
                                   : before && (!first.before || first.before == before));
  if (isStart) {
    chain.inputs = {input};
    chain.h = before;
    chain.c = first.cBefore;
    return;
  }
  chain.cells.clear();
  chain.h = first.h;
  chain.c = first.c;
}

/// Whether the step goes on where the chain ends; it is then part of it.
bool join(Chain &chain, const Cell &cell) {
  const Cell &last = chain.last();
  if (cell.kind != last.kind || cell.linearBeforeReset != last.linearBeforeReset ||
      cell.h->type != last.h->type || (cell.before && cell.before != last.h) ||
      cell.cBefore != last.c)
    return false;
  const std::optional<Roles> roles = rolesOf(cell, [&](size_t, const Product &p) {
    return p.input == last.h || (p.input == cell.reset && cell.reset);
  });
  if (!roles || roles->states.empty())
    return false;
  Value *input = onlyInput(roles->inputs);
  if (!input)
    return false;
  if (chain.roles.inputs.empty())
    begin(chain, *roles, cell);
  else if (!haveSameMatrices(roles->inputs, chain.roles.inputs) ||
           !haveSameMatrices(roles->states, chain.roles.states) || biasesOf(cell) != chain.biases)
    return false;
  chain.cells.push_back(cell);
  chain.inputs.push_back(input);
  return true;
}

std::vector<Chain> chainsOf(const ir::Block &block) {
  std::vector<Chain> chains;
  std::unordered_map<const Value *, size_t> endsWith;
  for (const Op &op : block) {
    std::optional<Cell> cell = op.numResults() == 1 ? cellOf(op.result()) : std::nullopt;
    if (!cell)
      continue;
    size_t at = chains.size();
    for (const Product &p : cell->gates.front().products)
      if (const auto it = endsWith.find(p.input);
          it != endsWith.end() && join(chains[it->second], *cell))
        at = it->second;
    if (at == chains.size()) {
      chains.emplace_back();
      chains.back().cells.push_back(*cell);
    }
    endsWith[cell->h] = at;
  }
  std::erase_if(chains, [](const Chain &chain) { return chain.inputs.size() < 2; });
  return chains;
}

// ---- sequences ----

/// One step of a sequence [steps, batch, inputs], or [batch, steps, inputs].
struct Place {
  Value *sequence = nullptr;
  size_t axis = 0;
  int64_t index = 0;
};

std::optional<Place> placeOf(const Value &step) {
  const Op *op = step.def();
  const Op *slice = op && op->is(ops::reshape) ? op->operand(0)->def() : nullptr;
  if (!slice || !slice->is(ops::slice) || slice->operand(0)->type.rank() != 3)
    return std::nullopt;
  const Shape &whole = slice->operand(0)->type.shape(), &part = slice->result()->type.shape();
  const size_t axis = part[0] != whole[0] ? 0 : 1;
  const ir::Dims &starts = (*slice)[attr::starts];
  for (size_t i = 0; i < 3; ++i)
    if ((*slice)[attr::steps][i] != 1 ||
        (i != axis && !(starts[i].isNumber(0) && part[i] == whole[i])))
      return std::nullopt;
  if (!part[axis].isNumber(1) || !starts[axis].isNumber() ||
      step.type.shape() != Shape{whole[1 - axis], whole[2]})
    return std::nullopt;
  return Place{slice->operand(0), axis, starts[axis].number()};
}

/// The steps that the chain takes, in which order.
struct Sequence {
  Place first; ///< in time
  bool reverse = false;
};

std::optional<Sequence> sequenceOf(const Chain &chain) {
  std::vector<Place> places;
  for (const Value *input : chain.inputs) {
    const std::optional<Place> place = placeOf(*input);
    if (!place)
      return std::nullopt;
    places.push_back(*place);
  }
  const int64_t step = places[1].index - places[0].index;
  for (size_t t = 1; t < places.size(); ++t)
    if (places[t].sequence != places[0].sequence || places[t].axis != places[0].axis ||
        places[t].index - places[t - 1].index != step)
      return std::nullopt;
  if (step != 1 && step != -1)
    return std::nullopt;
  return Sequence{step > 0 ? places.front() : places.back(), step < 0};
}

// ---- the op ----

Value *reshape(Builder &to, Value *v, Shape shape) {
  return to.make(ops::reshape, {v}, {attr::shape(std::move(shape))});
}

Value *slice(Builder &to, Value *v, size_t axis, int64_t begin, int64_t count) {
  ir::Dims starts(v->type.rank(), 0), shape = v->type.shape();
  starts[axis] = begin;
  shape[axis] = count;
  return to.make(ops::slice, {v},
                 {attr::starts(starts), attr::steps(Ints(starts.size(), 1)), attr::shape(shape)});
}

/// [1, gates * hidden, depth] of the columns of each gate.
Value *matrixOf(ir::Module &module, const std::vector<Product> &gates, size_t hidden) {
  Numbers all;
  int64_t depth = 0;
  for (const Product &p : gates) {
    const Numbers numbers = numbersOf(*p.matrix);
    const ir::Type &type = p.matrix->type;
    depth = type.dim(p.transposed ? 1 : 0).number();
    const int64_t row = p.transposed ? depth : 1, column = p.transposed ? 1 : type.dim(1).number();
    for (int64_t j = p.begin; j < p.begin + static_cast<int64_t>(hidden); ++j)
      for (int64_t k = 0; k < depth; ++k)
        all.push_back(numbers[static_cast<size_t>(j * row + k * column)]);
  }
  const auto rows = static_cast<int64_t>(gates.size() * hidden);
  return constantOf(module, {ir::ElementType::f32, {1, rows, depth}}, all, gates[0].matrix->name);
}

/// [1, 2 * gates * hidden]: all in the part of the input but what a linear GRU adds to the state's.
Value *biasOf(ir::Module &module, const Chain &chain, size_t hidden) {
  const size_t gates = gatesOf(chain.last());
  Numbers all;
  for (size_t g = 0; g < gates; ++g)
    all.insert(all.end(), chain.biases[g].begin(), chain.biases[g].end());
  all.resize(2 * gates * hidden);
  if (chain.biases.size() > gates)
    std::ranges::copy(chain.biases[gates], all.end() - static_cast<ptrdiff_t>(hidden));
  const auto count = static_cast<int64_t>(all.size());
  return constantOf(module, {ir::ElementType::f32, {1, count}}, all);
}

ir::Strings activationsOf(const Cell &cell) {
  if (cell.kind == &ops::rnn)
    return {"Tanh"};
  return cell.kind == &ops::gru ? ir::Strings{"Sigmoid", "Tanh"}
                                : ir::Strings{"Sigmoid", "Tanh", "Tanh"};
}

/// The op over x [steps, batch, inputs].
Op &makeOp(Builder &to, const Chain &chain, Value *x, bool reverse) {
  const Cell &cell = chain.last();
  const Shape state = cell.h->type.shape();
  const auto hidden = static_cast<size_t>(state[1].number());
  const auto asState = [&](Value *v) {
    return v && !isZero(v) ? reshape(to, v, {1, state[0], state[1]}) : nullptr;
  };
  std::vector<Value *> operands{x,
                                matrixOf(to.module(), chain.roles.inputs, hidden),
                                matrixOf(to.module(), chain.roles.states, hidden),
                                biasOf(to.module(), chain, hidden),
                                nullptr,
                                asState(chain.h)};
  std::vector<ir::NamedAttr> attributes{attr::hidden(static_cast<int64_t>(hidden)),
                                        attr::direction(reverse ? "reverse" : "forward"),
                                        attr::activations(activationsOf(cell)), attr::clip(0.0)};
  if (cell.kind == &ops::lstm) {
    operands.push_back(asState(chain.c));
    operands.push_back(nullptr);
    attributes.push_back(attr::inputForget(false));
  }
  if (cell.kind == &ops::gru)
    attributes.push_back(attr::linearBeforeReset(cell.linearBeforeReset));
  return to.makeOp(*cell.kind, operands, std::move(attributes));
}

// ---- steps behind one another ----

/// What the steps take, [steps, batch, inputs].
Value *inputOf(Builder &to, const Chain &chain, const Sequence &sequence) {
  Value *x = slice(to, sequence.first.sequence, sequence.first.axis, sequence.first.index,
                   static_cast<int64_t>(chain.inputs.size()));
  return sequence.first.axis == 1 ? to.make(ops::transpose, {x}, {attr::perm(Ints{1, 0, 2})}) : x;
}

/// The concat of all states in the order of time, if h, of the first, is read by one.
Op *stackOf(const std::vector<Value *> &states) {
  for (const Op *user : states.front()->users()) {
    if (!user->is(ops::reshape) || !user->result()->hasOneUse())
      continue;
    Op *concat = user->result()->firstUse()->user;
    if (!concat->is(ops::concat) || concat->numOperands() != states.size())
      continue;
    const auto isState = [&](size_t t) {
      const Op *part = concat->operand(t)->def();
      return part && part->is(ops::reshape) && part->operand(0) == states[t];
    };
    size_t t = 0;
    while (t < states.size() && isState(t))
      ++t;
    if (t == states.size())
      return concat;
  }
  return nullptr;
}

/// Nobody but the steps reads the cells on the way.
bool hidesCells(const Chain &chain) {
  return std::ranges::all_of(chain.cells, [&](const Cell &cell) {
    return !cell.c || cell.h == chain.last().h || cell.c->users().size() == 2;
  });
}

bool replace(ir::Module &module, PassContext &context, const Chain &chain) {
  Op *first = chain.cells.front().h->def();
  const std::optional<Sequence> sequence = sequenceOf(chain);
  if (!sequence || !hidesCells(chain) || !context.allow(chain.last().kind->name, first->at))
    return false;
  Builder to{module, *first->parent(), first};
  to.at = first->at;
  Op &op = makeOp(to, chain, inputOf(to, chain, *sequence), sequence->reverse);
  const Shape state = chain.last().h->type.shape();
  const auto steps = static_cast<int64_t>(chain.cells.size());
  Value *all = reshape(to, op.result(0), {steps, state[0], state[1]});
  std::vector<Value *> states; // in the order of time
  for (const Cell &cell : chain.cells)
    states.push_back(cell.h);
  if (sequence->reverse)
    std::ranges::reverse(states);
  if (Op *stack = stackOf(states)) {
    const bool isFirst = (*stack)[attr::axis] == 0;
    Value *whole = isFirst ? all : to.make(ops::transpose, {all}, {attr::perm(Ints{1, 0, 2})});
    const Shape part = isFirst ? Shape{1, state[0], state[1]} : Shape{state[0], 1, state[1]};
    if (stack->operand(0)->type.shape() == part && stack->result()->type == whole->type)
      stack->result()->replaceAllUsesWith(whole);
  }
  for (int64_t t = 0; t < steps; ++t)
    states[static_cast<size_t>(t)]->replaceAllUsesWith(reshape(to, slice(to, all, 0, t, 1), state));
  if (Value *c = chain.last().c)
    c->replaceAllUsesWith(reshape(to, op.result(2), state));
  return true;
}

// ---- loops ----

/// A loop whose body is one step: for each carried value what it is.
struct Loop {
  Op &op;
  std::vector<Value *> arguments, yields; ///< of the body: carried; then scanned
  std::vector<Value *> scanned;
  int64_t steps;
};

bool isTrue(const Value *v) { return !v || ir::splatValue(*v) == 1; }

/// A loop that runs a known number of times, whatever it computes.
std::optional<Loop> loopOf(Op &op) {
  if (!op.is(ops::loop) || !op.operand(0) || !op.operand(0)->isConstant() || !isTrue(op.operand(1)))
    return std::nullopt;
  const ir::Block &body = op.block();
  const std::vector<Value *> yielded = operandsOf(body.terminator());
  const auto carried = static_cast<size_t>(op[attr::carried]);
  Loop loop{op, {}, {}, {}, ir::elementAsInt(*op.operand(0), 0)};
  if (!isTrue(yielded[0]) || loop.steps < 1 ||
      (!op[attr::dims].empty() && !op[attr::dims][0].isNumber(loop.steps)))
    return std::nullopt;
  for (size_t i = 0; i < carried; ++i) {
    loop.arguments.push_back(body.argument(i + 1));
    loop.yields.push_back(yielded[i + 1]);
  }
  loop.scanned.assign(yielded.begin() + static_cast<ptrdiff_t>(carried) + 1, yielded.end());
  return loop;
}

/// Whether v is the number of the iteration, as the loop has it or counted.
bool isIteration(const Loop &loop, const Value *v) {
  while (v->def() && (v->def()->is(ops::cast) || v->def()->is(ops::reshape)))
    v = v->def()->operand(0);
  if (v == loop.op.block().argument(0))
    return true;
  const auto at = std::ranges::find(loop.arguments, v);
  if (at == loop.arguments.end())
    return false;
  const auto i = static_cast<size_t>(at - loop.arguments.begin());
  const Op *next = loop.yields[i]->def();
  return isZero(loop.op.operand(i + 2)) && next && next->is(ops::add) && next->operand(0) == v &&
         ir::splatValue(*next->operand(1)) == 1;
}

/// The sequence of which the body takes a step; null if it does not.
Value *sequenceOf(const Loop &loop, const Value *step) {
  const Op *gather = step->def();
  if (!gather || !gather->is(ops::gather) || (*gather)[attr::axis] != 0 ||
      !isIteration(loop, gather->operand(1)))
    return nullptr;
  Value *sequence = gather->operand(0);
  const Op *def = sequence->def();
  const bool isOutside =
      def ? def->parent() == loop.op.parent()
          : !sequence->argumentOf() || sequence->argumentOf() != &loop.op.block();
  return isOutside && sequence->type.rank() == 3 && step->type.rank() == 2 &&
                 sequence->type.dim(0).isNumber(loop.steps)
             ? sequence
             : nullptr;
}

bool replace(ir::Module &module, PassContext &context, Loop &loop) {
  for (size_t i = 0; i < loop.yields.size(); ++i) {
    const std::optional<Cell> cell = cellOf(loop.yields[i]);
    const Value *before = loop.arguments[i];
    if (!cell || (cell->before && cell->before != before))
      continue;
    const std::optional<Roles> roles = rolesOf(*cell, [&](size_t, const Product &p) {
      return p.input == before || (cell->reset && p.input == cell->reset);
    });
    Value *input = roles ? onlyInput(roles->inputs) : nullptr;
    Value *sequence = input && !roles->states.empty() ? sequenceOf(loop, input) : nullptr;
    const size_t c = static_cast<size_t>(std::ranges::find(loop.arguments, cell->cBefore) -
                                         loop.arguments.begin());
    if (!sequence || (cell->c && (c == loop.yields.size() || loop.yields[c] != cell->c)))
      continue;
    // All that is read of the loop must be of this step.
    Op &op = loop.op;
    bool isAll = true;
    for (size_t r = 0; r < op.numResults(); ++r) {
      const bool isState =
          r == i || (cell->c && r == c) ||
          (r >= loop.yields.size() && loop.scanned[r - loop.yields.size()] == cell->h);
      isAll = isAll && (isState || !op.result(r)->hasUses());
    }
    if (!isAll || !context.allow(cell->kind->name, op.at))
      continue;
    Chain chain{{*cell},
                {},
                *roles,
                biasesOf(*cell),
                op.operand(i + 2),
                cell->c ? op.operand(c + 2) : nullptr};
    Builder to{module, *op.parent(), &op};
    to.at = op.at;
    Op &fresh = makeOp(to, chain, sequence, false);
    for (size_t r = 0; r < op.numResults(); ++r)
      if (op.result(r)->hasUses()) {
        const size_t from = r == i ? 1 : r < loop.yields.size() ? 2 : 0;
        op.result(r)->replaceAllUsesWith(
            reshape(to, fresh.result(from), op.result(r)->type.shape()));
      }
    return true;
  }
  return false;
}

} // namespace

RuleNames recurrentRules() { return {"lstm", "gru", "rnn"}; }

bool recoverRecurrent(ir::Module &module, PassContext &context) {
  bool changed = false;
  for (const auto &f : module.functions) {
    for (const Chain &chain : chainsOf(f->body))
      changed |= replace(module, context, chain);
    for (Op &op : f->body)
      if (std::optional<Loop> loop = loopOf(op))
        changed |= replace(module, context, *loop);
  }
  return changed;
}

} // namespace burin::passes
