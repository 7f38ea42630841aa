// SPDX-License-Identifier: Apache-2.0
#include "frontend/savedmodel/importer.h"

#include "frontend/common/extents.h"
#include "frontend/common/order.h"
#include "frontend/savedmodel/ops_control.h"
#include "frontend/savedmodel/problems.h"
#include "frontend/savedmodel/reach.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::savedmodel {
namespace {

constexpr size_t kMostLowered = 1'000'000; // nodes, each as often as it is inlined

/// The place of an output among all of the node.
size_t outputIndex(const Node &node, const Graph *called, const Input &input) {
  const auto index = static_cast<size_t>(input.index);
  if (input.output.empty())
    return index;
  if (called) {
    const auto it = std::ranges::find(called->results, input.output, &Graph::Result::name);
    return static_cast<size_t>(it - called->results.begin());
  }
  const Lowering *lowering = findLowering(node.op);
  if (!lowering || lowering->outputs.empty())
    return index;
  size_t place = 0;
  for (std::string_view rest = lowering->outputs; !rest.empty(); ++place) {
    const size_t end = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, end) == input.output)
      return place + index;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  throw invalid("node", fmt::format("{} ({}) has no output {}", quote(node.name), node.op,
                                    quote(input.output)));
}

/// "layer/kernel" of "layer/kernel/.ATTRIBUTES/VARIABLE_VALUE".
std::string plainKey(std::string_view key) {
  return std::string(key.substr(0, key.find("/.ATTRIBUTES/")));
}

} // namespace

Importer::Importer(Model &model, const ImportOptions &options, const std::set<std::string> &states)
    : model_{model}, options_{options}, meta_{chosenGraph(model, options)},
      functionProtos_{functionsOf(meta_.graph)}, main_{readGraph(meta_.graph)},
      signature_{chosenSignature(model, meta_, main_, options)},
      module_{std::make_unique<ir::Module>()}, stateNames_{states} {
  module_->format = "savedmodel";
}

const Graph *Importer::function(std::string_view name) {
  const auto proto = functionProtos_.find(name);
  if (proto == functionProtos_.end())
    return nullptr;
  std::unique_ptr<Graph> &graph = functions_[proto->first];
  if (!graph)
    graph = std::make_unique<Graph>(readFunction(proto->second));
  return graph.get();
}

// ---- inputs ----

ir::Type Importer::inputType(const Port &port) {
  const auto refuse = [&](std::string text, std::string hint = {}) {
    throw CompileError(Problem::unsupported, {port.key, "", ""}, std::move(text))
        .code("savedmodel.input")
        .hint(std::move(hint));
  };
  const auto element = elementTypeOf(port.type);
  if (!element)
    refuse(fmt::format("the input '{}' is of type {}", port.key, name(port.type)));
  if (const auto given = options_.inputShapes.find(port.key); given != options_.inputShapes.end()) {
    usedOptions_.insert(port.key);
    if (port.shape && port.shape->size() != given->second.size())
      throw CompileError(
          Problem::usage, {port.key, "", ""},
          fmt::format("--input-shape gives '{}' {} extents, and the model declares {}", port.key,
                      given->second.size(), port.shape->size()))
          .code("savedmodel.input-shape");
    return {*element, given->second};
  }
  if (!port.shape)
    refuse(fmt::format("the input '{}' has no declared shape", port.key),
           fmt::format("give it one: --input-shape {}:1x224x224x3", port.key));
  ir::Shape shape;
  for (size_t i = 0; i < port.shape->size(); ++i) {
    if ((*port.shape)[i] < -1)
      refuse(fmt::format("the input '{}' has an extent of {}", port.key, (*port.shape)[i]));
    if ((*port.shape)[i] >= 0) {
      shape.emplace_back((*port.shape)[i]);
      continue;
    }
    const std::string symbol = fmt::format("{}.{}", port.key, i);
    ir::Bounds bounds{0, ir::kUnbounded};
    if (const auto it = options_.dims.find(symbol); it != options_.dims.end()) {
      bounds = it->second;
      usedOptions_.insert(symbol);
    }
    if (bounds.lo == bounds.hi)
      shape.emplace_back(bounds.lo);
    else
      shape.push_back(
          module_->symbol(symbol, bounds, fmt::format("dimension {} of input '{}'", i, port.key)));
  }
  return {*element, std::move(shape)};
}

// ---- the walk ----

Item Importer::get(const Frame &frame, const Input &input) const {
  const Node *node = frame.graph.find(input.node);
  if (const auto it = frame.given.find(input.node);
      it != frame.given.end() && input.output.empty()) {
    if (input.index != 0)
      throw invalid("node", fmt::format("output {} of {} is read, which has one", input.index,
                                        quote(input.node)));
    return it->second;
  }
  if (!node)
    throw invalid("node", fmt::format("the graph has no node {}", quote(input.node)));
  const auto it = frame.done.find(node);
  if (it == frame.done.end())
    return {}; // it has been reported
  const auto called = functions_.find(node->op);
  const size_t index =
      outputIndex(*node, called == functions_.end() ? nullptr : called->second.get(), input);
  if (index >= it->second.size() || it->second[index].isEmpty())
    throw CompileError(Problem::unsupported, node->location(),
                       fmt::format("output {} of {} is not supported", index, node->op))
        .code("savedmodel.output");
  return it->second[index];
}

void Importer::lower(Frame &frame, const std::vector<std::string_view> &roots, ir::Builder &to) {
  std::set<std::string_view> fed;
  for (const auto &[name, item] : frame.given)
    fed.insert(name);
  for (const auto &[node, items] : frame.done)
    fed.insert(node->name);
  for (const Node *node : reachable(frame.graph, roots, fed)) {
    try {
      lowerNode(frame, *node, to);
    } catch (const CompileError &error) {
      Diagnostic d = error.diagnostic();
      if (d.at.node.empty() && d.at.op.empty())
        d.at = node->location();
      problems_.push_back(std::move(d));
    }
  }
}

void Importer::lowerNode(Frame &frame, const Node &node, ir::Builder &to) {
  if (lowered_++ == kMostLowered)
    throw CompileError(
        Problem::limit, node.location(),
        fmt::format("the model has more than {} nodes when its functions are inlined",
                    kMostLowered))
        .code("savedmodel.depth");
  if (lowered_ > kMostLowered)
    return; // has been reported
  if (const Graph::Loop *loop = frame.graph.loopOf(node))
    return lowerExit(frame, *loop, to);
  Items inputs;
  for (const Input &input : node.inputs) {
    inputs.push_back(get(frame, input));
    if (inputs.back().isEmpty())
      return;
  }
  to.at = node.location();
  noteContext(frame, node);
  if (node.op == "Merge") {
    frame.done[&node] = lowerMerge(frame, node, inputs, to);
    return;
  }
  if (const Graph *called = function(node.op)) {
    frame.done[&node] = call(*called, to, inputs, node.location());
    return;
  }
  const Lowering *lowering = findLowering(node.op);
  if (!lowering)
    return; // has been reported
  ir::Op *const last = to.block().back();
  Items results;
  try {
    results = lowering->lower(NodeView{*this, node, to, std::move(inputs)});
  } catch (const std::out_of_range &) { // of at(): every list that a node gives is read by it
    throw invalid("input", fmt::format("an input or an attribute of {} has fewer elements than it "
                                       "should",
                                       node.op));
  }
  std::vector<Value *> values;
  for (size_t i = 0; i < results.size(); ++i)
    if (Value *v = results[i].tensor) {
      values.push_back(v);
      if (v->def() && v->name.empty())
        v->name = i == 0 ? std::string(node.name) : fmt::format("{}:{}", node.name, i);
    }
  frontend::orderOps(to.block(), last, values);
  noteInner(node, results, to);
  frame.done[&node] = std::move(results);
}

/// Keeps what the options ask for of the functions that lie in no loop and no branch.
void Importer::noteInner(const Node &node, const Items &results, const ir::Builder &to) {
  if (calls_.empty() || &to.block() != &module_->functions.front()->body)
    return;
  for (auto &[key, item] : inner_) {
    const Input wanted = parseInput(key, false);
    const auto index = static_cast<size_t>(wanted.index);
    if (wanted.node != node.name || index >= results.size())
      continue;
    if (!item.isEmpty())
      throw CompileError(Problem::usage, node.location(),
                         fmt::format("--outputs {}: several tensors have that name", key))
          .code("savedmodel.output");
    item = results[index];
  }
}

Items Importer::call(const Graph &graph, ir::Builder &to, const Items &arguments,
                     const Location &caller) {
  if (std::ranges::find(calls_, &graph) != calls_.end())
    throw CompileError(Problem::invalid, caller,
                       fmt::format("function {} calls itself", quote(graph.name)))
        .code("savedmodel.depth");
  if (calls_.size() >= kDeepest)
    throw CompileError(Problem::unsupported, caller, "functions call each other too deeply")
        .code("savedmodel.depth");
  if (arguments.size() < graph.arguments.size())
    throw CompileError(Problem::invalid, caller,
                       fmt::format("function {} takes {} arguments and gets {}", quote(graph.name),
                                   graph.arguments.size(), arguments.size()))
        .code("savedmodel.function");
  calls_.push_back(&graph);
  const size_t before = problems_.size();
  Frame frame{graph, {}, {}, {}};
  for (size_t i = 0; i < graph.arguments.size(); ++i)
    frame.given[graph.arguments[i].name] = arguments[i];
  lower(frame, rootsOf(graph), to);
  to.at = caller;
  calls_.pop_back();
  if (problems_.size() != before) {
    Diagnostic last = std::move(problems_.back()); // thrown by the caller's node, so that it stops
    problems_.pop_back();
    throw CompileError(std::move(last));
  }
  Items results;
  for (const Graph::Result &result : graph.results)
    results.push_back(get(frame, result.from));
  return results;
}

std::unique_ptr<ir::Module> Importer::run() {
  checkSignature(signature_, main_);
  std::vector<Port> outputs;
  if (options_.outputs.empty())
    outputs = signature_.outputs;
  for (const std::string &key : options_.outputs) {
    const auto it = std::ranges::find(signature_.outputs, key, &Port::key);
    outputs.push_back(it != signature_.outputs.end() ? *it : Port{key, key, DataType::invalid, {}});
    if (it != signature_.outputs.end() || main_.find(parseInput(key, false).node))
      continue;
    if (functionProtos_.empty())
      throw misused("output", fmt::format("the model has no output {}", quote(key)));
    inner_[key]; // of a function, if it is there at all
  }
  if (outputs.empty())
    throw invalid("signature", model_.frozen ? "every node is used by another: nothing says what "
                                               "the outputs are"
                                             : "the signature has no outputs")
        .hint("name what you want: --outputs NODE:0");
  std::vector<std::string_view> roots;
  for (const Port &output : outputs)
    if (!inner_.contains(output.key))
      roots.push_back(parseInput(output.tensor, false).node);
  if (!inner_.empty()) // wherever it is, something of the signature calls its function
    for (const Port &output : signature_.outputs)
      roots.push_back(parseInput(output.tensor, false).node);
  Frame frame{main_, {}, {}, {}};
  ir::Function &entry = module_->addFunction("main");
  std::set<std::string_view> fed;
  for (const Port &input : signature_.inputs) {
    const std::string_view node = parseInput(input.tensor, false).node;
    fed.insert(node);
    try {
      frame.given[node] = Item(entry.body.addArgument(inputType(input), input.key));
    } catch (const CompileError &error) {
      problems_.push_back(error.diagnostic());
    }
  }
  reportUnsupported(main_, roots, fed);
  frontend::checkExtents(problems_, *module_, options_.dims, options_.inputShapes, usedOptions_);
  if (!problems_.empty())
    throw CompileErrors(std::move(problems_));

  keys_ = variableKeys(model_, meta_, main_, functionProtos_);
  ir::Builder to{*module_, entry.body};
  addStates(entry);
  lower(frame, roots, to);
  if (!assigned_.empty())
    return nullptr; // again, with these as states
  if (problems_.empty())
    addResults(entry, frame, outputs, to);
  if (!problems_.empty())
    throw CompileErrors(std::move(problems_));
  sinkBranches(entry.body);
  return std::move(module_);
}

void Importer::addResults(ir::Function &entry, const Frame &frame, const std::vector<Port> &outputs,
                          ir::Builder &to) {
  std::vector<Value *> results;
  for (const Port &output : outputs) {
    try {
      const auto inner = inner_.find(output.key);
      if (inner != inner_.end() && inner->second.isEmpty())
        throw misused("output", fmt::format("the model has no output {}", quote(output.key)));
      const Node none{output.key, "output", {}, {}, {}};
      const NodeView view{
          *this,
          none,
          to,
          {inner != inner_.end() ? inner->second : get(frame, parseInput(output.tensor, false))}};
      results.push_back(view.in(0));
      entry.resultNames.push_back(output.key);
    } catch (const CompileError &error) {
      problems_.push_back(error.diagnostic());
    }
  }
  for (ir::State &state : entry.states) {
    state.result = results.size();
    results.push_back(current_.at(state.name));
    if (const auto key = keys_.find(state.name); key != keys_.end())
      state.name = plainKey(key->second.key);
    entry.body.argument(state.argument)->name = state.name;
    entry.resultNames.push_back(state.name);
  }
  if (problems_.empty())
    to.yield(results);
}

// ---- variables ----

Variable *Importer::variable(Variable declared) {
  std::unique_ptr<Variable> &v = variables_[declared.node];
  if (!v)
    v = std::make_unique<Variable>(std::move(declared));
  return v.get();
}

Value *Importer::initialValue(const std::string &node) {
  Value *&constant = initial_[node];
  const auto key = keys_.find(node);
  if (!constant && key != keys_.end() && model_.variables.has(key->second.key))
    constant = addTensor(*module_, model_.variables.read(key->second.key, key->second.slice),
                         plainKey(key->second.key));
  if (!constant)
    initialise();
  if (!constant && model_.variables.files().empty())
    throw unsupported("variable", fmt::format("the variable of node {} has no value: the model has "
                                              "no folder variables",
                                              quote(node)))
        .hint("copy the whole folder of the model");
  if (!constant)
    throw unsupported("variable",
                      fmt::format("the variable of node {} has no value in the checkpoint, "
                                  "and nothing initialises it",
                                  quote(node)))
        .hint("save the model after its variables have been initialised");
  return constant;
}

void Importer::addStates(ir::Function &entry) {
  for (const std::string &node : stateNames_) {
    Value *initial = initialValue(node);
    entry.states.push_back({node, entry.body.numArguments(), SIZE_MAX, initial});
    current_[node] = entry.body.addArgument(initial->type, node);
  }
}

Value *Importer::read(const Variable &v) {
  const auto it = current_.find(v.node);
  Value *value = it != current_.end() ? it->second : initialValue(v.node);
  const ir::Type &has = value->type;
  bool fits = has.element() == v.element && (!v.shape || v.shape->size() == has.rank());
  for (size_t i = 0; fits && v.shape && i < has.rank(); ++i)
    fits =
        (*v.shape)[i] < 0 || !has.shape()[i].isNumber() || has.shape()[i].isNumber((*v.shape)[i]);
  if (!fits)
    throw invalid(
        "variable",
        fmt::format("the variable of node {} has the value {}, declared is {}{}", quote(v.node),
                    has.text(), ir::name(v.element),
                    v.shape ? ir::text(ir::Shape(v.shape->begin(), v.shape->end())) : ""));
  return value;
}

void Importer::assign(const Variable &v, Value *value) {
  if (initialising_) {
    Value *constant = folded(value);
    if (!constant)
      throw unsupported("variable", fmt::format("what initialises the variable of node {} is not "
                                                "known while compiling",
                                                quote(v.node)));
    Value *&initial = initial_[v.node];
    initial = initial ? initial : constant;
    return;
  }
  if (!stateNames_.contains(v.node)) {
    assigned_.insert(v.node);
    current_[v.node] = value;
    return;
  }
  const ir::Type &has = current_.at(v.node)->type;
  if (value->type != has)
    throw unsupported("state", fmt::format("the variable of node {} is {}, and {} is assigned",
                                           quote(v.node), has.text(), value->type.text()))
        .hint("a state has one shape: fix the extents of the inputs");
  current_[v.node] = value;
}

Table *Importer::table(const std::string &node) {
  std::unique_ptr<Table> &t = tables_[node];
  if (!t)
    t = std::make_unique<Table>(Table{node, nullptr, nullptr});
  return t.get();
}

void Importer::initialise() {
  if (initialised_ || initialising_)
    return;
  initialising_ = true;
  // Into a function of its own, of which only constants stay.
  ir::Function &scratch = module_->addFunction("initialisation");
  ir::Builder to{*module_, scratch.body};
  const size_t before = problems_.size();
  try {
    Frame frame{main_, {}, {}, {}};
    lower(frame, meta_.initOps, to);
  } catch (const CompileError &error) {
    problems_.push_back(error.diagnostic());
  }
  to.yield({});
  module_->functions.pop_back();
  initialising_ = false;
  initialised_ = true;
  if (problems_.size() != before) {
    Diagnostic first = problems_[before];
    problems_.resize(before);
    throw CompileError(std::move(first));
  }
}

// ---- constants ----

Value *Importer::folded(Value *v) {
  Folds known; // each value once, however many need it
  return folded(v, known, 0);
}

Value *Importer::folded(Value *v, Folds &known, int depth) {
  constexpr int kDeepestFold = 1000;
  constexpr int64_t kMostElements = int64_t{1} << 26;
  if (v->isConstant())
    return v;
  if (const auto it = known.find(v); it != known.end())
    return it->second;
  known[v] = nullptr;
  if (depth > kDeepestFold || !v->type.isTensor() || v->type.count().bounds().hi > kMostElements)
    return nullptr;
  ir::Op *op = v->def();
  if (!op || !options_.evaluator || op->numBlocks() > 0 || op->def.is(ir::Trait::effect) ||
      !v->type.isTensor() || !v->type.isStatic())
    return nullptr;
  for (const ir::AttrValue &attribute : op->attributes()) // extents that only the run knows
    if (const ir::Dims *dims = std::get_if<ir::Dims>(&attribute);
        dims && !std::ranges::all_of(*dims, [](const Dim &d) { return d.isNumber(); }))
      return nullptr;
  std::vector<ir::Tensor> values;
  std::vector<const ir::Tensor *> operands;
  values.reserve(op->numOperands());
  for (size_t i = 0; i < op->numOperands(); ++i) {
    if (!op->operand(i)) {
      operands.push_back(nullptr);
      continue;
    }
    const Value *operand = folded(op->operand(i), known, depth + 1);
    if (!operand)
      return nullptr;
    values.push_back(ir::toTensor(*operand));
    operands.push_back(&values.back());
  }
  if (!options_.evaluator->supports(*op) && !ir::executesItself(op->def))
    return nullptr;
  ir::SymbolValues none;
  const std::vector<ir::Tensor> results = ir::executeOp(*op, operands, *options_.evaluator, none);
  return known[v] = ir::addConstant(*module_, results[v->index()], v->name);
}

Import importModel(const std::filesystem::path &path, const ImportOptions &options) {
  Model model = readModel(path);
  std::set<std::string> states = options.states;
  constexpr int kMostAttempts = 10; // each finds variables that the one before did not reach
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    Importer importer{model, options, states};
    std::unique_ptr<ir::Module> module = importer.run();
    if (module) {
      std::vector<std::filesystem::path> files = model.files;
      std::ranges::copy(model.variables.files(), std::back_inserter(files));
      return {std::move(module), std::move(files), std::move(states)};
    }
    states.insert(importer.assigned().begin(), importer.assigned().end());
  }
  throw unsupported("state", "the variables that the model assigns differ from attempt to attempt");
}

} // namespace burin::savedmodel
