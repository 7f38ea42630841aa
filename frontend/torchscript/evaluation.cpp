// SPDX-License-Identifier: Apache-2.0
#include "frontend/torchscript/evaluation.h"

#include "frontend/common/compose.h"

#include <algorithm>
#include <unordered_map>

namespace burin::torchscript {
namespace compose = burin::compose;
using ir::ElementType;
using ir::Value;

Evaluation::Evaluation(ir::Module &module, ir::Block &block, const ir::Evaluator *evaluator)
    : module_{module}, evaluator_{evaluator} {
  open_.push_back({nextSerial(), std::make_unique<ir::Builder>(module, block), {}});
}

bool Evaluation::isOpen(uint64_t id) const {
  return std::ranges::any_of(open_, [&](const Open &o) { return o.id == id; });
}

// ---- tensors ----

Host Evaluation::make(Value *value) { return std::make_shared<Tensor>(value); }

namespace {

[[noreturn]] void refuseWrite(const Location &at) {
  throw CompileError(Problem::unsupported, at,
                     "a write into a tensor of which reshape() has made a copy or a view")
      .code("torchscript.in_place")
      .hint("say which: view() for a view, contiguous() or clone() before reshape() for a copy");
}

} // namespace

Value *Evaluation::valueOf(const TensorRef &tensor) {
  if (!tensor->base_)
    return tensor->value_;
  Value *base = valueOf(tensor->base_);
  const bool isUnsure = tensor->layout_ == Tensor::Layout::copyOrView;
  if (isUnsure && tensor->madeOf_ && tensor->madeOf_ != base)
    refuseWrite(to().at);
  // What was made inside a block is of no use behind it.
  if (tensor->madeOf_ != base || !isOpen(tensor->madeIn_)) {
    tensor->value_ = tensor->forward_(to(), base);
    tensor->madeOf_ = base;
    tensor->madeIn_ = open_.back().id;
  }
  return tensor->value_;
}

void Evaluation::write(const TensorRef &tensor, Value *value) {
  if (tensor->base_) {
    if (tensor->layout_ == Tensor::Layout::copyOrView)
      refuseWrite(to().at);
    write(tensor->base_, tensor->backward_(to(), valueOf(tensor->base_), value));
    return;
  }
  if (tensor->sharesMemory)
    throw CompileError(
        Problem::unsupported, to().at,
        "a write into a tensor that shares its memory with another one of the module")
        .code("torchscript.in_place")
        .hint("clone one of them before the model is saved");
  auto &noted = open_.back().journal.tensors;
  if (notes(tensor->serial) &&
      std::ranges::find(noted, tensor, &Journal::TensorChange::tensor) == noted.end())
    noted.push_back({tensor, tensor->value_});
  tensor->value_ = value;
}

std::vector<Host> &Evaluation::change(const CellRef &cell) {
  auto &noted = open_.back().journal.cells;
  if (notes(cell->serial) &&
      std::ranges::find(noted, cell, &Journal::CellChange::cell) == noted.end())
    noted.push_back({cell, cell->items});
  return cell->items;
}

// ---- numbers ----

Host Evaluation::numberOf(Value *value) {
  const ElementType e = value->type.element();
  const auto known = [&](const Value *v) -> std::optional<Host> {
    if (const auto &contents = v->contents(); contents && contents->size() == 1) {
      const ir::Dim &d = contents->front();
      if (e == ElementType::boolean && d.isNumber())
        return Host(!d.isNumber(0));
      if (ir::isInteger(e))
        return Host(d);
    }
    if (v->isConstant() && ir::isFloat(e))
      return Host(ir::elementAsDouble(*v, 0));
    return std::nullopt;
  };
  if (const auto h = known(value))
    return *h;
  if (const Value *folded = constantOf(value))
    if (const auto h = known(folded))
      return *h;
  const ElementType as = e == ElementType::boolean ? e
                         : ir::isInteger(e)        ? ElementType::i64
                                                   : ElementType::f64;
  return RunNumber{compose::scalarOf(to(), compose::cast(to(), value, as))};
}

Value *Evaluation::scalarOf(const Host &h) {
  if (const RunNumber *n = h.find<RunNumber>())
    return n->value;
  if (const bool *b = h.find<bool>())
    return to().scalar(ElementType::boolean, *b);
  if (const double *x = h.find<double>())
    return to().scalar(ElementType::f64, *x);
  if (const TensorRef *t = h.find<TensorRef>())
    return scalarOf(numberOf(valueOf(*t)));
  const ir::Dim &d = h.as<ir::Dim>();
  if (d.isNumber()) {
    const int64_t number = d.number();
    return module_.addConstant({ElementType::i64, {}}, std::as_bytes(std::span(&number, 1)));
  }
  return compose::scalarOf(to(), to().extents({d}));
}

namespace {

/// Runs what depends on constants alone.
class Folder {
public:
  Folder(ir::Module &module, const ir::Evaluator &evaluator)
      : module_{module}, evaluator_{evaluator} {}

  const Value *fold(Value *value, int depth) {
    if (value->isConstant())
      return value;
    const auto [it, isNew] = folded_.emplace(value, nullptr);
    if (isNew && depth < kDeepest)
      if (const Value *constant = run(*value, depth))
        folded_[value] = constant;
    return folded_[value];
  }

private:
  static constexpr int kDeepest = 500;

  /// Whether an extent among the attributes is one that the run knows.
  static bool readsSymbols(const ir::Op &op) {
    return std::ranges::any_of(op.attributes(), [](const ir::AttrValue &attribute) {
      const ir::Dims *dims = std::get_if<ir::Dims>(&attribute);
      return dims && !std::ranges::all_of(*dims, [](const ir::Dim &d) { return d.isNumber(); });
    });
  }

  const Value *run(const Value &value, int depth) {
    ir::Op *op = value.def();
    if (!op || op->numBlocks() > 0 || op->def.is(ir::Trait::effect) ||
        op->def.is(ir::Trait::random) || op->def.is(ir::Trait::definesDims) ||
        !value.type.isTensor() || !value.type.isStatic() || readsSymbols(*op))
      return nullptr;
    std::vector<ir::Tensor> tensors(op->numOperands());
    std::vector<const ir::Tensor *> operands;
    for (size_t i = 0; i < op->numOperands(); ++i) {
      const Value *constant = op->operand(i) ? fold(op->operand(i), depth + 1) : nullptr;
      if (op->operand(i) && !constant)
        return nullptr;
      if (constant)
        tensors[i] = ir::toTensor(*constant);
      operands.push_back(constant ? &tensors[i] : nullptr);
    }
    if (!ir::executesItself(op->def) && !evaluator_.supports(*op))
      return nullptr;
    ir::SymbolValues none;
    return ir::addConstant(module_,
                           ir::executeOp(*op, operands, evaluator_, none).at(value.index()));
  }

  ir::Module &module_;
  const ir::Evaluator &evaluator_;
  std::unordered_map<const Value *, const Value *> folded_;
};

} // namespace

const Value *Evaluation::constantOf(Value *value) {
  if (value->isConstant())
    return value;
  return evaluator_ ? Folder{module_, *evaluator_}.fold(value, 0) : nullptr;
}

// ---- blocks ----

Evaluation::Inside::Inside(Evaluation &evaluation, ir::Block &block)
    : evaluation_{evaluation}, since_{nextSerial()} {
  auto to = std::make_unique<ir::Builder>(evaluation.module_, block);
  to->at = evaluation.to().at;
  evaluation.open_.push_back({since_, std::move(to), {}});
}

Evaluation::Inside::~Inside() {
  if (evaluation_.open_.back().id == since_) {
    undo();
    evaluation_.open_.pop_back();
  }
}

Journal Evaluation::Inside::undo() {
  Journal journal = std::move(evaluation_.open_.back().journal);
  evaluation_.open_.back().journal = {};
  for (Journal::TensorChange &c : journal.tensors)
    std::swap(c.tensor->value_, c.before);
  for (Journal::CellChange &c : journal.cells)
    std::swap(c.cell->items, c.before);
  return journal; // `before` is what the block left
}

} // namespace burin::torchscript
