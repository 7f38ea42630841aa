// SPDX-License-Identifier: Apache-2.0
//
// if and loop, one within the other: carried values, scans, early ends.
#include "tests/differential/maker.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::differential {
namespace {

constexpr int kDeepest = 3; ///< the entry block has depth 1
/// What carried floats are kept to: exact ones stay exact whatever the number of iterations.
constexpr Facts kCarried{true, 4, 4};

bool canCarryExactly(const Maker &m, const Value *v) {
  const Facts &facts = m.factsOf(v);
  return facts.exact && facts.fraction <= kCarried.fraction && facts.bound <= kCarried.bound;
}

Value *keptWithin(Builder &to, Value *v) {
  if (!ir::isFloat(v->type.element()))
    return v;
  Value *low = to.scalar(v->type.element(), -kCarried.bound),
        *high = to.scalar(v->type.element(), kCarried.bound);
  return to.make(ops::min, {to.make(ops::max, {v, low}), high});
}

Value *aCondition(Maker &m) {
  return m.any([](const Value &x) {
    return x.type.element() == ElementType::boolean && x.type.rank() == 0;
  });
}

/// A block that yields a value of a type, and what is known of it.
std::pair<std::unique_ptr<ir::Block>, Facts> branch(Maker &m, const Type &type) {
  auto block = std::make_unique<ir::Block>();
  const size_t outer = m.count();
  m.grow(*block, 1 + static_cast<int>(m.pick(4)));
  std::vector<Value *> fit = m.ofType(type, outer);
  if (fit.empty() || m.chance(15))
    fit = m.ofType(type);
  Value *out = fit[fit.size() - 1 - m.pick(std::min<size_t>(fit.size(), 3))];
  const Facts facts = m.factsOf(out);
  Builder{m.module(), *block}.yield(std::vector<Value *>{out});
  m.forget(outer);
  return {std::move(block), facts};
}

Made conditional(Maker &m) {
  Value *condition = aCondition(m);
  Value *like = m.any([](const Value &) { return true; });
  if (!condition || m.depth() >= kDeepest || !m.hasOptions(&MakerOptions::control))
    return {};
  const Type type = like->type;
  auto [yes, x] = branch(m, type);
  auto [no, y] = branch(m, type);
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(std::move(yes));
  blocks.push_back(std::move(no));
  return {m.to().makeOp(ops::if_, {condition}, {}, std::move(blocks)).result(),
          {x.exact && y.exact, std::max(x.fraction, y.fraction), std::max(x.bound, y.bound)}};
}

/// A count of iterations: a constant, or a number that the run computes.
Value *aCount(Maker &m, int64_t most) {
  Value *v = m.chance(40) ? m.any([](const Value &x) {
    return x.type.element() == ElementType::i64 && x.type.rank() == 1 && !mayBeEmpty(x.type.dim(0));
  })
                          : nullptr;
  if (!v)
    return m.to().scalar(ElementType::i64,
                         static_cast<double>(m.pick(static_cast<size_t>(most) + 1)));
  Value *one =
      m.to().make(ops::slice, {v}, {attr::starts({0}), attr::steps({1}), attr::shape({1})});
  one = m.to().make(ops::reshape, {one}, {attr::shape({})});
  Value *low = m.to().scalar(ElementType::i64, 0),
        *high = m.to().scalar(ElementType::i64, static_cast<double>(most));
  return m.to().make(ops::min, {m.to().make(ops::max, {one, low}), high});
}

Made loop(Maker &m) {
  if (m.depth() >= kDeepest || !m.hasOptions(&MakerOptions::control))
    return {};
  constexpr int64_t kMost = 3;
  Value *count = aCount(m, kMost);
  std::vector<Value *> starts;
  for (size_t i = 0; i < 1 + m.pick(2); ++i)
    starts.push_back(m.any([](const Value &) { return true; }));
  auto body = std::make_unique<ir::Block>();
  const size_t outer = m.count();
  m.keep(body->addArgument({ElementType::i64, {}}), {true, 0, kMost});
  std::vector<Value *> operands{count, nullptr}, yields{nullptr};
  std::vector<bool> exact;
  for (Value *&v : starts) {
    const bool isExact = !ir::isFloat(v->type.element()) || canCarryExactly(m, v);
    v = keptWithin(m.to(), v);
    operands.push_back(v);
    exact.push_back(isExact);
    Facts facts = kCarried;
    facts.exact = isExact;
    if (!ir::isFloat(v->type.element()))
      facts = {true, 0, v->type.element() == ElementType::boolean ? 1 : kAnyInteger};
    m.keep(body->addArgument(v->type), facts);
  }
  m.grow(*body, 2 + static_cast<int>(m.pick(4)));
  Builder inner{m.module(), *body};
  Value *condition = m.chance(30) ? aCondition(m) : nullptr;
  yields[0] = condition ? condition : m.to().scalar(ElementType::boolean, 1);
  for (size_t i = 0; i < starts.size(); ++i) {
    std::vector<Value *> fit = m.ofType(starts[i]->type, outer);
    std::erase_if(fit, [&](Value *v) {
      return exact[i] && ir::isFloat(v->type.element()) &&
             !(m.factsOf(v).exact && m.factsOf(v).fraction <= kCarried.fraction);
    });
    yields.push_back(
        keptWithin(inner, fit[fit.size() - 1 - m.pick(std::min<size_t>(fit.size(), 3))]));
  }
  Value *scanned = nullptr;
  Facts ofScan;
  if (m.chance(50)) {
    scanned = m.any([&](const Value &v) { return v.type.rank() <= 3 && m.isKnown(v, outer); });
    ofScan = m.factsOf(scanned);
    yields.push_back(scanned);
  }
  inner.yield(yields);
  m.forget(outer);
  const bool isKnown = count->isConstant() && !condition;
  const Dim trips =
      isKnown ? Dim(ir::elementAsInt(*count, 0))
              : m.module().symbol(m.module().freshSymbolName("trips"), {0, kMost}, "loop");
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(std::move(body));
  ir::Op &op = m.to().makeOp(
      ops::loop, operands,
      {attr::carried(static_cast<int64_t>(starts.size())), attr::dims({trips})}, std::move(blocks));
  if (scanned && m.chance(60))
    return {op.result(starts.size()), ofScan};
  const size_t which = m.pick(starts.size());
  Facts facts = kCarried;
  facts.exact = exact[which];
  if (!ir::isFloat(starts[which]->type.element()))
    facts = {true, 0, kAnyInteger};
  return {op.result(which), facts};
}

constexpr OpMaker kMakers[] = {{"if", 6, conditional}, {"loop", 7, loop}};

} // namespace

std::span<const OpMaker> controlMakers() { return kMakers; }

} // namespace burin::differential
