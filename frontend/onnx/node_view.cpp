// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/importer.h"

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
  const std::optional<Dims> &known = in(i)->contents();
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

std::unique_ptr<ir::Block> NodeView::block(const Graph &graph,
                                           std::span<const ir::Type> arguments) const {
  return importer_.lowerBlock(graph, to, arguments);
}

} // namespace burin::onnx
