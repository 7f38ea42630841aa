// SPDX-License-Identifier: Apache-2.0
#include "tests/compiled/runner.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace burin::tests {
namespace {

using codegen::Prepared;
using codegen::SymbolInfo;

struct Port {
  std::string name;
  const ir::Value *value;
};

struct Ports {
  std::vector<Port> inputs, outputs;
};

Ports portsOf(const Prepared &p) {
  Ports ports;
  for (size_t i = 0; i < p.entry.body.numArguments(); ++i)
    if (!p.entry.stateOfArgument(i))
      ports.inputs.push_back({p.argumentNames[i], p.entry.body.argument(i)});
  const ir::Op &yield = p.entry.body.terminator();
  for (size_t i = 0; i < yield.numOperands(); ++i)
    if (!p.entry.stateOfResult(i))
      ports.outputs.push_back({p.resultNames[i], yield.operand(i)});
  return ports;
}

std::vector<const SymbolInfo *> givenSymbols(const Prepared &p) {
  std::vector<const SymbolInfo *> symbols;
  for (const SymbolInfo &s : p.symbols)
    if (!s.isDefined)
      symbols.push_back(&s);
  return symbols;
}

/// The extents of a view of the caller: 0 as the model says, else as many as a step can find.
std::string roomOf(const Prepared &p, const ir::Type &type) {
  std::vector<int64_t> room;
  for (const ir::Dim &d : type.shape()) {
    std::map<std::string, ir::Bounds, std::less<>> used;
    d.collectSymbols(used);
    const bool isDefined =
        std::ranges::any_of(used, [&](const auto &s) { return p.findSymbol(s.first)->isDefined; });
    room.push_back(isDefined ? d.bounds().hi : 0);
  }
  room.push_back(0);
  return fmt::format("{}", fmt::join(room, ", "));
}

void append(std::string &to, const void *from, size_t size) {
  to.append(static_cast<const char *>(from), size);
}

} // namespace

// Each run is read as: flags and symbols as 64 bits each, then the elements of every input. What is
// written: status and whether the guards hold as 64 bits each, then for a status of 0 each output
// as its rank, its extents, and its elements.
std::string_view runnerHead() {
  return R"(#include <stdio.h>
#include <string.h>
#include "burin/runtime.h"
namespace {
template <class T> struct Bare { using type = T; };
template <class T> struct Bare<const T> { using type = T; };
template <class T> using bare = typename Bare<T>::type;

template <class T, size_t... D> void extents(FILE *f, burin::View<T, D...>) {
  const long long all[] = {static_cast<long long>(sizeof...(D)), static_cast<long long>(D)...};
  fwrite(all, sizeof all, 1, f);
}
template <class T, size_t R> void extents(FILE *f, const burin::DynView<T, R> &v) {
  const long long rank = R;
  fwrite(&rank, sizeof rank, 1, f);
  for (size_t d = 0; d < R; ++d) {
    const long long n = static_cast<long long>(v.extent(d));
    fwrite(&n, sizeof n, 1, f);
  }
}
template <class V> void get(FILE *f, const V &v) {
  if (v.size() && fread(v.data(), sizeof(*v.data()), v.size(), f) != v.size())
    fprintf(stderr, "short input\n");
}
template <class V> void put(FILE *f, const V &v) {
  extents(f, v);
  if (v.size())
    fwrite(v.data(), sizeof(*v.data()), v.size(), f);
}
void put(FILE *f, burin::Status s, bool guardsHold) {
  const long long all[] = {s.code(), guardsHold};
  fwrite(all, sizeof all, 1, f);
}
/// A view like another, of other memory.
template <class T, size_t... D>
burin::View<bare<T>, D...> over(unsigned char *at, burin::View<T, D...>,
                                const size_t (&)[sizeof...(D) + 1] = {}) {
  bare<T> *const data = static_cast<bare<T> *>(static_cast<void *>(at));
  return burin::View<bare<T>, D...>{data};
}
template <class T, size_t R>
burin::DynView<bare<T>, R> over(unsigned char *at, const burin::DynView<T, R> &v,
                                const size_t (&room)[R + 1] = {}) {
  size_t shape[R];
  for (size_t d = 0; d < R; ++d)
    shape[d] = room[d] ? room[d] : v.extent(d);
  return {static_cast<bare<T> *>(static_cast<void *>(at)), shape};
}
template <class V> size_t bytesOf(const V &v) { return v.size() * sizeof(*v.data()); }
constexpr unsigned char kGuard = 0xA5;
void guard(unsigned char *from, unsigned char *end) {
  memset(from, kGuard, static_cast<size_t>(end - from));
}
bool holds(const unsigned char *from, const unsigned char *end) {
  for (; from != end; ++from)
    if (*from != kGuard)
      return false;
  return true;
}
} // namespace
)";
}

/// Its own names end in an underscore, which those of the model do not.
std::string runnerOf(const Prepared &p) {
  const Ports ports = portsOf(p);
  const auto symbols = givenSymbols(p);
  std::string names, call, text;
  for (const SymbolInfo *s : symbols)
    names += (names.empty() ? "" : ", ") + s->identifier;
  const auto view = [&](const Port &port) {
    return fmt::format("model_.{}({})", port.name, port.value->type.isStatic() ? "" : names);
  };
  text +=
      fmt::format("void run_{0}(FILE *in_, FILE *out_) {{\n  static {0}::StaticModel model_;\n"
                  "  long long head_[{1}];\n  while (fread(head_, sizeof head_, 1, in_) == 1) {{\n",
                  p.nameSpace, symbols.size() + 1);
  for (size_t i = 0; i < symbols.size(); ++i)
    text += fmt::format("    const size_t {} = static_cast<size_t>(head_[{}]);\n",
                        symbols[i]->identifier, i + 1);
  if (p.hasStates())
    text += "    if (head_[0] & 2)\n      model_.reset();\n";
  // in the arena
  text += "    if (!(head_[0] & 1)) {\n";
  for (const Port &port : ports.inputs)
    text += fmt::format("      get(in_, {});\n", view(port));
  text += fmt::format("      const burin::Status status_ = model_.run({});\n"
                      "      put(out_, status_, true);\n      if (status_ != burin::Status::ok)\n"
                      "        continue;\n",
                      names);
  for (const Port &port : ports.outputs)
    text += fmt::format("      put(out_, {});\n", view(port));
  text += "      continue;\n    }\n";
  // in memory of the caller
  const auto buffer = [&](const Port &port, std::string_view kind) {
    const std::string size = fmt::format("{}::Model::{}", p.nameSpace, kind);
    text += fmt::format("    alignas(64) static unsigned char {}_at[{}.bytes + 64];\n", port.name,
                        size);
    text += fmt::format("    unsigned char *const {0}_end = {0}_at + sizeof {0}_at;\n", port.name);
    text += fmt::format("    const auto {0} = over({0}_at, {1}, {{{2}}});\n", port.name, view(port),
                        roomOf(p, port.value->type));
    text += fmt::format("    guard({0}_at + bytesOf({0}), {0}_end);\n", port.name);
    call += (call.empty() ? "" : ", ") + port.name;
  };
  for (size_t i = 0; i < ports.inputs.size(); ++i) {
    buffer(ports.inputs[i], fmt::format("inputs[{}]", i));
    text += fmt::format("    get(in_, {0});\n    static unsigned char {0}_was[sizeof {0}_at];\n"
                        "    memcpy({0}_was, {0}_at, sizeof {0}_at);\n",
                        ports.inputs[i].name);
  }
  for (size_t i = 0; i < ports.outputs.size(); ++i)
    buffer(ports.outputs[i], fmt::format("outputs[{}]", i));
  text += fmt::format("    const burin::Status status_ = model_.run({});\n    bool good_ = true;\n",
                      call);
  for (const Port &port : ports.inputs)
    text += fmt::format("    good_ &= memcmp({0}_was, {0}_at, sizeof {0}_at) == 0;\n", port.name);
  for (const Port &port : ports.outputs)
    text += fmt::format("    good_ &= holds({0}_at + bytesOf({0}), {0}_end);\n", port.name);
  text +=
      "    put(out_, status_, good_);\n    if (status_ != burin::Status::ok)\n      continue;\n";
  for (const Port &port : ports.outputs)
    text += fmt::format("    put(out_, over({}_at, {}));\n", port.name, view(port));
  return text + "  }\n}\n";
}

std::string inputOf(const Prepared &p, std::span<const Run> runs) {
  const Ports ports = portsOf(p);
  std::string bytes;
  for (const Run &run : runs) {
    std::map<std::string, int64_t, std::less<>> values;
    for (size_t i = 0; i < ports.inputs.size(); ++i) {
      const ir::Type &type = ports.inputs[i].value->type, &given = run.arguments[i].type;
      if (given.rank() != type.rank() || given.element() != type.element())
        throw CompileError(
            Problem::invalid, {},
            fmt::format("input {} is {}, and the data are {}", i, type.text(), given.text()));
      for (size_t d = 0; d < type.rank(); ++d)
        if (const auto name = type.dim(d).symbolName())
          values.emplace(*name, run.arguments[i].extent(d));
    }
    std::vector<int64_t> head{(run.callersMemory ? 1 : 0) | (run.reset ? 2 : 0)};
    for (const SymbolInfo *s : givenSymbols(p))
      head.push_back(values.at(s->name));
    append(bytes, head.data(), head.size() * sizeof(int64_t));
    for (const ir::Tensor &t : run.arguments)
      append(bytes, t.bytes.data(), t.bytes.size());
  }
  return bytes;
}

} // namespace burin::tests
