// SPDX-License-Identifier: Apache-2.0
//
// What forward changes of the module is state. It is found by evaluating: what differs afterwards
// is an argument the next time, until nothing new is found.
#include "frontend/torchscript/importer.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::torchscript {

struct Importer::Session {
  std::unique_ptr<ir::Module> module = std::make_unique<ir::Module>();
  ir::Function &main = module->addFunction("main");
  Evaluation in;
  Program program;
  std::unique_ptr<Interpreter> interpreter;
  CellRef model;
  Given given;

  Session(const Archive &archive, const ir::Evaluator *evaluator)
      : in{*module, main.body, evaluator}, program{archive} {}
};

/// One way through forward, in a block of its own.
struct Importer::Way {
  std::unique_ptr<ir::Block> block = std::make_unique<ir::Block>();
  Outputs outputs;
  Attributes attributes; ///< that it leaves
  std::vector<ir::Value *> yields;
};

namespace {

bool isNumber(const Host &h) {
  return h.holds<Dim>() || h.holds<double>() || h.holds<bool>() || h.holds<RunNumber>();
}
bool isObject(const Host &h) {
  const CellRef *cell = h.find<CellRef>();
  return cell && (*cell)->kind == Cell::Kind::object;
}

/// A copy in which `made` has replaced each tensor and number, called with its path.
Host mapped(const Host &h, const std::string &path,
            const std::function<Host(const std::string &, const Host &)> &made) {
  if (h.holds<TensorRef>() || isNumber(h))
    return made(path, h);
  if (const TupleRef *tuple = h.find<TupleRef>()) {
    auto copy = std::make_shared<Tuple>(**tuple);
    for (size_t i = 0; i < copy->items.size(); ++i)
      copy->items[i] = mapped(copy->items[i], fmt::format("{}.{}", path, i), made);
    return TupleRef(std::move(copy));
  }
  if (const CellRef *cell = h.find<CellRef>(); cell && !isObject(h)) {
    auto copy = std::make_shared<Cell>(**cell);
    const bool isDict = !copy->isList();
    for (size_t i = isDict ? 1 : 0; i < copy->items.size(); i += isDict ? 2 : 1)
      copy->items[i] = mapped(
          copy->items[i],
          fmt::format("{}.{}", path, isDict ? textOf(copy->items[i - 1]) : std::to_string(i)),
          made);
    return CellRef(std::move(copy));
  }
  return h;
}

using Parts = std::vector<std::pair<std::string, Host>>;
Parts partsOf(const Host &h, const std::string &path) {
  Parts all;
  mapped(h, path, [&](const std::string &at, const Host &part) {
    all.emplace_back(at, part);
    return part;
  });
  return all;
}

/// The form without what is in it: what must not change from run to run.
std::string formOf(Evaluation &in, const Host &h) {
  std::string form = typeText(h);
  for (const auto &[path, part] : partsOf(h, ""))
    form += path + (part.holds<TensorRef>() ? in.valueOf(part.as<TensorRef>())->type.text()
                                            : typeText(part));
  return form + (h.holds<std::string>() ? h.as<std::string>() : "");
}

bool differ(Evaluation &in, const Host &a, const Host &b) {
  if (isObject(a) || isObject(b))
    return isObject(a) != isObject(b);
  if (formOf(in, a) != formOf(in, b))
    return true;
  const Parts x = partsOf(a, ""), y = partsOf(b, "");
  for (size_t i = 0; i < x.size(); ++i) {
    const Host &p = x[i].second, &q = y[i].second;
    if (p.holds<TensorRef>() || p.holds<RunNumber>() || q.holds<RunNumber>()) {
      const auto value = [&](const Host &h) -> ir::Value * {
        const TensorRef *t = h.find<TensorRef>();
        const RunNumber *n = h.find<RunNumber>();
        return t ? in.valueOf(*t) : n ? n->value : nullptr;
      };
      if (value(p) != value(q))
        return true;
    } else if (textOf(p) != textOf(q)) {
      return true;
    }
  }
  return false;
}

template <class Visit>
void forEachAttribute(const CellRef &object, std::set<const Cell *> &seen, const Visit &visit) {
  if (!seen.insert(object.get()).second)
    return;
  for (size_t i = 0; i < object->items.size(); ++i) {
    visit(object, i,
          object->path.empty() ? object->names[i]
                               : fmt::format("{}.{}", object->path, object->names[i]));
    if (isObject(object->items[i]))
      forEachAttribute(object->items[i].template as<CellRef>(), seen, visit);
  }
}

} // namespace

void Importer::begin() {
  session_ = std::make_shared<Session>(archive_, options_.evaluator);
  Session &s = *session_;
  s.module->format = "torchscript";
  main_ = &s.main;
  in_ = &s.in;
  outputs_.clear();
  const Pickle constantsPickle{archive_.read("constants.pkl").span, "constants.pkl"};
  const Host constants = Loader{archive_, s.program, s.in, "constants"}.load(constantsPickle.root(),
                                                                             "CONSTANTS", nullptr);
  const TupleRef *all = constants.find<TupleRef>();
  s.interpreter = std::make_unique<Interpreter>(
      s.program, s.in, all ? (*all)->items : std::vector<Host>{}, version_, found_);
  const Pickle pickle{archive_.read("data.pkl").span, "data.pkl"};
  const Host root =
      Loader{archive_, s.program, s.in, "data"}.load(pickle.root(), "", s.interpreter.get());
  if (!isObject(root) || !root.as<CellRef>()->type)
    throw unreadable("the archive holds no module");
  s.model = root.as<CellRef>();
  s.given = inputs(entry(s.model));
  checkOptions();
  raise();
}

void Importer::evaluateForward() {
  outputs_.clear();
  try {
    collectOutputs(
        session_->interpreter->callMethod(session_->model, options_.method, session_->given),
        "output");
  } catch (const Raised &raised) {
    throw CompileError(Problem::invalid, raised.at,
                       fmt::format("the program always ends in an exception: {}", raised.message))
        .code("torchscript.raise")
        .hint("give the inputs the shapes that the model is for");
  } catch (const CompileError &error) {
    found_.problems.push_back(error.diagnostic());
  }
  raise();
}

/// With tensors as they are now, whatever is written later.
Importer::Attributes Importer::attributes() const {
  Attributes all;
  std::set<const Cell *> seen;
  forEachAttribute(session_->model, seen, [&](const CellRef &object, size_t i, std::string path) {
    all.emplace(path, mapped(object->items[i], path, [&](const std::string &, const Host &part) {
                  const TensorRef *t = part.find<TensorRef>();
                  return t ? in_->make(in_->valueOf(*t)) : part;
                }));
  });
  return all;
}

void Importer::setAttribute(const std::string &path, const Host &value) {
  std::set<const Cell *> seen;
  forEachAttribute(session_->model, seen,
                   [&](const CellRef &object, size_t i, const std::string &at) {
                     if (at != path)
                       return;
                     const TensorRef *to = object->items[i].find<TensorRef>();
                     if (to && value.holds<TensorRef>()) // another attribute may hold it too
                       in_->write(*to, in_->valueOf(value.as<TensorRef>()));
                     else
                       in_->change(object)[i] = value;
                   });
}

/// A value of this form made of new arguments.
Host Importer::asArguments(const std::string &path, const Host &form, bool keepsNumbers) {
  return mapped(form, path, [&](const std::string &at, const Host &part) -> Host {
    if (const TensorRef *t = part.find<TensorRef>())
      return in_->make(main_->body.addArgument(in_->valueOf(*t)->type, at));
    if (keepsNumbers && !part.holds<RunNumber>() && !varying_.contains(at))
      return part;
    return RunNumber{main_->body.addArgument(in_->scalarOf(part)->type, at)};
  });
}

/// A result that becomes the argument of this name in the next run. `initial`: null for zeros.
void Importer::addState(const std::string &path, ir::Value *next, ir::Value *initial) {
  size_t argument = main_->body.numArguments() - 1; // from behind: an input may have the name, too
  while (main_->body.argument(argument)->name != path)
    --argument;
  main_->states.push_back({path, argument, outputs_.size(), initial});
  outputs_.emplace_back(path + ".next", next);
}

bool Importer::evaluateOnce(bool &reshapes) {
  begin();
  const Attributes initial = attributes();
  for (const std::string &path : states_)
    setAttribute(path, asArguments(path, initial.at(path), false));
  const Attributes before = attributes();
  evaluateForward();
  const Attributes after = attributes();
  bool found = false;
  for (const auto &[path, value] : after) {
    if (!differ(*in_, before.at(path), value))
      continue;
    found = states_.insert(path).second || found;
    reshapes = reshapes || formOf(*in_, initial.at(path)) != formOf(*in_, value);
  }
  if (found || reshapes)
    return false;
  const auto scalar = [&](const Host &h) {
    const TensorRef *t = h.find<TensorRef>();
    return t ? in_->valueOf(*t) : in_->scalarOf(h);
  };
  for (const std::string &path : states_) {
    const Parts first = partsOf(initial.at(path), path), next = partsOf(after.at(path), path);
    for (size_t i = 0; i < first.size(); ++i)
      addState(first[i].first, scalar(next[i].second), scalar(first[i].second));
  }
  return true;
}

bool Importer::evaluateStarted() {
  begin();
  const Attributes initial = attributes();
  Value *const started = main_->body.addArgument({ElementType::boolean, {}}, "started");
  Way first, later;
  const auto evaluateWay = [&](Way &way) {
    evaluateForward();
    way.outputs = outputs_;
    way.attributes = attributes();
  };
  {
    Evaluation::Inside inside{*in_, *first.block};
    evaluateWay(first);
    for (const auto &[path, value] : first.attributes)
      if (differ(*in_, initial.at(path), value))
        states_.insert(path);
  }
  {
    Evaluation::Inside inside{*in_, *later.block};
    for (const std::string &path : states_)
      setAttribute(path, asArguments(path, first.attributes.at(path), true));
    const Attributes before = attributes();
    evaluateWay(later);
    for (const auto &[path, value] : later.attributes)
      if (differ(*in_, before.at(path), value) && states_.insert(path).second)
        return false;
  }
  if (!finishStarted(first, later))
    return false;
  raise();

  ir::Builder{in_->module(), *first.block}.yield(first.yields);
  ir::Builder{in_->module(), *later.block}.yield(later.yields);
  std::vector<std::unique_ptr<ir::Block>> blocks;
  blocks.push_back(std::move(later.block));
  blocks.push_back(std::move(first.block));
  const ir::Op &op = in_->to().makeOp(ops::if_, {started}, {}, std::move(blocks));
  outputs_.clear();
  size_t at = 0;
  for (const auto &[name, value] : later.outputs)
    outputs_.emplace_back(name, op.result(at++));
  for (const std::string &path : states_)
    for (const auto &[name, part] : partsOf(later.attributes.at(path), path))
      if (part.holds<TensorRef>() || part.holds<RunNumber>() || varying_.contains(name))
        addState(name, op.result(at++), nullptr);
  addState("started", in_->to().scalar(ElementType::boolean, 1), nullptr);
  return true;
}

/// What the two ways yield. False if a number turns out to differ from run to run.
bool Importer::finishStarted(Way &first, Way &later) {
  const auto differs = [&](const std::string &what, const std::string &a, const std::string &b) {
    problem(Problem::unsupported, "torchscript.state",
            fmt::format("{} is {} after the first run and {} after a later one", what, a, b),
            "make it the same from the first run on");
  };
  for (size_t i = 0; i < std::max(first.outputs.size(), later.outputs.size()); ++i) {
    const auto text = [&](const Outputs &all) {
      return i < all.size() ? all[i].first + " " + all[i].second->type.text() : "absent";
    };
    if (text(first.outputs) != text(later.outputs)) {
      differs("an output", text(first.outputs), text(later.outputs));
      return true;
    }
    first.yields.push_back(first.outputs[i].second);
    later.yields.push_back(later.outputs[i].second);
  }
  for (const std::string &path : states_) {
    const Host &a = first.attributes.at(path), &b = later.attributes.at(path);
    if (formOf(*in_, a) != formOf(*in_, b)) {
      differs(fmt::format("the attribute '{}'", path), formOf(*in_, a), formOf(*in_, b));
      continue;
    }
    const Parts x = partsOf(a, path), y = partsOf(b, path);
    for (size_t i = 0; i < x.size(); ++i) {
      const auto &[name, part] = x[i];
      if (const TensorRef *t = part.find<TensorRef>()) {
        first.yields.push_back(in_->valueOf(*t));
        later.yields.push_back(in_->valueOf(y[i].second.as<TensorRef>()));
      } else if (part.holds<RunNumber>() || varying_.contains(name)) {
        first.yields.push_back(in_->scalarOf(part));
        later.yields.push_back(in_->scalarOf(y[i].second));
      } else if (y[i].second.holds<RunNumber>() || textOf(part) != textOf(y[i].second)) {
        varying_.insert(name);
        return false;
      }
    }
  }
  return true;
}

std::unique_ptr<ir::Module> Importer::finish() {
  applyOptions();
  raise();
  std::vector<ir::Value *> results;
  for (const auto &[name, value] : outputs_) {
    results.push_back(value);
    main_->resultNames.push_back(name);
  }
  in_->to().yield(results);
  std::unique_ptr<ir::Module> module = std::move(session_->module);
  session_.reset();
  module->eraseUnusedConstants();
  return module;
}

std::unique_ptr<ir::Module> Importer::run() {
  bool reshapes = false;
  states_ = options_.states;
  while (!reshapes)
    if (evaluateOnce(reshapes))
      return finish();
  if (options_.isOneOfSeveral) {
    problem(Problem::unsupported, "torchscript.state",
            fmt::format("'{}' gives an attribute another form, which several methods of one class "
                        "cannot follow",
                        options_.method),
            "compile this method by itself, or give the attribute its form in __init__");
    raise();
  }
  states_.clear();
  while (!evaluateStarted()) {
  }
  return finish();
}

} // namespace burin::torchscript
