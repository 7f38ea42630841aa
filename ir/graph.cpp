// SPDX-License-Identifier: Apache-2.0
#include "ir/graph.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace burin::ir {
namespace {
void link(Use &use, Value *value, Use *&first) {
  use.value = value;
  use.previous = nullptr;
  use.next = first;
  if (first)
    first->previous = &use;
  first = &use;
}

void unlink(Use &use, Use *&first) {
  (use.previous ? use.previous->next : first) = use.next;
  if (use.next)
    use.next->previous = use.previous;
  use.previous = use.next = nullptr;
}
} // namespace

[[noreturn]] void fail(const Op &op, std::string_view constraint, std::string text) {
  throw CompileError(Problem::invalid, op.at, std::move(text))
      .code(fmt::format("{}.{}", op.def.name, constraint));
}

// ---- Value ----

const std::optional<Dims> &Value::contents() const {
  if (contents_ || contentsTried_)
    return contents_;
  contentsTried_ = true;
  if (!isConstant() || !type.isStatic() ||
      (!isInteger(type.element()) && type.element() != ElementType::boolean))
    return contents_;
  const auto n = static_cast<size_t>(type.count().number());
  if (n > kMostContents)
    return contents_;
  Dims dims;
  for (size_t i = 0; i < n; ++i) {
    dims.emplace_back(elementAsInt(*this, i));
    if (isUnsignedInteger(type.element()) && dims.back().number() < 0)
      return contents_; // above 2^63
  }
  contents_ = std::move(dims);
  return contents_;
}

std::vector<Op *> Value::users() const {
  std::vector<Op *> all;
  for (const Use *use = first_; use; use = use->next)
    all.push_back(use->user);
  std::ranges::reverse(all);
  return all;
}

void Value::replaceAllUsesWith(Value *other) {
  if (other == this)
    return;
  Use *use = first_;
  first_ = nullptr;
  // Oldest last in the list: relink from the oldest on, so that the order of users() stays.
  std::vector<Use *> all;
  for (; use; use = use->next)
    all.push_back(use);
  for (auto it = all.rbegin(); it != all.rend(); ++it)
    link(**it, other, other->first_);
}

// ---- Op ----

Op::Op(const OpDef &row, std::span<Value *const> operands, std::vector<AttrValue> attributes,
       std::vector<std::unique_ptr<Block>> blocks, Location where)
    : def{row}, at{std::move(where)}, operands_{std::make_unique<Use[]>(operands.size())},
      numOperands_{operands.size()}, attributes_{std::move(attributes)}, blocks_{
                                                                             std::move(blocks)} {
  for (size_t i = 0; i < numOperands_; ++i) {
    operands_[i].user = this;
    if (operands[i])
      link(operands_[i], operands[i], operands[i]->first_);
  }
  for (const auto &block : blocks_)
    block->parentOp_ = this;
}

Op::~Op() {
  blocks_.clear(); // inner uses first
  for (size_t i = 0; i < numOperands_; ++i)
    if (operands_[i].value)
      unlink(operands_[i], operands_[i].value->first_);
}

Value *Op::operand(std::string_view name) const {
  for (size_t i = 0; i < def.operands.size(); ++i)
    if (def.operands[i].name == name)
      return i < numOperands_ ? operand(i) : nullptr;
  throw InternalError(fmt::format("{} has no operand '{}'", def.name, name));
}

void Op::setOperand(size_t i, Value *value) {
  Use &use = operands_[i];
  if (use.value)
    unlink(use, use.value->first_);
  use.value = nullptr;
  if (value)
    link(use, value, value->first_);
}

const AttrValue &Op::attribute(std::string_view name) const {
  const std::optional<size_t> i = def.attrIndex(name);
  if (!i)
    throw InternalError(fmt::format("{} has no attribute '{}'", def.name, name));
  return attributes_[*i];
}

AttrValue &Op::attributeSlot(std::string_view name) {
  return const_cast<AttrValue &>(static_cast<const Op *>(this)->attribute(name));
}

std::vector<std::unique_ptr<Block>> Op::takeBlocks() {
  for (const auto &inner : blocks_)
    inner->parentOp_ = nullptr;
  return std::exchange(blocks_, {});
}

void Op::addResult(Type type) {
  auto value = std::make_unique<Value>();
  value->type = std::move(type);
  value->def_ = this;
  value->index_ = static_cast<unsigned>(results_.size());
  results_.push_back(std::move(value));
}

void Op::erase() {
  for (const auto &result : results_)
    if (result->hasUses())
      throw InternalError(fmt::format("erased {}, whose result is used", def.name));
  parent_->unlink(this);
  delete this;
}

void Op::moveBefore(Block &block, Op *position) {
  parent_->unlink(this);
  block.insert(this, position);
}

void Op::walk(const std::function<void(Op &)> &visit) {
  visit(*this);
  for (const auto &inner : blocks_)
    inner->walk(visit);
}

// ---- Block ----

Block::~Block() {
  // Uses first: a block that a pass left in disorder, and that the verifier refused, goes as well.
  walk([](Op &op) {
    for (size_t i = 0; i < op.numOperands(); ++i)
      op.setOperand(i, nullptr);
  });
  while (last_) {
    Op *op = last_;
    unlink(op);
    delete op;
  }
}

Value *Block::addArgument(Type type, std::string name) {
  auto value = std::make_unique<Value>();
  value->type = std::move(type);
  value->name = std::move(name);
  value->block_ = this;
  value->index_ = static_cast<unsigned>(arguments_.size());
  arguments_.push_back(std::move(value));
  return arguments_.back().get();
}

void Block::eraseArgument(size_t i) {
  if (arguments_[i]->hasUses())
    throw InternalError("erased a block argument that is used");
  arguments_.erase(arguments_.begin() + static_cast<ptrdiff_t>(i));
  for (; i < arguments_.size(); ++i)
    arguments_[i]->index_ = static_cast<unsigned>(i);
}

Op &Block::terminator() const {
  if (!last_ || !last_->def.is(Trait::terminator))
    throw InternalError("a block without a terminator");
  return *last_;
}

Function *Block::parentFunction() const {
  const Block *block = this;
  while (block->parentOp_)
    block = block->parentOp_->parent();
  return block->function_;
}

void Block::insert(Op *op, Op *before) {
  op->parent_ = this;
  op->next_ = before;
  op->previous_ = before ? before->previous_ : last_;
  (op->previous_ ? op->previous_->next_ : first_) = op;
  (before ? before->previous_ : last_) = op;
}

void Block::unlink(Op *op) {
  (op->previous_ ? op->previous_->next_ : first_) = op->next_;
  (op->next_ ? op->next_->previous_ : last_) = op->previous_;
  op->previous_ = op->next_ = nullptr;
  op->parent_ = nullptr;
}

void Block::walk(const std::function<void(Op &)> &visit) const {
  for (Op *op = first_; op;) {
    Op *next = op->next();
    op->walk(visit);
    op = next;
  }
}

// ---- Function, Module ----

const State *Function::stateOfArgument(size_t i) const {
  const auto it = std::ranges::find(states, i, &State::argument);
  return it == states.end() ? nullptr : &*it;
}

const State *Function::stateOfResult(size_t i) const {
  const auto it = std::ranges::find(states, i, &State::result);
  return it == states.end() ? nullptr : &*it;
}

Function &Module::addFunction(std::string functionName) {
  functions.push_back(std::make_unique<Function>(std::move(functionName), *this));
  return *functions.back();
}

Dim Module::symbol(std::string_view symbolName, Bounds bounds, std::string origin) {
  auto it = std::ranges::find(symbols_, symbolName, &Symbol::name);
  if (it == symbols_.end()) {
    symbols_.push_back({std::string(symbolName), bounds, std::move(origin)});
    it = symbols_.end() - 1;
  }
  return Dim::symbol(it->name, it->bounds);
}

std::string Module::freshSymbolName(std::string_view base) const {
  for (int i = 0;; ++i) {
    std::string candidate = i ? fmt::format("{}_{}", base, i) : std::string(base);
    if (std::ranges::find(symbols_, candidate, &Symbol::name) == symbols_.end())
      return candidate;
  }
}

Value *Module::addConstant(Type type, std::span<const std::byte> bytes,
                           std::shared_ptr<const void> owner, std::string constantName) {
  const size_t size = static_cast<size_t>(type.count().number()) * elementSize(type.element());
  if (bytes.size() != size)
    throw InternalError(fmt::format("constant '{}' is {} and has {} bytes, expected {}",
                                    constantName, type.text(), bytes.size(), size));
  auto value = std::make_unique<Value>();
  value->type = std::move(type);
  value->name = constantName;
  value->constant_ =
      std::make_unique<Constant>(Constant{std::move(constantName), bytes, std::move(owner), {}});
  constants_.push_back(std::move(value));
  return constants_.back().get();
}

Value *Module::addConstant(Type type, std::span<const std::byte> bytes, std::string constantName) {
  auto copy = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
  const std::span<const std::byte> view{*copy};
  return addConstant(std::move(type), view, std::move(copy), std::move(constantName));
}

Value *Module::addStrings(Shape shape, std::vector<std::string> strings, std::string constantName) {
  Value *value = addConstant(Type{ElementType::string, std::move(shape)}, {}, nullptr,
                             std::move(constantName));
  value->constant_->strings = std::move(strings);
  return value;
}

Value *Module::addInts(const Ints &values, std::string constantName) {
  return addConstant(Type{ElementType::i64, {static_cast<int64_t>(values.size())}},
                     std::as_bytes(std::span(values)), std::move(constantName));
}

Value *Module::addScalar(ElementType element, double number, std::string constantName) {
  std::byte bytes[16] = {};
  storeElement(element, number, bytes);
  return addConstant(Type{element, {}}, std::span<const std::byte>(bytes, elementSize(element)),
                     std::move(constantName));
}

void Module::eraseUnusedConstants() {
  std::erase_if(constants_, [this](const std::unique_ptr<Value> &v) {
    return !v->hasUses() && std::ranges::none_of(functions, [&](const auto &f) {
      return std::ranges::any_of(f->states, [&](const State &s) { return s.initial == v.get(); });
    });
  });
}

} // namespace burin::ir
