// SPDX-License-Identifier: Apache-2.0
//
// Branches and loops. What decides them at import leaves no trace; what the run decides becomes
// `if` and `loop`: the program is evaluated for each way from the same state, and what differs
// behind the ways becomes a result of the op.
#include "frontend/torchscript/interpreter.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace burin::torchscript {
namespace {

constexpr int64_t kMostIterations = 100000; // of a loop that is unrolled

/// The names that statements assign, in order, each once.
void collectTargets(const std::vector<Stmt> &body, std::vector<std::string> &into) {
  for (const Stmt &s : body) {
    if (s.kind == Stmt::Kind::assign)
      for (const std::string &name : s.targets)
        if (std::ranges::find(into, name) == into.end())
          into.push_back(name);
    collectTargets(s.body, into);
    collectTargets(s.otherwise, into);
  }
}

std::vector<std::string> commonTargets(const Stmt &s) {
  std::vector<std::string> a, b, both;
  collectTargets(s.body, a);
  collectTargets(s.otherwise, b);
  for (const std::string &name : a)
    if (std::ranges::find(b, name) != b.end())
      both.push_back(name);
  return both;
}

bool isNumber(const Host &h) {
  return h.holds<bool>() || h.holds<Dim>() || h.holds<double>() || h.holds<RunNumber>();
}

/// A copy whose tensors are what they are now, whatever is written later. What is shared with the
/// world around and older than `since` stays itself: its own changes are noted.
Host frozen(Evaluation &in, const Host &h, uint64_t since) {
  if (const TensorRef *t = h.find<TensorRef>())
    return in.make(in.valueOf(*t));
  if (const TupleRef *tuple = h.find<TupleRef>()) {
    auto copy = std::make_shared<Tuple>(Tuple{{}, (*tuple)->type, (*tuple)->isComplex});
    for (const Host &item : (*tuple)->items)
      copy->items.push_back(frozen(in, item, since));
    return TupleRef(std::move(copy));
  }
  if (const CellRef *cell = h.find<CellRef>(); cell && (*cell)->serial > since) {
    auto copy = std::make_shared<Cell>(**cell);
    for (Host &item : copy->items)
      item = frozen(in, item, since);
    return CellRef(std::move(copy));
  }
  return h;
}

bool sameHost(const Host &a, const Host &b) {
  if (a.is.index() != b.is.index())
    return false;
  if (const TensorRef *t = a.find<TensorRef>())
    return *t == b.as<TensorRef>();
  if (const CellRef *cell = a.find<CellRef>())
    return *cell == b.as<CellRef>();
  if (const bool *x = a.find<bool>())
    return *x == b.as<bool>();
  if (const Dim *d = a.find<Dim>())
    return *d == b.as<Dim>();
  if (const double *x = a.find<double>())
    return *x == b.as<double>();
  if (const std::string *s = a.find<std::string>())
    return *s == b.as<std::string>();
  if (const RunNumber *n = a.find<RunNumber>())
    return n->value == b.as<RunNumber>().value;
  if (const Device *d = a.find<Device>())
    return *d == b.as<Device>();
  return a.isNone() || a.holds<TupleRef>() == false;
}

/// Pairs of values that two ways leave, as results of an `if`.
class Merge {
public:
  using Result = std::function<Host(const ir::Op &)>;

  explicit Merge(Evaluation &in) : in_{in} {}

  /// `a` and `b` as they are at the end of their ways: makes the host value behind the `if`.
  Result operator()(const Host &a, const Host &b) {
    if (sameHost(a, b) && !a.holds<TupleRef>())
      return [a](const ir::Op &) { return a; };
    if (a.holds<Uninitialized>() || b.holds<Uninitialized>()) {
      const Host &other = a.holds<Uninitialized>() ? b : a; // uninitialized(T): nobody reads it
      if (!other.holds<TensorRef>() && !isNumber(other))
        return [other](const ir::Op &) { return other; };
    }
    if (a.holds<TensorRef>() && b.holds<TensorRef>()) {
      Value *x = in_.valueOf(a.as<TensorRef>()), *y = in_.valueOf(b.as<TensorRef>());
      if (x->type == y->type)
        return tensor(x, y);
      return differs(x->type.text(), y->type.text());
    }
    if (isNumber(a) && isNumber(b)) {
      Value *x = in_.scalarOf(a), *y = in_.scalarOf(b);
      if (x->type == y->type) {
        const size_t i = add(x, y);
        return [i](const ir::Op &op) { return Host(RunNumber{op.result(i)}); };
      }
    }
    if (const std::vector<Host> *x = itemsOf(a), *y = itemsOf(b);
        x && y && x->size() == y->size() && typeOf(a) == typeOf(b) && isComplex(a) == isComplex(b))
      return container(a, *x, *y);
    return differs(typeText(a), typeText(b));
  }

  std::vector<Value *> first, second; ///< what the two blocks yield

private:
  size_t add(Value *x, Value *y) {
    first.push_back(x);
    second.push_back(y);
    return first.size() - 1;
  }
  Result tensor(Value *x, Value *y) {
    const size_t i = add(x, y);
    Evaluation &in = in_;
    return [i, &in](const ir::Op &op) { return in.make(op.result(i)); };
  }
  static Result differs(const std::string &x, const std::string &y) {
    const Uninitialized no{fmt::format(
        "a value is {} on one way through the program and {} on the other, which only the run "
        "decides",
        x, y)};
    return [no](const ir::Op &) { return Host(no); };
  }
  static const std::vector<Host> *itemsOf(const Host &h) {
    if (const TupleRef *tuple = h.find<TupleRef>())
      return &(*tuple)->items;
    const CellRef *cell = h.find<CellRef>();
    return cell && (*cell)->kind != Cell::Kind::object ? &(*cell)->items : nullptr;
  }
  static std::pair<size_t, int> typeOf(const Host &h) {
    const CellRef *cell = h.find<CellRef>();
    return {h.is.index(), cell ? static_cast<int>((*cell)->kind) : 0};
  }
  Result container(const Host &like, const std::vector<Host> &x, const std::vector<Host> &y) {
    std::vector<Result> items;
    for (size_t i = 0; i < x.size(); ++i)
      items.push_back((*this)(x[i], y[i]));
    return [items, like](const ir::Op &op) -> Host {
      std::vector<Host> made;
      for (const Result &item : items)
        made.push_back(item(op));
      if (const TupleRef *tuple = like.find<TupleRef>())
        return TupleRef(
            std::make_shared<Tuple>(Tuple{std::move(made), (*tuple)->type, (*tuple)->isComplex}));
      const CellRef &from = like.as<CellRef>();
      const Host list = makeList(std::move(made), from->element);
      list.as<CellRef>()->kind = from->kind;
      return list;
    };
  }

  Evaluation &in_;
};

} // namespace

/// What one way through the program leaves behind.
struct Interpreter::Way {
  std::unique_ptr<ir::Block> block = std::make_unique<ir::Block>();
  std::optional<Raised> raised;
  using Left = std::pair<Host, Host>; ///< a value as it is, and frozen
  std::vector<Left> names;
  Journal changes;                      ///< of tensors: `before` holds what is left
  std::vector<std::vector<Left>> items; ///< what is left in changes.cells

  const ir::Value *leftOf(const TensorRef &t) const {
    for (const auto &c : changes.tensors)
      if (c.tensor == t)
        return c.before;
    return nullptr;
  }
  std::vector<Left> leftOf(const CellRef &cell) const {
    for (size_t i = 0; i < items.size(); ++i)
      if (changes.cells[i].cell == cell)
        return items[i];
    std::vector<Left> unchanged;
    for (const Host &item : cell->items)
      unchanged.emplace_back(item, item);
    return unchanged;
  }
};

Interpreter::Way Interpreter::evaluateWay(const std::vector<Stmt> &body, const Frame &frame,
                                          const std::vector<std::string> &names) {
  Way way;
  Evaluation::Inside inside{in_, *way.block};
  Frame local = frame;
  const int depth = depth_;
  const std::string path = path_;
  const SourceFile *const file = file_;
  try {
    Host nothing;
    run(body, local, nothing);
  } catch (const Raised &raised) {
    way.raised = raised;
    depth_ = depth;
    path_ = path;
    file_ = file;
    inside.undo();
    return way;
  }
  const uint64_t since = inside.since();
  for (const std::string &name : names) {
    const auto it = local.find(name);
    const Host h = it == local.end() ? Host(Uninitialized{}) : it->second;
    way.names.emplace_back(h, frozen(in_, h, since));
  }
  for (const Journal::CellChange &c : inside.journal().cells) {
    auto &left = way.items.emplace_back();
    for (const Host &item : c.cell->items)
      left.emplace_back(item, frozen(in_, item, since));
  }
  way.changes = inside.undo();
  return way;
}

void Interpreter::branch(const Stmt &s, Frame &frame) {
  const Host decided = condition(s.value, frame);
  Host nothing;
  if (const bool *known = decided.find<bool>())
    run(*known ? s.body : s.otherwise, frame, nothing);
  else
    runBranch(s, frame, decided.as<RunNumber>().value);
}

void Interpreter::runBranch(const Stmt &s, Frame &frame, Value *decided) {
  const Location at = in_.to().at;
  const std::vector<std::string> names = commonTargets(s);
  const compose::Arith is{in_.to()};
  Host nothing;
  // What ends in an exception is no way: the run stops there, and the other way goes on.
  const auto orElse = [&](const Raised &raised, Value *fine, const std::vector<Stmt> &other) {
    in_.to().at = raised.at;
    in_.to().makeOp(ops::assert_, {fine}, {attr::message(raised.message)});
    in_.to().at = at;
    run(other, frame, nothing);
  };
  Way a = evaluateWay(s.body, frame, names);
  if (a.raised)
    return orElse(*a.raised, is.no(decided), s.otherwise);
  Way b = evaluateWay(s.otherwise, frame, names);
  if (b.raised)
    return orElse(*b.raised, decided, s.body);

  in_.to().at = at;
  Merge merge{in_};
  const auto merged = [&](const Way::Left &x, const Way::Left &y) {
    const bool same = sameHost(x.first, y.first) && !x.first.holds<TupleRef>();
    return same ? merge(x.first, y.first) : merge(x.second, y.second);
  };
  std::vector<Merge::Result> locals;
  for (size_t i = 0; i < names.size(); ++i)
    locals.push_back(merged(a.names[i], b.names[i]));
  std::vector<std::pair<TensorRef, Merge::Result>> tensors;
  std::vector<std::pair<CellRef, std::vector<Merge::Result>>> cells;
  for (const Way *way : {&a, &b})
    for (const auto &c : way->changes.tensors) {
      if (std::ranges::find(tensors, c.tensor, &std::pair<TensorRef, Merge::Result>::first) !=
          tensors.end())
        continue;
      const auto left = [&](const Way &w) {
        const ir::Value *v = w.leftOf(c.tensor);
        return in_.make(v ? const_cast<Value *>(v) : in_.valueOf(c.tensor));
      };
      tensors.emplace_back(c.tensor, merge(left(a), left(b)));
    }
  for (const Way *way : {&a, &b})
    for (const auto &c : way->changes.cells) {
      const auto isThis = [&](const auto &known) { return known.first == c.cell; };
      if (std::ranges::any_of(cells, isThis))
        continue;
      const std::vector<Way::Left> x = a.leftOf(c.cell), y = b.leftOf(c.cell);
      if (x.size() != y.size())
        fail(s.value, "merge",
             "a list or a dict has other lengths behind the two ways of a branch that only the run "
             "decides",
             "make both ways append as often");
      auto &items = cells.emplace_back(c.cell, std::vector<Merge::Result>{}).second;
      for (size_t i = 0; i < x.size(); ++i)
        items.push_back(merged(x[i], y[i]));
    }

  ir::Builder{in_.module(), *a.block}.yield(merge.first);
  ir::Builder{in_.module(), *b.block}.yield(merge.second);
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(std::move(a.block));
  blocks.push_back(std::move(b.block));
  const ir::Op &op = in_.to().makeOp(ops::if_, {decided}, {}, std::move(blocks));
  for (size_t i = 0; i < names.size(); ++i)
    frame[names[i]] = locals[i](op);
  for (const auto &[tensor, result] : tensors) {
    const Host h = result(op);
    if (!h.holds<TensorRef>())
      fail(s.value, "merge", h.as<Uninitialized>().why);
    in_.write(tensor, in_.valueOf(h.as<TensorRef>()));
  }
  for (const auto &[cell, results] : cells) {
    std::vector<Host> items;
    for (const Merge::Result &result : results)
      items.push_back(result(op));
    in_.change(cell) = std::move(items);
  }
}

// ---- loops ----

void Interpreter::whileLoop(const Stmt &s, Frame &frame) {
  Host nothing;
  for (int64_t i = 0;; ++i) {
    const Host goes = condition(s.value, frame);
    const bool *known = goes.find<bool>();
    if (!known)
      return runLoop(s, frame, nullptr);
    if (!*known)
      return;
    if (i == kMostIterations)
      fail(s.value, "loop", fmt::format("the loop runs more than {} times", kMostIterations));
    run(s.body, frame, nothing);
  }
}

void Interpreter::forLoop(const Stmt &s, Frame &frame) {
  Host count = evaluate(s.value, frame);
  if (count.holds<TensorRef>())
    count = callOperator("aten::Int", {{count}, {}});
  const Dim *known = count.find<Dim>();
  if (!known || !known->isNumber())
    return runLoop(s, frame, &count);
  if (known->number() > kMostIterations)
    fail(s.value, "loop",
         fmt::format("the loop runs {} times, more than {}", known->number(), kMostIterations));
  Host nothing;
  for (int64_t i = 0; i < known->number(); ++i) {
    frame[s.targets[0]] = Dim(i);
    run(s.body, frame, nothing);
  }
}

namespace {

/// A value that a loop carries: its tensors and numbers as operands, all else as it is.
class Carried {
public:
  explicit Carried(Evaluation &in) : in_{in} {}

  void add(const Host &h) {
    if (const TensorRef *t = h.find<TensorRef>())
      values.push_back(in_.valueOf(*t));
    else if (isNumber(h))
      values.push_back(in_.scalarOf(h));
    else if (const TupleRef *tuple = h.find<TupleRef>())
      for (const Host &item : (*tuple)->items)
        add(item);
    else if (const CellRef *cell = h.find<CellRef>(); cell && (*cell)->kind != Cell::Kind::object)
      for (const Host &item : (*cell)->items)
        add(item);
  }
  /// The same value with these in place of its parts, from number `at` on.
  Host rebuilt(const Host &h, std::span<Value *const> with, size_t &at) const {
    if (h.holds<TensorRef>())
      return in_.make(with[at++]);
    if (isNumber(h))
      return RunNumber{with[at++]};
    if (const TupleRef *tuple = h.find<TupleRef>()) {
      auto copy = std::make_shared<Tuple>(**tuple);
      for (Host &item : copy->items)
        item = rebuilt(item, with, at);
      return TupleRef(std::move(copy));
    }
    if (const CellRef *cell = h.find<CellRef>(); cell && (*cell)->kind != Cell::Kind::object) {
      auto copy = std::make_shared<Cell>(**cell);
      for (Host &item : copy->items)
        item = rebuilt(item, with, at);
      return CellRef(std::move(copy));
    }
    return h;
  }

  std::vector<Value *> values;

private:
  Evaluation &in_;
};

} // namespace

void Interpreter::runLoop(const Stmt &s, Frame &frame, const Host *count) {
  const Location at = in_.to().at;
  // The last statement of a body assigns what the next iteration reads.
  std::vector<std::string> names;
  if (!s.body.empty() && s.body.back().kind == Stmt::Kind::assign)
    for (const std::string &name : s.body.back().targets)
      if (frame.contains(name) && !(s.value.is(Expr::Kind::name) && name == s.value.text))
        names.push_back(name);
  std::vector<TensorRef> tensors; // that the body writes
  std::vector<CellRef> cells;
  Value *const goes = count ? nullptr : in_.scalarOf(condition(s.value, frame));

  for (;;) {
    Carried before{in_};
    for (const std::string &name : names)
      before.add(frame.at(name));
    for (const TensorRef &t : tensors)
      before.values.push_back(in_.valueOf(t));
    for (const CellRef &cell : cells)
      for (const Host &item : cell->items)
        before.add(item);

    auto block = std::make_unique<ir::Block>();
    Value *const index =
        block->addArgument({ElementType::i64, {}}, s.targets.empty() ? "" : s.targets[0]);
    std::vector<Value *> arguments;
    for (Value *v : before.values)
      arguments.push_back(block->addArgument(v->type));
    Carried after{in_};
    Value *goesOn = nullptr;
    bool found = false; // something more that the body changes
    {
      Evaluation::Inside inside{in_, *block};
      Frame local = frame;
      size_t used = 0;
      for (const std::string &name : names)
        local[name] = before.rebuilt(frame.at(name), arguments, used);
      for (const TensorRef &t : tensors)
        in_.write(t, arguments[used++]);
      for (const CellRef &cell : cells)
        for (Host &item : in_.change(cell))
          item = before.rebuilt(item, arguments, used);
      if (count)
        local[s.targets[0]] = RunNumber{index};
      Host nothing;
      try {
        run(s.body, local, nothing);
      } catch (const Raised &raised) {
        fail(s.value, "loop",
             fmt::format("a loop whose length only the run knows ends in an exception: {}",
                         raised.message));
      }
      for (const auto &c : inside.journal().tensors)
        if (std::ranges::find(tensors, c.tensor) == tensors.end()) {
          tensors.push_back(c.tensor);
          found = true;
        }
      for (const auto &c : inside.journal().cells) {
        if (c.cell->items.size() != c.before.size())
          fail(
              s.value, "loop",
              "a list or a dict changes its length in a loop of which only the run knows how often "
              "it runs",
              "fix the extents of the inputs, or write into a tensor of the full length");
        if (std::ranges::find(cells, c.cell) == cells.end()) {
          cells.push_back(c.cell);
          found = true;
        }
      }
      if (!found) {
        for (const std::string &name : names)
          after.add(local.at(name));
        for (const TensorRef &t : tensors)
          after.values.push_back(in_.valueOf(t));
        for (const CellRef &cell : cells)
          for (const Host &item : cell->items)
            after.add(item);
        goesOn = count ? in_.to().scalar(ElementType::boolean, 1)
                       : in_.scalarOf(condition(s.value, local));
      }
    }
    if (found)
      continue;
    in_.to().at = at;
    for (size_t i = 0; i < before.values.size(); ++i)
      if (i >= after.values.size() || after.values[i]->type != before.values[i]->type)
        fail(s.value, "loop",
             fmt::format("a value changes in a loop of which only the run knows how often it runs: "
                         "it is {} at first and {} then",
                         before.values[i]->type.text(),
                         i < after.values.size() ? after.values[i]->type.text() : "nothing"));
    std::vector<Value *> yielded = {goesOn};
    yielded.insert(yielded.end(), after.values.begin(), after.values.end());
    ir::Builder{in_.module(), *block}.yield(yielded);
    std::vector<Value *> operands = {count ? in_.scalarOf(*count) : nullptr, goes};
    operands.insert(operands.end(), before.values.begin(), before.values.end());
    std::vector<std::unique_ptr<ir::Block>> blocks;
    blocks.push_back(std::move(block));
    const ir::Op &op = in_.to().makeOp(
        ops::loop, operands,
        {attr::carried(static_cast<int64_t>(before.values.size())), attr::dims(Dims{})},
        std::move(blocks));
    std::vector<Value *> results;
    for (size_t i = 0; i < before.values.size(); ++i)
      results.push_back(op.result(i));
    size_t used = 0;
    for (const std::string &name : names)
      frame[name] = before.rebuilt(frame.at(name), results, used);
    for (const TensorRef &t : tensors)
      in_.write(t, results[used++]);
    for (const CellRef &cell : cells)
      for (Host &item : in_.change(cell))
        item = before.rebuilt(item, results, used);
    if (!count)
      frame[s.value.text] = false;
    return;
  }
}

} // namespace burin::torchscript
