// SPDX-License-Identifier: Apache-2.0
//
// NAME_c.h and NAME_c.cpp: the same model for C99.
#include "codegen/code_writer.h"
#include "codegen/emit.h"
#include "codegen/emit_state.h"
#include "codegen/kernels/weights_file.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace burin::codegen {
namespace {

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

struct Port {
  const EntryInfo *entry;
  std::string name, macro;
  const Value *value;
  bool isInput;
  std::string countMacro() const { return macro + "_COUNT"; }
};

/// Of all entry points.
std::vector<Port> portsOf(const Prepared &p) {
  std::vector<Port> ports;
  const std::string prefix = upper(p.nameSpace) + "_";
  Scope macros{"ARENA", "CONTEXT"}, parameters{"ctx", p.nameSpace}; // "x" and "X" are one macro
  const auto port = [&](const EntryInfo &entry, const std::string &name, const Value *v,
                        bool isInput) {
    ports.push_back({&entry, parameters.fresh(name),
                     prefix + macros.fresh(upper(name), {"_SHAPE", "_COUNT"}), v, isInput});
  };
  for (const EntryInfo &entry : p.entries) {
    for (size_t i = entry.firstArgument; i < entry.endArgument; ++i)
      if (!p.entry.stateOfArgument(i))
        port(entry, p.argumentNames[i], p.entry.body.argument(i), true);
    for (size_t i = entry.firstResult; i < entry.endResult; ++i)
      if (!p.entry.stateOfResult(i))
        port(entry, p.resultNames[i], p.entry.body.terminator().operand(i), false);
  }
  return ports;
}

std::vector<Port> portsOf(const Prepared &p, const EntryInfo &entry) {
  std::vector<Port> own = portsOf(p);
  std::erase_if(own, [&](const Port &port) { return port.entry != &entry; });
  return own;
}

void checkSupported(const Prepared &p) {
  if (!p.symbols.empty())
    throw CompileError(Problem::unsupported, {},
                       "the C API of a model with symbolic extents is not there yet")
        .code("codegen.c_api")
        .hint("use --api cxx");
}

/// The C type of an element: bool needs no header in C++ alone.
std::string elementC(ElementType e) { return kernels::elementApi(e); }

std::string initSignature(const Prepared &p) {
  return fmt::format("{0}_status {0}_init({0}_ctx *ctx, void *arena, size_t size{1})", p.nameSpace,
                     p.givesWeights() ? ", const void *weights, size_t weights_size" : "");
}

std::string parameters(const std::vector<Port> &ports) {
  std::string text;
  for (const Port &port : ports)
    text += fmt::format(", {}{} {}[{}]", port.isInput ? "const " : "",
                        elementC(port.value->type.element()), port.name, port.countMacro());
  return text;
}

/// Of the object in the context beside its state, with room for the alignment of that.
int wordsOfModel(const Prepared &p) {
  return 4 + (p.givesWeights() ? 2 : 0) + (p.settings.threads ? 2 : 0) +
         (p.settings.profile ? 3 : 0);
}

std::vector<std::string> stateSignatures(const std::string &n) {
  return {fmt::format("void {0}_reset({0}_ctx *ctx)", n),
          fmt::format("void {0}_save(const {0}_ctx *ctx, {0}_state *state)", n),
          fmt::format("void {0}_restore({0}_ctx *ctx, const {0}_state *state)", n)};
}

std::string runSignature(const Prepared &p, const EntryInfo &entry) {
  return fmt::format("{0}_status {0}_{1}({0}_ctx *ctx{2})", p.nameSpace, entry.run,
                     parameters(portsOf(p, entry)));
}

/// A state must stay where it is between runs: the context holds the object, not what makes it.
void emitModelInContext(CodeWriter &out, const std::string &n, const std::string &model) {
  out.raw(fmt::format(R"(
struct Held {{
  {1} model;
  static void *operator new(size_t, void *at) noexcept {{ return at; }}
}};
static_assert(sizeof(Held) <= sizeof({0}_ctx::model), "");
static_assert(alignof(Held) <= alignof(decltype({0}_ctx::model)), "");
static_assert(sizeof({0}_state) == sizeof({1}::State), "");
{1} &modelOf({0}_ctx *ctx) {{
  return static_cast<Held *>(static_cast<void *>(&ctx->model))->model;
}}
const {1} &modelOf(const {0}_ctx *ctx) {{
  return static_cast<const Held *>(static_cast<const void *>(&ctx->model))->model;
}}
)",
                      n, model));
}

void emitStateInit(CodeWriter &out, const Prepared &p, const std::string &model) {
  out.line(fmt::format("new (&ctx->model) Held{{{}{{burin::Arena{{arena, size}}{}}}}};", model,
                       p.givesWeights() ? ", burin::Weights{weights, weights_size}" : ""));
  out.line(fmt::format("if (!burin::Arena{{arena, size}}.holds({0}::arena_size, {0}::arena_align))",
                       model));
  out.line("  return report(ctx, burin::Status::bad_arena);");
  out.line(p.givesWeights() ? "return report(ctx, modelOf(ctx).check_weights());"
                            : "return report(ctx, burin::Status::ok);");
}

void emitStateFunctions(CodeWriter &out, const std::string &n) {
  const std::string held = "static_cast<const void *>(&modelOf(ctx).state())";
  const std::string bodies[] = {
      "modelOf(ctx).reset();",
      fmt::format("memcpy(state, {}, sizeof *state);", held),
      // Not by restore(): it takes another type, and a copy may be too much for the stack.
      fmt::format("memcpy(const_cast<void *>({}), state, sizeof *state);", held),
  };
  size_t i = 0;
  for (const std::string &signature : stateSignatures(n)) {
    out.beginFunction(signature);
    out.line(bodies[i++]);
    out.endFunction();
    out.blank();
  }
}

/// Of a model without state: the context holds what makes the object.
void emitInit(CodeWriter &out, const Prepared &p, const std::string &model) {
  out.line("ctx->arena = arena;");
  out.line("ctx->arena_size = size;");
  if (p.givesWeights()) {
    out.line("ctx->weights = weights;");
    out.line("ctx->weights_size = weights_size;");
  }
  out.line("const bool good =");
  out.line(fmt::format("    burin::Arena{{arena, size}}.holds({0}::arena_size, {0}::arena_align);",
                       model));
  if (p.givesWeights()) {
    out.line("if (!good)");
    out.line("  return report(ctx, burin::Status::bad_arena);");
    out.line(fmt::format("const {} model{{burin::Arena{{arena, size}}, "
                         "burin::Weights{{weights, weights_size}}}};",
                         model));
    out.line("return report(ctx, model.check_weights());");
  } else {
    out.line("return report(ctx, good ? burin::Status::ok : burin::Status::bad_arena);");
  }
}

void emitRun(CodeWriter &out, const Prepared &p, const EntryInfo &entry, const std::string &model) {
  out.line(runSignature(p, entry) + " {");
  out.indent();
  if (!p.hasStates() && p.givesWeights()) {
    out.line(fmt::format("{} model{{burin::Arena{{ctx->arena, ctx->arena_size}},", model));
    out.line(std::string(model.size() + 7, ' ') +
             "burin::Weights{ctx->weights, ctx->weights_size}};");
  } else if (!p.hasStates()) {
    out.line(fmt::format(
        "{} model{{burin::Arena{{ctx->arena, ctx->arena_size}}}}; // three words: costs nothing",
        model));
  }
  std::string views;
  for (const Port &port : portsOf(p, entry))
    views += fmt::format("{}{}{{{}}}", views.empty() ? "" : ", ",
                         viewType(port.value->type, port.isInput), port.name);
  out.line(fmt::format("return report(ctx, {}.{}({}));", p.hasStates() ? "modelOf(ctx)" : "model",
                       entry.run, views));
  out.outdent();
  out.line("}");
  out.blank();
}

} // namespace

std::string emitCHeader(const Prepared &p, const Memory &memory) {
  checkSupported(p);
  const std::string &n = p.nameSpace;
  const std::string u = upper(n);
  const std::vector<Port> ports = portsOf(p);
  CodeWriter out;
  out.line(fmt::format("/* Generated by burin {} from the model \"{}\". Do not edit.",
                       p.settings.version, commentText(p.settings.name)));
  out.line("   SPDX-License-Identifier: LicenseRef-model-owner");
  out.blank();
  out.line(fmt::format("     static _Alignas({}_ARENA_ALIGN) unsigned char arena[{}_ARENA_SIZE];",
                       u, u));
  out.line(fmt::format("     static {}_ctx model;", n));
  out.line(fmt::format("     {}_init(&model, arena, sizeof arena{});", n,
                       p.givesWeights() ? ", weights, size" : ""));
  const EntryInfo &first = p.entries.front();
  std::string call;
  for (const Port &port : portsOf(p, first))
    call += ", " + port.name;
  out.line(fmt::format("     if ({}_{}(&model{}) != {}_OK) fault(); */", n, first.run, call, u));
  out.line(fmt::format("#ifndef {}_C_H", u));
  out.line(fmt::format("#define {}_C_H", u));
  out.blank();
  out.line("#include <stdbool.h>");
  out.line("#include <stddef.h>");
  out.line("#include <stdint.h>");
  out.blank();
  out.line(fmt::format("#define {}_ARENA_SIZE {}", u, memory.arenaBytes()));
  out.line(fmt::format("#define {}_ARENA_ALIGN {}", u, p.settings.target->alignment));
  if (p.givesWeights())
    out.line(fmt::format("#define {}_WEIGHTS_SIZE {}", u,
                         p.givenBytes + (p.hasWeightsFile()
                                             ? static_cast<int64_t>(kernels::kWeightsFileHeader)
                                             : 0)));
  out.line(fmt::format("#define {}_CONTEXT_SIZE sizeof({}_ctx)", u, n));
  for (const Port &port : ports) {
    std::string shape;
    for (const Dim &d : port.value->type.shape())
      shape += (shape.empty() ? "" : ", ") + d.text();
    if (!shape.empty())
      out.raw(fmt::format("#define {:<91}\\\n  {{ {} }}\n", port.macro + "_SHAPE", shape));
    out.line(fmt::format("#define {} {}", port.countMacro(),
                         std::max<int64_t>(port.value->type.count().number(), 1)));
  }
  out.blank();
  out.raw("#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
  out.raw(fmt::format(
      "typedef enum {0}_status {{\n  {1}_OK = 0,\n  {1}_BAD_ARENA = 1,\n  {1}_BAD_SHAPE = 2,\n  "
      "{1}_BAD_WEIGHTS = 3,\n  {1}_FAILED_ASSERT = 4\n}} {0}_status;\n\n",
      n, u));
  if (p.hasStates())
    emitStateC(out, p);
  out.raw("/* Of the caller, and of one thread at a time. The members are the library's. */\n");
  if (p.hasStates())
    out.raw(
        fmt::format("typedef struct {0}_ctx {{\n  uint32_t failed_node;\n  union {{\n    double "
                    "alignment;\n    void *words[{1}];\n    unsigned char "
                    "bytes[sizeof({0}_state) + {1} * sizeof(void *)];\n  }} model;\n}} "
                    "{0}_ctx;\n\n",
                    n, wordsOfModel(p)));
  else
    out.raw(fmt::format(
        "typedef struct {0}_ctx {{\n  void *arena;\n  size_t arena_size;\n{1}  uint32_t "
        "failed_node;\n}} {0}_ctx;\n\n",
        n, p.givesWeights() ? "  const void *weights;\n  size_t weights_size;\n" : ""));
  if (p.givesWeights())
    out.line("/* Checks the weights, and keeps both addresses. */");
  if (p.hasStates())
    out.line("/* The state is the initial one. Without it nothing else may be called. */");
  out.line(initSignature(p) + ";");
  for (const EntryInfo &entry : p.entries)
    out.line(runSignature(p, entry) + ";");
  if (p.hasStates()) {
    out.line("/* The state: back to the initial one, copied out, copied in. A failed run has not "
             "touched it. */");
    for (const std::string &signature : stateSignatures(n))
      out.line(signature + ";");
  }
  out.line(fmt::format("const char *{0}_status_text({0}_status status);", n));
  out.line("/* The name of the node at which the last run failed, or \"\". */");
  out.line(fmt::format("const char *{0}_failed_node(const {0}_ctx *ctx);", n));
  out.blank();
  out.raw("#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
  return out.take();
}

std::string emitCSource(const Prepared &p, const Memory &) {
  checkSupported(p);
  const std::string &n = p.nameSpace;
  const std::string u = upper(n), model = fmt::format("{}::{}", n, p.settings.className);
  const std::vector<Port> ports = portsOf(p);
  CodeWriter out;
  out.raw(preamble(p));
  out.line(fmt::format("#include \"{}_c.h\"", p.settings.name));
  out.blank();
  out.line(fmt::format("#include \"{}.h\"", p.settings.name));
  out.blank();
  if (p.hasStates()) {
    out.line("#include <string.h>");
    out.blank();
  }
  out.line(fmt::format("static_assert({}_ARENA_SIZE == {}::arena_size, \"\");", u, model));
  out.line(fmt::format("static_assert({}_ARENA_ALIGN == {}::arena_align, \"\");", u, model));
  for (const std::string_view code : {"bad_arena", "bad_shape", "bad_weights", "failed_assert"})
    out.line(fmt::format("static_assert(int{{{}_{}}} == int{{burin::Status::{}}}, \"\");", u,
                         upper(std::string(code)), code));
  out.blank();
  out.line("namespace {");
  out.raw(
      fmt::format("{0}_status report({0}_ctx *ctx, burin::Status status) {{\n  ctx->failed_node "
                  "= status.node();\n  return static_cast<{0}_status>(status.code());\n}}\n",
                  n));
  if (p.hasStates())
    emitModelInContext(out, n, model);
  out.raw("} // namespace\n\n");
  out.beginFunction(initSignature(p));
  if (p.hasStates()) {
    emitStateInit(out, p, model);
  } else {
    emitInit(out, p, model);
  }
  out.endFunction();
  out.blank();
  for (const EntryInfo &entry : p.entries)
    emitRun(out, p, entry, model);
  if (p.hasStates())
    emitStateFunctions(out, n);
  out.raw(
      fmt::format("const char *{0}_status_text({0}_status status) {{\n  return "
                  "to_string(burin::Status{{static_cast<burin::Status::Code>(status)}});\n}}\n\n",
                  n));
  out.beginFunction(fmt::format("const char *{0}_failed_node(const {0}_ctx *ctx)", n));
  out.line(fmt::format("const bool any = ctx->failed_node < {}::num_nodes;", model));
  out.line(fmt::format("return any ? {}::nodes[ctx->failed_node].name : \"\";", model));
  out.endFunction();
  return out.take();
}

} // namespace burin::codegen
