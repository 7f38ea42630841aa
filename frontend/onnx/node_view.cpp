// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/importer.h"

#include "frontend/common/compose.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::onnx {
namespace {
/// The value of an attribute as T; an error if it is of another type.
template <class T> const T *get(const NodeView &n, std::string_view name) {
  const Attribute *a = n.node.find(name);
  if (!a)
    return nullptr;
  const T *value = std::get_if<T>(&a->value);
  if (!value)
    n.fail("attribute",
           fmt::format("the attribute '{}' has another type than {} takes", name, n.node.op));
  return value;
}
} // namespace

Value *NodeView::in(size_t i) const {
  if (!has(i))
    fail("input", fmt::format("input {} is absent, and {} needs it", i, node.op));
  return inputs_[i];
}

int64_t NodeView::integer(std::string_view name, int64_t otherwise) const {
  const auto *v = get<int64_t>(*this, name);
  return v ? *v : otherwise;
}
double NodeView::real(std::string_view name, double otherwise) const {
  const auto *v = get<float>(*this, name);
  return v ? *v : otherwise;
}
std::string NodeView::text(std::string_view name, std::string_view otherwise) const {
  const auto *v = get<std::string>(*this, name);
  return v ? *v : std::string(otherwise);
}
Ints NodeView::ints(std::string_view name, const Ints &otherwise) const {
  const auto *v = get<std::vector<int64_t>>(*this, name);
  return v ? *v : otherwise;
}
std::vector<float> NodeView::reals(std::string_view name) const {
  const auto *v = get<std::vector<float>>(*this, name);
  return v ? *v : std::vector<float>{};
}
ir::Strings NodeView::texts(std::string_view name) const {
  const auto *v = get<std::vector<std::string>>(*this, name);
  return v ? *v : ir::Strings{};
}
const Tensor *NodeView::tensor(std::string_view name) const { return get<Tensor>(*this, name); }
GraphRef NodeView::graph(std::string_view name) const {
  const auto *v = get<GraphRef>(*this, name);
  if (!v)
    fail("attribute", fmt::format("{} has no graph '{}'", node.op, name));
  return *v;
}

std::optional<ElementType> NodeView::elementType(std::string_view name) const {
  const auto *v = get<int64_t>(*this, name);
  if (!v)
    return std::nullopt;
  if (!isKnown(static_cast<DataType>(*v)))
    fail("attribute",
         fmt::format("the attribute '{}' names the element type {}, which does not exist", name,
                     *v));
  return onnx::elementType(static_cast<DataType>(*v));
}

int64_t NodeView::axis(int64_t given, size_t rank) const {
  const auto r = static_cast<int64_t>(rank);
  if (given < -r || given >= r)
    fail("axis", fmt::format("axis {} is outside of [{}, {})", given, -r, r));
  return given < 0 ? given + r : given;
}

Ints NodeView::axes(Ints given, size_t rank) const {
  for (int64_t &a : given)
    a = axis(a, rank);
  std::ranges::sort(given);
  if (std::ranges::adjacent_find(given) != given.end())
    fail("axis", fmt::format("axis {} is named twice", *std::ranges::adjacent_find(given)));
  return given;
}

const Dims &NodeView::contents(size_t i, std::string_view what) const {
  static const Dims kNone;
  const std::optional<Dims> &known = in(i)->contents();
  if (!known && type(i).count().isNumber(0))
    return kNone;
  if (!known)
    unsupported(
        "runtime-shape",
        fmt::format(
            "{} is computed from data while running, and {} needs to know it while compiling", what,
            node.op),
        "make it a constant, or a function of the shapes of inputs");
  return *known;
}

Ints NodeView::knownInts(size_t i, std::string_view what) const {
  Ints out;
  for (const Dim &d : contents(i, what)) {
    if (!d.isNumber())
      unsupported("symbolic",
                  fmt::format("{} is {}, and {} needs a number", what, d.text(), node.op),
                  "fix the symbol with --dim");
    out.push_back(d.number());
  }
  return out;
}

double NodeView::constantNumber(size_t i, std::string_view what) const {
  const Value *v = in(i);
  if (!v->isConstant() || !v->type.count().isNumber(1))
    unsupported("constant", fmt::format("{} must be a constant of one element", what));
  return ir::elementAsDouble(*v, 0);
}

bool NodeView::knows(size_t i) const { return in(i)->contents() || type(i).count().isNumber(0); }

std::optional<Dims> NodeView::declared(size_t output) const {
  return wants(output) ? importer_.declared(node.outputs[output]) : std::nullopt;
}

std::optional<Dims> NodeView::guessed(size_t output) const {
  return wants(output) ? importer_.guessed(node.outputs[output]) : std::nullopt;
}

Dims NodeView::declaredFor(size_t i, std::string_view what) const {
  if (std::optional<Dims> shape = declared())
    return *shape;
  return contents(i, what); // says what is missing
}

Value *NodeView::vector(size_t i) const {
  return compose::cast(to, compose::reshape(to, in(i), {type(i).count()}), ElementType::i64);
}

void NodeView::require(Value *elements, Dims are) const {
  to.makeOp(ops::bind, {elements}, {attr::dims(std::move(are))});
}

Dims NodeView::contentsOr(size_t i, std::string_view what, const Dims &expected) const {
  if (knows(i))
    return contents(i, what);
  if (!type(i).count().isNumber(static_cast<int64_t>(expected.size())))
    fail("shape", fmt::format("{} has {} elements, expected {}", what, type(i).count().text(),
                              expected.size()));
  require(vector(i), expected);
  return expected;
}

Value *NodeView::choose(Value *which, const std::vector<Ints> &candidates, std::string_view what,
                        const std::function<Value *(const Ints &)> &make) const {
  if (candidates.empty())
    fail("shape", fmt::format("no value of {} gives the declared shape", what));
  if (candidates.size() == 1) {
    require(which, Dims(candidates[0].begin(), candidates[0].end()));
    return make(candidates[0]);
  }
  constexpr size_t kMost = 8;
  if (candidates.size() > kMost)
    unsupported("runtime-shape",
                fmt::format("{} is computed from data while running, and {} values are possible",
                            what, candidates.size()),
                "make it a constant");
  const compose::Arith is{to};
  Value *out = nullptr, *any = nullptr;
  for (const Ints &candidate : candidates) {
    Value *same = is.all(to.make(ops::equal, {which, to.ints(candidate)}));
    Value *made = make(candidate);
    out = out ? is.where(same, made, out) : made;
    any = any ? is.either(any, same) : same;
  }
  check(any, fmt::format("{} is none of those that give the declared shape", what));
  return out;
}

void NodeView::check(Value *condition, std::string message) const {
  to.makeOp(ops::assert_, {compose::Arith{to}.all(condition)}, {attr::message(std::move(message))});
}

Dim NodeView::newExtent(std::string_view base, const Dim &most) const {
  ir::Module &module = to.module();
  return module.symbol(module.freshSymbolName(base), {0, most.bounds().hi},
                       fmt::format("{} '{}'", node.op, node.location().node));
}

void NodeView::fail(std::string_view code, std::string text, std::string hint) const {
  throw CompileError(Problem::invalid, node.location(), std::move(text))
      .code(fmt::format("onnx.{}", code))
      .hint(std::move(hint));
}
void NodeView::unsupported(std::string_view code, std::string text, std::string hint) const {
  throw CompileError(Problem::unsupported, node.location(), std::move(text))
      .code(fmt::format("onnx.{}", code))
      .hint(std::move(hint));
}

Values NodeView::lowered(const Graph &inner, ir::Builder &at,
                         std::span<Value *const> values) const {
  return importer_.lowerInner(inner, at, values);
}

} // namespace burin::onnx
