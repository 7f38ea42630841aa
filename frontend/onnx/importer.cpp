// SPDX-License-Identifier: Apache-2.0
#include "frontend/onnx/importer.h"

#include "frontend/common/extents.h"
#include "frontend/common/order.h"
#include "frontend/onnx/read.h"
#include "frontend/onnx/unify.h"
#include "ir/number.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace burin::onnx {
namespace {
constexpr int kDeepest = 200; // functions and subgraphs inside each other

/// The attributes of a call in place of the references of a function's node.
Node bindAttributes(const Node &node,
                    const std::map<std::string, const Attribute *, std::less<>> &bound);

GraphRef bindGraph(const Graph &graph,
                   const std::map<std::string, const Attribute *, std::less<>> &bound) {
  auto copy = std::make_shared<Graph>(graph);
  for (Node &n : copy->nodes)
    n = bindAttributes(n, bound);
  return copy;
}

Node bindAttributes(const Node &node,
                    const std::map<std::string, const Attribute *, std::less<>> &bound) {
  Node out = node;
  out.attributes.clear();
  for (const Attribute &a : node.attributes) {
    Attribute copy = a;
    if (!a.reference.empty()) {
      const auto it = bound.find(a.reference);
      if (it == bound.end())
        continue; // an absent attribute stays absent
      copy = *it->second;
      copy.name = a.name;
    } else if (const auto *graph = std::get_if<GraphRef>(&a.value)) {
      copy.value = bindGraph(**graph, bound);
    }
    out.attributes.push_back(std::move(copy));
  }
  return out;
}

} // namespace

Importer::Importer(const Model &model, const ImportOptions &options)
    : model_{model}, options_{options}, module_{std::make_unique<ir::Module>()},
      opsets_{&model.opsets} {
  module_->format = "onnx";
}

Dim Importer::inputDim(const std::string &input, size_t axis, const Extent &extent) {
  if (const auto *n = std::get_if<int64_t>(&extent))
    return *n;
  const auto *param = std::get_if<std::string>(&extent);
  const std::string name = param ? *param : fmt::format("{}.{}", input, axis);
  ir::Bounds bounds{0, ir::kUnbounded};
  if (const auto it = options_.dims.find(name); it != options_.dims.end()) {
    bounds = it->second;
    usedOptions_.insert(name);
  }
  return module_->symbol(name, bounds, fmt::format("dimension {} of input '{}'", axis, input));
}

ir::Type Importer::inputType(const ValueInfo &info) {
  const auto refuse = [&](std::string text, std::string hint = {}) {
    throw CompileError(Problem::unsupported, {info.name, "", ""}, std::move(text))
        .code("onnx.input")
        .hint(std::move(hint));
  };
  const Type &t = info.type;
  if (t.kind != Type::Kind::tensor) {
    const std::string length = info.name + ".length"; // of a list
    Dim capacity = 0;
    if (t.kind == Type::Kind::sequence || (t.inner && t.inner->kind == Type::Kind::sequence)) {
      const auto bounds = options_.dims.find(length);
      if (bounds == options_.dims.end() || bounds->second.hi >= ir::kUnbounded)
        refuse(
            fmt::format("the input '{}' is a list, and nothing says how long it can be", info.name),
            fmt::format("--dim {}=0..N", length));
      usedOptions_.insert(length);
      capacity = bounds->second.hi;
    }
    const auto type = irType(
        t, [&](size_t i, const Extent &e) { return inputDim(info.name, i, e); }, capacity);
    if (!type)
      refuse(fmt::format("the input '{}' declares no shape of what it holds", info.name));
    return *type;
  }
  const auto given = options_.inputShapes.find(info.name);
  if (given != options_.inputShapes.end()) {
    usedOptions_.insert(info.name);
    if (t.shape && t.shape->size() != given->second.size())
      throw CompileError(
          Problem::usage, {info.name, "", ""},
          fmt::format("--input-shape gives '{}' {} extents, and the model declares {}", info.name,
                      given->second.size(), t.shape->size()))
          .code("onnx.input-shape");
    return {elementType(t.element), given->second};
  }
  if (!t.shape)
    refuse(fmt::format("the input '{}' has no declared shape", info.name),
           fmt::format("give it one: --input-shape {}:1x3x224x224", info.name));
  ir::Shape shape;
  for (size_t i = 0; i < t.shape->size(); ++i)
    shape.push_back(inputDim(info.name, i, (*t.shape)[i]));
  return {elementType(t.element), std::move(shape)};
}

/// An input that the user compiles in: --arg NAME=NUMBER.
ir::Value *Importer::argument(const ir::Type &type, const std::string &name,
                              const std::string &text) {
  const ir::ElementType e = type.element();
  double number = text == "true";
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool isNumber = error == std::errc() && end == text.data() + text.size();
  const bool isBool = text == "true" || text == "false";
  if (e == ir::ElementType::boolean ? !isBool : !isNumber)
    throw CompileError(Problem::usage, {},
                       fmt::format("--arg {} is '{}', expected {}", name, text,
                                   e == ir::ElementType::boolean ? "true or false" : "a number"))
        .code("onnx.argument");
  if (!type.isTensor() || !type.count().isNumber(1) ||
      !(e == ir::ElementType::boolean || ir::isFloat(e) || ir::isInteger(e)))
    throw CompileError(
        Problem::usage, {},
        fmt::format("--arg {}: the input is {}, and only one number can be compiled in", name,
                    type.text()))
        .code("onnx.argument");
  std::vector<std::byte> bytes(ir::elementSize(e));
  ir::storeNumber(e, number, bytes.data());
  return module_->addConstant(type, bytes);
}

std::unique_ptr<ir::Module> Importer::run() {
  for (const auto &[name, text] : options_.arguments)
    if (std::ranges::find(model_.graph.inputs, name, &ValueInfo::name) == model_.graph.inputs.end())
      throw CompileError(Problem::usage, {},
                         fmt::format("--arg {}: the model has no input of that name", name))
          .code("onnx.argument");
  module_->name = model_.graph.name;
  reportUnsupported(model_.graph, model_.opsets);
  if (!problems_.empty())
    throw CompileErrors(std::move(problems_));

  ir::Function &main = module_->addFunction("main");
  ir::Builder to{*module_, main.body};
  scopes_.emplace_back();
  const auto isInitializer = [&](const std::string &name) {
    return std::ranges::any_of(model_.graph.initializers,
                               [&](const Initializer &i) { return i.tensor.name == name; });
  };
  for (const ValueInfo &input : model_.graph.inputs) {
    if (isInitializer(input.name))
      continue; // a default that callers could override; it is a constant here
    try {
      const auto given = options_.arguments.find(input.name);
      scopes_.back()[input.name] = given == options_.arguments.end()
                                       ? main.body.addArgument(inputType(input), input.name)
                                       : argument(inputType(input), input.name, given->second);
    } catch (const CompileError &error) {
      problems_.push_back(error.diagnostic());
    }
  }
  frontend::checkExtents(problems_, *module_, options_.dims, options_.inputShapes, usedOptions_);
  if (!problems_.empty())
    throw CompileErrors(std::move(problems_));

  lowerNodes(model_.graph, to);
  std::vector<std::string> names = options_.outputs;
  if (names.empty())
    for (const ValueInfo &output : model_.graph.outputs)
      names.push_back(output.name);
  std::vector<Value *> results;
  for (const std::string &name : names) {
    Value *v = find(name);
    if (v) {
      results.push_back(v);
      main.resultNames.push_back(name);
    } else if (problems_.empty()) {
      problems_.push_back({Problem::usage,
                           "onnx.output",
                           {},
                           fmt::format("the model has no value '{}' to be an output", name),
                           {},
                           {}});
    }
  }
  if (!problems_.empty())
    throw CompileErrors(std::move(problems_));
  to.yield(results);
  return std::move(module_);
}

/// Every operator without a lowering, each once with its count.
void Importer::reportUnsupported(const Graph &graph, const Opsets &opsets) {
  struct Seen {
    const Node *first;
    size_t count;
    std::string why;
  };
  std::map<std::string, Seen> seen;
  const std::function<void(const Graph &, const Opsets &, int)> walk =
      [&](const Graph &g, const Opsets &versions, int depth) {
        if (depth > kDeepest)
          return;
        for (const Node &node : g.nodes) {
          if (const Function *function = model_.function(node)) {
            walk(function->body, function->opsets, depth + 1);
          } else {
            const auto version = versions.find(node.domain);
            const std::string label = node.domain.empty() ? node.op : node.domain + "." + node.op;
            if (version == versions.end() && node.domain.empty())
              seen.try_emplace(label, Seen{&node, 0, "the model imports no version of its domain"})
                  .first->second.count++;
            else if (!findLowering(node.domain, node.op,
                                   version == versions.end() ? 1 : version->second))
              seen.try_emplace(label,
                               Seen{&node, 0,
                                    fmt::format("version {} of it is not supported",
                                                version == versions.end() ? 1 : version->second)})
                  .first->second.count++;
          }
          forEachGraph(node, [&](const Graph &inner) { walk(inner, versions, depth + 1); });
        }
      };
  walk(graph, opsets, 0);
  for (const auto &[label, s] : seen)
    problems_.push_back(
        {Problem::unsupported,
         "onnx.operator",
         s.first->location(),
         fmt::format("{}: {} ({} {})", label, s.why, s.count, s.count == 1 ? "node" : "nodes"),
         {},
         "`burin ops` lists what is supported"});
}

Value *Importer::find(std::string_view name) const {
  for (size_t i = scopes_.size(); i-- > 0;)
    if (const auto it = scopes_[i].find(name); it != scopes_[i].end())
      return it->second;
  return nullptr;
}

/// Declared types; where there is none, the one of what an elementwise function makes of the value.
void Importer::declare(const Graph &graph) {
  auto &types = declared_.emplace_back();
  for (const auto *list : {&graph.valueInfo, &graph.outputs})
    for (const ValueInfo &info : *list)
      if (info.type.kind != Type::Kind::none)
        types[info.name] = &info.type;
  static constexpr std::string_view kUnary[] = {"Abs", "Cast",     "CastLike", "Cos",
                                                "Exp", "Identity", "Log",      "Neg",
                                                "Not", "Relu",     "Sin",      "Sqrt"};
  static constexpr std::string_view kBinary[] = {"Add", "Div", "Mul", "Pow", "Sub"};
  auto &guesses = guessed_.emplace_back();
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const Node &node = graph.nodes[i];
    if (node.outputs.empty() || node.inputs.empty() || !node.domain.empty())
      continue;
    const bool unary = std::ranges::find(kUnary, node.op) != std::end(kUnary);
    if (!unary && std::ranges::find(kBinary, node.op) == std::end(kBinary))
      continue;
    const auto it = types.find(node.outputs[0]);
    const auto guess = guesses.find(node.outputs[0]);
    if (unary && it != types.end())
      types.try_emplace(node.inputs[0], it->second);
    else if (it != types.end() || guess != guesses.end())
      for (size_t k = 0; k < (unary ? 1 : node.inputs.size()); ++k)
        guesses.try_emplace(node.inputs[k], it != types.end() ? it->second : guess->second);
  }
}

std::optional<Dims> Importer::declared(std::string_view value) const {
  return shapeIn(declared_, value);
}

std::optional<Dims> Importer::guessed(std::string_view value) const {
  std::optional<Dims> shape = declared(value);
  return shape ? shape : shapeIn(guessed_, value);
}

std::optional<Dims> Importer::shapeIn(const std::vector<Types> &graphs,
                                      std::string_view value) const {
  for (size_t i = graphs.size(); i-- > 0;) {
    const auto it = graphs[i].find(value);
    if (it == graphs[i].end())
      continue;
    if (it->second->kind != Type::Kind::tensor || !it->second->shape)
      return std::nullopt;
    Dims shape;
    for (const Extent &extent : *it->second->shape) {
      if (const auto *number = std::get_if<int64_t>(&extent)) {
        shape.emplace_back(*number);
        continue;
      }
      const auto *name = std::get_if<std::string>(&extent);
      const auto symbol = name ? std::ranges::find(module_->symbols(), *name, &ir::Symbol::name)
                               : module_->symbols().end();
      if (symbol == module_->symbols().end())
        return std::nullopt;
      shape.push_back(Dim::symbol(symbol->name, symbol->bounds));
    }
    return shape;
  }
  return std::nullopt;
}

void Importer::lowerNodes(const Graph &graph, ir::Builder &to) {
  declare(graph);
  for (const Initializer &i : graph.initializers)
    if (!scopes_.back().contains(i.tensor.name))
      scopes_.back()[i.tensor.name] = addTensor(*module_, i.tensor, i.tensor.name);
  for (const Node &node : graph.nodes) {
    try {
      lowerNode(node, to);
    } catch (const CompileError &error) {
      Diagnostic d = error.diagnostic();
      if (d.at.node.empty() && d.at.op.empty())
        d.at = node.location();
      problems_.push_back(std::move(d));
    }
  }
  declared_.pop_back();
  guessed_.pop_back();
}

void Importer::lowerNode(const Node &node, ir::Builder &to) {
  std::vector<Value *> inputs;
  for (const std::string &name : node.inputs) {
    Value *v = name.empty() ? nullptr : find(name);
    if (!name.empty() && !v)
      return; // what makes it has been reported
    inputs.push_back(v);
  }
  to.at = node.location();
  Values results;
  if (const Function *function = model_.function(node)) {
    results = callFunction(node, *function, to, inputs);
  } else {
    const auto version = opsets_->find(node.domain);
    const int64_t imported = version == opsets_->end() ? 1 : version->second;
    const Lowering *lowering = findLowering(node.domain, node.op, imported);
    if (!lowering)
      throw CompileError(Problem::unsupported, node.location(),
                         fmt::format("version {} of {} is not supported", imported, node.op))
          .code("onnx.operator");
    ir::Op *const last = to.block().back();
    inputs = unified(NodeView{*this, node, to, inputs, imported}, inputs);
    results = lowering->lower(NodeView{*this, node, to, std::move(inputs), imported});
    frontend::orderOps(to.block(), last, results);
  }
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty())
      continue;
    if (i >= results.size() || !results[i])
      throw CompileError(
          Problem::unsupported, node.location(),
          fmt::format("output {} ('{}') of {} is not supported", i, node.outputs[i], node.op))
          .code("onnx.output");
    scopes_.back()[node.outputs[i]] = results[i];
    if (results[i]->def() && results[i]->name.empty())
      results[i]->name = node.outputs[i];
  }
}

Values Importer::callFunction(const Node &node, const Function &function, ir::Builder &to,
                              std::span<Value *const> inputs) {
  if (++depth_ > kDeepest)
    throw CompileError(Problem::unsupported, node.location(),
                       "functions call each other too deeply")
        .code("onnx.depth");
  std::map<std::string, const Attribute *, std::less<>> bound;
  for (const Attribute &a : function.defaults)
    bound[a.name] = &a;
  for (const Attribute &a : node.attributes)
    bound[a.name] = &a;
  Graph body = function.body;
  for (Node &n : body.nodes) {
    n = bindAttributes(n, bound);
    if (n.name.empty())
      n.name = node.location().node;
  }
  std::vector<Value *> all(inputs.begin(), inputs.end());
  all.resize(body.inputs.size(), nullptr);
  // A function sees nothing of what is around it.
  std::vector<Scope> outer = std::exchange(scopes_, {});
  auto outerDeclared = std::exchange(declared_, {}), outerGuessed = std::exchange(guessed_, {});
  Values results = lowerGraph(body, to, all, function.opsets);
  scopes_ = std::move(outer);
  declared_ = std::move(outerDeclared);
  guessed_ = std::move(outerGuessed);
  --depth_;
  return results;
}

Values Importer::lowerGraph(const Graph &graph, ir::Builder &to, std::span<Value *const> inputs,
                            const Opsets &opsets) {
  const Opsets *outer = std::exchange(opsets_, &opsets);
  scopes_.emplace_back();
  for (size_t i = 0; i < graph.inputs.size(); ++i)
    if (i < inputs.size() && inputs[i])
      scopes_.back()[graph.inputs[i].name] = inputs[i];
  lowerNodes(graph, to);
  Values results;
  for (const ValueInfo &output : graph.outputs)
    results.push_back(output.name.empty() ? nullptr : find(output.name));
  scopes_.pop_back();
  opsets_ = outer;
  return results;
}

Values Importer::lowerInner(const Graph &graph, ir::Builder &to, std::span<Value *const> inputs) {
  if (depth_ >= kDeepest)
    throw CompileError(Problem::unsupported, to.at, "graphs lie too deep inside each other")
        .code("onnx.depth");
  ++depth_;
  const size_t before = problems_.size();
  const Location at = to.at;
  Values results = lowerGraph(graph, to, inputs, *opsets_);
  to.at = at;
  --depth_;
  if (problems_.size() != before) {
    Diagnostic last = std::move(problems_.back()); // thrown by the caller's node, so that it stops
    problems_.pop_back();
    throw CompileError(std::move(last));
  }
  for (size_t i = 0; i < results.size(); ++i)
    if (!results[i])
      throw CompileError(Problem::invalid, at,
                         fmt::format("output {} of an inner graph has no value", i))
          .code("onnx.output");
  return results;
}

Import importModel(const std::filesystem::path &path, const ImportOptions &options) {
  const Model model = readModel(path);
  Importer importer{model, options};
  std::unique_ptr<ir::Module> module = importer.run();
  return {std::move(module), model.files, importer.notes};
}

} // namespace burin::onnx
