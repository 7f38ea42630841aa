// SPDX-License-Identifier: Apache-2.0
#include "tests/differential/maker.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace burin::differential {

bool fitsExactly(ElementType element, const Facts &facts) {
  if (!facts.exact)
    return false;
  const double size = facts.bound * std::ldexp(1.0, facts.fraction);
  switch (element) {
  case ElementType::f64:
    return size <= 0x1p50;
  case ElementType::f32:
    return size <= 0x1p23;
  case ElementType::f16:
    return size <= 0x1p10 && facts.fraction <= 10;
  case ElementType::bf16:
    return size <= 0x1p7;
  default:
    return !ir::isFloat(element);
  }
}

int64_t largestCount(const Type &type) {
  int64_t n = 1;
  for (const Dim &d : type.shape())
    n *= std::max<int64_t>(d.bounds().hi, 1);
  return n;
}

bool mayBeEmpty(const Dim &d) { return d.bounds().lo <= 0; }

Maker::Maker(uint32_t seed, const MakerOptions &options)
    : random_{seed}, options_{options}, module_{std::make_unique<ir::Module>()} {}

// ---- choosing ----

Value *Maker::any(const Filter &fits) {
  std::vector<Value *> some;
  for (Value *v : values_)
    if (fits(*v))
      some.push_back(v);
  if (some.empty())
    return nullptr;
  const size_t newest = std::min<size_t>(some.size(), 4);
  return some[chance(60) ? some.size() - 1 - pick(newest) : pick(some.size())];
}

Value *Maker::anyFloat() {
  const bool isNarrow = chance(12);
  Value *v = any([&](const Value &x) {
    return ir::isFloat(x.type.element()) && (x.type.element() != ElementType::f32) == isNarrow;
  });
  return v ? v : any([](const Value &x) { return ir::isFloat(x.type.element()); });
}

Value *Maker::anyExact() {
  return any([&](const Value &x) {
    return x.type.element() != ElementType::boolean && factsOf(&x).exact;
  });
}

Value *Maker::anyInteger() {
  return any([](const Value &x) { return ir::isInteger(x.type.element()); });
}

Value *Maker::anyBool() {
  return any([](const Value &x) { return x.type.element() == ElementType::boolean; });
}

std::vector<Value *> Maker::ofType(const Type &type, size_t from) const {
  std::vector<Value *> fit;
  for (size_t i = from; i < values_.size(); ++i)
    if (values_[i]->type == type)
      fit.push_back(values_[i]);
  return fit;
}

bool Maker::isKnown(const Value &v, size_t count) const {
  std::map<std::string, ir::Bounds, std::less<>> known, used;
  for (size_t i = 0; i < count; ++i)
    for (const Dim &d : values_[i]->type.shape())
      d.collectSymbols(known);
  for (const Dim &d : v.type.shape())
    d.collectSymbols(used);
  return std::ranges::all_of(used, [&](const auto &s) { return known.contains(s.first); });
}

// ---- constants ----

Value *Maker::constant(ElementType element, Shape shape, double most) {
  ir::Tensor t{Type{element, std::move(shape)}};
  const bool isSplat = chance(20);
  const double splat = oneOf({0.0, 1.0, 2.0, 0.5, -1.0});
  for (size_t i = 0; i < t.count(); ++i) {
    const auto n = static_cast<double>(static_cast<int>(pick(33)) - 16); // -16 to 16
    if (element == ElementType::boolean)
      t.setInteger(i, static_cast<int64_t>(pick(2)));
    else if (ir::isFloat(element))
      t.setNumber(i, most * (isSplat ? splat / 2 : n / 16));
    else
      t.setInteger(i, std::abs(static_cast<int64_t>(n)) % 8 *
                          (n < 0 && ir::isSigned(element) ? -1 : 1));
  }
  Value *v = ir::addConstant(*module_, t, fmt::format("c{}", constants_++));
  facts_[v] = ir::isFloat(element) ? Facts{true, most == 1 ? 4 : 6, most} : Facts{true, 0, 8};
  return v;
}

Value *Maker::beside(const Value *v) {
  Shape shape = v->type.shape();
  for (Dim &d : shape)
    if (!d.isNumber() || chance(40))
      d = 1;
  while (!shape.empty() && shape.front().isNumber(1) && chance(60))
    shape.erase(shape.begin());
  return constant(v->type.element(), std::move(shape));
}

Value *Maker::partner(const Value *v) {
  const auto fits = [&](const Value &x) {
    if (x.type.element() != v->type.element())
      return false;
    const size_t common = std::min(x.type.rank(), v->type.rank());
    for (size_t i = 1; i <= common; ++i) {
      const Dim &a = x.type.dim(x.type.rank() - i), &b = v->type.dim(v->type.rank() - i);
      if (a != b && !a.isNumber(1) && !b.isNumber(1))
        return false;
    }
    return true;
  };
  Value *other = chance(55) ? any(fits) : nullptr;
  return other ? other : beside(v);
}

Value *Maker::indices(Shape shape, const Dim &extent) {
  const ElementType element = chance(70) ? ElementType::i64 : ElementType::i32;
  if (chance(30))
    if (Value *v = any([&](const Value &x) {
          return (x.type.element() == ElementType::i64 || x.type.element() == ElementType::i32) &&
                 x.type.shape() == shape;
        }))
      return v;
  for (Dim &d : shape)
    if (!d.isNumber())
      d = std::max<int64_t>(d.bounds().lo, 0);
  ir::Tensor t{Type{element, std::move(shape)}};
  const auto most = static_cast<size_t>(std::max<int64_t>(extent.bounds().lo, 1));
  for (size_t i = 0; i < t.count(); ++i)
    t.setInteger(i,
                 static_cast<int64_t>(pick(most)) - (chance(25) ? static_cast<int64_t>(most) : 0));
  Value *v = ir::addConstant(*module_, t, fmt::format("c{}", constants_++));
  facts_[v] = {true, 0, 64};
  return v;
}

// ---- growing ----

void Maker::keep(Value *v, const Facts &facts, std::string_view name) {
  Facts kept = facts;
  kept.exact = facts.exact && fitsExactly(v->type.element(), facts);
  v->name =
      name.empty() ? fmt::format("{}{}", kept.exact ? 'e' : 'n', names_++) : std::string(name);
  facts_[v] = kept;
  values_.push_back(v);
}

void Maker::grow(ir::Block &block, int count) {
  static const std::vector<OpMaker> kAll = [] {
    std::vector<OpMaker> all;
    for (const auto makers : {elementwiseMakers(), movementMakers(), indexMakers(),
                              contractionMakers(), rowMakers(), shapeMakers(), controlMakers()})
      for (const OpMaker &m : makers)
        all.insert(all.end(), static_cast<size_t>(m.weight), m);
    return all;
  }();
  Builder to{*module_, block};
  Builder *const outer = std::exchange(to_, &to);
  ++depth_;
  for (int made = 0, tries = 0; made < count && tries < 8 * count; ++tries) {
    const OpMaker &maker = kAll[pick(kAll.size())];
    to.at = {fmt::format("node{}", names_), std::string(maker.name), ""};
    Made m;
    try {
      m = maker.make(*this);
    } catch (const CompileError &) {
      continue; // shapes that do not fit
    }
    const bool isInteger = m.value && !ir::isFloat(m.value->type.element());
    if (!m.value || m.value->type.rank() > 5 || largestCount(m.value->type) > 4096 ||
        (!isInteger && m.facts.bound > kMostBound))
      continue;
    keep(m.value, m.facts);
    ++made;
  }
  --depth_;
  to_ = outer;
}

Value *Maker::argument(ir::Function &f, Type type, std::string_view stem, double bound) {
  const int fraction = ir::isFloat(type.element()) ? 4 : 0;
  Value *v = f.body.addArgument(std::move(type), std::string(stem));
  keep(v, {true, fraction, bound}, stem);
  return v;
}

void Maker::addArguments(ir::Function &f) {
  const bool hasEmpty = chance(12);
  const Dim n = module_->symbol("Nsym", {hasEmpty ? 0 : 1, 4}, "test");
  const Dim m = module_->symbol("Msym", {2, 5}, "test");
  extents_ = {n, m};
  const auto extent = [&](unsigned percent, const Dim &symbol, int64_t number) {
    return chance(percent) ? symbol : Dim(number);
  };
  const int64_t channels = oneOf({1, 2, 3, 4, 8});
  argument(f, {ElementType::f32, {n, extent(40, m, 4), 4, channels}}, "e_image", 2);
  argument(f, {ElementType::f32, {extent(50, n, 3), oneOf({3, 5, 8}), m}}, "e_rows", 2);
  argument(f, {ElementType::f32, {m, 6}}, "e_table", 2);
  argument(f, {oneOf({ElementType::f16, ElementType::bf16, ElementType::f64}), {2, n, 3}},
           "e_other", 2);
  argument(f, {ElementType::i64, {m}}, "e_index", 8);
  argument(f, {oneOf({ElementType::i32, ElementType::i64}), {n, 4}}, "e_ints", 8);
  argument(
      f, {oneOf({ElementType::i8, ElementType::u8, ElementType::i16, ElementType::u32}), {n, m, 4}},
      "e_bytes", 128);
  argument(f, {ElementType::boolean, {extent(60, n, 3), m}}, "e_mask", 1);
  argument(f, {ElementType::boolean, {}}, "e_flag", 1);
  if (options_.states)
    for (size_t i = 0; i < 2; ++i) {
      const std::string name = fmt::format("e_state{}", i);
      f.states.push_back({name, f.body.numArguments(), 0, nullptr});
      // what it becomes is not known here: like an inexact value within the bound
      Value *v = f.body.addArgument({ElementType::f32, {4, 6}}, name);
      keep(v, {false, 4, 2}, name);
    }
}

std::unique_ptr<ir::Module> Maker::run() {
  ir::Function &f = module_->addFunction("f");
  addArguments(f);
  const size_t arguments = values_.size();
  grow(f.body, options_.ops);
  // The newest values, which most others lead to, and some of the rest.
  std::vector<Value *> results;
  const size_t made = values_.size() - arguments;
  for (size_t i = 0; i < 4; ++i)
    results.push_back(values_[values_.size() - 1 -
                              (i < 2 ? std::min(i, made) : pick(std::max<size_t>(made, 1)))]);
  Builder to{*module_, f.body};
  for (ir::State &s : f.states) {
    const std::vector<Value *> fit = ofType(f.body.argument(s.argument)->type);
    // tanh keeps it within its bound, whatever the graph does with it
    Value *next = to.make(ops::tanh, {fit[fit.size() - 1 - pick(std::min<size_t>(fit.size(), 3))]});
    next->name = fmt::format("n{}", names_++);
    s.result = results.size();
    results.push_back(next);
  }
  for (size_t i = 0; i < results.size(); ++i)
    f.resultNames.push_back(fmt::format("y{}", i));
  to.yield(results);
  return std::move(module_);
}

std::unique_ptr<ir::Module> makeModule(uint32_t seed, const MakerOptions &options) {
  return Maker{seed, options}.run();
}

} // namespace burin::differential
