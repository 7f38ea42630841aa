// SPDX-License-Identifier: Apache-2.0
#include "frontend/exported/graph.h"

#include "frontend/exported/container.h"
#include "frontend/exported/symbols.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::exported {
using ir::Dim;
using torchscript::RunNumber;
using torchscript::TensorRef;
using torchscript::Uninitialized;
namespace {

constexpr int kDeepest = 50; // graphs inside each other

/// Python's arithmetic on numbers, by what TorchScript calls it.
constexpr std::pair<std::string_view, std::string_view> kPython[] = {
    {"_operator.add", "aten::add"},
    {"_operator.sub", "aten::sub"},
    {"_operator.mul", "aten::mul"},
    {"_operator.truediv", "aten::div"},
    {"_operator.floordiv", "aten::floordiv"},
    {"_operator.mod", "aten::remainder"},
    {"_operator.pow", "aten::pow"},
    {"_operator.neg", "aten::neg"},
    {"_operator.eq", "aten::eq"},
    {"_operator.ne", "aten::ne"},
    {"_operator.lt", "aten::lt"},
    {"_operator.le", "aten::le"},
    {"_operator.gt", "aten::gt"},
    {"_operator.ge", "aten::ge"},
    {"_operator.and_", "aten::__and__"},
    {"_operator.or_", "aten::__or__"},
    {"math.trunc", "aten::Int"},
    {"math.ceil", "aten::ceil"},
    {"math.floor", "aten::floor"},
    {"torch.sym_float", "aten::Float"},
    {"torch.sym_int", "aten::Int"},
    {"torch.sym_max", "prim::max"},
    {"torch.sym_min", "prim::min"},
    {"torch.sym_not", "aten::__not__"},
    {"torch.sym_sqrt", "aten::sqrt"},
    {"torch._sym_sqrt", "aten::sqrt"},
};

/// "file:line" of the user's program: the innermost frame that is not PyTorch's own.
std::string placeOf(std::string_view trace) {
  constexpr std::string_view kFile = "File \"", kLine = "\", line ";
  std::string place;
  for (size_t at = 0; (at = trace.find(kFile, at)) != std::string_view::npos;) {
    at += kFile.size();
    const size_t end = trace.find(kLine, at);
    if (end == std::string_view::npos)
      break;
    const std::string_view path = trace.substr(at, end - at);
    at = end + kLine.size();
    const std::string_view line = trace.substr(at, trace.find_first_not_of("0123456789", at) - at);
    if (place.empty() || path.find("/torch/") == std::string_view::npos)
      place = fmt::format("{}:{}", path, line);
  }
  return place;
}

Location locationOf(const Json &node) {
  Location at;
  at.op = node["target"].text();
  if (const auto name = node.find("name"))
    at.node = name->text();
  else
    for (const Json &output : node["outputs"].items())
      if (const auto [kind, value] = output.only(); at.node.empty() && kind == "as_tensor")
        at.node = value["name"].text();
  if (const auto metadata = node.find("metadata"))
    if (const auto trace = metadata->find("stack_trace"); trace && trace->isText())
      at.source = placeOf(trace->text());
  return at;
}

struct Nesting {
  int &depth;
  explicit Nesting(int &of) : depth{of} { ++depth; }
  ~Nesting() { --depth; }
};

bool isList(const std::string &kind) {
  return kind == "as_tensors" || kind == "as_optional_tensors" || kind == "as_sym_ints";
}

bool isWhole(const Host &h) {
  const RunNumber *n = h.find<RunNumber>();
  return h.holds<Dim>() || (n && ir::isInteger(n->value->type.element()));
}

} // namespace

CompileError misfit(const Location &at, std::string text, std::string hint) {
  return CompileError(Problem::invalid, at, std::move(text))
      .code("exported.graph")
      .hint(std::move(hint));
}

Ranges::Ranges(const Json &constraints) {
  for (const auto &[symbol, range] : constraints.members()) {
    ir::Bounds bounds;
    if (const auto lo = range.find("min_val"))
      bounds.lo = std::max<int64_t>(0, lo->integer());
    if (const auto hi = range.find("max_val"))
      bounds.hi = hi->integer();
    constexpr int64_t kEndless = int64_t{1} << 62; // sympy's infinity in older programs
    if (bounds.hi >= kEndless)
      bounds.hi = ir::kUnbounded;
    if (bounds.lo > bounds.hi)
      range.fail(fmt::format("the range {}..{} is empty", bounds.lo, bounds.hi));
    bounds_.emplace(symbol, bounds);
  }
}

ir::Bounds Ranges::of(std::string_view symbol) const {
  const auto it = bounds_.find(symbol);
  return it == bounds_.end() ? ir::Bounds{} : it->second;
}

GraphRunner::GraphRunner(torchscript::Evaluation &in, torchscript::Operators &operators,
                         const Ranges &ranges)
    : in_{in}, operators_{operators}, ranges_{ranges} {}

std::vector<Host> GraphRunner::run(const Json &graph, const std::vector<Host> &inputs) {
  const Nesting inside{depth_};
  if (depth_ > kDeepest)
    graph.fail("graphs lie too deep inside each other");
  Scope scope{graph, {}};
  const std::vector<Json> names = graph["inputs"].items();
  if (names.size() != inputs.size())
    graph["inputs"].fail(
        fmt::format("the graph has {} inputs and gets {}", names.size(), inputs.size()));
  for (size_t i = 0; i < names.size(); ++i)
    bind(names[i], inputs[i], scope);
  for (const Json &node : graph["nodes"].items())
    runNode(node, scope);
  std::vector<Host> outputs;
  for (const Json &output : graph["outputs"].items())
    outputs.push_back(argument(output, scope));
  return outputs;
}

void GraphRunner::runNode(const Json &node, Scope &scope) {
  in_.to().at = locationOf(node);
  const std::string target = in_.to().at.op;
  Host result = Uninitialized{};
  try {
    result = call(target, node, scope);
  } catch (const CompileError &error) {
    if (error.diagnostic().problem == Problem::unreadable)
      throw; // a damaged file: what follows means nothing
    operators_.report(error);
  }
  bindAll(node, result, scope);
}

Host GraphRunner::call(const std::string &target, const Json &node, Scope &scope) {
  constexpr std::string_view kOps = "torch.ops.", kHigherOrder = "torch.ops.higher_order.";
  if (target.starts_with(kHigherOrder)) {
    if (std::optional<Host> made =
            callHigherOrder(std::string_view(target).substr(kHigherOrder.size()), node, scope))
      return *made;
    throw CompileError(Problem::unsupported, in_.to().at,
                       fmt::format("the operator {} is not supported", target))
        .code("exported.operator")
        .hint("cond, while_loop, scan and the wrappers of no_grad and autocast are");
  }
  torchscript::Given given;
  for (const Json &input : node["inputs"].items())
    given.keywords.emplace_back(input["name"].text(), argument(input["arg"], scope));
  if (target.starts_with(kOps)) {
    const size_t dot = target.find('.', kOps.size()), last = target.rfind('.');
    if (dot == std::string::npos || last == dot)
      node["target"].expected("torch.ops.NAMESPACE.NAME.OVERLOAD");
    std::string full = fmt::format("{}::{}", target.substr(kOps.size(), dot - kOps.size()),
                                   target.substr(dot + 1, last - dot - 1));
    if (const std::string_view overload = std::string_view(target).substr(last + 1);
        overload != "default")
      full += fmt::format(".{}", overload);
    return operators_.callOverload(full, given);
  }
  torchscript::Given plain; // Python's own: by place
  for (auto &[name, value] : given.keywords)
    plain.positional.push_back(std::move(value));
  if (target == "_operator.pow" && std::ranges::all_of(plain.positional, isWhole))
    return operators_.callOverload("aten::pow.int_to_int", plain);
  if (target == "_operator.pos" && plain.positional.size() == 1)
    return plain.positional[0];
  const auto *row =
      std::ranges::find(kPython, target, &std::pair<std::string_view, std::string_view>::first);
  if (row == std::end(kPython))
    throw CompileError(Problem::unsupported, in_.to().at,
                       fmt::format("the operator {} is not supported", target))
        .code("exported.operator")
        .hint("operators of PyTorch and arithmetic on extents are");
  return operators_.call(std::string(row->second), plain);
}

// ---- results ----

void GraphRunner::bindAll(const Json &node, const Host &result, Scope &scope) {
  const std::vector<Json> outputs = node["outputs"].items();
  const torchscript::TupleRef *tuple = result.find<torchscript::TupleRef>();
  if (outputs.size() == 1 && (!tuple || isList(outputs[0].only().first)))
    return bind(outputs[0], result, scope);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!result.holds<Uninitialized>() && (!tuple || i >= (*tuple)->items.size()))
      throw misfit(in_.to().at, fmt::format("the node has {} outputs, its operator makes {}",
                                            outputs.size(), tuple ? (*tuple)->items.size() : 1));
    bind(outputs[i], tuple ? (*tuple)->items[i] : result, scope);
  }
}

/// Names a value, or each of a list of values.
void GraphRunner::bind(const Json &to, const Host &value, Scope &scope) {
  const auto [kind, names] = to.only();
  if (isList(kind)) {
    const std::vector<Json> all = names.items();
    const torchscript::CellRef *cell = value.find<torchscript::CellRef>();
    const torchscript::TupleRef *tuple = value.find<torchscript::TupleRef>();
    const std::vector<Host> *items = cell ? &(*cell)->items : tuple ? &(*tuple)->items : nullptr;
    if (!value.holds<Uninitialized>() && (!items || items->size() != all.size()))
      names.fail(fmt::format("{} names for {} values", all.size(), items ? items->size() : 1));
    for (size_t i = 0; i < all.size(); ++i) {
      const std::string &name =
          all[i].find("name") ? all[i]["name"].text() : all[i].only().second["name"].text();
      if (!scope.values.emplace(name, items ? (*items)[i] : value).second)
        all[i].fail(fmt::format("'{}' is defined twice", name));
      check(name, items ? (*items)[i] : value, scope);
    }
    return;
  }
  if (kind != "as_tensor" && !kind.starts_with("as_sym_"))
    return; // a constant among the inputs, a None among the outputs
  const auto name = names.find(kind == "as_tensor" ? "name" : "as_name");
  if (!name)
    return; // a number where a symbol may be
  const Host made = kind == "as_sym_int" ? asExtent(value, scope.graph, name->text()) : value;
  if (!scope.values.emplace(name->text(), made).second)
    to.fail(fmt::format("'{}' is defined twice", name->text()));
  check(name->text(), made, scope);
}

/// What the program says of a value must be true, and its name is a good one.
void GraphRunner::check(const std::string &name, const Host &value, const Scope &scope) {
  const TensorRef *tensor = value.find<TensorRef>();
  const auto meta = tensor ? scope.graph["tensor_values"].find(name) : std::nullopt;
  if (!meta)
    return;
  ir::Value *const is = in_.valueOf(*tensor);
  const std::vector<Json> sizes = (*meta)["sizes"].items();
  std::string shape;
  bool fits = sizes.size() == is->type.rank() &&
              elementTypeOf((*meta)["dtype"].integer()) == is->type.element();
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto [kind, size] = sizes[i].only();
    const bool known = kind == "as_int";
    shape += fmt::format("{}{}", i ? ", " : "", known ? std::to_string(size.integer()) : "?");
    fits = fits && (!known || !is->type.dim(i).isNumber() || is->type.dim(i) == size.integer());
  }
  if (!fits)
    throw misfit(in_.to().at,
                 fmt::format("'{}' is {} here, and the program says [{}] of the dtype {}", name,
                             is->type.text(), shape, (*meta)["dtype"].integer()),
                 "export the program again by the version of PyTorch that it will run with");
  if (is->def() && is->name.empty())
    is->name = name;
}

Host GraphRunner::asExtent(const Host &value, const Json &graph, const std::string &name) {
  const RunNumber *number = value.find<RunNumber>();
  if (!number || !ir::isInteger(number->value->type.element()))
    return value;
  const auto known = graph.find("sym_int_values");
  const auto entry = known ? known->find(name) : std::nullopt;
  const auto expression = entry ? entry->find("as_expr") : std::nullopt;
  if (!expression)
    return value;
  std::string symbol, why;
  const auto extent = parseExtent((*expression)["expr_str"].text(),
                                  [&](std::string_view is) {
                                    symbol = is;
                                    return Dim::symbol(symbol, ranges_.of(is));
                                  },
                                  why);
  if (!extent || !extent->symbolName() || ranges_.of(symbol).hi == ir::kUnbounded)
    return value;
  const Dim made = in_.module().symbol(in_.module().freshSymbolName(symbol), ranges_.of(symbol),
                                       fmt::format("the value '{}'", name));
  in_.to().makeOp(ir::ops::bind, {number->value}, {ir::attr::dims({made})});
  return made;
}

} // namespace burin::exported
