// SPDX-License-Identifier: Apache-2.0
//
// Inputs of a program: their names, and shapes whose symbols have the bounds of the program, or
// tighter ones of the user.
#include "frontend/exported/guards.h"
#include "frontend/exported/importer.h"
#include "frontend/exported/symbols.h"
#include "frontend/exported/treespec.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace burin::exported {
using ir::Dim;
using ir::ElementType;
using torchscript::TensorRef;
using torchscript::Uninitialized;

// ---- names ----

namespace {

/// How the whole program is called: the first of module_call_graph; nothing without one.
std::optional<Json> callSignature(const Json &program) {
  for (const Json &entry : program["graph_module"]["module_call_graph"].items())
    if (entry["fqn"].text().empty())
      return entry.find("signature");
  return std::nullopt;
}

std::string rangeText(const ir::Bounds &b) {
  if (b.lo == b.hi)
    return std::to_string(b.lo);
  return fmt::format("{}..{}", b.lo, b.hi == ir::kUnbounded ? "" : std::to_string(b.hi));
}

} // namespace

std::vector<std::string> Importer::inputLeaves() const {
  const std::optional<Json> call = callSignature(program_);
  if (!call)
    return {};
  std::vector<std::string> parameters;
  if (const auto names = call->find("forward_arg_names"))
    for (const Json &name : names->items())
      parameters.push_back(name.text());
  const Document tree = treeOf((*call)["in_spec"], "in_spec");
  return argumentNames(rootOf(tree), parameters, fields_);
}

std::vector<std::string> Importer::outputLeaves(size_t count) const {
  std::vector<std::string> names;
  if (const std::optional<Json> call = callSignature(program_)) {
    const Document tree = treeOf((*call)["out_spec"], "out_spec");
    names = leafNames(rootOf(tree), "output", fields_);
  }
  if (names.size() != count) { // the tree is of the module, not of this graph
    names.clear();
    for (size_t i = 0; i < count; ++i)
      names.push_back(count == 1 ? "output" : fmt::format("output.{}", i));
  }
  return names;
}

// ---- shapes ----

Dim Importer::extentOf(const Json &size, const std::string &origin) {
  const auto [kind, value] = size.only();
  if (kind == "as_int") {
    const int64_t number = value.integer();
    if (number < 0)
      value.fail("an extent is negative");
    return number;
  }
  if (kind != "as_expr")
    size.expected("an extent");
  Session &s = *session_;
  const auto symbol = [&](std::string_view name) -> Dim {
    if (const auto it = s.bound.find(name); it != s.bound.end())
      return it->second;
    ir::Bounds bounds = ranges_.of(name);
    if (const auto it = options_.dims.find(name); it != options_.dims.end()) {
      usedOptions_.insert(it->first);
      if (it->second.lo < bounds.lo || it->second.hi > bounds.hi)
        problem(Problem::usage, "dims.bounds",
                fmt::format("--dim {}={}: the program is for {}", name, rangeText(it->second),
                            rangeText(bounds)));
      bounds = it->second;
    }
    return bounds.lo == bounds.hi ? Dim(bounds.lo) : s.module->symbol(name, bounds, origin);
  };
  std::string why;
  const std::optional<Dim> extent = parseExtent(value["expr_str"].text(), symbol, why);
  if (!extent)
    value["expr_str"].fail(fmt::format("this extent cannot be read: {}", why));
  return *extent;
}

/// What --input-shape fixes: open extents, which are symbols.
void Importer::bindShape(const InputSpec &of) {
  const auto given = options_.inputShapes.find(of.name);
  const auto tensor = of.kind == "user_input" ? of.spec["arg"].find("as_tensor") : std::nullopt;
  if (given == options_.inputShapes.end() || !tensor)
    return;
  usedOptions_.insert(of.name);
  const std::vector<Json> sizes =
      graph_["tensor_values"][(*tensor)["name"].text()]["sizes"].items();
  if (sizes.size() != given->second.size())
    return problem(Problem::usage, "exported.input",
                   fmt::format("--input-shape {}: {} extents, the program has {}", of.name,
                               given->second.size(), sizes.size()));
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto [kind, value] = sizes[i].only();
    std::string symbol, why;
    const auto named = [&](std::string_view is) {
      symbol = is;
      return Dim::symbol(symbol, {});
    };
    const auto extent =
        kind == "as_expr" ? parseExtent(value["expr_str"].text(), named, why) : std::nullopt;
    if (!extent || !extent->symbolName())
      continue;
    const ir::Bounds asked = given->second[i].bounds(), known = ranges_.of(symbol);
    if (asked.lo < known.lo || asked.hi > known.hi)
      problem(Problem::usage, "dims.bounds",
              fmt::format("--input-shape {}: extent {} is {}, and the program is for {}", of.name,
                          i, rangeText(asked), rangeText(known)));
    session_->bound.emplace(symbol, given->second[i]);
  }
}

ir::Shape Importer::shapeOf(const Json &sizes, const std::string &name) {
  ir::Shape shape;
  for (const Json &size : sizes.items())
    shape.push_back(extentOf(size, fmt::format("dimension {} of input '{}'", shape.size(), name)));
  const auto given = options_.inputShapes.find(name);
  if (given != options_.inputShapes.end() && shape.size() == given->second.size())
    for (size_t i = 0; i < shape.size(); ++i)
      if (shape[i] != given->second[i])
        problem(Problem::usage, "exported.input",
                fmt::format("--input-shape {}: extent {} is {}, and the program is for {}", name, i,
                            given->second[i].text(), shape[i].text()),
                "export it with that extent dynamic: torch.export.Dim");
  return shape;
}

// ---- inputs ----

Host Importer::tensorInput(const std::string &graphName, const std::string &name) {
  Session &s = *session_;
  const Json meta = graph_["tensor_values"][graphName];
  const int64_t dtype = meta["dtype"].integer();
  const std::optional<ElementType> element = elementTypeOf(dtype);
  if (!element) {
    problem(Problem::unsupported, "exported.input",
            fmt::format("the input '{}' has elements of the dtype {} of the program", name, dtype),
            "use a real or integer type of elements");
    return Uninitialized{};
  }
  const ir::Type type{*element, shapeOf(meta["sizes"], name)};
  const Host made = s.in.make(s.main.body.addArgument(type, name));
  const TensorRef &tensor = made.as<TensorRef>();
  s.inputs.emplace(graphName, UserInput{name, tensor, s.in.valueOf(tensor)});
  return made;
}

Host Importer::numberInput(const std::string &kind, const std::string &name) {
  Session &s = *session_;
  const ElementType e = kind == "as_sym_bool"    ? ElementType::boolean
                        : kind == "as_sym_float" ? ElementType::f64
                                                 : ElementType::i64;
  const auto given = options_.arguments.find(name);
  if (given == options_.arguments.end())
    return torchscript::RunNumber{s.main.body.addArgument({e, {}}, name)};
  usedOptions_.insert(name);
  const std::string &text = given->second;
  const auto number = [&](auto to) -> Host {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    if (error == std::errc() && end == text.data() + text.size())
      return Host(to);
    problem(Problem::usage, "exported.argument",
            fmt::format("--arg {} is '{}', expected {}", name, text,
                        e == ElementType::i64 ? "an integer" : "a number"));
    return Uninitialized{};
  };
  if (e == ElementType::boolean && (text == "true" || text == "false"))
    return text == "true";
  return e == ElementType::i64 ? number(int64_t{}) : number(double{});
}

Host Importer::input(const InputSpec &of) {
  if (of.kind == "constant_input")
    return {}; // the graph has its value where it is used
  if (of.kind == "user_input") {
    const auto [kind, value] = of.spec["arg"].only();
    if (kind == "as_tensor")
      return tensorInput(value["name"].text(), of.name);
    return kind.starts_with("as_sym_") && value.find("as_name") ? numberInput(kind, of.name)
                                                                : Host{};
  }
  if (of.kind == "parameter" || of.kind == "buffer" || of.kind == "tensor_constant")
    return stored(of.kind, of.spec);
  problem(Problem::unsupported, "exported.input",
          fmt::format("the program has an input of the kind {}", of.kind),
          "export the model without objects of TorchBind and operators with side effects");
  return Uninitialized{};
}

std::vector<Importer::InputSpec> Importer::inputSpecs() const {
  std::vector<InputSpec> all;
  for (const Json &entry : signature_["input_specs"].items()) {
    auto [kind, spec] = entry.only();
    const auto tensor = kind == "user_input" ? spec["arg"].find("as_tensor") : std::nullopt;
    std::string name = tensor                     ? (*tensor)["name"].text()
                       : kind == "constant_input" ? spec["name"].text()
                                                  : fmt::format("input.{}", all.size());
    all.push_back({std::move(kind), std::move(name), spec});
  }
  const std::vector<std::string> leaves = inputLeaves();
  if (std::ranges::count_if(all, &InputSpec::isOfUser) == std::ssize(leaves))
    for (size_t i = 0, leaf = 0; i < all.size(); ++i)
      if (all[i].isOfUser())
        all[i].name = leaves[leaf++];
  return all;
}

/// The values of the graph's inputs, which the signature describes one by one.
std::vector<Host> Importer::graphInputs() {
  const std::vector<InputSpec> specs = inputSpecs();
  if (const size_t count = graph_["inputs"].items().size(); specs.size() != count)
    signature_["input_specs"].fail(
        fmt::format("{} entries for the {} inputs of the graph", specs.size(), count));
  for (const InputSpec &spec : specs)
    bindShape(spec);
  std::vector<Host> values;
  for (const InputSpec &spec : specs) {
    values.push_back(input(spec));
    if (spec.isOfUser())
      session_->given.insert_or_assign(spec.name, values.back());
  }
  return values;
}

Inputs Importer::inputs() {
  session_ = std::make_shared<Session>(container_, options_, ranges_, found_);
  Inputs all;
  for (const InputSpec &spec : inputSpecs())
    if (spec.isOfUser() && input(spec).holds<TensorRef>())
      all.names.push_back(spec.name);
  for (const ir::Symbol &s : session_->module->symbols())
    all.symbols.push_back(s.name);
  return all;
}

/// Extents that a run cannot know, and options that fit nothing.
void Importer::checkArguments() {
  std::set<std::string, std::less<>> known;
  std::map<std::string, ir::Bounds, std::less<>> used;
  for (const auto &[name, input] : session_->inputs)
    for (const Dim &d : input.before->type.shape()) {
      d.collectSymbols(used);
      if (const auto symbol = d.symbolName())
        known.emplace(*symbol);
    }
  for (const auto &[symbol, bounds] : used)
    if (!known.contains(symbol))
      problem(Problem::unsupported, "exported.input",
              fmt::format("no input has the extent {} itself, only expressions of it", symbol),
              fmt::format("fix it, --dim {}={}, or export the model with a Dim of its own", symbol,
                          bounds.lo));
  for (const auto &[name, text] : options_.arguments)
    if (!usedOptions_.contains(name))
      problem(Problem::usage, "exported.argument",
              fmt::format("--arg {}: the model has no input of that name that is a number", name));
}

/// Conditions of the program: PyTorch refuses inputs that do not hold them.
void Importer::checkGuards() {
  const std::optional<Json> guards = program_.find("guards_code");
  if (!guards)
    return;
  Session &s = *session_;
  s.in.to().at = {"guards", {}, {}};
  Guards conditions{s.in, s.operators, s.given};
  for (const Json &guard : guards->items()) {
    const std::string &text = guard.text();
    const size_t before = found_.problems.size();
    const std::optional<Host> holds = conditions.evaluate(text);
    if (!holds && found_.problems.size() == before)
      s.operators.note(fmt::format(": the condition {} is not checked", text));
    const bool *known = holds ? holds->find<bool>() : nullptr;
    if (known && !*known)
      problem(Problem::usage, "exported.guard",
              fmt::format("the program is not for these shapes: it requires {}", text),
              "choose others by --input-shape or --dim, or export it for them");
    if (holds && !known)
      s.in.to().makeOp(ir::ops::assert_, {s.in.scalarOf(*holds)},
                       {ir::attr::message(fmt::format("the program requires {}", text))});
  }
  raise();
}

} // namespace burin::exported
