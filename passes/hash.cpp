// SPDX-License-Identifier: Apache-2.0
#include "passes/hash.h"

namespace burin::passes {
namespace {

size_t mix(size_t seed, size_t value) {
  seed ^= value + 0x9e3779b97f4a7c15u + (seed << 6) + (seed >> 2);
  return seed * 0xff51afd7ed558ccdu;
}

template <class T> size_t hashOne(const T &x) { return std::hash<T>{}(x); }
size_t hashOne(const ir::Dim &d) { return hashOf(d); }
size_t hashOne(const ir::Type &t) { return hashOf(t); }
size_t hashOne(std::monostate) { return 7; }
template <class T> size_t hashOne(const std::vector<T> &list) {
  size_t h = list.size();
  for (const T &x : list)
    h = mix(h, hashOne(x));
  return h;
}

/// Numbers values in the order in which they are met.
class ModuleHash {
public:
  size_t of(const ir::Module &module) {
    add(module.constants().size());
    for (const auto &f : module.functions) {
      add(hashOne(f->name));
      for (const ir::State &s : f->states) {
        add(s.argument);
        add(s.result);
        add(s.initial ? number(s.initial) : 0);
      }
      block(f->body);
    }
    return hash_;
  }

private:
  void add(size_t x) { hash_ = mix(hash_, x); }

  size_t number(const ir::Value *v) {
    const auto [it, isNew] = numbers_.emplace(v, numbers_.size() + 1);
    if (isNew && v->isConstant()) {
      add(hashOf(v->type));
      add(hashOne(static_cast<const void *>(v->constant()->bytes.data())));
      add(hashOne(v->constant()->strings));
    }
    return it->second;
  }

  void block(const ir::Block &b) {
    for (size_t i = 0; i < b.numArguments(); ++i) {
      add(number(b.argument(i)));
      add(hashOf(b.argument(i)->type));
    }
    for (const ir::Op &op : b) {
      add(hashOfRow(op));
      for (size_t i = 0; i < op.numOperands(); ++i)
        add(op.operand(i) ? number(op.operand(i)) : 0);
      for (size_t i = 0; i < op.numBlocks(); ++i)
        block(op.block(i));
      for (size_t i = 0; i < op.numResults(); ++i) {
        add(number(op.result(i)));
        add(hashOf(op.result(i)->type));
      }
    }
    add(b.numArguments());
  }

  size_t hash_ = 0;
  std::unordered_map<const ir::Value *, size_t> numbers_;
};

} // namespace

size_t hashOf(const ir::Dim &d) { return d.isNumber() ? hashOne(d.number()) : hashOne(d.text()); }

size_t hashOf(const ir::Type &t) {
  size_t h = static_cast<size_t>(t.kind());
  if (t.isTensor())
    h = mix(h, static_cast<size_t>(t.element()));
  else
    h = mix(h, hashOf(t.inner()));
  return mix(h, hashOne(t.shape()));
}

size_t hashOf(const ir::AttrValue &value) {
  return mix(value.index(), std::visit([](const auto &x) { return hashOne(x); }, value));
}

size_t hashOfRow(const ir::Op &op) {
  size_t h = hashOne(static_cast<const void *>(&op.def));
  for (const ir::AttrValue &a : op.attributes())
    h = mix(h, hashOf(a));
  return h;
}

size_t hashOf(const ir::Module &module) { return ModuleHash{}.of(module); }

} // namespace burin::passes
