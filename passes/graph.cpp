// SPDX-License-Identifier: Apache-2.0
#include "passes/graph.h"

#include "ir/ops.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <unordered_set>
#include <utility>

namespace burin::passes {
namespace ops = ir::ops;
using ir::Op;
using ir::Value;

// ---- ops ----

std::vector<Op *> allOps(const ir::Module &module) {
  std::vector<Op *> all;
  for (const auto &f : module.functions)
    f->body.walk([&](Op &op) { all.push_back(&op); });
  return all;
}

bool hasElementBlock(const Op &op) {
  return op.numBlocks() && (op.is(ops::fused) || op.def.is(ir::Trait::reduction));
}

bool hasEffect(const Op &op) {
  if (op.def.is(ir::Trait::effect))
    return true;
  for (size_t i = 0; i < op.numBlocks(); ++i)
    for (const Op &inner : op.block(i))
      if (hasEffect(inner))
        return true;
  return false;
}

ir::Dims definedDims(const Op &op) {
  if (op.is(ir::ops::list_get) || op.is(ir::ops::optional_get)) // elements have a shape each
    return op.result()->type.isTensor() ? op.result()->type.shape() : ir::Dims{};
  return op.def.is(ir::Trait::definesDims) ? op[ir::attr::dims] : ir::Dims{};
}

bool definesSymbol(const Op &op) {
  return std::ranges::any_of(definedDims(op), [](const ir::Dim &d) { return !d.isNumber(); });
}

bool isDead(const Op &op) {
  for (size_t i = 0; i < op.numResults(); ++i)
    if (op.result(i)->hasUses())
      return false;
  return !op.def.is(ir::Trait::terminator) && !definesSymbol(op) && !hasEffect(op);
}

void eraseDead(Op *first, const std::function<void(Op &)> &erased) {
  if (!isDead(*first))
    return;
  std::vector<Op *> dead{first};
  while (!dead.empty()) {
    Op *op = dead.back();
    dead.pop_back();
    std::unordered_set<const Op *> inside;
    op->walk([&](Op &inner) { inside.insert(&inner); });
    std::vector<Op *> producers;
    op->walk([&](Op &inner) {
      for (size_t i = 0; i < inner.numOperands(); ++i)
        if (const Value *v = inner.operand(i);
            v && v->def() && !inside.contains(v->def()) &&
            std::ranges::find(producers, v->def()) == producers.end())
          producers.push_back(v->def());
    });
    if (erased)
      erased(*op);
    op->erase();
    for (Op *producer : producers) // dead now for the first time: nobody is left to push it again
      if (isDead(*producer))
        dead.push_back(producer);
  }
}

std::vector<Value *> operandsOf(const Op &op) {
  std::vector<Value *> all;
  for (size_t i = 0; i < op.numOperands(); ++i)
    all.push_back(op.operand(i));
  return all;
}

std::vector<ir::NamedAttr> attributesOf(const Op &op) { return attributesWith(op, {}); }

std::vector<ir::NamedAttr> attributesWith(const Op &op, std::vector<ir::NamedAttr> changed) {
  for (size_t i = 0; i < op.def.attrs.size(); ++i)
    if (std::ranges::none_of(
            changed, [&](const ir::NamedAttr &a) { return a.name == op.def.attrs[i].name; }))
      changed.push_back({op.def.attrs[i].name, op.attributes()[i]});
  return changed;
}

namespace {
Value *mapped(Value *v, const ValueMap &map) {
  const auto it = map.find(v);
  return it == map.end() ? v : it->second;
}
} // namespace

Op &clone(ir::Builder &to, const Op &op, ValueMap &map) {
  std::vector<Value *> operands = operandsOf(op);
  for (Value *&v : operands)
    v = v ? mapped(v, map) : nullptr;
  std::vector<std::unique_ptr<ir::Block>> blocks;
  for (size_t i = 0; i < op.numBlocks(); ++i)
    blocks.push_back(cloneBlock(to, op.block(i), map));
  const Location before = std::exchange(to.at, op.at);
  Op &copy = to.makeOp(op.def, operands, attributesOf(op), std::move(blocks));
  to.at = before;
  for (size_t i = 0; i < op.numResults(); ++i) {
    copy.result(i)->name = op.result(i)->name;
    map[op.result(i)] = copy.result(i);
  }
  return copy;
}

std::unique_ptr<ir::Block> cloneBlock(ir::Builder &to, const ir::Block &block, ValueMap &map) {
  auto copy = std::make_unique<ir::Block>();
  for (size_t i = 0; i < block.numArguments(); ++i)
    map[block.argument(i)] = copy->addArgument(block.argument(i)->type, block.argument(i)->name);
  ir::Builder inner = to.inside(*copy);
  for (const Op &op : block)
    clone(inner, op, map);
  return copy;
}

std::vector<Value *> inlineBlock(ir::Builder &to, const ir::Block &block, ValueMap &map) {
  for (const Op &op : block)
    if (!op.def.is(ir::Trait::terminator))
      clone(to, op, map);
  std::vector<Value *> yielded = operandsOf(block.terminator());
  for (Value *&v : yielded)
    v = mapped(v, map);
  return yielded;
}

Op &remake(ir::Builder &to, const Op &op, std::span<Value *const> operands,
           std::vector<ir::NamedAttr> changed) {
  std::vector<std::unique_ptr<ir::Block>> blocks;
  for (size_t i = 0; i < op.numBlocks(); ++i) {
    ValueMap map;
    blocks.push_back(cloneBlock(to, op.block(i), map));
  }
  return to.makeOp(op.def, operands, attributesWith(op, std::move(changed)), std::move(blocks));
}

bool isElementwise(const Op &op) {
  if (op.is(ops::requantize))
    return true;
  if (op.is(ops::quantize) || op.is(ops::dequantize))
    return op[ir::attr::blockSize] == 0;
  return op.def.is(ir::Trait::elementwise);
}

// ---- constants ----

std::vector<double> numbersOf(const Value &constant) {
  std::vector<double> all(static_cast<size_t>(constant.type.count().number()));
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = ir::elementAsDouble(constant, i);
  return all;
}

Value *constantOf(ir::Module &module, ir::Type type, std::span<const double> numbers,
                  std::string name) {
  const size_t size = ir::elementSize(type.element());
  auto bytes = std::make_shared<std::vector<std::byte>>(numbers.size() * size);
  for (size_t i = 0; i < numbers.size(); ++i)
    ir::storeElement(type.element(), numbers[i], bytes->data() + i * size);
  const std::span<const std::byte> view{*bytes};
  return module.addConstant(std::move(type), view, std::move(bytes), std::move(name));
}

Value *reshapedConstant(ir::Module &module, const Value &v, ir::Shape shape) {
  const ir::Constant &c = *v.constant();
  if (v.type.element() == ir::ElementType::string)
    return module.addStrings(std::move(shape), c.strings, c.name);
  return module.addConstant(v.type.withShape(std::move(shape)), c.bytes, c.owner, c.name);
}

Value *transposedConstant(ir::Module &module, const Value &v, const ir::Ints &perm) {
  const size_t rank = v.type.rank(), size = ir::elementSize(v.type.element());
  std::vector<size_t> stride(rank, 1), extent(rank), step(rank);
  for (size_t i = rank; i-- > 1;)
    stride[i - 1] = stride[i] * static_cast<size_t>(v.type.dim(i).number());
  ir::Shape shape;
  for (size_t i = 0; i < rank; ++i) {
    const auto axis = static_cast<size_t>(perm[i]);
    shape.push_back(v.type.dim(axis));
    extent[i] = static_cast<size_t>(v.type.dim(axis).number());
    step[i] = stride[axis];
  }
  const std::span<const std::byte> from = v.constant()->bytes;
  auto bytes = std::make_shared<std::vector<std::byte>>(from.size());
  std::vector<size_t> at(rank, 0);
  size_t source = 0;
  for (size_t to = 0; to < from.size(); to += size) {
    std::memcpy(bytes->data() + to, from.data() + source * size, size);
    for (size_t i = rank; i-- > 0;) { // the next index, as an odometer
      source += step[i];
      if (++at[i] < extent[i])
        break;
      source -= step[i] * extent[i];
      at[i] = 0;
    }
  }
  const std::span<const std::byte> view{*bytes};
  return module.addConstant(v.type.withShape(std::move(shape)), view, std::move(bytes),
                            v.constant()->name);
}

// ---- permutations ----

bool isIdentity(const ir::Ints &perm) {
  for (size_t i = 0; i < perm.size(); ++i)
    if (perm[i] != static_cast<int64_t>(i))
      return false;
  return true;
}

ir::Ints inverseOf(const ir::Ints &perm) {
  ir::Ints inverse(perm.size());
  for (size_t i = 0; i < perm.size(); ++i)
    inverse[static_cast<size_t>(perm[i])] = static_cast<int64_t>(i);
  return inverse;
}

ir::Ints compose(const ir::Ints &first, const ir::Ints &second) {
  ir::Ints both;
  for (const int64_t i : second)
    both.push_back(first[static_cast<size_t>(i)]);
  return both;
}

bool keepsOrder(const ir::Ints &perm, const ir::Shape &shape) {
  int64_t last = -1;
  for (const int64_t axis : perm) {
    if (shape[static_cast<size_t>(axis)].isNumber(1))
      continue;
    if (axis < last)
      return false;
    last = axis;
  }
  return true;
}

} // namespace burin::passes
