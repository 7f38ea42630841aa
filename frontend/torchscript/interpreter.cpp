// SPDX-License-Identifier: Apache-2.0
//
// Calls and statements.
#include "frontend/torchscript/interpreter.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace burin::torchscript {
namespace {

constexpr int kDeepest = 200; // calls inside each other

/// A name that says something; the others are "_0", "_1", ...
bool isTelling(std::string_view name) {
  return !(name.size() > 1 && name[0] == '_' && name[1] >= '0' && name[1] <= '9');
}

} // namespace

Interpreter::Interpreter(Program &program, Evaluation &evaluation, std::vector<Host> constants,
                         int64_t version, Findings &found)
    : program_{program}, in_{evaluation}, operators_{evaluation, version, found},
      constants_(std::move(constants)), found_{found} {}

Location Interpreter::locationAt(uint32_t offset, std::string op) {
  return {path_.empty() ? method_ : path_, std::move(op),
          file_ ? program_.placeOf(*file_, offset) : std::string{}};
}

void Interpreter::fail(const Expr &at, std::string_view code, std::string text, std::string hint) {
  throw CompileError(Problem::unsupported, locationAt(at.at), std::move(text))
      .code(fmt::format("torchscript.{}", code))
      .hint(std::move(hint));
}

Host Interpreter::call(const Function &function, const Given &given) {
  if (depth_ >= kDeepest)
    throw CompileError(Problem::unsupported, in_.to().at, "functions call each other too deeply")
        .code("torchscript.depth");
  const SourceFile *const outer = std::exchange(file_, function.file);
  const Location at = in_.to().at;
  ++depth_;
  Frame frame;
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    const Parameter &p = function.parameters[i];
    const auto named =
        std::ranges::find(given.keywords, p.name, &std::pair<std::string, Host>::first);
    if (i < given.positional.size())
      frame[p.name] = given.positional[i];
    else if (named != given.keywords.end())
      frame[p.name] = named->second;
    else if (p.otherwise)
      frame[p.name] = evaluate(*p.otherwise, frame);
    else
      throw CompileError(Problem::invalid, at,
                         fmt::format("{} is called without '{}'", function.name, p.name))
          .code("torchscript.call");
  }
  Host result;
  run(function.body, frame, result);
  --depth_;
  file_ = outer;
  in_.to().at = at;
  return result;
}

Host Interpreter::callMethod(const CellRef &object, std::string_view name, Given given) {
  const Class *type = object->type;
  const Function *method = type ? type->method(name) : nullptr;
  if (!method)
    throw CompileError(Problem::unsupported, in_.to().at,
                       fmt::format("{} has no method '{}'", type ? type->name : "an object", name))
        .code("torchscript.method");
  const std::string outer = path_;
  if (method_.empty())
    method_ = name;
  if (type->base == "Module")
    path_ = object->path;
  const bool isForward = name == "forward";
  if (isForward)
    for (const std::string &hook : type->preHooks) {
      const Host changed = call(*type->method(hook), {{object, makeTuple(given.positional)}, {}});
      if (const TupleRef *tuple = changed.find<TupleRef>())
        given.positional = (*tuple)->items;
      else if (!changed.isNone())
        given.positional = {changed};
    }
  const std::vector<Host> inputs = given.positional;
  given.positional.insert(given.positional.begin(), object);
  Host result = call(*method, given);
  if (isForward)
    for (const std::string &hook : type->hooks) {
      const Host changed = call(*type->method(hook), {{object, makeTuple(inputs), result}, {}});
      if (!changed.isNone())
        result = changed;
    }
  path_ = outer;
  return result;
}

bool Interpreter::run(const std::vector<Stmt> &body, Frame &frame, Host &result) {
  for (const Stmt &s : body) {
    in_.to().at = locationAt(s.at);
    switch (s.kind) {
    case Stmt::Kind::pass:
      break;
    case Stmt::Kind::expression:
      evaluate(s.value, frame);
      break;
    case Stmt::Kind::assign:
      assign(s, frame);
      break;
    case Stmt::Kind::setAttribute:
      setAttribute(s, frame);
      break;
    case Stmt::Kind::result:
      result = evaluate(s.value, frame);
      return true;
    case Stmt::Kind::branch:
      branch(s, frame);
      break;
    case Stmt::Kind::whileLoop:
      whileLoop(s, frame);
      break;
    case Stmt::Kind::forLoop:
      forLoop(s, frame);
      break;
    case Stmt::Kind::with:
      with(s, frame);
      break;
    case Stmt::Kind::define:
      frame[s.targets[0]] = std::make_shared<const Closure>(Closure{s.function.get(), frame});
      break;
    }
  }
  return false;
}

void Interpreter::assign(const Stmt &s, Frame &frame) {
  const Host value = evaluate(s.value, frame);
  if (s.targets.size() == 1 && !s.unpacks) {
    if (const TensorRef *t = value.find<TensorRef>(); t && isTelling(s.targets[0]))
      if (ir::Value *v = in_.valueOf(*t); v->def() && v->name.empty())
        v->name = s.targets[0];
    frame[s.targets[0]] = value;
    return;
  }
  const std::vector<Host> *items = nullptr;
  if (const TupleRef *tuple = value.find<TupleRef>())
    items = &(*tuple)->items;
  else if (const CellRef *cell = value.find<CellRef>(); cell && (*cell)->isList())
    items = &(*cell)->items;
  if (value.holds<Uninitialized>()) {
    for (const std::string &target : s.targets)
      frame[target] = value;
    return;
  }
  if (!items || items->size() != s.targets.size())
    fail(s.value, "unpack",
         fmt::format("{} is unpacked into {} names",
                     items ? fmt::format("{} values", items->size()) : typeText(value),
                     s.targets.size()));
  for (size_t i = 0; i < s.targets.size(); ++i)
    frame[s.targets[i]] = (*items)[i];
}

void Interpreter::setAttribute(const Stmt &s, Frame &frame) {
  const Host object = evaluate(s.object, frame);
  const Host value = evaluate(s.value, frame);
  const CellRef *cell = object.find<CellRef>();
  if (!cell || (*cell)->kind != Cell::Kind::object)
    fail(s.object, "attribute", fmt::format("an attribute of {} is assigned", typeText(object)));
  std::vector<Host> &items = in_.change(*cell);
  const auto it = std::ranges::find((*cell)->names, s.targets[0]);
  if (it == (*cell)->names.end()) { // while __init__ runs
    (*cell)->names.push_back(s.targets[0]);
    items.push_back(value);
  } else {
    items[static_cast<size_t>(it - (*cell)->names.begin())] = value;
  }
}

/// no_grad and its like change nothing here: there are no gradients.
void Interpreter::with(const Stmt &s, Frame &frame) {
  const Host manager = evaluate(s.value, frame);
  const CellRef *cell = manager.find<CellRef>();
  const std::string type = cell && (*cell)->type ? (*cell)->type->name : typeText(manager);
  if (type.find("grad_mode") == std::string::npos && type.find("profiler") == std::string::npos)
    fail(s.value, "with", fmt::format("'with' on an object of {}", type),
         "only torch.no_grad and torch.inference_mode have no effect");
  if (!s.targets.empty())
    frame[s.targets[0]] = manager;
  Host nothing;
  run(s.body, frame, nothing);
}

} // namespace burin::torchscript
