// SPDX-License-Identifier: Apache-2.0
#include "passes/graph.h"
#include "passes/hash.h"
#include "passes/passes.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace burin::passes {
namespace {
using ir::Block;
using ir::Op;
using ir::Value;

size_t mix(size_t a, size_t b) { return (a ^ (b + (a << 6) + (a >> 2))) * 0x9e3779b97f4a7c15u; }

size_t hashOfPointer(const void *p) { return std::hash<const void *>{}(p); }

/// Whether two runs of the op could differ, or one of them be missed.
bool isOnce(const Op &op) {
  if (op.def.is(ir::Trait::random) || op.def.is(ir::Trait::effect) || definesSymbol(op))
    return true;
  for (size_t i = 0; i < op.numBlocks(); ++i)
    for (const Op &inner : op.block(i))
      if (isOnce(inner))
        return true;
  return false;
}

/// Values of one block, for those at the same place of another.
using Pairs = std::unordered_map<const Value *, const Value *>;

bool isSame(const Value *a, const Value *b, const Pairs &pairs) {
  const auto it = pairs.find(a);
  return (it == pairs.end() ? a : it->second) == b;
}

bool isSame(const Block &, const Block &, Pairs &);

bool isSame(const Op &a, const Op &b, Pairs &pairs) {
  if (&a.def != &b.def || a.numOperands() != b.numOperands() || a.numBlocks() != b.numBlocks() ||
      a.numResults() != b.numResults() || a.attributes() != b.attributes())
    return false;
  bool inOrder = true;
  for (size_t i = 0; i < a.numOperands(); ++i)
    inOrder = inOrder && isSame(a.operand(i), b.operand(i), pairs);
  const bool swapped = a.def.is(ir::Trait::commutative) &&
                       isSame(a.operand(0), b.operand(1), pairs) &&
                       isSame(a.operand(1), b.operand(0), pairs);
  if (!inOrder && !swapped)
    return false;
  for (size_t i = 0; i < a.numBlocks(); ++i)
    if (!isSame(a.block(i), b.block(i), pairs))
      return false;
  for (size_t i = 0; i < a.numResults(); ++i) {
    if (a.result(i)->type != b.result(i)->type)
      return false;
    pairs[a.result(i)] = b.result(i);
  }
  return true;
}

bool isSame(const Block &a, const Block &b, Pairs &pairs) {
  if (a.numArguments() != b.numArguments())
    return false;
  for (size_t i = 0; i < a.numArguments(); ++i)
    pairs[a.argument(i)] = b.argument(i);
  const Op *x = a.front(), *y = b.front();
  for (; x && y; x = x->next(), y = y->next())
    if (!isSame(*x, *y, pairs))
      return false;
  return !x && !y;
}

size_t hashOfBlocks(const Op &op) {
  size_t h = op.numBlocks();
  for (size_t i = 0; i < op.numBlocks(); ++i)
    for (const Op &inner : op.block(i))
      h = mix(h, mix(hashOfRow(inner), hashOfBlocks(inner)));
  return h;
}

size_t hashOfOp(const Op &op) {
  size_t h = mix(hashOfRow(op), hashOfBlocks(op));
  if (op.def.is(ir::Trait::commutative))
    return h + hashOfPointer(op.operand(0)) + hashOfPointer(op.operand(1));
  for (size_t i = 0; i < op.numOperands(); ++i)
    h = mix(h, hashOfPointer(op.operand(i)));
  return h;
}

/// Ops seen so far in a block and those around it.
class Scopes {
public:
  explicit Scopes(PassContext &context) : context_{context} {}

  bool run(const Block &block) {
    bool changed = false;
    std::vector<size_t> added;
    for (Op *op = block.front(); op;) {
      Op *next = op->next();
      if (replace(*op, added)) {
        changed = true;
      } else {
        // A block over elements reads nothing but its arguments and constants.
        Scopes elements{context_};
        for (size_t i = 0; i < op->numBlocks(); ++i)
          changed |= (hasElementBlock(*op) ? elements : *this).run(op->block(i));
      }
      op = next;
    }
    for (const size_t hash : added)
      seen_[hash].pop_back();
    return changed;
  }

private:
  bool replace(Op &op, std::vector<size_t> &added) {
    if (op.def.is(ir::Trait::terminator) || isOnce(op))
      return false;
    const size_t hash = hashOfOp(op);
    std::vector<Op *> &like = seen_[hash];
    for (Op *earlier : like) {
      Pairs pairs;
      if (!isSame(*earlier, op, pairs) || !context_.allow("same-op", op.at))
        continue;
      for (size_t i = 0; i < op.numResults(); ++i) {
        if (earlier->result(i)->name.empty())
          earlier->result(i)->name = op.result(i)->name;
        op.result(i)->replaceAllUsesWith(earlier->result(i));
      }
      op.erase();
      return true;
    }
    like.push_back(&op);
    added.push_back(hash);
    return false;
  }

  PassContext &context_;
  std::unordered_map<size_t, std::vector<Op *>> seen_;
};

// ---- constants ----

/// Type, and the first and last bytes: equal for equal constants, without reading all weights.
size_t hashOfConstant(const Value &v) {
  constexpr size_t kSample = 64;
  const std::span<const std::byte> bytes = v.constant()->bytes;
  const auto sample = [](std::span<const std::byte> part) {
    return std::hash<std::string_view>{}(
        {static_cast<const char *>(static_cast<const void *>(part.data())), part.size()});
  };
  const size_t n = std::min(kSample, bytes.size());
  return mix(hashOf(v.type), mix(sample(bytes.first(n)), sample(bytes.last(n))));
}

bool isSameConstant(const Value &a, const Value &b) {
  const ir::Constant &x = *a.constant(), &y = *b.constant();
  return a.type == b.type && x.bytes.size() == y.bytes.size() && x.strings == y.strings &&
         (x.bytes.data() == y.bytes.data() || x.bytes.empty() ||
          std::memcmp(x.bytes.data(), y.bytes.data(), x.bytes.size()) == 0);
}

bool mergeConstants(ir::Module &module, PassContext &context) {
  bool changed = false;
  std::unordered_map<size_t, std::vector<Value *>> seen;
  for (const auto &v : module.constants()) {
    if (!v->hasUses())
      continue;
    std::vector<Value *> &like = seen[hashOfConstant(*v)];
    const auto earlier =
        std::ranges::find_if(like, [&](const Value *u) { return isSameConstant(*u, *v); });
    if (earlier == like.end()) {
      like.push_back(v.get());
    } else if (context.allow("same-constant", {.node = v->name, .op = {}, .source = {}})) {
      if ((*earlier)->name.empty())
        (*earlier)->name = v->name;
      v->replaceAllUsesWith(*earlier);
      changed = true;
    }
  }
  return changed;
}

} // namespace

RuleNames commonRules() { return {"same-op", "same-constant"}; }

bool eliminateCommon(ir::Module &module, PassContext &context) {
  bool changed = mergeConstants(module, context);
  for (const auto &f : module.functions)
    changed |= Scopes{context}.run(f->body);
  return changed;
}

} // namespace burin::passes
