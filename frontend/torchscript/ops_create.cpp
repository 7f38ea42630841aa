// SPDX-License-Identifier: Apache-2.0
//
// Tensors from numbers.
#include "frontend/torchscript/lowering.h"
#include "ir/number.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace burin::torchscript {
namespace {

/// The type of what is made: the argument dtype, else f32.
ElementType elementOr(const Call &n, ElementType otherwise) {
  return n.elementType().value_or(otherwise);
}

Dims sizeOf(const Call &n) {
  Dims shape = n.dims("size");
  for (const Dim &d : shape)
    if (d.isNumber() && d.number() < 0)
      n.fail("shape", fmt::format("an extent is {}", d.number()));
  return shape;
}

Host filled(const Call &n, ElementType e, Value *with, const Dims &shape) {
  return n.tensor(compose::expand(n.to, compose::cast(n.to, with, e), shape));
}
template <int with> Host constant(const Call &n) {
  const ElementType e = elementOr(n, ElementType::f32);
  return filled(n, e, n.to.scalar(e, with), sizeOf(n));
}
template <int with> Host constantLike(const Call &n) {
  Value *x = n.value("self");
  const ElementType e = elementOr(n, x->type.element());
  return filled(n, e, n.to.scalar(e, with), x->type.shape());
}
template <int with> Host constantNew(const Call &n) {
  const ElementType e = elementOr(n, n.value("self")->type.element());
  return filled(n, e, n.to.scalar(e, with), sizeOf(n));
}

/// The type of the elements that a number makes.
ElementType elementOfNumber(const Host &h) {
  if (h.holds<bool>())
    return ElementType::boolean;
  if (const RunNumber *r = h.find<RunNumber>())
    return ir::isFloat(r->value->type.element()) ? ElementType::f32 : r->value->type.element();
  return h.holds<double>() ? ElementType::f32 : ElementType::i64;
}

Host full(const Call &n) {
  // Before version 5 whole numbers made floats, too.
  const ElementType e =
      elementOr(n, n.version < 5 ? ElementType::f32 : elementOfNumber(n["fill_value"]));
  return filled(n, e, n.as("fill_value", e), sizeOf(n));
}
Host fullLike(const Call &n) {
  Value *x = n.value("self");
  const ElementType e = elementOr(n, x->type.element());
  return filled(n, e, n.as("fill_value", e), x->type.shape());
}
Host fullNew(const Call &n) {
  const ElementType e = elementOr(n, n.value("self")->type.element());
  return filled(n, e, n.as("fill_value", e), sizeOf(n));
}

// ---- ranges ----

bool isWhole(const Host &h) { return h.holds<Dim>() || h.holds<bool>(); }

Host range(const Call &n, const Host &first, const Host &step) {
  const compose::Arith is{n.to};
  const Host &end = n["end"];
  const bool whole = isWhole(first) && isWhole(end) && isWhole(step);
  const ElementType e = elementOr(n, whole ? ElementType::i64 : ElementType::f32);
  if (whole) {
    const Dim from = first.as<Dim>(), by = step.as<Dim>();
    if (!by.isNumber() || by.number() == 0)
      n.unsupported("range", fmt::format("a range with the step {}", by.text()));
    const int64_t every = by.number();
    const Dim to = n.dim("end");
    const Dim count = max(every > 0 ? ceilDiv(to - from, every) : ceilDiv(from - to, -every), 0);
    const bool scaled = every != 1 || !from.isNumber(0);
    Value *y = compose::iota(n.to, scaled ? ElementType::i64 : e, {count});
    if (every != 1)
      y = is.mul(y, n.in.scalarOf(step));
    if (!from.isNumber(0))
      y = is.add(y, n.in.scalarOf(first));
    return n.tensor(compose::cast(n.to, y, e));
  }
  const auto real = [&](const Host &h) {
    const double *x = h.find<double>();
    if (!x && !(h.holds<Dim>() && h.as<Dim>().isNumber()))
      n.unsupported("known", "a range whose bounds only the run knows");
    return x ? *x : static_cast<double>(h.as<Dim>().number());
  };
  const double from = real(first), by = real(step), to = real(end);
  if (by == 0)
    n.fail("range", "a range with the step 0");
  const auto count = std::max<int64_t>(static_cast<int64_t>(std::ceil((to - from) / by)), 0);
  if (count > 1 << 26)
    n.unsupported("range", fmt::format("a range of {} elements", count));
  Value *y = compose::iota(n.to, ElementType::f64, {Dim(count)});
  return n.tensor(compose::cast(n.to, is.add(is.mul(y, by), from), e));
}
Host arange(const Call &n) { return range(n, Dim(0), Dim(1)); }
Host arangeStart(const Call &n) { return range(n, n["start"], Dim(1)); }
Host arangeStep(const Call &n) { return range(n, n["start"], n["step"]); }

Host linspace(const Call &n) {
  const compose::Arith is{n.to};
  const ElementType e = elementOr(n, ElementType::f32);
  const double from = n.real("start"), to = n.real("end");
  const int64_t steps = n.integer("steps");
  const double by = steps > 1 ? (to - from) / static_cast<double>(steps - 1) : 0;
  Value *y = compose::iota(n.to, ElementType::f64, {Dim(steps)});
  // From both ends, as torch does, so that the last one is exact.
  Value *up = is.add(is.mul(y, by), from);
  Value *down = is.sub(to, is.mul(is.sub(static_cast<double>(steps - 1), y), by));
  Value *isFirstHalf = is.less(y, static_cast<double>(steps / 2));
  return n.tensor(compose::cast(n.to, steps > 1 ? is.where(isFirstHalf, up, down) : up, e));
}

// ---- lists of numbers ----

/// The shape of nested lists, and their numbers in order.
void flatten(const Call &n, const Host &h, size_t depth, Ints &shape, std::vector<Host> &into) {
  const CellRef *cell = h.find<CellRef>();
  if (!cell) {
    if (depth != shape.size())
      n.fail("shape", "the lists of tensor() are not of one length");
    into.push_back(h);
    return;
  }
  const auto size = static_cast<int64_t>((*cell)->items.size());
  if (depth == shape.size() && into.empty())
    shape.push_back(size);
  if (depth >= shape.size() || shape[depth] != size)
    n.fail("shape", "the lists of tensor() are not of one length");
  for (const Host &item : (*cell)->items)
    flatten(n, item, depth + 1, shape, into);
}

Host tensorOf(const Call &n) {
  const Host &data = n.values[0];
  if (const TensorRef *t = data.find<TensorRef>())
    return n.tensor(
        compose::cast(n.to, n.in.valueOf(*t), elementOr(n, n.in.valueOf(*t)->type.element())));
  Ints shape;
  std::vector<Host> numbers;
  flatten(n, data, 0, shape, numbers);
  ElementType e = numbers.empty() ? ElementType::f32 : ElementType::boolean;
  for (const Host &h : numbers)
    e = promoteTypes(e, h.holds<TensorRef>() ? n.in.valueOf(h.as<TensorRef>())->type.element()
                                             : elementOfNumber(h));
  e = elementOr(n, e);
  const bool allKnown = std::ranges::all_of(numbers, [](const Host &h) {
    return h.holds<bool>() || h.holds<double>() || (h.holds<Dim>() && h.as<Dim>().isNumber());
  });
  const ir::Type type{e, Dims(shape.begin(), shape.end())};
  if (allKnown) {
    std::vector<std::byte> bytes(numbers.size() * ir::elementSize(e));
    for (size_t i = 0; i < numbers.size(); ++i) {
      std::byte *to = bytes.data() + i * ir::elementSize(e);
      if (const double *x = numbers[i].find<double>())
        ir::storeNumber(e, *x, to);
      else if (const bool *b = numbers[i].find<bool>())
        ir::storeNumber(e, *b, to);
      else if (ir::isFloat(e))
        ir::storeNumber(e, static_cast<double>(numbers[i].as<Dim>().number()), to);
      else
        ir::storeInteger(e, numbers[i].as<Dim>().number(), to);
    }
    return n.tensor(n.in.module().addConstant(type, bytes));
  }
  std::vector<Value *> parts;
  for (const Host &h : numbers)
    parts.push_back(compose::reshape(n.to, compose::cast(n.to, n.in.scalarOf(h), e), {1}));
  return n.tensor(compose::reshape(n.to, compose::concat(n.to, parts, 0), type.shape()));
}

Host scalarTensor(const Call &n) {
  return n.tensor(compose::cast(n.to, n.in.scalarOf(n["s"]), elementOr(n, ElementType::f32)));
}

// ---- random numbers ----

/// A seed of its own for each place in the program, and for each time that it is reached.
int64_t seedOf(const Call &n) {
  uint64_t seed = 0xcbf29ce484222325ULL;
  const auto mix = [&](uint64_t part) { seed = (seed ^ part) * 0x100000001b3ULL; };
  for (const char c : n.to.at.node + n.to.at.source)
    mix(static_cast<unsigned char>(c));
  for ([[maybe_unused]] const ir::Op &op : n.to.block())
    mix(1);
  return static_cast<int64_t>(seed >> 1);
}
Value *randomOf(const Call &n, const char *distribution, double low, double high, ElementType e,
                const Dims &shape) {
  n.note(fmt::format(": {} gives other numbers than in PyTorch, the same ones in each run",
                     n.schema.name));
  Value *y = n.to.make(ops::random, {},
                       {attr::type(ir::Type{ir::isFloat(e) ? e : ElementType::f32, shape}),
                        attr::distribution(distribution), attr::low(low), attr::high(high),
                        attr::seed(seedOf(n))});
  return y;
}
constexpr const char *kUniform = "uniform", *kNormal = "normal";

template <const char *const &distribution> Host random(const Call &n) {
  return n.tensor(randomOf(n, distribution, 0, 1, elementOr(n, ElementType::f32), sizeOf(n)));
}
template <const char *const &distribution> Host randomLike(const Call &n) {
  Value *x = n.value("self");
  return n.tensor(
      randomOf(n, distribution, 0, 1, elementOr(n, x->type.element()), x->type.shape()));
}
Host randomIntegers(const Call &n) {
  const double low = n.takes("low") ? n.real("low") : 0, high = n.real("high");
  if (low >= high)
    n.fail("argument", fmt::format("random integers from {} to below {}", low, high));
  Value *y = n.to.make(ops::floor, {randomOf(n, kUniform, low, high, ElementType::f32, sizeOf(n))});
  y = compose::clamp(n.to, y, nullptr, compose::scalarLike(n.to, y, high - 1)); // it may round up
  return n.tensor(compose::cast(n.to, y, elementOr(n, ElementType::i64)));
}
Host normal(const Call &n) {
  return n.tensor(randomOf(n, kNormal, n.real("mean"), n.real("std"),
                           elementOr(n, ElementType::f32), sizeOf(n)));
}
/// 1 with the probability that an element is.
Host bernoulli(const Call &n) {
  Value *x = n.value("self");
  Value *u = randomOf(n, kUniform, 0, 1, x->type.element(), x->type.shape());
  return n.tensor(compose::cast(n.to, compose::Arith{n.to}.less(u, x), x->type.element()));
}

// ---- patterns ----

/// Where the column lies at most (or at least) `diagonal` behind the row.
Value *triangle(const Call &n, const Dims &shape, int64_t diagonal, bool lower) {
  const compose::Arith is{n.to};
  const size_t rank = shape.size();
  Value *row = compose::iota(n.to, ElementType::i64, {shape[rank - 2], 1}, 0);
  Value *column = compose::iota(n.to, ElementType::i64, {1, shape[rank - 1]}, 1);
  Value *limit = diagonal == 0 ? row : is.add(row, static_cast<double>(diagonal));
  return lower ? is.lessEqual(column, limit) : is.lessEqual(limit, column);
}
template <bool lower> Host triangular(const Call &n) {
  Value *x = n.value("self");
  if (x->type.rank() < 2)
    n.fail("rank", "a triangle of a tensor with less than two axes");
  Value *keeps = triangle(n, x->type.shape(), n.integer("diagonal"), lower);
  return n.tensor(compose::Arith{n.to}.where(keeps, x, 0.0));
}
Host identityMatrix(const Call &n, const Dim &rows, const Dim &columns) {
  Value *row = compose::iota(n.to, ElementType::i64, {rows, 1}, 0);
  Value *column = compose::iota(n.to, ElementType::i64, {1, columns}, 1);
  return n.tensor(
      compose::cast(n.to, compose::Arith{n.to}.equal(row, column), elementOr(n, ElementType::f32)));
}
Host eye(const Call &n) { return identityMatrix(n, n.dim("n"), n.dim("n")); }
Host eyeOf(const Call &n) { return identityMatrix(n, n.dim("n"), n.dim("m")); }

Host oneHot(const Call &n) {
  Value *x = n.value("self");
  const int64_t classes = n.integer("num_classes");
  if (classes <= 0)
    n.unsupported("known", "one_hot without num_classes: only the run knows the greatest class",
                  "give it num_classes");
  Dims along(x->type.rank() + 1, Dim(1));
  along.back() = classes;
  Value *wide = compose::unsqueeze(n.to, compose::cast(n.to, x, ElementType::i64),
                                   {static_cast<int64_t>(x->type.rank())});
  Value *is = compose::Arith{n.to}.equal(
      wide, compose::iota(n.to, ElementType::i64, along, along.size() - 1));
  return n.tensor(compose::cast(n.to, is, ElementType::i64));
}

Host grid(const Call &n, bool swaps) {
  std::vector<Value *> all = n.tensors("tensors");
  Dims shape;
  for (Value *v : all)
    shape.push_back(v->type.count());
  if (swaps && shape.size() >= 2)
    std::swap(shape[0], shape[1]);
  for (size_t i = 0; i < all.size(); ++i) {
    const size_t axis = swaps && shape.size() >= 2 && i < 2 ? 1 - i : i;
    Dims along(all.size(), Dim(1));
    along[axis] = all[i]->type.count();
    all[i] = compose::expand(n.to, compose::reshape(n.to, all[i], along), shape);
  }
  return n.list(all);
}
Host meshgrid(const Call &n) { return grid(n, false); }
Host meshgridIndexing(const Call &n) { return grid(n, n.text("indexing") == "xy"); }

// FACTORY stands for the arguments that all of these have (operators.cpp).
constexpr Lowering kCreate[] = {
    {"aten::zeros(int[] size, *, FACTORY) -> Tensor", constant<0>},
    {"aten::ones(int[] size, *, FACTORY) -> Tensor", constant<1>},
    {"aten::empty.memory_format(int[] size, *, FACTORY, MemoryFormat? memory_format=None) -> "
     "Tensor",
     constant<0>},
    {"aten::zeros_like(Tensor self, *, FACTORY, MemoryFormat? memory_format=None) -> Tensor",
     constantLike<0>},
    {"aten::ones_like(Tensor self, *, FACTORY, MemoryFormat? memory_format=None) -> Tensor",
     constantLike<1>},
    {"aten::empty_like(Tensor self, *, FACTORY, MemoryFormat? memory_format=None) -> Tensor",
     constantLike<0>},
    {"aten::full(int[] size, Scalar fill_value, *, FACTORY) -> Tensor", full},
    {"aten::full_like(Tensor self, Scalar fill_value, *, FACTORY, MemoryFormat? "
     "memory_format=None) -> Tensor",
     fullLike},
    {"aten::new_zeros(Tensor self, int[] size, *, FACTORY) -> Tensor", constantNew<0>},
    {"aten::new_ones(Tensor self, int[] size, *, FACTORY) -> Tensor", constantNew<1>},
    {"aten::new_empty(Tensor self, int[] size, *, FACTORY) -> Tensor", constantNew<0>},
    {"aten::new_full(Tensor self, int[] size, Scalar fill_value, *, FACTORY) -> Tensor", fullNew},
    {"aten::arange(Scalar end, *, FACTORY) -> Tensor", arange},
    {"aten::arange.start(Scalar start, Scalar end, *, FACTORY) -> Tensor", arangeStart},
    {"aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, *, FACTORY) -> Tensor",
     arangeStep},
    {"aten::linspace.Tensor_Tensor(Tensor start, Tensor end, int steps, *, FACTORY) -> Tensor",
     nullptr},
    {"aten::linspace.Tensor_Scalar(Tensor start, Scalar end, int steps, *, FACTORY) -> Tensor",
     nullptr},
    {"aten::linspace.Scalar_Tensor(Scalar start, Tensor end, int steps, *, FACTORY) -> Tensor",
     nullptr},
    {"aten::linspace(Scalar start, Scalar end, int steps, *, FACTORY) -> Tensor", linspace},
    {"aten::tensor.bool(bool t, *, ScalarType? dtype=None, Device? device=None, bool "
     "requires_grad=False) -> Tensor",
     tensorOf},
    {"aten::tensor.float(float t, *, ScalarType? dtype=None, Device? device=None, bool "
     "requires_grad=False) -> Tensor",
     tensorOf},
    {"aten::tensor.int(int t, *, ScalarType? dtype=None, Device? device=None, bool "
     "requires_grad=False) -> Tensor",
     tensorOf},
    {"aten::tensor(t[] data, *, ScalarType? dtype=None, Device? device=None, bool "
     "requires_grad=False) -> Tensor",
     tensorOf},
    {"aten::as_tensor.bool(bool t, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
     tensorOf},
    {"aten::as_tensor.float(float t, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
     tensorOf},
    {"aten::as_tensor.int(int t, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
     tensorOf},
    {"aten::as_tensor(Tensor(a) data, *, ScalarType? dtype=None, Device? device=None) -> "
     "Tensor(b|a)",
     tensorOf},
    {"aten::as_tensor.list(t[] data, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
     tensorOf},
    {"aten::scalar_tensor(Scalar s, *, FACTORY) -> Tensor", scalarTensor},
    {"aten::rand(int[] size, *, FACTORY) -> Tensor", random<kUniform>},
    {"aten::rand.generator(int[] size, *, Generator? generator, FACTORY) -> Tensor",
     random<kUniform>},
    {"aten::randn(int[] size, *, FACTORY) -> Tensor", random<kNormal>},
    {"aten::randn.generator(int[] size, *, Generator? generator, FACTORY) -> Tensor",
     random<kNormal>},
    {"aten::rand_like(Tensor self, *, FACTORY, MemoryFormat? memory_format=None) -> Tensor",
     randomLike<kUniform>},
    {"aten::rand_like.generator(Tensor self, *, Generator? generator, FACTORY, MemoryFormat? "
     "memory_format=None) -> Tensor",
     randomLike<kUniform>},
    {"aten::randn_like(Tensor self, *, FACTORY, MemoryFormat? memory_format=None) -> Tensor",
     randomLike<kNormal>},
    {"aten::randn_like.generator(Tensor self, *, Generator? generator, FACTORY, MemoryFormat? "
     "memory_format=None) -> Tensor",
     randomLike<kNormal>},
    {"aten::randint(int high, int[] size, *, ScalarType? dtype=4, Layout? layout=None, Device? "
     "device=None, bool? pin_memory=None) -> Tensor",
     randomIntegers},
    {"aten::randint.generator(int high, int[] size, *, Generator? generator, ScalarType? dtype=4, "
     "Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     randomIntegers},
    {"aten::randint.low(int low, int high, int[] size, *, ScalarType? dtype=4, Layout? "
     "layout=None, Device? device=None, bool? pin_memory=None) -> Tensor",
     randomIntegers},
    {"aten::randint.low_generator(int low, int high, int[] size, *, Generator? generator, "
     "ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> "
     "Tensor",
     randomIntegers},
    {"aten::normal.Tensor_float(Tensor mean, float std=1., *, Generator? generator=None) -> Tensor",
     nullptr},
    {"aten::normal.float_Tensor(float mean, Tensor std, *, Generator? generator=None) -> Tensor",
     nullptr},
    {"aten::normal.Tensor_Tensor(Tensor mean, Tensor std, *, Generator? generator=None) -> Tensor",
     nullptr},
    {"aten::normal.float_float(float mean, float std, int[] size, *, Generator? generator=None, "
     "FACTORY) -> Tensor",
     normal},
    {"aten::bernoulli(Tensor self, *, Generator? generator=None) -> Tensor", bernoulli},
    {"aten::bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor", nullptr},
    {"aten::bernoulli.Tensor(Tensor self, Tensor p, *, Generator? generator=None) -> Tensor",
     nullptr},
    {"aten::tril(Tensor self, int diagonal=0) -> Tensor", triangular<true>},
    {"aten::triu(Tensor self, int diagonal=0) -> Tensor", triangular<false>},
    {"aten::eye(int n, *, FACTORY) -> Tensor", eye},
    {"aten::eye.m(int n, int m, *, FACTORY) -> Tensor", eyeOf},
    {"aten::one_hot(Tensor self, int num_classes=-1) -> Tensor", oneHot},
    {"aten::meshgrid(Tensor[] tensors) -> Tensor[]", meshgrid},
    {"aten::meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]", meshgridIndexing},
};

} // namespace

std::span<const Lowering> createLowerings() { return kCreate; }

} // namespace burin::torchscript
