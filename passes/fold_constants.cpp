// SPDX-License-Identifier: Apache-2.0
#include "ir/number.h"
#include "ir/ops.h"
#include "passes/graph.h"
#include "passes/passes.h"

#include <algorithm>
#include <unordered_set>

namespace burin::passes {
namespace ops = ir::ops;
namespace {
using ir::Op;
using ir::Value;

constexpr int64_t kMostGrowth = 64 << 20;     // bytes by which the result may exceed the operands
constexpr int64_t kMostRepetition = 16 << 10; // the same for what only repeats, or counts
constexpr int64_t kMostIterations = 1000;     // of a loop that is run here

int64_t bytesOf(const ir::Type &type) {
  if (!type.isTensor() || !type.isStatic())
    return -1;
  return type.count().number() * static_cast<int64_t>(ir::elementSize(type.element()));
}

/// Whether anything reads a result.
bool isRead(const Op &op) {
  for (size_t i = 0; i < op.numResults(); ++i)
    if (op.result(i)->hasUses())
      return true;
  return false;
}

class Folder {
public:
  Folder(ir::Module &module, PassContext &context) : module_{module}, context_{context} {}

  bool run() {
    for (const auto &f : module_.functions)
      block(f->body);
    return changed_;
  }

private:
  void block(ir::Block &b) {
    for (Op *op = b.front(); op;) {
      Op *const before = op->previous(), *next = op->next();
      if (takeBlock(*op)) { // go on with what took its place
        op = before ? before->next() : b.front();
        continue;
      }
      if (!numbers(*op) && !evaluate(*op) && !hasElementBlock(*op))
        for (size_t i = 0; i < op->numBlocks(); ++i)
          block(op->block(i));
      if (isDead(*op))
        eraseOnly(*op);
      op = next;
    }
  }

  /// Leaves producers alone: the walk may stand before them.
  void eraseOnly(Op &op) {
    changed_ = true;
    op.erase();
  }

  // ---- contents ----

  /// A value whose elements are known numbers is a constant.
  bool numbers(Op &op) {
    if (op.numResults() == 0 || op.def.is(ir::Trait::random))
      return false;
    Value *v = op.result();
    if (!v->contents() && op.def.fold) // an operand may have become known since it was made
      if (std::optional<ir::Dims> contents = op.def.fold(op))
        v->setContents(std::move(*contents));
    if (!v->hasUses() || !v->contents() || !v->type.isTensor() || !v->type.isStatic())
      return false;
    const size_t size = ir::elementSize(v->type.element());
    std::vector<std::byte> bytes;
    for (const ir::Dim &d : *v->contents()) {
      if (!d.isNumber())
        return false;
      bytes.resize(bytes.size() + size);
      ir::storeInteger(v->type.element(), d.number(), &bytes[bytes.size() - size]);
    }
    if (static_cast<int64_t>(bytes.size()) != bytesOf(v->type) ||
        !context_.allow("contents", op.at))
      return false;
    v->replaceAllUsesWith(module_.addConstant(v->type, bytes, v->name));
    return changed_ = true;
  }

  // ---- running ----

  bool isSupported(const Op &op) const {
    if (op.is(ops::if_) || op.is(ops::loop) || op.is(ops::fused) || op.is(ops::yield)) {
      // run by execute() itself
    } else if (!context_.evaluator->supports(op)) {
      return false;
    }
    for (size_t i = 0; i < op.numBlocks(); ++i)
      for (const Op &inner : op.block(i))
        if (!isSupported(inner))
          return false;
    return true;
  }

  /// Whether the op and those in its blocks read constants and what is made inside, draw nothing
  /// and end.
  bool isClosed(Op &op) const {
    bool closed = true;
    std::unordered_set<const Value *> inside;
    op.walk([&](Op &inner) {
      for (size_t b = 0; b < inner.numBlocks(); ++b)
        for (size_t i = 0; i < inner.block(b).numArguments(); ++i)
          inside.insert(inner.block(b).argument(i));
      for (size_t i = 0; i < inner.numResults(); ++i)
        inside.insert(inner.result(i));
      for (size_t i = 0; i < inner.numOperands(); ++i)
        if (const Value *v = inner.operand(i))
          closed = closed && (v->isConstant() || (&inner != &op && inside.contains(v)));
      closed = closed && !inner.def.is(ir::Trait::random) && !inner.def.is(ir::Trait::effect) &&
               !definesSymbol(inner);
      if (inner.is(ops::loop))
        closed = closed && inner.operand("count") && inner.operand("count")->isConstant() &&
                 ir::elementAsInt(*inner.operand("count"), 0) <= kMostIterations;
    });
    return closed;
  }

  /// Whether v becomes weights, which are packed: a constant, whatever its size, or a slow kernel.
  static bool isWeights(const Value &v) {
    for (const ir::Use *use = v.firstUse(); use; use = use->next) {
      const Op &user = *use->user;
      const bool isWeightsHere = user.def.is(ir::Trait::reduction) &&
                                 user.def.operands.size() > 2 && user.operand(1) == &v;
      const bool moves = user.is(ops::reshape) || user.is(ops::transpose) || user.is(ops::cast);
      if (isWeightsHere || (moves && isWeights(*user.result())))
        return true;
    }
    return false;
  }

  bool isWorthIts(const Op &op) const {
    int64_t read = 0, made = 0;
    for (size_t i = 0; i < op.numOperands(); ++i)
      if (op.operand(i))
        read += std::max<int64_t>(bytesOf(op.operand(i)->type), 0);
    for (size_t i = 0; i < op.numResults(); ++i) {
      const int64_t bytes = bytesOf(op.result(i)->type);
      if (bytes < 0 || op.result(i)->type.element() == ir::ElementType::c64)
        return false;
      made += bytes;
    }
    const bool repeats = op.is(ops::broadcast) || op.is(ops::tile) || op.is(ops::iota) ||
                         op.is(ops::pad) || op.is(ops::fused);
    return made - read <= (repeats && !isWeights(*op.result()) ? kMostRepetition : kMostGrowth);
  }

  bool evaluate(Op &op) {
    if (!context_.evaluator || op.def.is(ir::Trait::terminator) || !isRead(op))
      return false;
    for (size_t i = 0; i < op.numOperands(); ++i) // most ops end here
      if (op.operand(i) && !op.operand(i)->isConstant())
        return false;
    if (!isWorthIts(op) || !isClosed(op) || !isSupported(op))
      return false;
    std::vector<ir::Tensor> operands(op.numOperands());
    std::vector<const ir::Tensor *> pointers;
    for (size_t i = 0; i < op.numOperands(); ++i) {
      if (op.operand(i))
        operands[i] = ir::toTensor(*op.operand(i));
      pointers.push_back(op.operand(i) ? &operands[i] : nullptr);
    }
    std::vector<ir::Tensor> results;
    try {
      ir::SymbolValues symbols;
      results = ir::executeOp(op, pointers, *context_.evaluator, symbols);
    } catch (const ir::RunError &) {
      return false; // so it does when the model runs
    }
    for (size_t i = 0; i < results.size(); ++i)
      if (results[i].type != op.result(i)->type)
        return false;
    if (!context_.allow("run", op.at))
      return false;
    for (size_t i = 0; i < results.size(); ++i)
      if (Value *v = op.result(i); v->hasUses())
        v->replaceAllUsesWith(ir::addConstant(module_, results[i], v->name));
    return changed_ = true;
  }

  // ---- control flow ----

  static std::optional<int64_t> known(const Value *v) {
    if (v && v->isConstant())
      return ir::elementAsInt(*v, 0);
    if (v && v->contents() && v->contents()->size() == 1 && v->contents()->front().isNumber())
      return v->contents()->front().number();
    return std::nullopt;
  }

  /// Puts the ops of a block before the op that holds it, and its values where `results` go.
  void unwrap(Op &op, ir::Block &inner, std::span<Value *const> yielded) {
    for (size_t i = 0; i < op.numResults(); ++i) {
      if (yielded[i]->name.empty())
        yielded[i]->name = op.result(i)->name;
      op.result(i)->replaceAllUsesWith(yielded[i]);
    }
    while (&inner.terminator() != inner.front())
      inner.front()->moveBefore(*op.parent(), &op);
    eraseOnly(op);
  }

  bool takeBlock(Op &op) {
    if (op.is(ops::if_)) {
      const std::optional<int64_t> holds = known(op.operand(0));
      if (!holds || !context_.allow("if", op.at))
        return false;
      ir::Block &taken = op.block(*holds ? 0 : 1);
      unwrap(op, taken, operandsOf(taken.terminator()));
      return true;
    }
    return op.is(ops::loop) && (skipLoop(op) || runOnce(op));
  }

  /// A loop that never runs: what it carries stays.
  bool skipLoop(Op &op) {
    const std::optional<int64_t> count = known(op.operand("count")),
                                 condition = known(op.operand("condition"));
    const auto carried = static_cast<size_t>(op[ir::attr::carried]);
    if (!((count && *count <= 0) || (condition && !*condition)) || op.numResults() != carried ||
        !context_.allow("loop-never", op.at))
      return false;
    for (size_t i = 0; i < carried; ++i)
      op.result(i)->replaceAllUsesWith(op.operand(2 + i));
    eraseOnly(op);
    return true;
  }

  /// A loop that runs once is its body.
  bool runOnce(Op &op) {
    const std::optional<int64_t> count = known(op.operand("count")),
                                 condition = known(op.operand("condition"));
    const bool starts = !op.operand("condition") || (condition && *condition);
    const auto carried = static_cast<size_t>(op[ir::attr::carried]);
    ir::Block &body = op.block();
    if (!count || *count != 1 || !starts || definesSymbol(op) ||
        !context_.allow("loop-once", op.at))
      return false;
    body.argument(0)->replaceAllUsesWith(module_.addScalar(ir::ElementType::i64, 0));
    for (size_t i = 0; i < carried; ++i)
      body.argument(1 + i)->replaceAllUsesWith(op.operand(2 + i));
    std::vector<Value *> yielded = operandsOf(body.terminator());
    yielded.erase(yielded.begin());
    ir::Builder to{module_, body, &body.terminator()};
    to.at = op.at;
    for (size_t i = carried; i < op.numResults(); ++i) // a scan of one
      yielded[i] =
          to.make(ops::reshape, {yielded[i]}, {ir::attr::shape(op.result(i)->type.shape())});
    unwrap(op, body, yielded);
    return true;
  }

  ir::Module &module_;
  PassContext &context_;
  bool changed_ = false;
};

} // namespace

RuleNames foldConstantsRules() { return {"contents", "run", "if", "loop-never", "loop-once"}; }

bool foldConstants(ir::Module &module, PassContext &context) {
  return Folder{module, context}.run();
}

} // namespace burin::passes
