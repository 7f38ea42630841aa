// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/importer.h"

#include "frontend/common/compose.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

/// Fields of AttrValue and of AttrValue.ListValue.
enum AttrField : uint32_t {
  listField = 1,
  textField = 2,
  integerField = 3,
  realField = 4,
  flagField = 5,
  typeField = 6,
  shapeField = 7,
  tensorField = 8,
  functionField = 10,
};
constexpr uint32_t kListText = 2, kListInteger = 3, kListReal = 4, kListFunction = 9;

} // namespace

const Item &NodeView::item(size_t i) const {
  if (i >= inputs_.size())
    fail("input", fmt::format("input {} is absent, and {} needs it", i, node.op));
  return inputs_[i];
}

Value *NodeView::in(size_t i) const {
  const Item &x = item(i);
  if (x.imaginary)
    unsupported("complex",
                fmt::format("input {} is complex, and {} takes real numbers here", i, node.op));
  if (x.tensor)
    return x.tensor;
  if (x.variable && x.variable->isReference)
    return importer_.read(*x.variable);
  unsupported("input", fmt::format("input {} is {}, expected a tensor", i,
                                   x.variable ? "a variable"
                                   : x.table  ? "a lookup table"
                                              : "a list of tensors"));
}

// ---- attributes ----

/// The AttrValue, which must have this field; null if the attribute is absent.
const Message *NodeView::attribute(std::string_view name, uint32_t field) const {
  const Message *value = node.find(name);
  if (!value)
    return nullptr;
  if (!value->has(field))
    fail("attribute",
         fmt::format("the attribute '{}' has another type than {} takes", name, node.op));
  return value;
}

int64_t NodeView::integer(std::string_view name, int64_t otherwise) const {
  const Message *v = attribute(name, integerField);
  return v ? v->integer(integerField) : otherwise;
}

double NodeView::real(std::string_view name, double otherwise) const {
  if (const Message *v = attribute(name, realField))
    v->each([&](const Field &f) {
      if (f.number == realField)
        otherwise = f.real();
    });
  return otherwise;
}

bool NodeView::flag(std::string_view name, bool otherwise) const {
  const Message *v = attribute(name, flagField);
  return v ? v->integer(flagField) != 0 : otherwise;
}

void NodeView::expectFlag(std::string_view name, bool only) const {
  if (flag(name, only) != only)
    unsupported("attribute", fmt::format("the attribute '{}' is {}", name, !only));
}

std::string NodeView::text(std::string_view name, std::string_view otherwise) const {
  const Message *v = attribute(name, textField);
  return std::string(v ? v->text(textField) : otherwise);
}

Ints NodeView::ints(std::string_view name, const Ints &otherwise) const {
  const Message *v = attribute(name, listField);
  if (!v)
    return otherwise;
  Ints all;
  v->message(listField, "AttrValue.ListValue").each([&](const Field &f) {
    if (f.number == kListInteger)
      f.addIntegers(all);
  });
  return all;
}

std::vector<float> NodeView::reals(std::string_view name) const {
  std::vector<float> all;
  if (const Message *v = attribute(name, listField))
    v->message(listField, "AttrValue.ListValue").each([&](const Field &f) {
      if (f.number == kListReal)
        f.addReals(all);
    });
  return all;
}

ir::Strings NodeView::texts(std::string_view name) const {
  ir::Strings all;
  if (const Message *v = attribute(name, listField))
    v->message(listField, "AttrValue.ListValue").each([&](const Field &f) {
      if (f.number == kListText)
        all.emplace_back(f.text());
    });
  return all;
}

DataType NodeView::dataType(std::string_view name, DataType otherwise) const {
  const Message *v = attribute(name, typeField);
  return v ? savedmodel::dataType(v->integer(typeField)) : otherwise;
}

ElementType NodeView::elementType(std::string_view name, DataType otherwise) const {
  const DataType type = dataType(name, otherwise);
  const auto element = elementTypeOf(type);
  if (!element)
    unsupported("element", fmt::format("the attribute '{}' is {}, which has no kernels", name,
                                       savedmodel::name(type)));
  return *element;
}

PartialShape NodeView::partialShape(std::string_view name) const {
  const Message *v = attribute(name, shapeField);
  return v ? shapeOf(v->message(shapeField, "TensorShapeProto")) : std::nullopt;
}

Tensor NodeView::tensor(std::string_view name) const {
  const Message *v = attribute(name, tensorField);
  if (!v)
    fail("attribute", fmt::format("{} has no attribute '{}'", node.op, name));
  return decode(v->message(tensorField, "TensorProto"), importer_.model().owner,
                fmt::format("the attribute '{}'", name));
}

const Graph &NodeView::function(std::string_view name) const {
  const Message *v = attribute(name, functionField);
  const std::string_view called =
      v ? v->message(functionField, "NameAttrList").text(1) : std::string_view{};
  const Graph *graph = importer_.function(called);
  if (!graph)
    fail("function", fmt::format("the attribute '{}' names the function '{}', which the model does "
                                 "not have",
                                 name, called));
  return *graph;
}

std::vector<const Graph *> NodeView::functions(std::string_view name) const {
  std::vector<const Graph *> all;
  if (const Message *v = attribute(name, listField))
    v->message(listField, "AttrValue.ListValue").each([&](const Field &f) {
      if (f.number == kListFunction)
        all.push_back(importer_.function(f.message("NameAttrList").text(1)));
    });
  if (all.empty() || std::ranges::find(all, nullptr) != all.end())
    fail("function",
         fmt::format("the attribute '{}' names functions that the model does not have", name));
  return all;
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
  if (const auto twice = std::ranges::adjacent_find(given); twice != given.end())
    fail("axis", fmt::format("axis {} is named twice", *twice));
  return given;
}

// ---- values known at import ----

bool NodeView::knows(size_t i) const {
  Value *v = in(i);
  if (v->contents() || v->type.count().isNumber(0))
    return true;
  Value *folded = importer_.folded(v);
  return folded && folded->contents();
}

Dims NodeView::contents(size_t i, std::string_view what) const {
  Value *v = in(i);
  if (v->type.count().isNumber(0))
    return {};
  if (!v->contents())
    if (Value *folded = importer_.folded(v))
      v = folded;
  if (!v->contents())
    unsupported("runtime-shape",
                fmt::format("{} is computed from data while running, and {} needs to know it while "
                            "compiling",
                            what, node.op),
                "make it a constant, or a function of the shapes of inputs");
  return *v->contents();
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

int64_t NodeView::knownInt(size_t i, std::string_view what) const {
  const Ints all = knownInts(i, what);
  if (all.size() != 1)
    fail("shape", fmt::format("{} has {} elements, expected 1", what, all.size()));
  return all[0];
}

Value *NodeView::constant(size_t i, std::string_view what) const {
  Value *v = importer_.folded(in(i));
  if (!v)
    unsupported("constant", fmt::format("{} must be known while compiling", what),
                "make it a constant");
  return v;
}

double NodeView::constantNumber(size_t i, std::string_view what) const {
  const Value *v = constant(i, what);
  if (!v->type.count().isNumber(1))
    fail("constant",
         fmt::format("{} has the shape {}, expected one element", what, ir::text(v->type.shape())));
  return ir::elementAsDouble(*v, 0);
}

Value *NodeView::vector(size_t i) const {
  return compose::cast(to, compose::reshape(to, in(i), {type(i).count()}), ElementType::i64);
}

Dim NodeView::newExtent(std::string_view base, const Dim &most) const {
  ir::Module &module = to.module();
  return module.symbol(module.freshSymbolName(base), {0, most.bounds().hi},
                       fmt::format("{} '{}'", node.op, node.name));
}

void NodeView::fail(std::string_view code, std::string text, std::string hint) const {
  throw CompileError(Problem::invalid, node.location(), std::move(text))
      .code(fmt::format("savedmodel.{}", code))
      .hint(std::move(hint));
}

void NodeView::unsupported(std::string_view code, std::string text, std::string hint) const {
  throw CompileError(Problem::unsupported, node.location(), std::move(text))
      .code(fmt::format("savedmodel.{}", code))
      .hint(std::move(hint));
}

} // namespace burin::savedmodel
