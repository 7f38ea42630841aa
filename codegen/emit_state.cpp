// SPDX-License-Identifier: Apache-2.0
#include "codegen/emit_state.h"

#include "codegen/line_breaks.h"

#include <algorithm>
#include <fmt/format.h>

namespace burin::codegen {
namespace {

const Type &typeOf(const Prepared &p, const ir::State &s) {
  return p.entry.body.argument(s.argument)->type;
}

/// "float h[4]"
std::string member(const Prepared &p, const ir::State &s) {
  return fmt::format("{} {}[{}]", kernels::elementApi(typeOf(p, s).element()),
                     p.argumentNames[s.argument],
                     std::max<int64_t>(typeOf(p, s).count().number(), 1));
}

std::string comment(const Prepared &p, const ir::State &s) {
  return fmt::format("\"{}\" {}", commentText(s.name), shortType(typeOf(p, s)));
}

/// The elements that a state begins with; none: zeros.
std::vector<std::string> firstElements(const ir::State &s) {
  std::vector<std::string> all;
  if (!s.initial)
    return all;
  const std::span<const std::byte> bytes = s.initial->constant()->bytes;
  if (std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{}; }))
    return all;
  const ElementType e = s.initial->type.element();
  for (size_t at = 0; at < bytes.size(); at += ir::elementSize(e)) {
    std::string text = literal(e, &bytes[at]);
    if (text.front() == '{') // a struct for kernels, its bits in the API
      text = text.substr(1, text.size() - 2);
    all.push_back(std::move(text));
  }
  return all;
}

/// Rows that clang-format has no say in: of a long list it makes columns.
void emitRows(CodeWriter &out, const std::vector<std::string> &elements) {
  std::string row;
  for (const std::string &text : elements) {
    if (row.size() + text.size() + 6 > kColumns) {
      out.line("    " + row);
      row.clear();
    }
    row += (row.empty() ? "" : " ") + text + ",";
  }
  out.line("    " + row);
}

} // namespace

void emitState(CodeWriter &out, const Prepared &p) {
  constexpr size_t kShort = 4;
  out.line(
      "/// What lives from run to run. A plain value: assign it to save it and to restore it.");
  out.line("struct State {");
  for (const ir::State *state : p.states) {
    const ir::State &s = *state;
    const std::vector<std::string> elements = firstElements(s);
    if (elements.size() <= kShort) {
      out.line(fmt::format("  {} = {{{}}}; ///< {}", member(p, s), fmt::join(elements, ", "),
                           comment(p, s)));
      continue;
    }
    out.line("  // clang-format off");
    out.line(fmt::format("  {} = {{ ///< {}", member(p, s), comment(p, s)));
    emitRows(out, elements);
    out.line("  };");
    out.line("  // clang-format on");
  }
  out.line("};");
  out.blank();
}

void emitStateC(CodeWriter &out, const Prepared &p) {
  out.line("/* What lives from run to run. */");
  out.line(fmt::format("typedef struct {}_state {{", p.nameSpace));
  for (const ir::State *s : p.states)
    out.line(fmt::format("  {}; /* {} */", member(p, *s), comment(p, *s)));
  out.line(fmt::format("}} {}_state;", p.nameSpace));
  out.blank();
}

} // namespace burin::codegen
