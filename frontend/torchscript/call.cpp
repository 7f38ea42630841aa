// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/operators.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace burin::torchscript {
namespace {

/// 0 bool, 1 integers, 2 floats.
int categoryOf(ElementType e) { return e == ElementType::boolean ? 0 : ir::isInteger(e) ? 1 : 2; }

ElementType elementOfNumber(const Host &h) {
  if (h.holds<bool>())
    return ElementType::boolean;
  if (h.holds<double>())
    return ElementType::f32;
  if (const RunNumber *n = h.find<RunNumber>())
    return n->value->type.element() == ElementType::f64 ? ElementType::f32
                                                        : n->value->type.element();
  return ElementType::i64;
}

/// The numbers of torch.dtype.
constexpr std::pair<int64_t, ElementType> kDtypes[] = {
    {0, ElementType::u8},          {1, ElementType::i8},          {2, ElementType::i16},
    {3, ElementType::i32},         {4, ElementType::i64},         {5, ElementType::f16},
    {6, ElementType::f32},         {7, ElementType::f64},         {11, ElementType::boolean},
    {15, ElementType::bf16},       {23, ElementType::f8e5m2},     {24, ElementType::f8e4m3fn},
    {25, ElementType::f8e5m2fnuz}, {26, ElementType::f8e4m3fnuz}, {27, ElementType::u16},
    {28, ElementType::u32},        {29, ElementType::u64},
};

} // namespace

std::optional<ElementType> elementTypeOf(int64_t dtype) {
  const auto *row = std::ranges::find(kDtypes, dtype, &std::pair<int64_t, ElementType>::first);
  return row == std::end(kDtypes) ? std::nullopt : std::optional(row->second);
}

int64_t dtypeOf(ElementType e) {
  const auto *row = std::ranges::find(kDtypes, e, &std::pair<int64_t, ElementType>::second);
  return row == std::end(kDtypes) ? -1 : row->first;
}

ElementType promoteTypes(ElementType a, ElementType b) {
  if (a == b)
    return a;
  if (categoryOf(a) != categoryOf(b))
    return categoryOf(a) > categoryOf(b) ? a : b;
  const size_t x = ir::elementSize(a), y = ir::elementSize(b);
  if (x != y && (ir::isFloat(a) || ir::isSigned(a) == ir::isSigned(b)))
    return x > y ? a : b;
  if (ir::isFloat(a))
    return ElementType::f32; // f16 and bf16
  // Of a signed and an unsigned one: the least signed type that holds both.
  const ElementType wide = ir::isSigned(a) ? a : b, other = ir::isSigned(a) ? b : a;
  if (ir::elementSize(wide) > ir::elementSize(other))
    return wide;
  const size_t size = ir::elementSize(other);
  return size == 1 ? ElementType::i16 : size == 2 ? ElementType::i32 : ElementType::i64;
}

Call::Call(Operators &owner, Evaluation &evaluation, const Schema &of, std::vector<Host> given,
           int64_t ofArchive)
    : operators{owner}, in{evaluation}, to{evaluation.to()}, schema{of},
      values(std::move(given)), version{ofArchive} {}

Dim Call::newExtent(std::string_view base, const Dim &most) const {
  return in.module().symbol(in.module().freshSymbolName(base), {0, most.bounds().hi},
                            fmt::format("{} '{}'", schema.name, to.at.node));
}

void Call::note(std::string text) const { operators.note(std::move(text)); }

void Call::unsupported(std::string_view code, std::string why, std::string hint) const {
  throw CompileError(Problem::unsupported, to.at, std::move(why))
      .code(fmt::format("torchscript.{}", code))
      .hint(std::move(hint));
}

void Call::fail(std::string_view code, std::string why, std::string hint) const {
  throw CompileError(Problem::invalid, to.at, std::move(why))
      .code(fmt::format("torchscript.{}", code))
      .hint(std::move(hint));
}

const Host &Call::operator[](std::string_view name) const {
  const auto it = std::ranges::find(schema.arguments, name, &Schema::Argument::name);
  if (it == schema.arguments.end())
    throw InternalError(fmt::format("{} has no argument '{}'", schema.fullName(), name));
  return values[static_cast<size_t>(it - schema.arguments.begin())];
}

bool Call::takes(std::string_view name) const {
  return std::ranges::find(schema.arguments, name, &Schema::Argument::name) !=
         schema.arguments.end();
}

void Call::requireStrided() const {
  if (takes("layout") && has("layout") && integer("layout") != 0)
    unsupported("layout", fmt::format("the layout {} of torch: a sparse tensor", integer("layout")),
                "use dense tensors");
}

// ---- tensors ----

const TensorRef &Call::ref(std::string_view name) const {
  const TensorRef *tensor = (*this)[name].find<TensorRef>();
  if (!tensor)
    fail("argument", fmt::format("{} is {}, expected a tensor", name, typeText((*this)[name])));
  return *tensor;
}

std::vector<Value *> Call::tensors(std::string_view name) const {
  std::vector<Value *> all;
  for (const Host &item : (*this)[name].as<CellRef>()->items)
    all.push_back(item.isNone() ? nullptr : in.valueOf(item.as<TensorRef>()));
  return all;
}

Host Call::list(const std::vector<Value *> &all) const {
  std::vector<Host> items;
  for (Value *v : all)
    items.push_back(tensor(v));
  return makeList(std::move(items));
}

Host Call::tuple(const std::vector<Value *> &all) const {
  std::vector<Host> items;
  for (Value *v : all)
    items.push_back(tensor(v));
  return makeTuple(std::move(items));
}

// ---- numbers and texts ----

namespace {

/// A number of a call, a tensor of one element included.
Host numberIn(const Call &n, const Host &h) {
  const TensorRef *tensor = h.find<TensorRef>();
  if (!tensor)
    return h;
  Value *v = n.in.valueOf(*tensor);
  if (!v->type.count().isNumber(1))
    n.fail("argument", fmt::format("a number is expected, not a tensor {}", v->type.text()));
  return n.in.numberOf(v);
}

[[noreturn]] void notKnown(const Call &n, std::string_view name) {
  n.unsupported("known",
                fmt::format("{} is known at run time only, expected while compiling", name),
                "give the inputs fixed shapes, or compute it from shapes and constants");
}

Dim dimIn(const Call &n, const Host &given, std::string_view name) {
  const Host h = numberIn(n, given);
  if (const Dim *d = h.find<Dim>())
    return *d;
  if (const bool *b = h.find<bool>())
    return Dim(*b ? 1 : 0);
  if (const double *x = h.find<double>())
    return Dim(static_cast<int64_t>(*x));
  notKnown(n, name);
}

double realIn(const Call &n, const Host &given, std::string_view name) {
  const Host h = numberIn(n, given);
  if (const double *x = h.find<double>())
    return *x;
  const Dim d = dimIn(n, h, name);
  if (!d.isNumber())
    notKnown(n, name);
  return static_cast<double>(d.number());
}

const std::vector<Host> &itemsOf(const Call &n, std::string_view name) {
  static const std::vector<Host> kNone;
  return n.has(name) ? n[name].as<CellRef>()->items : kNone;
}

} // namespace

Dim Call::dim(std::string_view name) const { return dimIn(*this, (*this)[name], name); }

int64_t Call::integer(std::string_view name) const {
  const Dim d = dim(name);
  if (!d.isNumber())
    unsupported("known", fmt::format("{} is {}, expected a number", name, d.text()),
                "fix the extents of the inputs");
  return d.number();
}

double Call::real(std::string_view name) const { return realIn(*this, (*this)[name], name); }

bool Call::flag(std::string_view name) const {
  if (const bool *b = (*this)[name].find<bool>())
    return *b;
  return integer(name) != 0;
}

const std::string &Call::text(std::string_view name) const {
  const std::string *s = (*this)[name].find<std::string>();
  if (!s)
    fail("argument", fmt::format("{} is {}, expected a text", name, typeText((*this)[name])));
  return *s;
}

Dims Call::dims(std::string_view name) const {
  Dims all;
  for (const Host &item : itemsOf(*this, name))
    all.push_back(dimIn(*this, item, name));
  return all;
}

Ints Call::ints(std::string_view name) const {
  Ints all;
  for (const Dim &d : dims(name)) {
    if (!d.isNumber())
      unsupported("known", fmt::format("{} has {}, expected numbers", name, d.text()),
                  "fix the extents of the inputs");
    all.push_back(d.number());
  }
  return all;
}

std::vector<double> Call::reals(std::string_view name) const {
  std::vector<double> all;
  for (const Host &item : itemsOf(*this, name))
    all.push_back(realIn(*this, item, name));
  return all;
}

int64_t Call::axis(std::string_view name, size_t rank) const {
  const int64_t given = integer(name), n = static_cast<int64_t>(rank);
  if (given < -n || given >= n)
    fail("axis", fmt::format("{} is {}, expected one of a tensor of rank {}", name, given, rank));
  return given < 0 ? given + n : given;
}

Ints Call::axes(std::string_view name, size_t rank) const {
  Ints all = has(name) ? ints(name) : Ints{};
  const auto n = static_cast<int64_t>(rank);
  if (all.empty()) {
    all.resize(rank);
    std::iota(all.begin(), all.end(), 0);
  }
  for (int64_t &axis : all) {
    if (axis < -n || axis >= n)
      fail("axis", fmt::format("{} has {}, expected one of a tensor of rank {}", name, axis, rank));
    axis += axis < 0 ? n : 0;
  }
  std::ranges::sort(all);
  return all;
}

std::optional<ElementType> Call::elementType(std::string_view name) const {
  requireStrided();
  if (!has(name))
    return std::nullopt;
  const int64_t dtype = integer(name);
  const std::optional<ElementType> e = elementTypeOf(dtype);
  if (!e)
    unsupported("dtype", fmt::format("the dtype {} of torch", dtype),
                "use a real or integer type of elements");
  return e;
}

Host Call::number(size_t i) const {
  const TensorRef *t = values[i].find<TensorRef>();
  return t ? in.numberOf(in.valueOf(*t)) : values[i];
}

// ---- elementwise ----

Value *Call::as(std::string_view name, ElementType e) const {
  const Host &h = (*this)[name];
  if (const TensorRef *t = h.find<TensorRef>())
    return compose::cast(to, in.valueOf(*t), e);
  if (const double *x = h.find<double>())
    return to.scalar(e, *x);
  if (const bool *b = h.find<bool>())
    return to.scalar(e, *b);
  if (const Dim *d = h.find<Dim>(); d && d->isNumber() && e != ElementType::i64)
    return to.scalar(e, static_cast<double>(d->number()));
  return compose::cast(to, in.scalarOf(h), e);
}

ElementType Call::resultType(std::initializer_list<std::string_view> names) const {
  // Tensors with axes, those of rank 0, numbers: what comes later counts by a higher category only.
  std::optional<ElementType> of[3];
  for (const std::string_view name : names) {
    const Host &h = (*this)[name];
    if (h.isNone())
      continue;
    const TensorRef *t = h.find<TensorRef>();
    const bool isNumber = !t || (*t)->wasNumber;
    ElementType e = t ? in.valueOf(*t)->type.element() : elementOfNumber(h);
    if (t && isNumber && e == ElementType::f64)
      e = ElementType::f32;
    auto &kind = of[isNumber ? 2 : in.valueOf(*t)->type.rank() == 0 ? 1 : 0];
    kind = kind ? promoteTypes(*kind, e) : e;
  }
  std::optional<ElementType> result;
  for (const auto &kind : of)
    if (kind && (!result || categoryOf(*kind) > categoryOf(*result)))
      result = kind;
  return *result;
}

Value *Call::floating(std::string_view name) const {
  Value *v = value(name);
  return ir::isFloat(v->type.element()) ? v : compose::cast(to, v, ElementType::f32);
}

} // namespace burin::torchscript
