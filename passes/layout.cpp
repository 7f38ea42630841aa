// SPDX-License-Identifier: Apache-2.0
//
// Transposes stand at the edges of regions of flexible ops: those that work in any order of axes. A
// region is put as a whole into the order in which its edges cost least, counted in elements that
// are moved, then in reshapes. What edges are made of otherwise is in rules/transpose.cpp.
#include "ir/ops.h"
#include "passes/axis_groups.h"
#include "passes/graph.h"
#include "passes/layout_ops.h"
#include "passes/passes.h"
#include "passes/rules/rules.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Ints;
using ir::Op;
using ir::Value;

struct Cost {
  double elements = 0; ///< that are moved
  int views = 0;       ///< reshapes that stand in the way of fusion
  auto operator<=>(const Cost &) const = default;
  Cost operator+(const Cost &c) const { return {elements + c.elements, views + c.views}; }
};

double elementsOf(const ir::Type &type) {
  double n = 1;
  for (const ir::Dim &d : type.shape())
    n *= static_cast<double>(std::max<int64_t>(d.bounds().hi, 1));
  return n;
}

/// Of transpose(v, perm).
Cost costOf(const ir::Type &type, const Ints &perm) {
  if (isIdentity(perm))
    return {};
  return keepsOrder(perm, type.shape()) ? Cost{0, 1} : Cost{elementsOf(type), 0};
}

/// A value as the transpose of another: by an op, or by a reshape that moves no element.
struct Source {
  Value *value;
  Ints perm;
};
Source sourceOf(Value *v) {
  const Op *op = v->def();
  if (op && op->is(ops::transpose))
    return {op->operand(0), (*op)[ir::attr::perm]};
  if (op && op->is(ops::reshape))
    if (Ints perm = permOfReshape(op->operand(0)->type.shape(), v->type.shape()); !perm.empty())
      return {op->operand(0), std::move(perm)};
  Ints identity(v->type.rank());
  std::iota(identity.begin(), identity.end(), 0);
  return {v, std::move(identity)};
}

/// Whether the transpose of v costs nothing more: v is the reshape of a transpose, for this alone,
/// and both transposes are one before the reshape.
bool mergesAcross(const Value &v, const Ints &perm) {
  const Op *op = v.def();
  if (!op || !op->is(ops::reshape) || !v.hasOneUse())
    return false;
  const Value &from = *op->operand(0);
  return from.def() && from.def()->is(ops::transpose) && from.hasOneUse() &&
         permBeforeReshape(from.type.shape(), v.type.shape(), perm);
}

bool isMover(const Op &op) { return op.is(ops::transpose) || op.is(ops::reshape); }

/// The flexible ops of a block that hang together.
class Region {
public:
  std::vector<Op *> members; ///< in order
  std::unordered_map<const Op *, bool> contains;

  size_t rank() const { return members.front()->result()->type.rank(); }

  bool isInner(const Value *v) const { return v->def() && contains.contains(v->def()); }

  /// Values that members read and others make, each once.
  std::vector<Value *> inputs() const {
    std::vector<Value *> all;
    std::set<const Value *> seen;
    for (const Op *op : members)
      for (size_t i = 0; i < activeOperands(*op); ++i)
        if (Value *v = op->operand(i);
            v && !(isInner(v) && v->type.rank() == rank()) && seen.insert(v).second)
          all.push_back(v);
    return all;
  }

  /// The orders worth a look: those in which an edge costs nothing.
  std::vector<Ints> candidates() const {
    std::set<Ints> all;
    for (Value *v : inputs())
      if (v->type.rank() == rank() && !v->isConstant())
        all.insert(inverseOf(sourceOf(v).perm));
    for (const Op *op : members)
      for (size_t r = 0; r < op->numResults(); ++r)
        for (const Op *user : op->result(r)->users())
          if (isMover(*user) && user->result()->type.rank() == rank())
            all.insert(sourceOf(user->result()).perm);
    return {all.begin(), all.end()};
  }

  Cost costOfInputs(const Ints &perm) const {
    Cost cost;
    for (Value *v : inputs())
      cost = cost + costOfInput(v, perm);
    return cost;
  }

  Cost costOfOutputs(const Ints &perm) const {
    Cost cost;
    for (const Op *op : members)
      for (size_t r = 0; r < op->numResults(); ++r)
        cost = cost + costOfOutput(op->result(r), perm);
    return cost;
  }

private:
  Cost costOfInput(Value *v, const Ints &perm) const {
    if (v->isConstant())
      return {};
    if (v->type.rank() != rank()) { // lifted by a reshape, and in that moved
      ir::Shape shape(rank() - v->type.rank(), 1);
      shape.insert(shape.end(), v->type.shape().begin(), v->type.shape().end());
      return isIdentity(perm)          ? Cost{}
             : keepsOrder(perm, shape) ? Cost{0, 1}
                                       : Cost{elementsOf(v->type), 1};
    }
    const Source source = sourceOf(v);
    if (isIdentity(perm) && source.value != v && isReadElsewhere(v))
      return {}; // it is there anyway
    if (!isIdentity(perm) && source.value == v && mergesAcross(*v, perm))
      return {};
    return costOf(source.value->type, compose(source.perm, perm));
  }

  bool isReadElsewhere(const Value *v) const {
    for (const ir::Use *use = v->firstUse(); use; use = use->next)
      if (!contains.contains(use->user))
        return true;
    return false;
  }

  /// One transpose back for all users that want the order of old, one for each other order.
  Cost costOfOutput(const Value *v, const Ints &perm) const {
    Cost cost;
    bool back = false;
    std::set<Ints> orders;
    ir::Type held = v->type.withShape(permuted(v->type.shape(), perm));
    for (const Op *user : v->users()) {
      if (contains.contains(user))
        continue;
      if (user->is(ops::transpose)) {
        if (orders.insert((*user)[ir::attr::perm]).second)
          cost = cost + costOf(held, compose(inverseOf(perm), (*user)[ir::attr::perm]));
      } else if (user->is(ops::reshape) && keepsOrder(perm, v->type.shape())) {
        cost.views += user->result()->type.shape() != held.shape();
      } else if (isReduce(*user)) {
        cost = cost + costOfReduce(*user, v->type, perm);
      } else {
        back = true;
      }
    }
    return back ? cost + costOf(held, inverseOf(perm)) : cost;
  }

  static bool isReduce(const Op &op) {
    return op.def.attrIndex("axes") && op.def.is(ir::Trait::reduction) && op.numBlocks() == 0;
  }

  /// A reduction takes any order, and gives what is left in that order.
  static Cost costOfReduce(const Op &op, const ir::Type &type, const Ints &perm) {
    std::vector<bool> leaves(perm.size());
    for (const int64_t axis : op[ir::attr::axes])
      leaves[axisOf(axis, perm.size())] = true;
    Ints left;
    for (const int64_t axis : perm)
      if (!leaves[static_cast<size_t>(axis)])
        left.push_back(axis);
    const bool sorted = std::ranges::is_sorted(left);
    (void)type;
    return sorted ? Cost{} : Cost{elementsOf(op.result()->type), 0};
  }
};

/// Puts a region into another order.
class Mover {
public:
  Mover(ir::Module &module, const Region &region, const Ints &perm)
      : module_{module}, region_{region}, perm_{perm} {}

  void run() {
    for (Op *op : region_.members)
      move(*op);
    for (auto it = region_.members.rbegin(); it != region_.members.rend(); ++it)
      (*it)->erase();
  }

private:
  void move(Op &op) {
    ir::Builder to{module_, *op.parent(), &op};
    to.at = op.at;
    std::vector<Value *> operands = operandsOf(op);
    for (size_t i = 0; i < activeOperands(op); ++i)
      if (operands[i])
        operands[i] = moved(to, operands[i]);
    Op &fresh = remakePermuted(to, op, operands, perm_);
    for (size_t r = 0; r < op.numResults(); ++r) {
      Value *old = op.result(r);
      fresh.result(r)->name = old->name;
      moved_[old] = fresh.result(r);
      if (std::ranges::all_of(old->users(),
                              [&](const Op *user) { return region_.contains.contains(user); }))
        continue;
      Value *back = to.make(ops::transpose, {fresh.result(r)}, {ir::attr::perm(inverseOf(perm_))});
      back->name = old->name;
      for (Op *user : old->users())
        if (!region_.contains.contains(user))
          for (size_t i = 0; i < user->numOperands(); ++i)
            if (user->operand(i) == old)
              user->setOperand(i, back);
    }
  }

  Value *moved(ir::Builder &to, Value *v) {
    if (const auto it = moved_.find(v); it != moved_.end() && v->type.rank() == perm_.size())
      return it->second;
    Value *&fresh = outside_[v];
    if (fresh)
      return fresh;
    if (v->isConstant()) {
      fresh = dropOnes(transposedConstant(module_, *lifted(to, v, perm_.size()), perm_),
                       v->type.rank());
      return fresh;
    }
    const Source source = sourceOf(v);
    const Ints perm = v->type.rank() == perm_.size() ? compose(source.perm, perm_) : perm_;
    Value *from = v->type.rank() == perm_.size() ? source.value : lifted(to, v, perm_.size());
    fresh = isIdentity(perm) ? from : to.make(ops::transpose, {from}, {ir::attr::perm(perm)});
    return fresh;
  }

  /// A constant that had fewer axes than the result has no more than needed afterwards either.
  Value *dropOnes(Value *v, size_t rank) {
    if (rank == perm_.size())
      return v;
    ir::Shape shape = v->type.shape();
    while (!shape.empty() && shape.front().isNumber(1))
      shape.erase(shape.begin());
    return reshapedConstant(module_, *v, std::move(shape));
  }

  ir::Module &module_;
  const Region &region_;
  const Ints &perm_;
  std::unordered_map<const Value *, Value *> moved_, outside_;
};

/// The regions of a block, without those inside its ops. `siblings`: what reads one transposed
/// value hangs together, too; each alone would keep it, since the others do.
std::vector<Region> regionsOf(const ir::Block &block, bool siblings) {
  std::vector<Op *> flexible;
  std::unordered_map<const Op *, size_t> index;
  for (Op &op : block)
    if (isFlexible(op)) {
      index[&op] = flexible.size();
      flexible.push_back(&op);
    }
  std::vector<size_t> parent(flexible.size());
  std::iota(parent.begin(), parent.end(), 0);
  const auto find = [&](size_t i) {
    while (parent[i] != i)
      i = parent[i] = parent[parent[i]];
    return i;
  };
  std::unordered_map<const Op *, size_t> readers;
  for (size_t i = 0; i < flexible.size(); ++i)
    for (size_t j = 0; j < activeOperands(*flexible[i]); ++j) {
      const Value *v = flexible[i]->operand(j);
      if (!v || !v->def() || v->type.rank() != flexible[i]->result()->type.rank())
        continue;
      if (const auto it = index.find(v->def()); it != index.end())
        parent[find(i)] = find(it->second);
      else if (siblings && v->def()->is(ops::transpose))
        parent[find(i)] = find(readers.emplace(v->def(), i).first->second);
    }
  std::vector<Region> regions;
  std::unordered_map<size_t, size_t> regionOf;
  for (size_t i = 0; i < flexible.size(); ++i) {
    const auto [it, isNew] = regionOf.emplace(find(i), regions.size());
    if (isNew)
      regions.emplace_back();
    regions[it->second].members.push_back(flexible[i]);
    regions[it->second].contains[flexible[i]] = true;
  }
  return regions;
}

/// The order in which the edges cost least. Of equal ones the one of now, unless another needs
/// nothing at the inputs: transposes sink, and meet what they cancel with.
std::optional<Ints> bestOrder(const Region &region) {
  Ints identity(region.rank());
  std::iota(identity.begin(), identity.end(), 0);
  const Cost inputsNow = region.costOfInputs(identity);
  Cost least = inputsNow + region.costOfOutputs(identity);
  std::optional<Ints> best;
  for (const Ints &perm : region.candidates()) {
    const auto takes = [&](const Op *op) { return takesOrder(*op, perm); };
    if (isIdentity(perm) || !std::ranges::all_of(region.members, takes))
      continue;
    const Cost inputs = region.costOfInputs(perm), all = inputs + region.costOfOutputs(perm);
    const bool sinks = all == least && inputs == Cost{} && Cost{} < inputsNow && !best;
    if (all < least || sinks) {
      least = all;
      best = perm;
    }
  }
  return best;
}

bool moveRegions(ir::Module &module, PassContext &context, ir::Block &block, bool siblings) {
  bool changed = false;
  for (const Region &region : regionsOf(block, siblings)) {
    const std::optional<Ints> order = bestOrder(region);
    if (!order || !context.allow("region", region.members.front()->at))
      continue;
    Mover{module, region, *order}.run();
    changed = true;
  }
  return changed;
}

bool layoutBlock(ir::Module &module, PassContext &context, ir::Block &block) {
  bool changed =
      moveRegions(module, context, block, false) || moveRegions(module, context, block, true);
  for (Op &op : block)
    if (!hasElementBlock(op))
      for (size_t i = 0; i < op.numBlocks(); ++i)
        changed |= layoutBlock(module, context, op.block(i));
  return changed;
}

} // namespace

RuleNames layoutRules() {
  RuleNames names = namesOf(transposeRules());
  names.push_back("region");
  return names;
}

bool layout(ir::Module &module, PassContext &context) {
  bool changed = rewrite(module, context, transposeRules());
  for (const auto &f : module.functions)
    changed |= layoutBlock(module, context, f->body);
  return changed;
}

} // namespace burin::passes
